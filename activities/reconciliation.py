"""One page of a comparison at a time: gather from provider, processes and books; decide (`watching.reconciliation`); repair; write down."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from temporalio import activity

from activities.bookkeeping import Bookkeeping, Check
from activities.gathering import Gathered, Gathering, Glance
from activities.inbox import Inbox
from activities.late_money import LateMoney
from activities.ports.books import Books
from activities.ports.pac import Pacs
from activities.ports.provider_books import ProviderBooks
from activities.ports.supervision import Supervision
from activities.repairs import Repairs
from models.bookkeeping.statement import StatedInvoice
from models.periods import Calendar
from models.watching.attention import COMPARED, Finding, Rule
from models.watching.reconciliation import Difference, Repair
from models.watching.reconciliation_run import Page, Pass, Progress, Run, Scope, run_of

PAUSE = 0.1  # seconds after each page: Stripe lets us read a hundred times a second, and its other readers too
FIRST = timedelta(days=30)  # the first run looks back as far as Stripe keeps its events
OVERLAP = timedelta(days=1)  # what was told late, and what the run before found too young to judge


@dataclass(frozen=True, slots=True)
class BeginOrder:
    """A run to begin. `run` is its id; without a tenant it is of all."""

    run: str
    tenant: str = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class PageOrder:
    """Which page of which pass comes next."""

    scope: Scope
    at: Pass
    cursor: str = ""


class Reconciliation:
    """Every activity may run twice: what was mended needs no second mending, and what is written is written by key."""

    def __init__(
        self,
        *,
        books: Books,
        provider: ProviderBooks,
        processes: Supervision,
        day_seconds: float,
        uninvoiced_hours: float,
        ledger: Bookkeeping | None = None,
        pacs: Pacs | None = None,
        pause: float = PAUSE,
    ) -> None:
        self._books = books
        self._ledger = ledger
        self._day_seconds = day_seconds
        self._pause = pause
        self._gathering = Gathering(
            books=books, provider=provider, processes=processes, uninvoiced=self._calendar.hours(uninvoiced_hours)
        )
        self._repairs = Repairs(books=books, provider=provider, processes=processes, day_seconds=day_seconds, pacs=pacs)
        late = LateMoney(books=books, provider=provider, repairs=self._repairs)
        self._inbox = Inbox(books, processes, late, day_seconds=day_seconds)
        self._provider = provider

    @property
    def _calendar(self) -> Calendar:
        return Calendar(self._day_seconds)

    @activity.defn
    async def begin_reconciliation(self, order: BeginOrder) -> Scope:
        now = datetime.now(UTC)
        before = await self._books.last_run(order.tenant)
        since = before.started - OVERLAP if before else now - FIRST
        scope = Scope(order.run, order.tenant, order.dry_run, now, since)
        await self._books.save_run(run_of(Progress(scope), None))
        return scope

    @activity.defn
    async def reconcile_page(self, order: PageOrder) -> Page:
        """One page of one pass. Raises Throttled, Unavailable or Barred when the provider cannot be read now."""
        scope, now = order.scope, datetime.now(UTC)
        if order.at is Pass.EVENTS:
            page = await self._take_in_events(scope, order.cursor)
        else:
            gather = self._passes[order.at]
            gathered = await gather(Glance(scope, order.cursor, now, self._calendar.hours(0.1)))
            page = await self._settle(scope, gathered.differences, now)
            page = replace(page, cursor=gathered.cursor, checked=gathered.checked)
        await asyncio.sleep(self._pause)
        return page

    @activity.defn
    async def finish_reconciliation(self, progress: Progress) -> Run:
        """Close what is no longer so, and write down what the run came to."""
        scope, now = progress.scope, datetime.now(UTC)
        if not scope.dry_run:
            await self._books.resolve_findings(COMPARED, unseen_since=scope.started, at=now, tenant=scope.tenant)
            await self._check_ledger(scope, now)
        if not scope.tenant:
            await self._books.forget_sightings(scope.started)
        run = run_of(progress, now)
        await self._books.save_run(run)
        return run

    async def _check_ledger(self, scope: Scope, now: datetime) -> None:
        """The double-entry books beside the provider, too: what they lack and nobody is about to write is booked.

        What still differs is told when the next run finds it again: it may be on its way. A failure is not put off so: the next run
        begins where this one ends, and whatever lies before would be looked at by nobody any more.
        """
        if self._ledger is None:
            return
        tenants = [scope.tenant] if scope.tenant else ()
        older = await self._settled_unheard(self._ledger, scope)
        checked = await self._ledger.check(tenants, scope.since, older)
        if not checked.good and await self._ledger.catch_up(scope.since, now - self._calendar.hours(1), older):
            checked = await self._ledger.check(tenants, scope.since, older)
        await self._bring_back(checked)
        for tenant in checked.tenants:
            if not tenant.good:
                what = [
                    *(["its chain is broken"] if tenant.broken else []),
                    *([f"{', '.join(tenant.unbalanced)} do not sum to zero"] if tenant.unbalanced else []),
                    *([f"{len(tenant.differences)} differences from the provider"] if tenant.differences else []),
                ]
                finding = Finding(tenant.tenant, Rule.LEDGER_UNBALANCED, "ledger", f"the ledger: {'; '.join(what)}")
                await self._books.keep_finding(finding, at=now, repaired=not (tenant.broken or tenant.unbalanced))
        await self._books.resolve_findings(
            [Rule.LEDGER_UNBALANCED], unseen_since=now, at=datetime.now(UTC), tenant=scope.tenant
        )

    async def _settled_unheard(self, ledger: Bookkeeping, scope: Scope) -> list[StatedInvoice]:
        """Invoices too old for this run's share of the provider's word that ended all the same, and the books hold them as owed."""
        owed = await self._books.settled_unheard(scope.tenant, issued_before=scope.since, since=scope.started)
        return [stated for invoice in owed if (stated := await ledger.stated(invoice))]

    async def _bring_back(self, checked: Check) -> None:
        """Cases that began after a backup and ended by hand before it was restored: no charge and no open invoice tells of them."""
        known = await self._books.cases_of_invoices([invoice for _, invoice in checked.by_hand])
        for owner, invoice in checked.by_hand:
            if invoice not in known:
                await self._repairs.case(*owner, invoice)

    @property
    def _passes(self) -> dict[Pass, Callable[[Glance], Awaitable[Gathered]]]:
        gathering = self._gathering
        return {
            Pass.SUBSCRIPTIONS: gathering.subscriptions,
            Pass.TWINS: gathering.twins,
            Pass.BOOK: gathering.book,
            Pass.INVOICES: gathering.invoices,
            Pass.CASES: gathering.cases,
            Pass.BILLS: gathering.bills,
            Pass.TICKETS: gathering.tickets,
            Pass.CHARGES: gathering.charges,
            Pass.REFUNDS: gathering.refunds,
        }

    async def _take_in_events(self, scope: Scope, cursor: str) -> Page:
        """Events whose webhooks were lost go the way of all events: stored once, then handed over."""
        page = await self._provider.events_since(scope.since, cursor)
        fetched = 0
        for event in reversed(page.events):
            if scope.dry_run:
                fetched += await self._books.event(event.provider, event.event) is None
            elif await self._books.receive(event):
                fetched += 1
                await self._inbox.deliver(event)
        return Page(page.cursor, checked=len(page.events), fetched=fetched)

    async def _settle(self, scope: Scope, differences: Sequence[Difference], now: datetime) -> Page:
        repaired, notes = 0, []
        for difference in differences:
            finding = difference.finding
            if scope.tenant and finding.tenant != scope.tenant:
                continue
            mended = difference.repair is not Repair.NONE
            if not scope.dry_run:
                mended = mended and await self._repairs.apply(difference)
                await self._books.keep_finding(finding, at=now, repaired=mended)
            repaired += mended
            notes.append(f"{finding.rule}: {finding.text}{f' [{difference.repair}]' if mended else ''}")
        return Page(found=len(notes), repaired=repaired, notes=tuple(notes))
