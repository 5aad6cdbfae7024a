# Two commands: `make demo` runs the main job, `make test` passes the tests. Each does all its own set-up.
# The first Python that is new enough; PYTHON=… names another.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Set in many images: every process would compile all of ours anew, and the worker's sandbox its modules for each workflow.
unexport PYTHONDONTWRITEBYTECODE

# As many processes as cores, no more: the tests with real servers want their share of the machine. What shares a dear server
# stays together (tests/conftest.py).
SIDE_BY_SIDE := -n logical --maxprocesses=8 --dist=loadscope --no-loadscope-reorder

.PHONY: demo drill drill-postgres soak storm test test-postgres test-live up setup lint format lock bench

demo: setup  ## the whole collections timeline, live, in under two minutes
	@$(BIN)/perdura demo

test: setup lint  ## lint, types, import contracts, tests
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-postgres: setup  ## the same tests with their books on PostgreSQL, started by the tests
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) --postgresql

test-live: setup  ## the sandbox's behaviour tests against real Stripe (test mode) and Twilio, where keys are given
	@$(BIN)/python -m pytest tests/sandbox --live

up: setup  ## the embedded stack; its state stays in .perdura/
	@$(BIN)/perdura up

drill: setup  ## lose the database, restore it from a backup, reconcile, and prove that nothing is missing
	@$(BIN)/perdura drill

drill-postgres: setup  ## the same with its books on PostgreSQL, started for it
	@$(BIN)/python -m tests.drill

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup  ## product against its floor, in one run
	@$(BIN)/python -m bench

soak: setup  ## months of 200 subscriptions on real servers while everything breaks, ten minutes of life: make soak SOAK="--seed 3"
	@$(BIN)/python -m tests.soak $(SOAK)

storm: setup  ## 5,000 events about one subscription, naive engines that must fail, and in full what the tests only sample: event orders, deliveries, the API's contract, cases left at each of their points, simulated cases, prices, the benchmark
	@$(BIN)/python -m pytest --in-full tests/soak/storm.py tests/soak/naive.py tests/e2e/test_event_orders.py tests/activities/test_exactly_once.py \
		tests/api/test_schemathesis.py tests/api/test_fuzz.py tests/failures/test_await_points.py tests/models/test_alike.py \
		tests/models/test_taxes.py tests/bench

setup: $(READY)

# Made anew when the locked dependencies change; otherwise it costs nothing.
$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(NEW_ENOUGH)' 2>/dev/null || \
		{ echo "Perdura needs Python 3.11 or newer: install it, or run make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "Python cannot make a virtual environment: install its venv module (Debian: apt install python3-venv)" >&2; exit 1; }
	@echo "Setting up $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

lock:  ## re-resolve pyproject.toml into requirements.lock (needs uv: pip install uv)
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-emit-index-url --no-header --output-file requirements.lock
