"""The sums and pages that people look at: right, in order, page by page, and of one tenant alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from activities.gateways.sql.database import table_of
from activities.gateways.sql.documents import received_by, replaced
from activities.gateways.store_sql import SqlStore
from activities.ports.clinic import Cursor
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.records import (
    AuditEntry,
    CaseRecord,
    Customer,
    Delivery,
    NoticeRecord,
    Payment,
    SubscriptionRecord,
    Tenant,
)
from models.selling.plans import Plan
from models.speaking.notices import Channel, NoticeKind
from models.subscribing.invoices import Funding
from models.subscribing.subscriptions import Status
from models.tables.documents import DocumentRow
from models.watching.overview import AuditFilter, DocumentFilter, NoticeFilter, Sum
from tests.keys import KEYRING

_DOCUMENT = table_of(DocumentRow).c
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANA = Customer("acme", "c_ana", "u_1", "Ana", "ana@example.mx", "+525512345678")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def acme(store: SqlStore) -> SqlStore:
    """Ana has signed up; another business has nothing."""
    for tenant in ("acme", "other"):
        await store.create_tenant(Tenant(tenant, tenant))
    await store.save_plan(Plan("acme", "pro", "Pro", Money(14_900)))
    record = SubscriptionRecord("acme", "s_1", "c_ana", "pro", Status.INCOMPLETE, NOW, NOW)
    await store.sign_up(ANA, record)
    renewal = replace(record, status=Status.ACTIVE, next_action="renewal notice", next_action_at=NOW + 2 * HOUR)
    await store.save_subscription(replace(renewal, price=Money(14_900)))
    return store


async def test_money_is_summed_between_two_instants_and_by_currency(acme: SqlStore) -> None:
    paid = Payment("acme", "ch_1", "in_1", "s_1", Money(100), Funding.CREDIT, NOW)
    for charge, at, money in (
        ("ch_1", NOW, Money(100)),
        ("ch_2", NOW + HOUR, Money(250)),
        ("ch_3", NOW + HOUR, Money(900, "USD")),
        ("ch_4", NOW + DAY, Money(70)),
    ):
        await acme.record_payment(replace(paid, charge=charge, paid_at=at, amount=money))
    assert await acme.taken_in("acme", NOW, NOW + DAY) == {"MXN": Sum(350, 2), "USD": Sum(900, 1)}
    assert await acme.taken_in("other", NOW, NOW + DAY) == {}


async def test_open_cases_are_what_is_at_risk_and_their_steps_come_with_the_subscriptions_acts(acme: SqlStore) -> None:
    case = CaseRecord("acme", "in_1", "s_1", Money(14_900), Stage.GRACE, "ruthless v1", NOW)
    stepping = replace(case, next_step="D+3 suspend", next_step_at=NOW + HOUR)
    await acme.save_case(stepping)
    await acme.save_case(replace(case, invoice="in_2", stage=Stage.SUSPENDED, amount=Money(1)))
    await acme.save_case(replace(stepping, invoice="in_3", outcome=Outcome.PAID, stage=Stage.CLOSED))
    risk = (await acme.at_risk("acme"))["MXN"]
    assert (risk.of(Stage.GRACE), risk.of()) == (Sum(14_900, 1), Sum(14_901, 2))
    acts = await acme.coming_acts("acme", NOW, NOW + DAY)
    assert [(act.what, act.invoice, act.name, act.amount) for act in acts] == [
        ("D+3 suspend", "in_1", "Ana", Money(14_900)),
        ("renewal notice", "", "Ana", Money(14_900)),
    ]
    assert len(await acme.coming_acts("acme", NOW, NOW + DAY, limit=1)) == 1
    assert not await acme.coming_acts("acme", NOW, NOW + HOUR)
    assert not await acme.coming_acts("other", NOW, NOW + DAY)
    assert await acme.at_risk("other") == {}


async def test_messages_come_newest_first_page_by_page(acme: SqlStore) -> None:
    first = NoticeRecord(
        "acme", "k0", Channel.WHATSAPP, NoticeKind.RENEWAL, "s_1", Delivery.DELIVERED, "Hola, Ana", NOW
    )
    for number in range(5):  # two of each instant, and one by two channels
        await acme.save_notice(replace(first, key=f"k{number}", requested_at=NOW + number // 2 * HOUR))
    await acme.save_notice(replace(first, channel=Channel.EMAIL, delivery=Delivery.FAILED))
    seen: list[tuple[str, str]] = []
    after = None
    while page := await acme.notice_page("acme", NoticeFilter(), after=after, limit=2):
        seen += [(each.key, each.channel.value) for each in page]
        after = Cursor(page[-1].requested_at, f"{page[-1].key}/{page[-1].channel}")
    assert seen == [(key, "whatsapp") for key in ("k4", "k3", "k2", "k1", "k0")] + [("k0", "email")]
    failed = await acme.notice_page("acme", NoticeFilter(Channel.EMAIL, Delivery.FAILED, NoticeKind.RENEWAL))
    assert [each.body for each in failed] == ["Hola, Ana"]
    assert not await acme.notice_page("acme", NoticeFilter(kind=NoticeKind.CANCELED))
    assert not await acme.notice_page("other", NoticeFilter())


async def test_the_newest_version_of_a_document_is_found_by_what_is_written_on_it(acme: SqlStore) -> None:
    told = TaxDocument(
        tenant="acme",
        source="ch_1",
        kind=DocumentKind.INCOME,
        version=1,
        subscription="s_1",
        state=DocumentState.REJECTED,
        total=Money(14_900),
        issued_at=NOW,
        created_at=NOW,
        updated_at=NOW,
        receiver_rfc="XIA190128J61",
    )
    await acme.save_document(told)
    await acme.save_document(replace(told, version=2, state=DocumentState.STAMPED, uuid="AB-1", seal="s2"))
    await acme.save_document(
        replace(told, source="ch_2", issued_at=NOW - DAY, total=Money(500), receiver_rfc="LOLA850101AB1")
    )

    async def found(**wanted: object) -> list[str]:
        return [each.key for each in await acme.document_page("acme", DocumentFilter(**wanted))]  # type: ignore[arg-type]

    assert await found() == ["ch_1/income/v2", "ch_2/income/v1"]
    assert await found(uuid="ab-1") == ["ch_1/income/v2"]
    assert await found(rfc="LOLA850101AB1") == ["ch_2/income/v1"]
    assert await found(state=DocumentState.REJECTED, total=500) == ["ch_2/income/v1"]
    assert await found(since=NOW, kind=DocumentKind.INCOME) == ["ch_1/income/v2"]
    assert await found(until=NOW) == ["ch_2/income/v1"]
    page = await acme.document_page("acme", DocumentFilter(), after=Cursor(NOW, "ch_1/income/v2"))
    assert [each.key for each in page] == ["ch_2/income/v1"]
    assert not await acme.document_page("other", DocumentFilter())


async def test_an_rfc_is_looked_up_in_its_index_however_many_invoices_there_are(acme: SqlStore) -> None:
    query = select(_DOCUMENT.key).where(
        _DOCUMENT.tenant_id == "acme", received_by(KEYRING, "acme", "xia190128j61"), ~replaced()
    )
    async with acme._db.reading() as connection:
        if connection.dialect.name != "sqlite":
            pytest.skip("with few rows PostgreSQL reads them all, whatever index there is")
        told = str(query.compile(connection.sync_connection, compile_kwargs={"literal_binds": True}))
        plan = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {told}")).all()
    assert "ix_documents_rfc (tenant_id=? AND rfc_print=?" in str(plan)


async def test_the_audit_is_read_from_its_end_and_narrowed(acme: SqlStore) -> None:
    for number in range(5):
        actor = "u_1" if number % 2 else "perdura"
        await acme.audit(AuditEntry("acme", "s_1", f"k{number}", NOW + number * HOUR, actor, "extend_grace", "why"))
    page = await acme.audit_page("acme", AuditFilter(), limit=2)
    assert [line.entry.key for line in page] == ["k4", "k3"]
    rest = await acme.audit_page("acme", AuditFilter(), before=page[-1].seq)
    assert [line.entry.key for line in rest] == ["k2", "k1", "k0"]
    narrow = AuditFilter(actor="u_1", action="extend_grace", subscription="s_1", since=NOW + 2 * HOUR)
    assert [line.entry.key for line in await acme.audit_page("acme", narrow)] == ["k3"]
    assert not await acme.audit_page("acme", AuditFilter(until=NOW))
    assert not await acme.audit_page("other", AuditFilter())
    assert await acme.verify_chain("acme") is None


async def test_names_are_those_of_the_tenants_own_customers(acme: SqlStore) -> None:
    assert await acme.names("acme", ["s_1", "s_nobody"]) == {"s_1": "Ana"}
    assert await acme.names("other", ["s_1"]) == {}
    assert await acme.names("acme", []) == {}
