"""The books beside the provider: what happened since an instant is judged as in the whole books, without reading all of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from activities import bookkeeping
from activities.bookkeeping import Bookkeeping
from activities.gateways.sql import ledger
from activities.gateways.store_sql import SqlStore
from models.bookkeeping.books import Difference, differences, trial_balance
from models.bookkeeping.ledger import Fact, Kind
from models.bookkeeping.money_facts import dispute_facts, invoice_facts, refund_facts
from models.bookkeeping.stated_taxes import tax_differences
from models.bookkeeping.statement import StatedCharge, StatedDispute, StatedInvoice, StatedRefund, Statement
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.cfdi.taxes import Terms
from models.money import Money
from models.records import Customer, Payment, SubscriptionRecord, Tenant
from models.selling.plans import Plan
from models.subscribing.invoices import Charge, Funding, Invoice, InvoiceStatus, Refund
from models.subscribing.subscriptions import Status
from tests.databases import migrated
from tests.keys import KEYRING

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PRICE = Money(14_900)
DAYS = 12  # of the story: one sale, refund and dispute a day, of customers in turn
CUSTOMERS = 3


@dataclass
class Stated:
    """What the provider says; asked since an instant, only what was made since."""

    whole: Statement

    async def statement(self, since: datetime | None = None) -> Statement:
        def young(at: datetime) -> bool:
            return since is None or at >= since

        return Statement(
            since,
            tuple(each for each in self.whole.invoices if young(each.invoice.created)),
            tuple(each for each in self.whole.charges if young(each.created)),
            tuple(each for each in self.whole.refunds if young(each.refund.created)),
            tuple(each for each in self.whole.disputes if young(each.created)),
        )

    async def stated_invoice(self, invoice: str) -> StatedInvoice:
        return next(each for each in self.whole.invoices if each.invoice.id == invoice)


def story() -> tuple[Statement, list[Fact]]:
    """Each day an invoice, paid the day after, given back in part the third day, and fought over on the fourth; all of it booked."""
    invoices, charges, refunds, disputes, facts = [], [], [], [], []
    for n in range(DAYS):
        at, owner, customer = NOW - (DAYS - n) * DAY, f"s_{n % CUSTOMERS}", f"cus_{n % CUSTOMERS}"
        charge = Charge(f"ch_{n}", PRICE, at + DAY)
        invoice = Invoice(f"in_{n}", InvoiceStatus.PAID, PRICE, Money(0), at, charge=charge, paid_at=at + DAY)
        if n % 4 == 3:
            invoice = replace(invoice, status=InvoiceStatus.OPEN, due=PRICE, charge=None, paid_at=None)
        invoices.append(StatedInvoice(invoice, customer, f"sub_{n % CUSTOMERS}"))
        facts += invoice_facts("acme", owner, invoice)
        if invoice.charge is None:
            continue
        charges.append(StatedCharge(charge.id, PRICE, charge.created, customer, invoice.id))
        status = "failed" if n % 3 == 1 else "succeeded"
        refund = Refund(f"re_{n}", charge.id, invoice.id, Money(5_000), at + 2 * DAY, status)
        refunds.append(StatedRefund(refund, customer))
        facts += refund_facts("acme", owner, refund)
        fought = StatedDispute(f"du_{n}", charge.id, PRICE, at + 3 * DAY, "won" if n % 2 else "needs_response")
        disputes.append(fought)
        facts += dispute_facts("acme", owner, invoice.id, fought)
    return Statement(None, tuple(invoices), tuple(charges), tuple(refunds), tuple(disputes)), facts


def cfdi(n: int, terms: Terms, at: datetime, version: int = 1) -> TaxDocument:
    made = (DocumentState.STAMPED, PRICE, at, at, at)
    named = {"uuid": f"U{n}-{version}", "seal": f"S{n}-{version}", "stamped_at": at}
    taxes = terms.split(PRICE.centavos).taxes
    of = f"s_{n % CUSTOMERS}"
    return TaxDocument("acme", f"ch_{n}", DocumentKind.INCOME, version, of, *made, **named, terms=terms, taxes=taxes)  # type: ignore[arg-type]


@pytest.fixture
async def acme(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SqlStore]:
    """Three subscribers; what is read in portions is read in small ones."""
    monkeypatch.setattr(ledger, "_NAMED", 3)
    monkeypatch.setattr(bookkeeping, "_SUBSCRIPTIONS", 2)
    await migrated(database)
    store = SqlStore(database, KEYRING)
    await store.create_tenant(Tenant("acme", "Acme"))
    await store.save_plan(Plan("acme", "pro", "Pro", PRICE))
    for n in range(CUSTOMERS):
        ana = Customer(
            "acme", f"c_{n}", f"u_{n}", "Ana", f"a{n}@example.mx", f"+52551234567{n}", provider_id=f"cus_{n}"
        )
        record = SubscriptionRecord("acme", f"s_{n}", f"c_{n}", "pro", Status.ACTIVE, NOW, NOW, provider_id=f"sub_{n}")
        await store.sign_up(ana, record)
    yield store
    await store.close()


async def book(store: SqlStore, facts: list[Fact]) -> None:
    for fact in facts:
        if fact.kind is Kind.PAID:
            told = (fact.tenant, fact.charge, fact.invoice, fact.subscription, fact.amount, Funding.CREDIT, fact.at)
            await store.record_payment(Payment(*told))
        else:
            await store.post(fact)


WHOLE, FACTS = story()
PEACE = replace(WHOLE, disputes=())
_DISPUTED = (Kind.WITHDRAWN, Kind.REINSTATED)
_OTHER = Money(777)
CASES: dict[str, tuple[Statement, list[Fact]]] = {
    "agree": (WHOLE, FACTS),
    "nothing is booked": (PEACE, []),
    "the provider knows nothing": (Statement(), FACTS),
    "only sales are booked": (WHOLE, [fact for fact in FACTS if fact.kind in (Kind.ISSUED, Kind.PAID)]),
    "payments are not booked": (PEACE, [fact for fact in FACTS if fact.kind not in (Kind.PAID, *_DISPUTED)]),
    "returns are not booked": (WHOLE, [f for f in FACTS if f.kind not in (Kind.REFUND_RETURNED, Kind.REINSTATED)]),
    "what came back is booked days later": (
        WHOLE,
        [replace(f, at=f.at + 2 * DAY) if f.kind in (Kind.REFUND_RETURNED, Kind.REINSTATED) else f for f in FACTS],
    ),
    "other sums": (
        replace(
            WHOLE,
            charges=tuple(replace(each, amount=_OTHER) for each in WHOLE.charges),
            refunds=tuple(replace(each, refund=replace(each.refund, amount=_OTHER)) for each in WHOLE.refunds),
        ),
        FACTS,
    ),
    "another currency": (
        replace(WHOLE, charges=tuple(replace(each, amount=Money(14_900, "USD")) for each in WHOLE.charges)),
        FACTS,
    ),
    "lost disputes": (
        replace(WHOLE, disputes=tuple(replace(each, status="lost") for each in WHOLE.disputes)),
        FACTS,
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_what_happened_since_an_instant_is_judged_as_in_the_whole_books(acme: SqlStore, case: str) -> None:
    whole, facts = CASES[case]
    await book(acme, facts)
    for n in range(DAYS):
        await acme.save_document(cfdi(n, Terms(8 if n % 2 else 16), NOW - (DAYS - n - 1) * DAY))
    books, entries = await acme.ledger("acme"), Stated(whole)
    told = await acme.stated_taxes("acme")
    for days in (-1, 0, 1, 2, 3, 5, 8, DAYS, DAYS + 1):
        since = NOW - days * DAY
        (found,) = (await Bookkeeping(acme, entries).check(["acme"], since)).tenants
        expected: list[Difference] = [*differences(books, await entries.statement(since))]
        expected += tax_differences(books, [each for each in told if each.at >= since])
        assert sorted(found.differences, key=str) == sorted(expected, key=str), f"{days} days back"
        assert (found.balances, found.entries) == (trial_balance(books), len(books))
        assert found.broken is None


async def test_dispute_of_a_charge_from_before_is_whose_the_charge_is(acme: SqlStore) -> None:
    await book(acme, [fact for fact in FACTS if fact.kind not in _DISPUTED])
    since = NOW - (DAYS - 3) * DAY  # the first sale is fought over from here on, and was paid two days earlier
    books = Bookkeeping(acme, Stated(replace(WHOLE, disputes=WHOLE.disputes[:1])))
    (found,) = (await books.check(["acme"], since)).tenants
    assert [(line.subject, line.what, line.books) for line in found.differences] == [("du_0", "dispute", None)]
    assert await books.catch_up(since) == 1
    assert (await books.check(["acme"], since)).good
    (entry,) = [entry for entry in await acme.ledger("acme", invoice="in_0") if entry.kind is Kind.WITHDRAWN]
    assert (entry.subscription, entry.charge) == ("s_0", "ch_0")


async def test_books_from_before_are_not_read(acme: SqlStore) -> None:
    """All that is loaded is of the last days' sales, and of what happened to older ones since."""
    await acme.post(*FACTS)
    since = NOW - 2 * DAY
    share = await Stated(WHOLE).statement(since)
    invoices = {each.invoice.id for each in share.invoices}
    read = await acme.ledger_since("acme", since, invoices=invoices, subjects=share.subjects)
    assert read == [entry for entry in await acme.ledger("acme") if entry in read], "in their order, each once"
    assert {entry.subject for entry in read} == invoices | set(share.subjects)
    assert len(read) < len(await acme.ledger("acme")) / 3


async def test_document_is_the_newest_of_its_source_whenever_the_others_were_stamped(acme: SqlStore) -> None:
    since, old, young = NOW - DAY, NOW - 9 * DAY, NOW - DAY / 2
    replaced, late, ended = cfdi(0, Terms(16), old), cfdi(1, Terms(16), young), cfdi(2, Terms(16), old)
    for document in (
        replaced,
        cfdi(0, Terms(8), young, 2),
        late,
        cfdi(1, Terms(8), old, 2),
        ended,
        replace(cfdi(2, Terms(8), young, 2), state=DocumentState.CANCELLED),
    ):
        await acme.save_document(document)
    assert [told.document for told in await acme.stated_taxes("acme", since)] == ["ch_0/income/v2"]
    assert len(await acme.stated_taxes("acme")) == 3


async def test_what_is_caught_up_since_an_instant_leaves_older_cfdis_alone(acme: SqlStore) -> None:
    await book(acme, FACTS)
    old, young = cfdi(0, Terms(8), NOW - 9 * DAY), cfdi(DAYS - 2, Terms(8), NOW - DAY / 2)
    for document in (old, young):
        await acme.save_document(document)
    books = Bookkeeping(acme, Stated(WHOLE))
    assert await books.catch_up(NOW - DAY) == 1
    assert (await books.check(["acme"], NOW - DAY)).good
    assert [line.subject for line in (await books.check()).tenants[0].differences] == [old.key]
    assert await books.catch_up() == 1
    assert (await books.check()).good


async def test_however_much_is_caught_up_no_statement_names_more_than_a_database_takes(
    acme: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookkeeping, "_FACTS", 5)
    sizes = []

    async def post(*facts: Fact) -> int:
        sizes.append(len(facts))
        return await SqlStore.post(acme, *facts)

    monkeypatch.setattr(acme, "post", post)
    books = Bookkeeping(acme, Stated(WHOLE))
    assert await books.catch_up() == len(FACTS)
    assert max(sizes) == 5
    assert (await books.check()).good
