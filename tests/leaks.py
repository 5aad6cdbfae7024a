"""Everything logged while the suite runs is held against every secret and personal value used in it; one found fails the run.

Heard are, at their most talkative, the loggers of our own code in every test process, through the pipeline the product logs with, and
every log file that the processes started by tests leave in the tests' directories. Looked for are the values that went into settings,
customers, receivers of tax invoices and people of the demo while the tests ran; the secrets that embedded stacks made for themselves;
and whatever looks like an e-mail address, a Mexican phone, an RFC or a key, whoever used it.
"""

import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from commands import logs
from models.cfdi.fiscal import Receiver
from models.records import Customer
from models.safekeeping.redaction import Redaction
from models.settings import Settings
from sandbox.demo.cast import Role

# Tests of the log itself, which say such things on purpose.
ON_PURPOSE = ("tests/commands/test_logs.py", "tests/test_leaks.py")
OURS = ("activities", "api", "cli", "commands", "models", "sandbox", "worker", "workflows")
PARTNERS = ("temporalio", "uvicorn")
_OURSELVES = re.compile(r"@(?:perdura\.example|sha256|vm)\b")  # senders of ours: no person

_LOOKS = {
    "e-mail address": re.compile(r"[\w.+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", re.IGNORECASE),
    "phone": re.compile(r"\+52[ \d-]{10,14}"),
    "RFC": re.compile(r"\b(?!XAXX010101000|XEXX010101000)[A-ZÑ&]{3,4}\d{6}[A-Z\d]{3}\b"),
    "key": re.compile(r"\b(?:(?:sk|rk|pk)_(?:live|test)|whsec)_\w{4,}"),
    "token": re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+|\bBearer [\w-]{8,}"),
    "refresh token or invitation": re.compile(r"\b(?:rt_[\w-]{43}|in_[\w-]{32})(?![\w-])"),
    "signed link": re.compile(r"/go/[\w-]{16,}"),
}
_NAME = re.compile(r"[^\W\d_]{2,}(?: [^\W\d_]{2,})+")
MOST = 20_000  # values that one expression can look for in reasonable time
_EVERYBODY = {"publico en general"}  # what SAT calls a buyer who gave no name


@dataclass(frozen=True, slots=True)
class Leak:
    """A value that stood in a log: what it is, where it was seen, and the line."""

    kind: str
    value: str
    where: str
    line: str

    def __str__(self) -> str:
        return f"{self.kind} {self.value!r} in the log of {self.where}: {self.line[:300]}"


class Known:
    """Secrets and personal values seen so far: what kind each is."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def add(self, kind: str, value: str) -> None:
        """Remember a value that can be told from ordinary words."""
        if kind == "name" and (not _NAME.fullmatch(value) or value.lower() in _EVERYBODY):
            return
        if len(value) >= 8:
            self.values[value] = kind

    @property
    def too_many(self) -> list[str]:
        """What is wrong where there are more values than can be looked for."""
        return [f"{len(self.values)} values to look for, of {MOST} at most"] if len(self.values) > MOST else []

    def leaks(self, lines: Iterable[tuple[str, str]]) -> Iterator[Leak]:
        """What stands in these lines, each with where it was said; once for each value and place."""
        alternatives = "|".join(re.escape(value) for value in sorted(self.values, key=len, reverse=True))
        known = re.compile(alternatives) if alternatives else None
        seen: set[tuple[str, str]] = set()
        for where, line in lines:
            found = [(self.values[m[0]], m[0]) for m in known.finditer(line)] if known else []
            found += [(kind, m[0]) for kind, look in _LOOKS.items() for m in look.finditer(line)]
            for kind, value in found:
                if (value, where) not in seen and not _OURSELVES.search(value):
                    seen.add((value, where))
                    yield Leak(kind, value, where, line.strip())


class Ear(logging.Handler):
    """Hears what the product's handler would have written, and in which test. It is told no secret: the rule has to hold without."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, str]] = []
        self.setFormatter(logs.formatter(Redaction()))
        self.addFilter(logs.worth_keeping)

    def emit(self, record: logging.LogRecord) -> None:
        test = os.environ.get("PYTEST_CURRENT_TEST", "a fixture").rpartition(" (")[0] or "a fixture"
        if not test.startswith(ON_PURPOSE):
            self.heard.append((test, self.format(record)))


def of_settings(known: Known, settings: Settings) -> None:
    for name, value in vars(settings).items():
        if isinstance(value, SecretStr):
            for each in (value.get_secret_value(), *value.get_secret_value().split(",")):
                known.add(f"setting {name}", each.strip())
    known.add("password of the mail server", urlsplit(settings.smtp_url.get_secret_value()).password or "")


def of_secret(known: Known, secret: SecretStr) -> None:
    """What people and programs are let in with: passwords, refresh tokens, invitations, those of certificates and PACs."""
    if len(secret.get_secret_value()) >= 12:  # as a password is at least; a shorter one may be an ordinary word
        known.add("secret", secret.get_secret_value())


def of_customer(known: Known, customer: Customer) -> None:
    for kind, value in (("name", customer.name), ("e-mail", customer.email), ("phone", customer.phone)):
        known.add(kind, value)


def of_receiver(known: Known, receiver: Receiver) -> None:
    known.add("name", receiver.name)


def of_role(known: Known, role: Role) -> None:
    for kind, value in (("name", role.name), ("e-mail", role.email), ("phone", role.phone)):
        known.add(kind, value)
    known.add("RFC", role.fiscal[0])


def watch(kind: type[Any], read: Callable[[Known, Any], None], known: Known) -> None:
    """From now on every value of this type is read as it is made."""
    make = kind.__init__

    def made(self: Any, *args: Any, **fields: Any) -> None:
        make(self, *args, **fields)
        read(known, self)

    kind.__init__ = made


def of_stacks(directory: Path, known: Known) -> None:
    """The secrets that embedded stacks below a directory made for themselves."""
    for file in directory.glob("**/env"):
        for name, value in json.loads(file.read_text(encoding="utf-8")).items():
            if re.search(r"KEY|SECRET|TOKEN", name):
                for part in value.split(","):
                    known.add(name, part.partition(":")[2] or part)


def files(directory: Path) -> Iterator[tuple[str, str]]:
    """Every line of every log file below a directory."""
    for file in sorted(directory.glob("**/*.log")):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            yield str(file.relative_to(directory)), line


class Plugin:
    """In each process of the run: listens, and reads the files in the end. The first process tells what all of them found."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.known = Known()
        self.ear = Ear()
        self.found: list[str] = []
        self.lines = 0

    def listen(self) -> None:
        for kind, read in (
            (SecretStr, of_secret),
            (Settings, of_settings),
            (Customer, of_customer),
            (Receiver, of_receiver),
            (Role, of_role),
        ):
            watch(kind, read, self.known)
        logging.getLogger().addHandler(self.ear)
        for names, level in ((OURS, logging.DEBUG), (PARTNERS, logging.INFO)):
            for name in names:
                logging.getLogger(name).setLevel(level)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        told = getattr(node, "workeroutput", {})
        self.found += told.get("leaks", [])
        self.lines += told.get("leak_lines", 0)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        directory: Path = self.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        # With several processes each has a directory below the first one's, which its own check has read.
        if not self.config.pluginmanager.hasplugin("dsession"):
            of_stacks(directory, self.known)
            told = [*self.ear.heard, *files(directory)]
            self.lines += len(told)
            self.found += self.known.too_many or [str(leak) for leak in self.known.leaks(told)]
        if (output := getattr(self.config, "workeroutput", None)) is not None:
            output |= {"leaks": self.found, "leak_lines": self.lines}
        elif self.found:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.found:
            terminalreporter.section("secrets and personal data in logs", red=True)
            for leak in sorted(set(self.found)):
                terminalreporter.line(leak)
        terminalreporter.line(
            f"logs: {self.lines} lines held against secrets and personal values, {len(self.found)} found"
        )


def pytest_configure(config: pytest.Config) -> None:
    plugin = Plugin(config)
    plugin.listen()
    config.pluginmanager.register(plugin, "perdura-leaks")
