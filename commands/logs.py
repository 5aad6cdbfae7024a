"""What our processes say: one line of JSON each, or for people at a terminal; nothing secret or personal in any of them.

Everything goes through Python's `logging`: our own modules, temporalio with its core, uvicorn. structlog arranges and renders it.
"""

import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from types import TracebackType
from typing import Any, TextIO

import structlog
from pydantic import SecretStr
from temporalio.exceptions import ApplicationError
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

from activities.failures import Failure
from models.safekeeping.keyring import Unsealable
from models.safekeeping.redaction import Redaction
from models.settings import Settings
from workflows.ids import tenant_of

# From here on up: our own code says what it likes. Libraries that work for us talk from INFO, and all others, whose lines may quote
# a statement or a request with what is in it, only when something is wrong.
_OURS = frozenset({"activities", "api", "cli", "commands", "models", "perdura", "sandbox", "worker", "workflows"})
_PARTNERS = frozenset({"temporalio", "uvicorn"})

Event = MutableMapping[str, Any]


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """From now on all that is logged goes to `stream` (standard output): as JSON, or in colour when that is a terminal."""
    out = stream or sys.stdout
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter(redaction(settings), terminal=out.isatty()))
    handler.addFilter(worth_keeping)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    logging.captureWarnings(True)
    sys.excepthook = _last_words
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=core())), error_if_already_set=False)


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What ends a process is told as any error is: Python's own report would quote it."""
    logging.getLogger("perdura").critical("ended by an error", exc_info=(kind, error, trace))


def core() -> LoggingConfig:
    """temporalio's core, written in Rust, speaks through `logging` as well, of what is wrong."""
    return LoggingConfig(
        filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
        forwarding=LogForwardingConfig(logger=logging.getLogger("temporalio.core")),
    )


def redaction(settings: Settings) -> Redaction:
    """Knows every secret of the settings."""
    told = [value.get_secret_value() for value in vars(settings).values() if isinstance(value, SecretStr)]
    return Redaction.of([*told, *(each.strip() for several in told for each in several.split(","))])


def worth_keeping(record: logging.LogRecord) -> bool:
    """Whether a line may be logged at all, by who says it and how important it is."""
    who = record.name.partition(".")[0]
    return (
        record.levelno >= logging.WARNING
        or who in _OURS
        or (record.levelno >= logging.INFO and who in _PARTNERS and record.name != "uvicorn.access")
    )


def formatter(redaction: Redaction, *, terminal: bool = False) -> logging.Formatter:
    """Renders a record as one line."""

    def redact(_: Any, __: str, event: Event) -> Event:
        own = {key: event.pop(key) for key in ("_record", "_from_structlog") if key in event}
        return redaction.fields(event) | own

    render: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if terminal
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        ],
        processors=[
            _process,
            _failure,
            redact,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            render,
        ],
        use_get_message=True,
    )


def _process(_: Any, __: str, event: Event) -> Event:
    """Which process a line is about, and whose: temporalio tells it in a field of its own."""
    for twice in ("message", "asctime", "color_message"):  # left on a record by other handlers, and by uvicorn
        event.pop(twice, None)
    for name in ("temporal_workflow", "temporal_activity"):
        told = event.pop(name, None)
        if isinstance(told, MutableMapping):
            for key in ("workflow_id", "activity_type", "workflow_type", "attempt"):
                if told.get(key) is not None:
                    event.setdefault(key, told[key])
    if tenant := tenant_of(str(event.get("workflow_id", ""))):
        event.setdefault("tenant", tenant)
    return event


def _failure(_: Any, __: str, event: Event) -> Event:
    """What was raised and where. Words are kept of failures of ours only: others may quote a statement, a request or a person."""
    told = event.pop("exc_info", None)
    error = told[1] if isinstance(told, tuple) else sys.exc_info()[1] if told is True else told
    if isinstance(error, BaseException):
        event["error"] = " from ".join(_words(each) for each in _chain(error))
        event["places"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)[-8:]
        ]
    event.pop("stack_info", None)
    return event


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _words(error: BaseException) -> str:
    if isinstance(error, Failure | Unsealable):
        return f"{type(error).__name__}: {error}"
    if isinstance(error, ApplicationError):
        return f"{error.type}: {error.message}" if error.type in _OUR_FAILURES else str(error.type)
    return type(error).__name__


def _names(kind: type[Failure]) -> Iterator[str]:
    yield kind.__name__
    for each in kind.__subclasses__():
        yield from _names(each)


_OUR_FAILURES = frozenset(_names(Failure))
