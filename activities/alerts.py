"""Telling the operator, once, that something critical is wrong: an error in the log, and an e-mail where an address is set.

Worker and API both watch: when Temporal is down no workflow checks anything, and that is when events wait for hours.
"""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from activities.ports.books import Books
from activities.ports.mail import Mail
from models.watching import invariants
from models.watching.attention import GUIDANCE, Finding, Rule, Severity
from models.watching.invariants import Limits

log = logging.getLogger(__name__)

CRITICAL = frozenset(rule for rule, guidance in GUIDANCE.items() if guidance.severity is Severity.CRITICAL)


class Alerts:
    """`address` is where the operator reads mail; empty: the log alone is told."""

    def __init__(self, *, books: Books, mail: Mail, limits: Limits, address: str = "") -> None:
        self._books = books
        self._mail = mail
        self._limits = limits
        self._address = address

    async def watch_inbox(self, now: datetime) -> None:
        """Enter or close the finding about events that nobody has had for too long. SQL alone is asked."""
        waiting, oldest = await self._books.waiting_events()
        finding = invariants.inbox_stuck(waiting, oldest, now, self._limits)
        if finding is not None:
            await self._books.keep_finding(finding, at=now)
        await self._books.resolve_findings([Rule.INBOX_STUCK], unseen_since=now, at=now)

    async def tell(self, now: datetime) -> int:
        """Tell of critical findings that nobody was told of. Returns how many."""
        findings = await self._books.claim_alerts(CRITICAL, at=now)
        for finding in findings:
            log.error(
                "attention %s %s (%s): %s", finding.rule, finding.subject, finding.tenant or "house", finding.text
            )
        if findings and self._address:
            try:
                await self._write(findings)
            except Exception as failure:  # whatever it was, they are still to be told
                log.error("the operator could not be written to: %s", type(failure).__name__)
                await self._books.return_alerts(findings)
                return 0
        return len(findings)

    async def keep_watching(self, every: float) -> None:
        """Watch the inbox every so many seconds, until cancelled. What fails is tried again the next time."""
        while True:
            now = datetime.now(UTC)
            try:
                await self.watch_inbox(now)
                await self.tell(now)
            except Exception as failure:  # with Temporal away nobody else watches: one broken look must not be the last
                log.warning("the inbox could not be watched: %s", type(failure).__name__)
            await asyncio.sleep(every)

    async def _write(self, findings: Sequence[Finding]) -> None:
        lines = [
            f"{finding.rule}: {finding.text}\n  what to do: {finding.guidance.remedy}"
            f"\n  tenant {finding.tenant or '-'}, subscription {finding.subscription or '-'}, finding {finding.id}"
            for finding in findings
        ]
        key = hashlib.sha256(",".join(sorted(f.id for f in findings)).encode()).hexdigest()
        what = f"{len(findings)} things need attention" if len(findings) > 1 else findings[0].text
        closing = "See them all with `perdura attention`. You are told of each of them once."
        await self._mail.send(
            to=self._address,
            subject=f"Perdura: {what}",
            body="\n\n".join([*lines, closing]),
            key=f"alert/{key}/{datetime.now(UTC):%Y%m%d%H%M}",
        )
