"""The books held against the payments provider, and what the provider knows and the books do not, booked. On demand or by the clock."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from activities.failures import Refused
from activities.ports.ledger import Ledger, Owner
from activities.ports.stated_money import StatedMoney
from models.bookkeeping.books import Balance, Difference, Entry, differences, trial_balance
from models.bookkeeping.chain import Break, Head
from models.bookkeeping.ledger import Fact
from models.bookkeeping.money_facts import dispute_facts, invoice_facts, past_provider, refund_facts
from models.bookkeeping.stated_taxes import StatedTaxes, tax_differences
from models.bookkeeping.statement import StatedInvoice, Statement
from models.portions import portions
from models.records import Payment
from models.subscribing.invoices import Invoice

_FACTS = 500  # booked in one transaction, and so named in one statement
_SUBSCRIPTIONS = 100  # whose entries are in memory together


@dataclass(frozen=True, slots=True)
class TenantCheck:
    """How one tenant's books stand. `entries`: how many there are."""

    tenant: str
    entries: int
    balances: tuple[Balance, ...]
    differences: tuple[Difference, ...]
    broken: Break | None
    head: Head

    @property
    def unbalanced(self) -> tuple[str, ...]:
        """Currencies whose accounts do not sum to zero: none, or the database was tampered with."""
        sums: dict[str, int] = defaultdict(int)
        for balance in self.balances:
            sums[balance.currency] += balance.net
        return tuple(currency for currency, net in sums.items() if net)

    @property
    def good(self) -> bool:
        """Balanced, unbroken, and of one mind with the provider."""
        return not (self.unbalanced or self.differences or self.broken)


@dataclass(frozen=True, slots=True)
class Check:
    """The books of all tenants that were asked for. `strangers`: charges at the provider that belong to no customer of ours.

    `by_hand`: invoices that no charge closed, written off or marked as paid, with the subscription whose they are.
    """

    tenants: tuple[TenantCheck, ...]
    strangers: tuple[str, ...] = ()
    by_hand: tuple[tuple[Owner, str], ...] = ()

    @property
    def good(self) -> bool:
        """Nothing differs. Other people's charges in the same account are not ours to judge."""
        return all(tenant.good for tenant in self.tenants)


class Bookkeeping:
    """Compares and catches up. Reads the provider, charges nothing and writes to nobody."""

    def __init__(self, ledger: Ledger, provider: StatedMoney) -> None:
        self._ledger = ledger
        self._provider = provider

    async def stated(self, invoice: str) -> StatedInvoice | None:
        """One invoice by the provider's word, however old; None where it knows none."""
        try:
            return await self._provider.stated_invoice(invoice)
        except Refused:
            return None

    async def check(
        self, tenants: Sequence[str] = (), since: datetime | None = None, older: Sequence[StatedInvoice] = ()
    ) -> Check:
        """Hold the books of these tenants (none named: all) against the provider's word on everything made since an instant.

        `older`: invoices from before it that are looked at, too. Books that are being written meanwhile may differ by what is on its
        way; a second check tells.
        """
        statement = await self._statement(since, older)
        shares, strangers = _shares(
            statement, await self._ledger.provider_customers(), await self._disputed_before(statement)
        )
        wanted = tenants or await self._ledger.tenants()
        checks = []
        for tenant in wanted:
            share = shares.get(tenant, Statement(since))
            found = differences(await self._concerning(tenant, share), share)
            moved = await self._ledger.moved(tenant)
            checks.append(
                TenantCheck(
                    tenant=tenant,
                    entries=sum(each.entries for each in moved),
                    balances=trial_balance(moved),
                    differences=(*found, *await self._tax_differences(tenant, since)),
                    broken=await self._ledger.verify_chain(tenant),
                    head=await self._ledger.chain_head(tenant),
                )
            )
        subscriptions = await self._ledger.provider_subscriptions()
        by_hand = tuple(
            (owner, stated.invoice.id)
            for stated in statement.invoices
            if (owner := _account(subscriptions, stated)) and _by_hand(stated.invoice)
        )
        return Check(tuple(checks), strangers, tuple(each for each in by_hand if each[0][0] in wanted))

    async def _statement(self, since: datetime | None, older: Sequence[StatedInvoice]) -> Statement:
        statement = await self._provider.statement(since)
        return replace(statement, invoices=(*statement.invoices, *older))

    async def _disputed_before(self, statement: Statement) -> Mapping[str, Payment]:
        """The payments, by charge, that are disputed in a statement and made before it began: whose they are only the books know."""
        made = {charge.id for charge in statement.charges}
        before = {dispute.charge for dispute in statement.disputes} - made
        return await self._ledger.payments_by_charge(before) if before else {}

    async def _concerning(self, tenant: str, share: Statement) -> Sequence[Entry]:
        """What a statement is held against: of books that began long before it, a small part."""
        if share.since is None:
            return await self._ledger.ledger(tenant)
        invoices = {stated.invoice.id for stated in share.invoices}
        return await self._ledger.ledger_since(tenant, share.since, invoices=invoices, subjects=share.subjects)

    async def _tax_differences(self, tenant: str, since: datetime | None) -> Sequence[Difference]:
        told: dict[str, list[StatedTaxes]] = defaultdict(list)
        for stated in await self._ledger.stated_taxes(tenant, since):
            told[stated.subscription].append(stated)
        found: list[Difference] = []
        for some in portions(sorted(told), _SUBSCRIPTIONS):
            entries = await self._ledger.ledger_of(tenant, some)
            found += tax_differences(entries, [stated for subscription in some for stated in told[subscription]])
        return found

    async def catch_up(
        self, since: datetime | None = None, until: datetime | None = None, older: Sequence[StatedInvoice] = ()
    ) -> int:
        """Book what the provider says of our customers' invoices, refunds and disputes and the books do not; how many facts were new.

        `older` as in `check`. What happened after `until` is left to whoever is at it: they may know who ordered it and why.

        For what happened while nobody looked, after a subscription's process had ended, or before there were books. A charge that
        paid no invoice is not booked: a person must say what it was for. Taxes are put right after the CFDIs stamped since.
        """
        statement = await self._statement(since, older)
        subscriptions = await self._ledger.provider_subscriptions()
        customers = await self._ledger.provider_customers()
        owner_of_charge: dict[str, Owner] = {}
        owner_of_invoice: dict[str, Owner] = {}
        facts: list[Fact] = []
        for stated in statement.invoices:
            if owner := _account(subscriptions, stated) or customers.get(stated.customer):
                owner_of_invoice[stated.invoice.id] = owner
                facts += invoice_facts(*owner, stated.invoice)
        invoice_of: dict[str, str] = {}
        for payment in (await self._disputed_before(statement)).values():
            owner_of_charge[payment.charge] = (payment.tenant, payment.subscription)
            invoice_of[payment.charge] = payment.invoice
        for charge in statement.charges:
            if owner := owner_of_invoice.get(charge.invoice) or customers.get(charge.customer):
                owner_of_charge[charge.id], invoice_of[charge.id] = owner, charge.invoice
        for given in statement.refunds:
            if owner := owner_of_charge.get(given.refund.charge) or customers.get(given.customer):
                facts += refund_facts(*owner, given.refund)
        for dispute in statement.disputes:
            if owner := owner_of_charge.get(dispute.charge):
                facts += dispute_facts(*owner, invoice_of.get(dispute.charge, ""), dispute)
        ripe = [fact for fact in facts if until is None or fact.at <= until]
        booked = sum([await self._ledger.post(*some) for some in portions(ripe, _FACTS)])
        for tenant in await self._ledger.tenants():
            booked += await self._ledger.restate(*await self._ledger.stated_taxes(tenant, since))
        return booked


def _account(subscriptions: Mapping[str, Owner], stated: StatedInvoice) -> Owner | None:
    """What owes an invoice: a subscription, or a bill, which the provider knows by its invoice alone."""
    return subscriptions.get(stated.subscription) or subscriptions.get(stated.invoice.id)


def _by_hand(invoice: Invoice) -> bool:
    return past_provider(invoice) is not None or invoice.written_off


def _shares(
    statement: Statement, customers: Mapping[str, Owner], before: Mapping[str, Payment]
) -> tuple[Mapping[str, Statement], tuple[str, ...]]:
    """The statement taken apart by tenant, and the charges that are nobody's."""

    def tenant_of(customer: str) -> str:
        return customers.get(customer, ("", ""))[0]

    charged = {charge.id: tenant_of(charge.customer) for charge in statement.charges}
    charged |= {charge: payment.tenant for charge, payment in before.items()}
    shares = {
        tenant: Statement(
            statement.since,
            tuple(s for s in statement.invoices if tenant_of(s.customer) == tenant),
            tuple(c for c in statement.charges if tenant_of(c.customer) == tenant),
            tuple(s for s in statement.refunds if tenant_of(s.customer) == tenant),
            tuple(d for d in statement.disputes if charged.get(d.charge) == tenant),
        )
        for tenant in {owner[0] for owner in customers.values()}
    }
    return shares, tuple(c.id for c in statement.charges if not tenant_of(c.customer))
