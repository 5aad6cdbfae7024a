"""Rounds of evidence, made of the books: gathered, packed, and kept."""

import asyncio
import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from activities.failures import Refused
from activities.measuring import gathered
from activities.ports.register import Register
from models.kpis.evidence import NAME, Evidence, Line, Pseudonyms, Round, packed
from models.kpis.figures import Figure, figures
from models.periods import Calendar
from models.records import Customer, Tenant
from models.safekeeping.keyring import Keyring

ONE = timedelta(days=1)
WEEK = timedelta(days=6)  # of a first round, beside its last day
OLDEST = timedelta(days=365)  # a case that was opened earlier is in no round
FIRST = date(2000, 1, 1)  # there were no books on that day, nor before
DECISIONS = 100_000


@dataclass(frozen=True, slots=True)
class Wish:
    """Which round, of which days (both inside), made by whom. Left out: from the day after the last round until yesterday."""

    name: str
    by: str
    since: date | None = None
    until: date | None = None


class EvidenceMaking:
    """Makes a round once: asked for again by its name, it is the one that was made, byte for byte."""

    def __init__(self, store: Register, keyring: Keyring, *, day_seconds: float) -> None:
        self._store = store
        self._keyring = keyring
        self._day_seconds = day_seconds

    async def make(self, tenant: Tenant, wish: Wish, now: datetime) -> Round:
        """Raises Refused: the name or the days make no sense (`code` names the field)."""
        if not re.fullmatch(NAME, wish.name):
            raise Refused("write a round's name in small letters, digits and hyphens, e.g. 2026-w47", "round")
        if (known := await self._store.round(tenant.id, wish.name)) is not None:
            return known[0]
        zone = ZoneInfo(tenant.zone)
        today = now.astimezone(zone).date()
        until = wish.until or today - ONE
        since = wish.since or (await self._after_the_last(tenant.id, until) if until > FIRST else FIRST)
        if not FIRST < since <= until <= today or until - since > OLDEST:
            raise Refused(
                "a round's days end today at the latest, begin before they end, and are a year at most", "from"
            )
        begins, ends = (datetime.combine(day, time(), zone) for day in (since, until + ONE))
        evidence = await self._gathered(tenant, wish.name, since, until, begins, ends, now)
        # In a thread: a hundred thousand lines are seconds of hashing and packing, and others are being served.
        names = Pseudonyms(self._keyring, tenant.id, wish.name)
        content = await asyncio.to_thread(packed, evidence, names, begins, ends)
        digest = hashlib.sha256(content).hexdigest()
        made = Round(tenant.id, wish.name, since, until, now, wish.by, digest, len(content))
        return await self._store.keep_round(made, content)

    async def _after_the_last(self, tenant: str, until: date) -> date:
        earlier = [each.until for each in await self._store.rounds(tenant) if each.until < until]
        return max(earlier) + ONE if earlier else until - WEEK

    async def _gathered(
        self, tenant: Tenant, name: str, since: date, until: date, begins: datetime, ends: datetime, now: datetime
    ) -> Evidence:
        store = self._store
        taken = await store.snapshots(tenant.id, until, until)
        day = until if taken else None
        statuses = [
            Line(each.subscription, each.status, each.plan, each.price_centavos, each.currency, each.interval)
            async for page in store.statuses_of(tenant.id, day)
            for each in page
        ]
        cases = await store.collected(tenant.id, begins - OLDEST, ends)
        decisions = [each for each in await store.decisions(tenant.id, limit=DECISIONS) if begins <= each.at < ends]
        concerned = {each.subscription for each in decisions if each.subscription}
        names = {word async for page in store.subscribed(tenant.id, concerned) for who in page for word in _words(who)}
        whose = await store.customers_of(tenant.id, {each.record.subscription for each in cases})
        return Evidence(
            tenant.id,
            name,
            since,
            until,
            f"daily snapshot of {until}" if taken else f"the books at {now:%Y-%m-%dT%H:%M:%SZ}: no snapshot of {until}",
            statuses,
            [(each, whose.get(each.record.subscription, "")) for each in cases],
            await self._figures(tenant, until, now),
            sorted(decisions, key=lambda each: (each.at, each.id)),
            frozenset(names),
        )

    async def _figures(self, tenant: Tenant, day: date, now: datetime) -> list[Figure]:
        """Those of the round's last day as they were kept, or as they stand now."""
        kept = await self._store.figures_of(tenant.id, day, day)
        if kept:
            return list(kept)
        calendar = Calendar(self._day_seconds, tenant.zone)
        today = calendar.local(now).date()
        facts = await gathered(self._store, tenant.id, day=today, now=now, calendar=calendar)
        return list(figures(facts, day=today, now=now, calendar=calendar))


def _words(customer: Customer) -> set[str]:
    """What would name them: the whole name and each part of it, e-mail, phone, reference, tax data."""
    names = {
        customer.name,
        *customer.name.split(),
        customer.email,
        customer.phone,
        customer.phone[-10:],
        customer.reference,
    }
    if customer.receiver is not None:
        names |= {customer.receiver.rfc, customer.receiver.name, *customer.receiver.name.split()}
    return {word for word in names if len(word) >= 3}
