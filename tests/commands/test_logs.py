"""What our processes say, as the lines that come out."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.contextvars import bound_contextvars
from temporalio.exceptions import ApplicationError

from activities.failures import Refused, Unavailable, as_application_error
from commands import logs
from models.safekeeping.keyring import Unsealable
from tests.api.conftest import LINK_KEY, SETTINGS


class Paper(io.StringIO):
    """Where lines come out."""

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def paper() -> Iterator[Paper]:
    """The product's handler on a piece of paper, beside whatever else listens, in a process where nobody is quiet yet."""
    paper = Paper()
    handler = logging.StreamHandler(paper)
    handler.setFormatter(logs.formatter(logs.redaction(SETTINGS)))
    handler.addFilter(logs.worth_keeping)
    root = logging.getLogger()
    level = root.level
    # Servers that other tests ran in this process leave uvicorn's loggers silent, and mute those that were there before.
    known = [each for each in root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    before = [(each, each.level, each.propagate, each.disabled) for each in known]
    for each in known:
        each.setLevel(logging.NOTSET)
        each.propagate, each.disabled = True, False
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield paper
    root.removeHandler(handler)
    root.setLevel(level)
    for each, was, propagate, disabled in before:
        each.setLevel(was)
        each.propagate, each.disabled = propagate, disabled


def test_a_line_says_when_who_how_grave_and_what(paper: Paper) -> None:
    logging.getLogger("api.handover").warning("event %s stays pending: %s", "evt_1", "Unavailable", extra={"tries": 2})
    (line,) = paper.lines()
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "event evt_1 stays pending: Unavailable",
        "level": "warning",
        "logger": "api.handover",
        "tries": 2,
    }


def test_what_is_bound_is_on_every_line(paper: Paper) -> None:
    with bound_contextvars(workflow_id="sub:acme:s_1", request_id="r-1"):
        logging.getLogger("activities.billing").info("charged")
    (line,) = paper.lines()
    assert (line["workflow_id"], line["tenant"], line["request_id"]) == ("sub:acme:s_1", "acme", "r-1")


def test_temporals_lines_name_process_and_tenant(paper: Paper) -> None:
    about = {"workflow_id": "dunning:acme:in_1", "activity_type": "charge", "attempt": 3, "namespace": "perdura"}
    logging.getLogger("temporalio.activity").warning("failed", extra={"temporal_activity": about})
    (line,) = paper.lines()
    assert {key: line[key] for key in ("workflow_id", "tenant", "activity_type", "attempt")} == {
        "workflow_id": "dunning:acme:in_1",
        "tenant": "acme",
        "activity_type": "charge",
        "attempt": 3,
    }
    assert "temporal_activity" not in line


def test_secrets_of_the_settings_and_personal_data_do_not_come_out(paper: Paper) -> None:
    log = logging.getLogger("activities.notices")
    log.info(
        "signed with %s for %s",
        LINK_KEY.current,
        "ana@example.mx",
        extra={"phone": "5512345678", "who": "+5215512345678"},
    )
    (line,) = paper.lines()
    assert line["event"] == "signed with [secret] for [e-mail]"
    assert (line["phone"], line["who"]) == ("[removed]", "[phone]")


def raised(error: BaseException) -> str:
    try:
        try:
            raise ValueError("[parameters: ('Ana López',)]")
        except ValueError as cause:
            raise error from cause
    except BaseException:
        logging.getLogger("worker").exception("it broke")
        return "said"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KeyError("Ana López"), "KeyError from ValueError"),
        (Unavailable("the provider does not answer"), "Unavailable: the provider does not answer from ValueError"),
        (Unsealable("sealed with key 'k1'"), "Unsealable: sealed with key 'k1' from ValueError"),
        (as_application_error(Refused("no stamps left")), "Refused: no stamps left from ValueError"),
        (ApplicationError("for Ana López", type="IntegrityError"), "IntegrityError from ValueError"),
    ],
)
def test_an_error_is_told_by_type_and_place_its_words_only_when_they_are_ours(
    paper: Paper, error: BaseException, told: str
) -> None:
    raised(error)
    (line,) = paper.lines()
    assert line["error"] == told
    assert any("test_logs.py" in place for place in line["places"])
    assert "Ana" not in paper.getvalue()


def test_libraries_are_heard_when_something_is_wrong_and_never_quote_their_work(paper: Paper) -> None:
    for name in (
        "aiosqlite",
        "httpx",
        "sqlalchemy.engine",
        "twilio.http_client",
        "stripe",
        "asyncio",
        "uvicorn.access",
    ):
        logging.getLogger(name).debug("INSERT INTO customers VALUES ('Ana')")
        logging.getLogger(name).info("POST To=Ana")
    logging.getLogger("temporalio.worker").debug("Received workflow activation: Ana")
    assert paper.lines() == []
    logging.getLogger("aiosqlite").warning("slow")
    logging.getLogger("uvicorn.error").info("started")
    logging.getLogger("models.policies.policy").debug("a detail of ours")
    assert [line["event"] for line in paper.lines()] == ["slow", "started", "a detail of ours"]


def test_at_a_terminal_it_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    formatter = logs.formatter(logs.redaction(SETTINGS), terminal=True)
    record = logging.LogRecord("api", logging.INFO, "", 0, "hello ana@example.mx", (), None)
    text = formatter.format(record)
    assert "hello" in text
    assert "[e-mail]" in text
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(text)


def test_the_core_speaks_through_the_same_pipeline() -> None:
    forwarding = logs.core().forwarding
    assert forwarding is not None
    assert forwarding.logger.name == "temporalio.core"
    assert logs.worth_keeping(logging.LogRecord("temporalio.core", logging.WARNING, "", 0, "x", (), None))


def test_configured_the_root_has_one_handler_with_all_of_this() -> None:
    root, paper, hook = logging.getLogger(), Paper(), sys.excepthook
    kept, level = root.handlers[:], root.level
    try:
        logs.configure(SETTINGS, paper)
        assert len(root.handlers) == 1
        logging.getLogger("api").info("up, %s", "ana@example.mx")
        logging.getLogger("perdura").debug("a detail")
        error = KeyError("Ana López")
        sys.excepthook(KeyError, error, None)
    finally:
        root.handlers[:] = kept
        root.setLevel(level)
        logging.captureWarnings(False)
        sys.excepthook = hook
    assert [line["event"] for line in paper.lines()] == ["up, [e-mail]", "ended by an error"]
    assert "Ana" not in paper.getvalue()
