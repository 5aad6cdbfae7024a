"""What each pass of a reconciliation lays side by side, a page at a time. Nothing is changed here but the list of what was seen,
and the ledger, which takes in what the provider says of disputes."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from activities.failures import Missing
from activities.ports.books import Books
from activities.ports.provider_books import ProviderBooks
from activities.ports.supervision import Supervision
from models.bookkeeping.money_facts import EXTERNAL, dispute_facts
from models.records import SubscriptionRecord
from models.watching import missing_processes, reconciliation
from models.watching.attention import Finding, Rule
from models.watching.reconciliation import Difference, ProviderCharge, Repair, Sighting
from models.watching.reconciliation_run import Scope

PAGE = 100
SUBSCRIPTION, INVOICE = "subscription", "invoice"
# About single charges: those of an earlier run are looked at again, however long ago the charge was made.
OF_CHARGES = (Rule.CHARGE_WITHOUT_SUBSCRIPTION, Rule.AMOUNT_DIFFERS, Rule.CHARGE_NOT_RECORDED, Rule.CHARGE_NOT_INVOICED)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one page showed. `cursor`: where the next begins; empty: there is none."""

    differences: tuple[Difference, ...] = ()
    checked: int = 0
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Glance:
    """One page to be looked at: of which run, where it begins, when (UTC), and what is too young to be judged."""

    scope: Scope
    cursor: str
    now: datetime
    settling: timedelta


def _after(cursor: str) -> tuple[str, str]:
    tenant, _, name = cursor.partition("/")
    return tenant, name


def _next(page: Sequence[tuple[str, str]]) -> str:
    """Where the page after this one begins: behind the last row of a full one."""
    return "/".join(page[-1]) if len(page) == PAGE else ""


class Gathering:
    """One method for each pass."""

    def __init__(self, *, books: Books, provider: ProviderBooks, processes: Supervision, uninvoiced: timedelta) -> None:
        self._books = books
        self._provider = provider
        self._processes = processes
        self._uninvoiced = uninvoiced

    async def subscriptions(self, at: Glance) -> Gathered:
        page = await self._provider.live_subscriptions(at.cursor)
        named = await self._books.records({(s.tenant, s.subscription) for s in page.seen if s.tenant})
        known = await self._books.records_at_provider([s.id for s in page.seen])
        claims = [(s.tenant, s.subscription) for s in page.seen if s.tenant and (s.tenant, s.subscription) not in named]
        standing = await self._processes.subscriptions_standing(claims) if claims else {}
        differences, sighted = [], []
        for seen in page.seen:
            # Anybody may write metadata in a dashboard: they count where the books do not know the subscription better.
            claimed = named.get((seen.tenant, seen.subscription))
            record = known.get(seen.id) or (claimed if claimed and claimed.provider_id in ("", seen.id) else None)
            process = standing.get((seen.tenant, seen.subscription))
            differences.append(
                reconciliation.compare_sighting(seen, record, now=at.now, settling=at.settling, standing=process)
            )
            owner = (record.tenant, record.id) if record else ("", "")
            if record is None and process is not None:
                owner = (seen.tenant, seen.subscription)
            sighted.append(replace(seen, tenant=owner[0], subscription=owner[1]))
        await self._books.sight(SUBSCRIPTION, sighted, at=at.now)
        rebuilt = [] if at.cursor else await self._without_tax_data()
        return Gathered((*_told(differences), *rebuilt), len(page.seen), page.cursor)

    async def _without_tax_data(self) -> list[Difference]:
        """Signups that were entered again without what only the lost books knew."""
        still = []
        for known in await self._books.all_findings(rule=Rule.SIGNUP_REBUILT, mended=True):
            finding = known.finding
            with contextlib.suppress(Missing):
                if (await self._books.customer_of(finding.tenant, finding.subscription)).receiver is None:
                    still.append(Difference(finding))
        return still

    async def twins(self, at: Glance) -> Gathered:
        several = await self._books.twins(since=at.scope.started, limit=PAGE)
        owners = {(each.tenant, each.subscription) for seen in several.values() for each in seen if each.tenant}
        records = await self._books.records(owners) if owners else {}
        pets = {owner: record.pet for owner, record in records.items()}
        found = [reconciliation.two_live(customer, seen, pets) for customer, seen in several.items()]
        return Gathered(_told(found), len(found))

    async def book(self, at: Glance) -> Gathered:
        records = await self._books.living(at.scope.tenant, after=_after(at.cursor), limit=PAGE)
        owners = [(record.tenant, record.id) for record in records]
        seen = {
            (each.tenant, each.subscription): each
            for each in await self._books.sighted(SUBSCRIPTION, owners, since=at.scope.started)
        }
        standing = await self._processes.subscriptions_standing(owners)
        found = [
            reconciliation.compare_subscription(r, seen.get(o), standing.get(o), now=at.now, settling=at.settling)
            for r, o in zip(records, owners, strict=True)
        ]
        return Gathered(_told(found), len(records), _next(owners))

    async def invoices(self, at: Glance) -> Gathered:
        page = await self._provider.open_invoices(at.cursor)
        records = await self._books.records_at_provider([s.subscription for s in page.seen if s.subscription])
        cases = await self._books.cases_of_invoices([s.id for s in page.seen])
        issued = await self._books.issued([s.id for s in page.seen])
        found, sighted = [], []
        for seen in page.seen:
            record = records.get(seen.subscription)
            found.append(
                reconciliation.compare_invoice(
                    seen,
                    record,
                    cases.get(seen.id),
                    now=at.now,
                    settling=at.settling,
                    booked=seen.id in issued,
                )
            )
            sighted.append(_owned(seen, record))
        await self._books.sight(INVOICE, sighted, at=at.now)
        return Gathered(_told(found), len(page.seen), page.cursor)

    async def cases(self, at: Glance) -> Gathered:
        cases = await self._books.open_cases(at.scope.tenant, after=_after(at.cursor), limit=PAGE)
        unpaid = await self._books.sighted_invoices([case.invoice for case in cases], since=at.scope.started)
        places = [(case.tenant, case.invoice) for case in cases]
        standing = await self._processes.cases_standing(places)
        found = []
        for case, place in zip(cases, places, strict=True):
            invoice = None if case.invoice in unpaid else await self._provider.look_up_invoice(case.invoice)
            process = standing.get(place)
            found.append(reconciliation.compare_case(case, invoice, process, now=at.now, settling=at.settling))
        return Gathered(_told(found), len(cases), _next(places))

    async def bills(self, at: Glance) -> Gathered:
        bills = await self._books.living_bills(at.scope.tenant, after=_after(at.cursor), limit=PAGE)
        places = [(bill.tenant, bill.id) for bill in bills]
        standing = await self._processes.bills_standing(places)
        found = [
            missing_processes.compare_bill(bill, standing.get(place), now=at.now, settling=at.settling)
            for bill, place in zip(bills, places, strict=True)
        ]
        return Gathered(_told(found), len(bills), _next(places))

    async def tickets(self, at: Glance) -> Gathered:
        tickets = await self._books.living_tickets(at.scope.tenant, after=_after(at.cursor), limit=PAGE)
        places = [(ticket.tenant, ticket.id) for ticket in tickets]
        standing = await self._processes.tickets_standing(places)
        found = [
            missing_processes.compare_ticket(ticket, standing.get(place), now=at.now, settling=at.settling)
            for ticket, place in zip(tickets, places, strict=True)
        ]
        return Gathered(_told(found), len(tickets), _next(places))

    async def charges(self, at: Glance) -> Gathered:
        page = await self._provider.charges_since(at.scope.since, at.cursor)
        listed = {charge.id: charge for charge in page.charges if charge.succeeded}
        if not at.cursor:
            for rule in OF_CHARGES:
                for known in await self._books.all_findings(rule=rule, mended=True):
                    subject = known.finding.subject
                    if not subject.startswith(EXTERNAL):
                        listed[subject] = await self._provider.look_up_charge(subject)
        payments = await self._books.payments_by_charge(listed)
        documented = await self._books.documented(payments)
        issued = await self._books.issued([payment.invoice for payment in payments.values()])
        found = [] if at.cursor else await self._outside_and_not_invoiced(at.now)
        for charge in listed.values():
            payment = payments.get(charge.id)
            record = None
            if payment is None:
                charge = charge if charge.invoice else await self._provider.look_up_charge(charge.id)
                record = await self._owner(charge)
            found.append(
                reconciliation.compare_charge(
                    charge,
                    record,
                    payment,
                    documented=charge.id in documented,
                    booked=payment is None or payment.invoice in issued,
                    now=at.now,
                    settling=at.settling,
                    uninvoiced=self._uninvoiced,
                )
            )
        return Gathered(_told(found), len(listed), page.cursor)

    async def _outside_and_not_invoiced(self, now: datetime) -> list[Difference | None]:
        """Cash and transfers without a tax document: the provider lists no charge of theirs that would tell."""
        lacking = [payment for payment, _ in await self._books.uninvoiced(now - self._uninvoiced)]
        outside = [payment for payment in lacking if payment.charge.startswith(EXTERNAL)]
        documented = await self._books.documented([payment.charge for payment in outside])
        return [reconciliation.without_tax_invoice(each) for each in outside if each.charge not in documented]

    async def refunds(self, at: Glance) -> Gathered:
        page = await self._provider.refunds_since(at.scope.since, at.cursor)
        payments = await self._books.payments_by_charge([refund.charge for refund in page.refunds])
        documented = await self._books.documented([refund.id for refund in page.refunds])
        found = [
            reconciliation.compare_refund(
                refund,
                payments.get(refund.charge),
                documented=refund.id in documented,
                now=at.now,
                uninvoiced=self._uninvoiced,
            )
            for refund in page.refunds
        ]
        if not at.cursor:
            found += await self._still_uncredited({refund.id for refund in page.refunds})
            found += await self._disputes(at)
        return Gathered(_told(found), len(page.refunds), page.cursor)

    async def _disputes(self, at: Glance) -> list[Difference]:
        """Disputes of charges, booked in the ledger as the provider tells them; known ones are looked at until they are decided."""
        stated = {dispute.id: dispute for dispute in await self._provider.disputes_since(at.scope.since)}
        for known in await self._books.all_findings(rule=Rule.CHARGE_DISPUTED, mended=True):
            name = known.finding.subject
            if name not in stated:
                stated[name] = await self._provider.look_up_dispute(name)
        if not stated:
            return []
        payments = await self._books.payments_by_charge([dispute.charge for dispute in stated.values()])
        cases = await self._books.cases_of_invoices([payment.invoice for payment in payments.values()])
        found: list[Difference] = []
        for dispute in stated.values():
            payment = payments.get(dispute.charge)
            case = cases.get(payment.invoice) if payment else None
            found += reconciliation.compare_dispute(dispute, payment, case)
            mine = payment is not None and at.scope.tenant in ("", payment.tenant)
            if payment is not None and mine and not at.scope.dry_run:
                facts = dispute_facts(payment.tenant, payment.subscription, payment.invoice, dispute)
                await self._books.post(*facts)
        return found

    async def _still_uncredited(self, listed: set[str]) -> list[Difference | None]:
        """Refunds of earlier runs that are older than what this one reads, and still have no credit note."""
        old: list[Finding] = [
            known.finding
            for known in await self._books.all_findings(rule=Rule.REFUND_NOT_CREDITED, mended=True)
            if known.finding.subject not in listed
        ]
        credited = await self._books.documented([finding.subject for finding in old])
        return [Difference(finding, Repair.CREDIT) for finding in old if finding.subject not in credited]

    async def _owner(self, charge: ProviderCharge) -> SubscriptionRecord | None:
        """Whose money it is: by the subscription whose invoice it paid, else by the customer."""
        if charge.provider_subscription:
            known = await self._books.records_at_provider([charge.provider_subscription])
            if charge.provider_subscription in known:
                return known[charge.provider_subscription]
        owner = await self._books.owner_of(provider_customer=charge.customer)
        return (await self._books.records([owner])).get(owner) if owner else None


def _told(found: Sequence[Difference | None]) -> tuple[Difference, ...]:
    return tuple(difference for difference in found if difference is not None)


def _owned(seen: Sighting, record: SubscriptionRecord | None) -> Sighting:
    owner = (record.tenant, record.id) if record else ("", "")
    return replace(seen, tenant=owner[0], subscription=owner[1])
