"""A run of reconciliation: its scope, how far it has come, and what it came to, in numbers and in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum


class Pass(StrEnum):
    """The passes of a run, in their order: what the provider said comes first, so that the later ones find less to repair."""

    EVENTS = "events never received"
    SUBSCRIPTIONS = "subscriptions at the provider"
    TWINS = "customers with two subscriptions"
    BOOK = "subscriptions in the books"
    INVOICES = "open invoices at the provider"
    CASES = "dunning cases in the books"
    BILLS = "bills in the books"
    TICKETS = "tickets in the books"
    CHARGES = "charges at the provider"
    REFUNDS = "refunds at the provider"  # and disputes, of which there are few
    DONE = "done"


PASSES = tuple(Pass)
NOTED = 50  # differences told in words in a run's record; all of them are counted


@dataclass(frozen=True, slots=True)
class Scope:
    """One run: of one tenant or (empty) of all, what is looked at since when (UTC), and whether anything is changed."""

    run: str
    tenant: str
    dry_run: bool
    started: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """What one page of a pass came to. `cursor` is where the next begins; empty: the pass is over."""

    cursor: str = ""
    checked: int = 0
    found: int = 0
    repaired: int = 0
    fetched: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come."""

    scope: Scope
    at: Pass = Pass.EVENTS
    cursor: str = ""
    checked: int = 0
    found: int = 0
    repaired: int = 0
    fetched: int = 0
    notes: tuple[str, ...] = ()
    by_pass: Mapping[str, int] = field(default_factory=dict)  # what each pass has found

    @property
    def open(self) -> int:
        """Differences left to a person."""
        return self.found - self.repaired


def advanced(progress: Progress, page: Page) -> Progress:
    """The run after one more page."""
    following = progress.at if page.cursor else PASSES[PASSES.index(progress.at) + 1]
    return replace(
        progress,
        at=following,
        cursor=page.cursor,
        checked=progress.checked + page.checked,
        found=progress.found + page.found,
        repaired=progress.repaired + page.repaired,
        fetched=progress.fetched + page.fetched,
        notes=(*progress.notes, *page.notes)[:NOTED],
        by_pass={**progress.by_pass, progress.at: progress.by_pass.get(progress.at, 0) + page.found},
    )


@dataclass(frozen=True, slots=True)
class Run:
    """A run as SQL keeps it. `drift` is what was found to differ; of it `repaired` by the machine, and `open` left to a person."""

    id: str
    tenant: str
    dry_run: bool
    started: datetime
    since: datetime
    finished: datetime | None = None
    checked: int = 0
    fetched: int = 0
    drift: int = 0
    repaired: int = 0
    open: int = 0
    notes: str = ""

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return (self.finished - self.started).total_seconds() if self.finished else None


def run_of(progress: Progress, finished: datetime | None) -> Run:
    """A run's record."""
    scope = progress.scope
    return Run(
        id=scope.run,
        tenant=scope.tenant,
        dry_run=scope.dry_run,
        started=scope.started,
        since=scope.since,
        finished=finished,
        checked=progress.checked,
        fetched=progress.fetched,
        drift=progress.found,
        repaired=progress.repaired,
        open=progress.open,
        notes="\n".join(progress.notes),
    )


def in_words(progress: Progress) -> str:
    """A run for a person: what was compared, what differed, what became of it."""
    scope = progress.scope
    whose = f"tenant {scope.tenant}" if scope.tenant else "all tenants"
    lost = f", {progress.fetched} events that were never received taken in" if progress.fetched else ""
    if not progress.found:
        return f"{whose}: {progress.checked} things compared, none differs{lost}"
    verb = "would be repaired" if scope.dry_run else "repaired"
    became = f"{progress.repaired} {verb}, {progress.open} for a person"
    return f"{whose}: {progress.checked} things compared, {progress.found} differ: {became}{lost}"
