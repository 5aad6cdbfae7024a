"""The ledger: facts booked once each, as links of the tenant's chain, and read again as entries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.sql.bills import Bills
from activities.gateways.sql.chain import Chain, append, turn
from activities.gateways.sql.crm.following import money_moved
from activities.gateways.sql.database import table_of
from activities.gateways.sql.issuers import Issuers
from activities.gateways.sql.outgoing import tell
from activities.gateways.sql.subscriptions import Subscriptions
from models.billing.bills import is_bill, taxed
from models.bookkeeping.books import AT_PROVIDER, Entry, Moved
from models.bookkeeping.chain import Book
from models.bookkeeping.ledger import Account, Fact, Kind, fact_key, moves, recoveries
from models.bookkeeping.money_facts import payment_fact
from models.bookkeeping.stated_taxes import StatedTaxes, restated
from models.cfdi.fiscal import terms_of
from models.cfdi.taxes import Terms, Withholding
from models.money import Money
from models.portions import portions
from models.records import Payment
from models.subscribing.invoices import Charge
from models.tables.ledger import LedgerRow
from models.tables.parties import CustomerRow, TenantRow
from models.tables.subscriptions import PaymentRow, SubscriptionRow
from models.telling.happenings import of_payment

_LEDGER, _PAYMENT = table_of(LedgerRow).c, table_of(PaymentRow).c
_CUSTOMER, _SUBSCRIPTION = table_of(CustomerRow).c, table_of(SubscriptionRow).c
_NAMED = 500  # keys in one statement: databases take some ten thousand at most
_SETTLING = (Kind.PAID, Kind.PAID_OUTSIDE, Kind.WRITTEN_OFF)


class Ledger(Subscriptions, Issuers, Chain, Bills):
    """The books of every tenant."""

    async def post(self, *facts: Fact) -> int:
        """Book facts, each once by its key, whatever the order in which they are told; how many were new.

        The one door into the ledger, also for money that arrives when no process is left (`bookkeeping.money_facts.invoice_facts` and
        `refund_facts` tell what an object of the provider means). What follows from two facts together, the recovery of a debt
        written off, is booked with the later one. The facts of one tenant are booked together or not at all.
        """
        booked = 0
        for tenant in dict.fromkeys(fact.tenant for fact in facts):
            mine = [fact for fact in facts if fact.tenant == tenant and moves(fact)]
            if mine and await self._unknown(mine):
                booked += await self._db.add(_Addition(await self._taxed(mine)), self._book, f"{tenant}/ledger")
        return booked

    async def refunded_charges(self, tenant: str, refunds: Sequence[str]) -> Mapping[str, str]:
        mine = (_LEDGER.tenant_id == tenant) & (_LEDGER.kind == Kind.REFUNDED.value)
        told = select(_LEDGER.subject, _LEDGER.charge).where(mine, _LEDGER.subject.in_(refunds), _LEDGER.charge != "")
        return {str(refund): str(charge) for refund, charge in await self._db.figures(told)}

    async def restate(self, *told: StatedTaxes) -> int:
        """Have the books say of each charge or refund what its CFDI says of its taxes; how many did not."""
        facts = []
        for stated in told:
            fact = restated(stated, await self.ledger(stated.tenant, subscription=stated.subscription))
            facts += [fact] if fact else []
        return await self.post(*facts)

    async def record_payment(self, payment: Payment) -> None:
        """The payment, its entries in the ledger and its event, in one transaction."""
        charge = Charge(payment.charge, payment.amount, payment.paid_at, payment.funding)
        fact = payment_fact(payment.tenant, payment.subscription, payment.invoice, charge, at=payment.paid_at)
        await self._db.add(_Addition(await self._taxed([fact]), payment), self._book, f"{payment.tenant}/ledger")
        self._recorded.note(payment.tenant)

    async def ledger(self, tenant: str, *, subscription: str = "", invoice: str = "") -> Sequence[Entry]:
        """The entries of a tenant in the order in which they were booked, of one subscription or invoice where one is named."""
        query = select(LedgerRow).where(_LEDGER.tenant_id == tenant).order_by(_LEDGER.seq)
        if subscription:
            query = query.where(_LEDGER.subscription_id == subscription)
        if invoice:
            query = query.where(_LEDGER.invoice == invoice)
        return [_entry(row) for row in await self._db.rows(query)]

    async def ledger_of(self, tenant: str, subscriptions: Collection[str]) -> Sequence[Entry]:
        mine = (_LEDGER.tenant_id == tenant) & _LEDGER.subscription_id.in_(subscriptions)
        return [_entry(row) for row in await self._db.rows(select(LedgerRow).where(mine).order_by(_LEDGER.seq))]

    async def ledger_since(
        self, tenant: str, since: datetime, *, invoices: Collection[str], subjects: Collection[str]
    ) -> Sequence[Entry]:
        kinds = [kind for kinds in AT_PROVIDER.values() for kind in kinds]
        found: dict[int, Entry] = {}

        async def take(where: Any) -> None:
            rows = await self._db.rows(select(LedgerRow).where(_LEDGER.tenant_id == tenant, where))
            found.update({row.seq: _entry(row) for row in rows})

        await take((_LEDGER.at >= since) & _LEDGER.kind.in_(kinds))
        named = {*subjects, *(entry.subject for entry in found.values())}
        for column, wanted in (
            (_LEDGER.invoice, sorted(invoices)),
            (_LEDGER.fact, sorted(fact_key(subject, kind) for subject in named for kind in kinds)),
        ):
            for some in portions(wanted, _NAMED):
                await take(column.in_(some))
        return [found[seq] for seq in sorted(found)]

    async def moved(self, tenant: str) -> Sequence[Moved]:
        ways = (_LEDGER.debit, _LEDGER.credit, _LEDGER.currency)
        query = select(*ways, func.sum(_LEDGER.centavos), func.count()).where(_LEDGER.tenant_id == tenant)
        return [
            Moved(Account(debit), Account(credit), Money(int(centavos), currency), int(count))
            for debit, credit, currency, centavos, count in await self._db.figures(query.group_by(*ways))
        ]

    async def tenants(self) -> Sequence[str]:
        """The ids of all tenants."""
        return [
            row.tenant_id for row in await self._db.rows(select(TenantRow).order_by(table_of(TenantRow).c.tenant_id))
        ]

    async def provider_customers(self) -> Mapping[str, tuple[str, str]]:
        """Tenant and newest subscription by the provider's id of a customer."""
        query = (
            select(_CUSTOMER.provider_id, _SUBSCRIPTION.tenant_id, _SUBSCRIPTION.id)
            .where(_SUBSCRIPTION.tenant_id == _CUSTOMER.tenant_id, _SUBSCRIPTION.customer_id == _CUSTOMER.id)
            .where(_CUSTOMER.provider_id != "")
            .order_by(_SUBSCRIPTION.created_at)
        )
        return {row[0]: (row[1], row[2]) for row in await self._db.figures(query)}

    async def provider_subscriptions(self) -> Mapping[str, tuple[str, str]]:
        """Tenant and subscription by the provider's id of a subscription."""
        query = select(_SUBSCRIPTION.provider_id, _SUBSCRIPTION.tenant_id, _SUBSCRIPTION.id)
        query = query.where(_SUBSCRIPTION.provider_id != "")
        return {row[0]: (row[1], row[2]) for row in await self._db.figures(query)}

    async def _taxed(self, facts: Sequence[Fact]) -> list[Fact]:
        """Facts of one tenant with the terms on which their sales are taxed now."""
        issuer = await self.issuer_of(facts[0].tenant)
        withholds = issuer is not None and issuer.withholding is not Withholding.NONE
        terms: dict[str, Terms] = {}
        for fact in facts:
            if fact.subscription not in terms:
                customer = await self.subscriber(fact.tenant, fact.subscription) if withholds else None
                usual = terms_of(issuer, customer.customer.receiver if customer else None)
                bill = await self.bill(fact.tenant, fact.subscription) if is_bill(fact.subscription) else None
                terms[fact.subscription] = taxed(bill, usual) if bill else usual
        return [replace(fact, terms=terms[fact.subscription]) for fact in facts]

    async def _unknown(self, facts: Sequence[Fact]) -> bool:
        """Whether any of these facts is not booked yet: mostly all are, and nobody need wait for a turn."""
        keys = {fact.key for fact in facts}
        query = select(_LEDGER.fact).where(_LEDGER.tenant_id == facts[0].tenant, _LEDGER.fact.in_(keys))
        return {row[0] for row in await self._db.figures(query)} != keys

    async def _book(self, connection: AsyncConnection, additions: Sequence["_Addition"]) -> list[int]:
        """Write payments and book facts of one tenant; how many facts of each addition were new, with what followed from them."""
        told = [fact for addition in additions for fact in addition.facts]
        tenant = told[0].tenant
        head = await turn(connection, self._db, tenant)
        payments = {each.payment.charge: each.payment for each in additions if each.payment}
        await self._add_payments(connection, payments)
        invoices = {fact.invoice for fact in told if fact.kind in _SETTLING and fact.invoice}
        mine = select(LedgerRow).where(_LEDGER.tenant_id == tenant)
        settling = _LEDGER.invoice.in_(invoices) & _LEDGER.kind.in_([*_SETTLING, Kind.RECOVERED])
        known = mine.where(_LEDGER.fact.in_({fact.key for fact in told}) | settling)
        rows = (await connection.execute(known)).mappings().all()
        booked = {row["fact"] for row in rows}
        settled = [_settling(dict(row)) for row in rows if row["line"] == 0 and row["kind"] in _SETTLING]
        agreed = await _agreed(connection, tenant, {fact.invoice for fact in told if fact.invoice})
        new: list[Fact] = []
        answers = []
        for addition in additions:
            before = len(new)
            for fact in addition.facts:
                fact = replace(fact, terms=agreed.setdefault(fact.invoice, fact.terms)) if fact.invoice else fact
                follows = recoveries([f for f in (*settled, fact) if f.invoice == fact.invoice])
                for each in (fact, *follows) if fact.kind in _SETTLING else (fact,):
                    if each.key not in booked:
                        booked.add(each.key)
                        new.append(each)
                if fact.kind in _SETTLING:
                    settled.append(fact)
            answers.append(len(new) - before)
        now = datetime.now(UTC)
        lines = [(Book.LEDGER, row) for fact in new for row in _rows(fact, now)]
        if lines:
            await append(connection, head, lines, self._keyring)
            await money_moved(connection, self._db, new)
        return answers

    async def _add_payments(self, connection: AsyncConnection, payments: Mapping[str, Payment]) -> None:
        """Those of one tenant, by charge, that are not there yet, and their events; nobody else adds one while we have the turn."""
        if not payments:
            return
        (tenant,) = {payment.tenant for payment in payments.values()}
        query = select(_PAYMENT.charge).where(_PAYMENT.tenant_id == tenant, _PAYMENT.charge.in_(payments))
        known = set((await connection.execute(query)).scalars())
        new = {charge: payment for charge, payment in payments.items() if charge not in known}
        if new:
            await connection.execute(insert(PaymentRow), [_payment_row(payment) for payment in new.values()])
            await tell(connection, self._db, [each for payment in new.values() for each in of_payment(payment)])


@dataclass(frozen=True, slots=True)
class _Addition:
    """Facts of one tenant, and the payment that they are about."""

    facts: Sequence[Fact]
    payment: Payment | None = None


def _payment_row(payment: Payment) -> dict[str, Any]:
    return {
        "tenant_id": payment.tenant,
        "charge": payment.charge,
        "invoice": payment.invoice,
        "subscription_id": payment.subscription,
        "amount_centavos": payment.amount.centavos,
        "currency": payment.amount.currency,
        "funding": payment.funding.value,
        "paid_at": payment.paid_at,
    }


async def _agreed(connection: AsyncConnection, tenant: str, invoices: set[str]) -> dict[str, Terms]:
    """The terms on which these invoices were booked first: what is settled, credited or given up later is taxed alike."""
    query = select(_LEDGER.invoice, _LEDGER.terms).where(_LEDGER.tenant_id == tenant, _LEDGER.invoice.in_(invoices))
    return {row.invoice: Terms.parse(row.terms) for row in await connection.execute(query.distinct())}


def _rows(fact: Fact, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "tenant_id": fact.tenant,
            "fact": fact.key,
            "line": line,
            "kind": fact.kind.value,
            "subject": fact.subject,
            "subscription_id": fact.subscription,
            "invoice": fact.invoice,
            "charge": fact.charge,
            "debit": move.debit.value,
            "credit": move.credit.value,
            "centavos": move.centavos,
            "currency": fact.amount.currency,
            "at": fact.at,
            "recorded_at": now,
            "actor": fact.actor,
            "reason": fact.reason,
            "source": fact.source,
            "terms": str(fact.terms),
        }
        for line, move in enumerate(moves(fact))
    ]


def _settling(row: Mapping[str, Any]) -> Fact:
    """The fact behind the first line of a payment, which is its whole amount, or of a write-off."""
    return Fact(
        tenant=row["tenant_id"],
        subscription=row["subscription_id"],
        kind=Kind(row["kind"]),
        subject=row["subject"],
        amount=Money(row["centavos"], row["currency"]),
        at=row["at"],
        invoice=row["invoice"],
        charge=row["charge"],
        actor=row["actor"],
        reason=row["reason"],
        source=row["source"],
        terms=Terms.parse(row["terms"]),
    )


def _entry(row: LedgerRow) -> Entry:
    return Entry(
        tenant=row.tenant_id,
        seq=row.seq,
        fact=row.fact,
        line=row.line,
        kind=Kind(row.kind),
        subject=row.subject,
        subscription=row.subscription_id,
        invoice=row.invoice,
        charge=row.charge,
        debit=Account(row.debit),
        credit=Account(row.credit),
        amount=Money(row.centavos, row.currency),
        at=row.at,
        recorded_at=row.recorded_at,
        actor=row.actor,
        reason=row.reason,
        source=row.source,
    )
