"""The record keeps its word: written once stays written, every query stays with its tenant, SQLite and PostgreSQL alike."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from activities.failures import Missing, Refused, Unavailable
from activities.gateways.store_sql import SqlStore
from activities.ports.register import Cursor, Taken
from models.cfdi.fiscal import Receiver
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.policies.policy import Facts
from models.policies.presets import preset
from models.records import (
    Assignment,
    AuditEntry,
    CaseRecord,
    Customer,
    Delivery,
    InboxEvent,
    InboxStatus,
    NoticeRecord,
    Payment,
    Provider,
    SubscriptionRecord,
    Tenant,
)
from models.selling.plans import Interval, Plan
from models.speaking.notices import Channel, Language, NoticeKind
from models.subscribing.invoices import Funding
from models.subscribing.subscriptions import Status
from tests.keys import KEYRING

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
ACME, OTHER = Tenant("acme", "Acme"), Tenant("other", "Other", zone="America/Tijuana")
PLAN = Plan("acme", "pro", "Pro", Money(14_900), trial_days=14)
ANA = Customer(
    "acme",
    "c_ana",
    "u_1",
    "Ana",
    "ana@example.mx",
    "+525512345678",
    receiver=Receiver("XIA190128J61", "X", "601", "01000", "G03"),
)
CORRECTED = Receiver("CUSC850516316", "ANA CRUZ SOLORZANO", "612", "45638")
SUB = SubscriptionRecord("acme", "s_1", "c_ana", "pro", Status.INCOMPLETE, NOW, NOW)
CASE = CaseRecord("acme", "in_1", "s_1", Money(14_900), Stage.GRACE, "ruthless v1", NOW, decline="insufficient_funds")
EVENT = InboxEvent(Provider.STRIPE, "evt_1", "invoice.paid", '{"id": "evt_1"}', NOW, object="in_1")


@pytest.fixture
async def acme(store: SqlStore) -> SqlStore:
    """Two tenants with the same plan; Ana has signed up with the first."""
    for tenant in (ACME, OTHER):
        await store.create_tenant(tenant)
        await store.save_plan(replace(PLAN, tenant=tenant.id))
    await store.sign_up(ANA, SUB)
    return store


async def test_what_is_written_is_read_back_equal(acme: SqlStore) -> None:
    assert await acme.tenant("other") == OTHER
    assert await acme.plan("acme", "pro") == PLAN
    assert await acme.plans("acme") == [PLAN]
    assert await acme.customer("acme", "c_ana") == ANA
    assert await acme.customer_of("acme", "s_1") == ANA
    assert await acme.subscription("acme", "s_1") == SUB
    found = await acme.subscriber_by_reference("acme", "u_1")
    assert found is not None
    assert (found.record, found.customer) == (SUB, ANA)


async def test_instants_come_back_in_utc_whatever_zone_they_were_written_in(acme: SqlStore) -> None:
    local = NOW.astimezone(ZoneInfo("America/Tijuana"))
    await acme.save_subscription(replace(SUB, period_end=local))
    record = await acme.subscription("acme", "s_1")
    assert record is not None
    assert record.period_end == NOW
    assert record.period_end.utcoffset() == timedelta()


async def test_missing_rows_say_so(store: SqlStore) -> None:
    for look in (
        store.tenant("nobody"),
        store.plan("nobody", "pro"),
        store.customer("nobody", "c"),
        store.customer_of("nobody", "s"),
        store.save_price("nobody", "pro", "price_1"),
        store.save_provider_customer("nobody", "c", "cus_1"),
        store.save_receiver("nobody", "c", CORRECTED),
        store.record_restored("nobody", "in_1", NOW),
        store.save_case(CASE),
        store.record_payment(Payment("acme", "ch_1", "in_1", "s_1", Money(1), Funding.CREDIT, NOW)),
        store.sign_up(ANA, SUB),
    ):
        with pytest.raises(Missing):
            await look
    assert await store.subscription("nobody", "s") is None


async def test_corrected_tax_data_are_the_customers_own_and_nobody_elses(acme: SqlStore) -> None:
    await acme.save_receiver("acme", "c_ana", CORRECTED)
    assert await acme.customer("acme", "c_ana") == replace(ANA, receiver=CORRECTED)
    with pytest.raises(Missing):
        await acme.save_receiver("other", "c_ana", CORRECTED)


SOFT = """name: soft
version: {version}
steps:
  - {{at: 0h, do: notify, notice: payment_failed}}
  - {{at: {days}d, do: close}}
"""


async def test_a_plan_has_its_own_policy_else_the_tenants_else_the_preset(acme: SqlStore) -> None:
    assert await acme.policy("acme", "pro") == preset("ruthless")
    for version, plan in ((1, ""), (2, "pro")):
        kept = await acme.add_policy("acme", SOFT.format(version=version, days=5), "ana")
        await acme.assign_policy(Assignment("acme", plan, kept.name, kept.version), "ana")
    assert (await acme.policy("acme", "pro")).version == 2
    assert (await acme.policy("acme", "other")).version == 1
    assert (await acme.policy("other", "pro")).name == "ruthless"
    assert [v.version for v in await acme.policies("acme")] == [1, 2]


async def test_a_version_of_a_policy_never_changes(acme: SqlStore) -> None:
    await acme.add_policy("acme", SOFT.format(version=1, days=5), "ana")
    await acme.add_policy("acme", SOFT.format(version=1, days=5), "luz")
    with pytest.raises(Refused, match="give this page the next version"):
        await acme.add_policy("acme", SOFT.format(version=1, days=6), "ana")
    with pytest.raises(Missing, match="no tenant 'nobody'"):
        await acme.add_policy("nobody", SOFT.format(version=1, days=6), "ana")
    with pytest.raises(Missing):
        await acme.assign_policy(Assignment("acme", "", "soft", 9), "ana")


async def test_an_experiment_splits_by_subscription_and_stays_so(acme: SqlStore) -> None:
    for version in (1, 2):
        await acme.add_policy("acme", SOFT.format(version=version, days=version), "ana")
    await acme.assign_policy(Assignment("acme", "", "soft", 1, "days", "soft", 2, 50), "ana")
    told = [(await acme.policy("acme", "pro", f"s_{n}")).version for n in range(40)]
    assert told == [(await acme.policy("acme", "pro", f"s_{n}")).version for n in range(40)]
    assert set(told) == {1, 2}
    assert await acme.experiment("acme", "pro") == "days"


async def test_what_is_known_of_a_debtor(acme: SqlStore) -> None:
    await acme.sign_up(ANA, SUB)
    assert await acme.facts("acme", "nobody", NOW) == Facts()
    await acme.save_case(replace(CASE, outcome=Outcome.PAID))
    await acme.save_case(replace(CASE, invoice="in_2", outcome=Outcome.EXHAUSTED))
    await acme.save_case(replace(CASE, invoice="in_3"))
    known = await acme.facts("acme", "s_1", SUB.created_at + timedelta(days=90))
    assert (known.plan, known.customer_since) == (SUB.plan, timedelta(days=90))
    assert (known.earlier_cases, known.unpaid_cases) == (2, 1)


async def test_api_key_opens_its_tenant_and_is_not_kept_in_clear(acme: SqlStore, empty_database: str) -> None:
    key = await acme.issue_key("acme")
    assert key.startswith("pk_live_")
    found = await acme.key_holder(key, NOW)
    assert found is not None
    assert found[0] == ACME
    assert await acme.key_holder(key + "x", NOW) is None
    engine = create_async_engine(empty_database)
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM api_keys"))).all()
    await engine.dispose()
    assert len(rows) == 1
    assert key not in repr(rows)


async def test_tenant_ids_are_unique(acme: SqlStore) -> None:
    with pytest.raises(Taken):
        await acme.create_tenant(ACME)


async def test_changed_price_forgets_the_providers_and_other_changes_keep_it(acme: SqlStore) -> None:
    await acme.save_price("acme", "pro", "price_1")
    await acme.save_plan(replace(PLAN, name="Pro!"))
    assert (await acme.plan("acme", "pro")).provider_price == "price_1"
    await acme.save_plan(replace(PLAN, interval=Interval.YEAR))
    assert (await acme.plan("acme", "pro")).provider_price == ""
    assert (await acme.plan("other", "pro")).provider_price == ""


class TestSigningUp:
    async def test_email_and_reference_of_a_living_subscription_are_taken(self, acme: SqlStore) -> None:
        await acme.save_subscription(replace(SUB, status=Status.ACTIVE, provider_id="sub_1"))
        for field, customer in (
            ("email", replace(ANA, id="c_2", reference="u_2")),
            ("customer_reference", replace(ANA, id="c_2", email="b@example.mx")),
            ("email", replace(ANA, id="c_2")),
        ):
            with pytest.raises(Taken) as taken:
                await acme.sign_up(customer, replace(SUB, id="s_2", customer="c_2"))
            assert (taken.value.field, taken.value.subscription) == (field, "s_1")

    async def test_other_tenant_may_have_the_same_customer(self, acme: SqlStore) -> None:
        await acme.sign_up(replace(ANA, tenant="other"), replace(SUB, tenant="other"))
        assert len(await acme.subscribers("other")) == len(await acme.subscribers("acme")) == 1

    async def test_after_a_refusal_or_cancellation_the_customer_is_used_again(self, acme: SqlStore) -> None:
        await acme.save_provider_customer("acme", "c_ana", "cus_1")
        await acme.save_subscription(replace(SUB, status=Status.CANCELED, refusal="insufficient_funds"))
        again = replace(ANA, id="c_new", name="Ana María", phone="+525587654321", receiver=None)
        made = await acme.sign_up(again, replace(SUB, id="s_2", customer="c_new", created_at=NOW + timedelta(days=1)))
        assert made.record.customer == "c_ana"
        assert await acme.customer("acme", "c_ana") == replace(again, id="c_ana", provider_id="cus_1")
        found = await acme.subscriber_by_reference("acme", "u_1")
        assert found is not None
        assert found.record.id == "s_2"

    async def test_an_email_alone_is_not_the_customer(self, acme: SqlStore) -> None:
        await acme.save_subscription(replace(SUB, status=Status.CANCELED))
        before = await acme.customer("acme", "c_ana")
        for pet in ("", "pet_1"):
            stranger = replace(ANA, id="c_2", reference="u_2", name="Mallory", phone="+525599999999")
            with pytest.raises(Taken) as taken:
                await acme.sign_up(stranger, replace(SUB, id="s_2", customer="c_2", pet=pet))
            assert (taken.value.field, taken.value.subscription) == ("email", "")
        assert await acme.customer("acme", "c_ana") == before
        assert len(await acme.subscribers("acme")) == 1

    async def test_signup_cut_off_before_the_provider_goes_on_under_the_same_id(self, acme: SqlStore) -> None:
        again = await acme.sign_up(replace(ANA, id="c_2"), replace(SUB, id="s_2", customer="c_2"))
        assert again.record.id == "s_1"
        await acme.save_plan(replace(PLAN, code="max"))
        with pytest.raises(Taken):
            await acme.sign_up(replace(ANA, id="c_2"), replace(SUB, id="s_2", customer="c_2", plan="max"))

    async def test_email_of_one_and_reference_of_another_are_not_mixed_up(self, acme: SqlStore) -> None:
        ben = replace(ANA, id="c_ben", reference="u_2", email="ben@example.mx", receiver=CORRECTED)
        await acme.sign_up(ben, replace(SUB, id="s_ben", customer="c_ben"))
        for name in ("s_1", "s_ben"):
            await acme.save_subscription(replace(SUB, id=name, status=Status.CANCELED))
        with pytest.raises(Taken) as taken:
            await acme.sign_up(replace(ANA, id="c_3", reference="u_2"), replace(SUB, id="s_3", customer="c_3"))
        assert taken.value.field == "customer_reference"

    async def test_of_many_at_once_one_subscription_is_made(self, acme: SqlStore) -> None:
        eve = replace(ANA, email="eve@example.mx", reference="u_eve", receiver=CORRECTED)
        tries = [
            acme.sign_up(replace(eve, id=f"c_{n}"), replace(SUB, id=f"s_eve{n}", customer=f"c_{n}")) for n in range(8)
        ]
        made = await asyncio.gather(*tries)
        assert len({subscriber.record.id for subscriber in made}) == 1
        assert len(await acme.subscribers("acme")) == 2


class TestSubscriptions:
    async def test_process_never_changes_what_the_signup_wrote(self, acme: SqlStore) -> None:
        await acme.save_checkout("acme", "s_1", "cs_1")
        word = replace(
            SUB, status=Status.ACTIVE, created_at=NOW + timedelta(hours=1), checkout_session="", amount_due=Money(5)
        )
        await acme.save_subscription(word)
        record = await acme.subscription("acme", "s_1")
        assert record == replace(word, created_at=NOW, checkout_session="cs_1")

    async def test_canceled_stays_canceled(self, acme: SqlStore) -> None:
        await acme.save_subscription(replace(SUB, status=Status.CANCELED))
        await acme.save_subscription(replace(SUB, status=Status.PAST_DUE, next_action="late word"))
        record = await acme.subscription("acme", "s_1")
        assert record is not None
        assert record.status is Status.CANCELED

    async def test_pages_go_on_where_the_last_one_ended(self, acme: SqlStore) -> None:
        for n in range(5):
            customer = replace(ANA, id=f"c_{n}", reference=f"r_{n}", email=f"{n}@example.mx", receiver=None)
            at = NOW + timedelta(minutes=n // 2)  # pairs share an instant
            await acme.sign_up(customer, replace(SUB, id=f"s_x{n}", customer=customer.id, created_at=at))
        seen: list[str] = []
        after = None
        while page := await acme.subscribers("acme", after=after, limit=2):
            seen += [subscriber.record.id for subscriber in page]
            after = Cursor(page[-1].record.created_at, page[-1].record.id)
        assert seen == ["s_x4", "s_x3", "s_x2", "s_x1", "s_x0", "s_1"]
        assert await acme.subscribers("acme", status=Status.ACTIVE) == []


class TestCases:
    async def test_outcome_once_written_stays(self, acme: SqlStore) -> None:
        await acme.save_case(CASE)
        paid = replace(CASE, stage=Stage.CLOSED, outcome=Outcome.PAID, paid_at=NOW, closed_at=NOW)
        await acme.save_case(paid)
        await acme.save_case(replace(CASE, stage=Stage.SUSPENDED))
        await acme.save_case(replace(paid, outcome=Outcome.EXHAUSTED))
        assert await acme.cases("acme", "s_1") == [paid]

    async def test_first_restoration_counts_and_the_case_does_not_touch_it(self, acme: SqlStore) -> None:
        await acme.save_case(CASE)
        await acme.record_restored("acme", "in_1", NOW)
        await acme.record_restored("acme", "in_1", NOW + timedelta(hours=1))
        await acme.save_case(replace(CASE, restored_at=None, attempts=2))
        (case,) = await acme.cases("acme", "s_1")
        assert (case.restored_at, case.attempts) == (NOW, 2)

    async def test_payment_and_audit_are_written_once(self, acme: SqlStore) -> None:
        payment = Payment("acme", "ch_1", "in_1", "s_1", Money(14_900), Funding.DEBIT, NOW)
        entry = AuditEntry("acme", "s_1", "k1", NOW, "system", "charged", detail="first")
        for _ in range(2):
            await acme.record_payment(payment)
            await acme.audit(entry)
        await acme.record_payment(replace(payment, amount=Money(1)))
        await acme.audit(replace(entry, detail="second"))
        await acme.audit(replace(entry, key="k2", at=NOW - timedelta(days=1)))
        assert await acme.payments("acme", "s_1") == [payment]
        assert [(e.key, e.detail) for e in await acme.audit_trail("acme", "s_1")] == [("k1", "first"), ("k2", "first")]


async def test_notice_is_one_row_per_channel_and_found_by_the_providers_id(acme: SqlStore) -> None:
    notice = NoticeRecord(
        "acme", "in_1/suspended", Channel.WHATSAPP, NoticeKind.SUSPENDED, "s_1", Delivery.SENDING, "hola", NOW
    )
    await acme.save_notice(notice)
    sent = replace(notice, delivery=Delivery.SENT, reference="SM1", sent_at=NOW)
    await acme.save_notice(replace(sent, requested_at=NOW + timedelta(days=1)))
    await acme.save_notice(replace(notice, channel=Channel.EMAIL))
    assert await acme.notice("acme", "in_1/suspended", Channel.WHATSAPP) == sent
    assert await acme.notice_by_reference("SM1") == sent
    assert await acme.notice_by_reference("") is None
    assert len(await acme.notices("acme", "s_1")) == 2


class TestInbox:
    async def test_event_is_stored_once(self, acme: SqlStore) -> None:
        assert await acme.receive(EVENT)
        assert not await acme.receive(replace(EVENT, payload="another"))
        assert await acme.receive(replace(EVENT, provider=Provider.TWILIO))
        assert await acme.event(Provider.STRIPE, "evt_1") == EVENT

    async def test_pending_events_come_oldest_first_until_settled(self, acme: SqlStore) -> None:
        for n in (3, 1, 2):
            await acme.receive(replace(EVENT, event=f"evt_{n}", received_at=NOW + timedelta(seconds=n)))
        pending = await acme.pending_events(NOW + timedelta(seconds=3), 10)
        assert [event.event for event in pending] == ["evt_1", "evt_2"]
        assert len(await acme.pending_events(NOW + timedelta(hours=1), 2)) == 2
        await acme.settle_event(pending[0], InboxStatus.PENDING, at=NOW)
        await acme.settle_event(pending[0], InboxStatus.DELIVERED, at=NOW, tenant="acme", subscription="s_1")
        await acme.settle_event(pending[0], InboxStatus.UNMATCHED, at=NOW)
        settled = await acme.event(Provider.STRIPE, "evt_1")
        assert settled is not None
        assert (settled.status, settled.attempts, settled.tenant) == (InboxStatus.DELIVERED, 2, "acme")
        assert [e.event for e in await acme.pending_events(NOW + timedelta(hours=1), 9)] == ["evt_2", "evt_3"]

    async def test_owner_is_found_by_any_of_the_providers_ids(self, acme: SqlStore) -> None:
        await acme.save_checkout("acme", "s_1", "cs_1")
        await acme.save_provider_customer("acme", "c_ana", "cus_1")
        await acme.save_subscription(replace(SUB, status=Status.CANCELED, provider_id="sub_1"))
        await acme.sign_up(ANA, replace(SUB, id="s_2", created_at=NOW - timedelta(days=9)))
        assert await acme.owner_of(provider_subscription="sub_1") == ("acme", "s_1")
        assert await acme.owner_of(checkout="cs_1") == ("acme", "s_1")
        assert await acme.owner_of(provider_customer="cus_1") == ("acme", "s_2")  # the living one
        assert await acme.owner_of(provider_subscription="sub_9", provider_customer="cus_9", checkout="cs_9") is None
        assert await acme.owner_of() is None


async def test_nothing_of_one_tenant_is_found_through_another(acme: SqlStore) -> None:
    await acme.save_case(CASE)
    await acme.record_payment(Payment("acme", "ch_1", "in_1", "s_1", Money(1), Funding.DEBIT, NOW))
    await acme.audit(AuditEntry("acme", "s_1", "k", NOW, "system", "x"))
    assert await acme.subscription("other", "s_1") is None
    assert await acme.subscriber("other", "s_1") is None
    assert await acme.subscriber_by_reference("other", "u_1") is None
    for rows in (acme.cases, acme.payments, acme.notices, acme.audit_trail, acme.documents_of_subscription):
        assert list(await rows("other", "s_1")) == []
    with pytest.raises(Missing):
        await acme.customer("other", "c_ana")
    with pytest.raises(Missing):
        await acme.record_restored("other", "in_1", NOW)


async def test_requests_cut_off_at_any_point_leave_no_transaction_behind(acme: SqlStore) -> None:
    for awaits in range(25):
        customer = replace(ANA, id=f"c_{awaits}", reference=f"r_{awaits}", email=f"{awaits}@example.mx", receiver=None)
        task = asyncio.create_task(acme.sign_up(customer, replace(SUB, id=f"s_c{awaits}", customer=customer.id)))
        for _ in range(awaits):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert await asyncio.wait_for(acme.receive(EVENT), 5)
    for subscriber in await acme.subscribers("acme"):
        assert await acme.customer("acme", subscriber.record.customer) == subscriber.customer


async def test_writers_do_not_lose_each_other(acme: SqlStore, empty_database: str) -> None:
    """Two processes with a store each, both writing as fast as they can."""
    rival = SqlStore(empty_database, KEYRING)
    try:
        jobs = [
            store.receive(replace(EVENT, event=f"evt_{name}_{n}"))
            for n in range(40)
            for name, store in (("a", acme), ("b", rival))
        ]
        assert all(await asyncio.gather(*jobs))
        assert len(await acme.pending_events(NOW + timedelta(hours=1), 100)) == 80
    finally:
        await rival.close()


async def test_database_without_tables_or_out_of_reach_is_unavailable(empty_database: str) -> None:
    nowhere = SqlStore("postgresql+asyncpg://perdura@127.0.0.1:1/perdura", KEYRING)
    bare = SqlStore(empty_database, KEYRING)
    try:
        for store, words in ((nowhere, "did not answer"), (bare, "perdura migrate")):
            with pytest.raises(Unavailable, match=words):
                await store.ping()
            with pytest.raises(Unavailable) as failure:
                await store.receive(replace(EVENT, payload="personal data"))
            assert "personal data" not in str(failure.value)
    finally:
        await nowhere.close()
        await bare.close()


async def test_language_and_missing_tax_data_survive(acme: SqlStore) -> None:
    tom = replace(ANA, id="c_tom", reference="u_t", email="tom@example.com", language=Language.EN, receiver=None)
    await acme.sign_up(tom, replace(SUB, id="s_tom", customer="c_tom"))
    assert await acme.customer("acme", "c_tom") == tom
