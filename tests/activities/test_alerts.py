"""Whoever watches goes on watching: what breaks one look breaks no other, and no alert is lost with it."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from sqlalchemy.exc import DataError

from activities.alerts import Alerts
from activities.failures import Unavailable
from activities.ports.books import Books
from models.periods import Calendar
from models.watching.attention import Finding, Rule
from models.watching.invariants import limits
from tests.conftest import eventually
from tests.fakes.books import QuietBooks
from tests.fakes.mail import FakeFiscalMail

LIMITS = limits(Calendar(), uninvoiced_hours=4, inbox=timedelta(hours=1), reconciliation=timedelta(hours=1))
BROKEN = [
    pytest.param(Unavailable("away"), id="out of reach"),
    pytest.param(DataError("", {}, Exception("out of range")), id="refused by the database"),
    pytest.param(KeyError("a bug of ours"), id="a bug"),
]


@dataclass
class Jammed(QuietBooks):
    """Books whose inbox nobody empties. `broken` is raised by the first look."""

    broken: list[Exception] = field(default_factory=list)
    untold: list[Finding] = field(default_factory=list)

    async def waiting_events(self) -> tuple[int, datetime | None]:
        if self.broken:
            raise self.broken.pop()
        return 3, datetime.now(UTC) - timedelta(hours=5)

    async def keep_finding(self, finding: Finding, *, at: datetime, repaired: bool = False) -> None:
        if finding not in self.found:
            self.untold.append(finding)
        await super().keep_finding(finding, at=at, repaired=repaired)

    async def claim_alerts(self, rules: Collection[Rule], *, at: datetime) -> Sequence[Finding]:
        claimed, self.untold = self.untold, []
        return claimed

    async def return_alerts(self, findings: Sequence[Finding]) -> None:
        self.untold += findings


@pytest.mark.parametrize("broken", BROKEN)
async def test_a_look_that_breaks_is_followed_by_the_next_and_the_operator_is_written_to(broken: Exception) -> None:
    books, mail = Jammed(broken=[broken]), FakeFiscalMail()
    alerts = Alerts(books=cast(Books, books), mail=mail, limits=LIMITS, address="ops@clinic.test")
    watching = asyncio.create_task(alerts.keep_watching(0))
    try:
        await eventually(lambda: mail.sends == 1 or watching.done())
    finally:
        watching.cancel()
    assert (mail.sends, {finding.rule for finding in books.found}) == (1, {Rule.INBOX_STUCK})


@pytest.mark.parametrize("broken", BROKEN)
async def test_what_could_not_be_written_of_is_written_of_the_next_time(broken: Exception) -> None:
    books, mail = Jammed(), FakeFiscalMail(failures=[broken])
    alerts = Alerts(books=cast(Books, books), mail=mail, limits=LIMITS, address="ops@clinic.test")
    await alerts.watch_inbox(datetime.now(UTC))
    assert [await alerts.tell(datetime.now(UTC)) for _ in range(3)] == [0, 1, 0]
    assert mail.sends == 1
