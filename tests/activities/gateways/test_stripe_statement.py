"""The books beside the provider: a day's money through our own activities, real SQL and Stripe's SDK against the sandbox."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.testing import ActivityEnvironment

from activities.billing import AtProvider, Billing, OpenSubscription
from activities.bookkeeping import Bookkeeping, TenantCheck
from activities.gateways.payments_stripe import StripePayments
from activities.gateways.store_sql import SqlStore
from activities.records import CaseReport, Records, SubscriptionReport
from models.bookkeeping.books import net
from models.bookkeeping.ledger import Account, Kind
from models.bookkeeping.money_facts import invoice_facts
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.cfdi.taxes import Terms
from models.collecting import dunning
from models.collecting.case_news import CaseNews
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.records import AuditEntry, CaseRecord, Customer, Payment, SubscriptionRecord, Tenant
from models.selling.plans import Plan
from models.subscribing.invoices import Invoice, InvoiceStatus
from models.subscribing.subscriptions import ProviderSubscription, Status
from tests.activities.gateways.conftest import Local
from tests.conftest import eventually
from tests.databases import migrated
from tests.fakes.processes import FakeProcesses
from tests.keys import KEYRING

PRICE = Money(49_900)
GOOD, BROKE = "pm_card_visa", "pm_card_chargeCustomerFail"
_numbers = itertools.count(1)


@dataclass
class Shop:
    """One tenant with its books, and the hands that its processes would have."""

    tenant: str
    store: SqlStore
    payments: StripePayments
    billing: Billing
    records: Records
    http: httpx.AsyncClient

    async def opens(self, name: str, card: str, *, trial_days: int = 0) -> ProviderSubscription:
        plan = "trial" if trial_days else "pro"
        now = datetime.now(UTC)
        known = Customer(self.tenant, f"c_{name}", name, "Ana", f"{name}@{self.tenant}.example", "+525512345678")
        record = SubscriptionRecord(self.tenant, f"s_{name}", known.id, plan, Status.INCOMPLETE, now, now)
        await self.store.sign_up(known, record)
        opened = await self.billing.open_subscription(OpenSubscription(self.tenant, record.id, card))
        assert opened.word is not None
        record = replace(record, provider_id=opened.word.id, status=Status.ACTIVE)
        await self.records.record_subscription(SubscriptionReport(record))
        return opened.word

    async def looks(self, name: str, word: ProviderSubscription) -> ProviderSubscription:
        """As a subscription's process does when it has news."""
        return await self.billing.look_up_subscription(
            AtProvider(word.id, tenant=self.tenant, subscription=f"s_{name}")
        )

    async def overdue(self, name: str) -> Invoice:
        """An invoice whose charge was declined when its trial ended, its case open."""
        word = await self.opens(name, BROKE, trial_days=1)

        async def declined() -> bool:
            return any(i.overdue for i in (await self.looks(name, word)).invoices)

        await eventually(declined)
        (invoice,) = [i for i in (await self.looks(name, word)).invoices if i.overdue]
        await self.records.record_case(CaseReport(self.case(name, invoice)))
        return invoice

    def case(self, name: str, invoice: Invoice, outcome: Outcome | None = None) -> CaseRecord:
        now = datetime.now(UTC)
        stage = Stage.CLOSED if outcome else Stage.GRACE
        record = CaseRecord(self.tenant, invoice.id, f"s_{name}", invoice.due, stage, "ruthless v1", now)
        return replace(record, outcome=outcome, closed_at=now if outcome else None)

    def order(self, name: str, action: str, detail: str = "") -> AuditEntry:
        now = datetime.now(UTC)
        return AuditEntry(self.tenant, f"s_{name}", f"s_{name}/{action}", now, "ana", action, "asked for", detail)

    async def behind_our_back(self, path: str, **data: object) -> dict[str, Any]:
        answer = await self.http.post(path, data=data)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def check(self) -> TenantCheck:
        (found,) = (await Bookkeeping(self.store, self.payments).check([self.tenant])).tenants
        return found


@pytest.fixture
async def shop(local: Local, tmp_path: Path) -> AsyncIterator[Shop]:
    url, tenant = f"sqlite+aiosqlite:///{tmp_path}/books.db", f"libros{next(_numbers)}"
    await migrated(url)
    store, payments = SqlStore(url, KEYRING), StripePayments(local.settings.stripe_key, local.url)
    await store.create_tenant(Tenant(tenant, "Libros"))
    await store.save_plan(Plan(tenant, "pro", "Pro", PRICE))
    await store.save_plan(Plan(tenant, "trial", "Pro", PRICE, trial_days=1))
    headers = {"Authorization": f"Bearer {local.settings.stripe_key}"}
    async with httpx.AsyncClient(base_url=local.url, headers=headers, trust_env=False) as http:
        yield Shop(tenant, store, payments, Billing(payments, store), Records(store, FakeProcesses()), http)
    await payments.close()
    await store.close()


async def test_books_of_a_days_story_agree_with_stripe_until_somebody_charges_behind_our_back(shop: Shop) -> None:
    # A charge, half of it given back.
    word = await shop.opens("ana", GOOD)
    (bought,) = (await shop.looks("ana", word)).invoices
    assert bought.charge is not None
    owner = (bought.charge.id, bought.id, "s_ana", bought.charge.amount, bought.charge.funding, datetime.now(UTC))
    await shop.store.record_payment(Payment(shop.tenant, *owner))
    refund = await shop.behind_our_back("/v1/refunds", charge=bought.charge.id, amount=20_000)
    assert not (await shop.check()).good, "the books cannot know of the refund yet"
    for _ in range(2):
        await shop.billing.look_up_refund(AtProvider(refund["id"], tenant=shop.tenant, subscription="s_ana"))

    # A debt paid by transfer, as support says.
    owed = await shop.overdue("bea")
    settled = await shop.billing.settle_outside(AtProvider(owed.id, f"{owed.id}/paid_outside"))
    settled = dunning.paid_outside(settled, cash=False, now=datetime.now(UTC))
    news = CaseNews(owed.id, Stage.CLOSED, Outcome.PAID_OUTSIDE, settled)
    story = (shop.order("bea", "paid outside by spei", "2026112140014"),)
    await shop.records.record_case(CaseReport(shop.case("bea", owed, Outcome.PAID_OUTSIDE), story, news))

    # A debt given up, and paid after all.
    lost = await shop.overdue("eva")
    await shop.billing.write_off(AtProvider(lost.id, f"{lost.id}/written_off"))
    report = CaseReport(shop.case("eva", lost, Outcome.WRITTEN_OFF), (shop.order("eva", "written off"),))
    source = await ActivityEnvironment().run(shop.records.record_case, report)
    assert source is None
    assert net(await shop.store.ledger(shop.tenant, invoice=lost.id), Account.RECEIVABLE, "invoice")[lost.id] == Money(
        0
    )
    record = await shop.store.subscription(shop.tenant, "s_eva")
    assert record is not None
    await shop.behind_our_back(f"/v1/invoices/{lost.id}/pay", payment_method=await attached(shop, "eva"))
    look = await shop.billing.look_up_subscription(AtProvider(record.provider_id))  # as found by the reconciliation
    assert next(i for i in look.invoices if i.id == lost.id).status is InvoiceStatus.PAID

    found = await shop.check()
    assert found.good, found
    books = Bookkeeping(shop.store, shop.payments)
    named = {each.invoice.id: each for each in (await shop.payments.statement()).invoices}
    for invoice, customer in ((bought.id, "ana"), (owed.id, "bea"), (lost.id, "eva")):
        listed, alone = named[invoice], await books.stated(invoice)
        assert alone is not None
        assert (alone.customer, alone.subscription) == (listed.customer, listed.subscription), customer
        facts = [invoice_facts(shop.tenant, f"s_{customer}", each.invoice) for each in (listed, alone)]
        assert facts[0] == facts[1], "told alone it means the same"
    assert await books.stated("in_of_nobody") is None
    nets = {balance.account: balance.net for balance in found.balances}
    assert nets[Account.PROVIDER] == 2 * PRICE.centavos - 20_000
    assert nets[Account.BANK] == PRICE.centavos
    assert nets[Account.RECEIVABLE] == nets[Account.VAT_UNCOLLECTED] == 0
    assert nets[Account.BAD_DEBT] == -nets[Account.RECOVERED_DEBT] > 0
    assert sum(nets.values()) == 0
    by = {entry.kind: (entry.actor, entry.reason) for entry in await shop.store.ledger(shop.tenant)}
    assert by[Kind.PAID_OUTSIDE] == ("ana", "asked for (2026112140014)")
    assert by[Kind.WRITTEN_OFF] == ("ana", "asked for")
    trail = await shop.store.audit_trail(shop.tenant, "s_eva")
    assert '"outcome":"written_off"' in trail[-1].after
    assert '"outcome":null' in trail[-1].before
    assert trail[-1].source, "the process that recorded it"

    # And now a charge that nobody here asked for.
    customer = (await shop.store.customer(shop.tenant, "c_ana")).provider_id
    card = await attached(shop, "ana")
    made = await shop.behind_our_back(
        "/v1/payment_intents",
        amount=12_345,
        currency="mxn",
        customer=customer,
        payment_method=card,
        confirm="true",
        off_session="true",
    )
    found = await shop.check()
    (line,) = found.differences
    assert (line.subject, line.what, line.books, line.provider) == (
        made["latest_charge"],
        "charge",
        None,
        Money(12_345),
    )
    assert await Bookkeeping(shop.store, shop.payments).catch_up() == 0, "nobody can say what it was for"
    assert not (await shop.check()).good


async def attached(shop: Shop, name: str) -> str:
    customer = (await shop.store.customer(shop.tenant, f"c_{name}")).provider_id
    card = await shop.behind_our_back("/v1/payment_methods/pm_card_visa/attach", customer=customer)
    return str(card["id"])


async def test_what_happened_while_nobody_looked_is_found_and_caught_up(shop: Shop) -> None:
    word = await shop.opens("ada", GOOD)
    (bought,) = word.invoices
    assert bought.charge is not None
    await shop.behind_our_back("/v1/refunds", charge=bought.charge.id)
    owed = await shop.overdue("bia")
    await shop.behind_our_back("/v1/credit_notes", invoice=owed.id, amount=9_900)
    await shop.behind_our_back(f"/v1/invoices/{owed.id}/void")
    assert {line.what for line in (await shop.check()).differences} == {"receivable", "refund"}

    books = Bookkeeping(shop.store, shop.payments)
    assert await books.catch_up() > 0
    found = await shop.check()
    assert found.good, found
    assert {balance.account: balance.net for balance in found.balances}[Account.RECEIVABLE] == 0
    assert await books.catch_up() == 0
    border = Terms(8)
    taxes = border.split(bought.charge.amount.centavos).taxes
    made = (DocumentState.DELIVERED, bought.charge.amount, *[datetime.now(UTC)] * 3)
    await shop.store.save_document(
        TaxDocument(
            shop.tenant,
            bought.charge.id,
            DocumentKind.INCOME,
            1,
            "s_ada",
            *made,
            uuid="U",
            seal="S",
            terms=border,
            taxes=taxes,
        )
    )
    (line,) = (await shop.check()).differences
    assert (line.what, line.provider) == ("vat", Money(taxes.vat)), "the books have 16 %"
    assert await books.catch_up() == 1
    assert (await shop.check()).good
    later = datetime.now(UTC) + timedelta(days=400)
    assert (await books.check([shop.tenant], later)).good, "from then on nothing was made"


async def test_dispute_takes_the_money_out_of_the_provider_account(shop: Shop) -> None:
    word = await shop.opens("ale", "pm_card_createDispute")
    (bought,) = word.invoices
    assert bought.charge is not None

    async def disputed() -> bool:
        return any(line.what == "dispute" for line in (await shop.check()).differences)

    await eventually(disputed)
    books = Bookkeeping(shop.store, shop.payments)
    assert await books.catch_up() == 1
    found = await shop.check()
    assert found.good, found
    nets = {balance.account: balance.net for balance in found.balances}
    assert (nets[Account.DISPUTED], nets[Account.PROVIDER]) == (PRICE.centavos, 0)
