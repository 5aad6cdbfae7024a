# Two commands: `make demo` runs the main job, `make test` passes the tests. Each does all its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test up setup lint format lock bench

demo: setup  ## the whole collections timeline, live, in under two minutes
	@$(BIN)/perdura demo

test: setup lint  ## lint, types, import contracts, tests
	@$(BIN)/python -m pytest

up: setup  ## the embedded stack, kept in .perdura/ until Ctrl-C and after
	@$(BIN)/perdura up

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

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Perdura needs Python 3.11 or newer: make PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

lock:  ## re-resolve pyproject.toml into requirements.lock (needs uv: pip install uv)
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-emit-index-url --no-header --output-file requirements.lock
