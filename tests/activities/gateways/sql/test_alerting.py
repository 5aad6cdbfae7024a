"""A business is told once of what is so, at every address it named, until it is so no more; what does not arrive is itself told of."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from activities.business_watch import BusinessWatch
from activities.failures import Refused, Unavailable
from activities.gateways.store_sql import SqlStore
from activities.ports.messenger import Sent
from models.collecting.cases import Outcome, Stage
from models.kpis.alerts import AlertSettings
from models.kpis.definitions import Kpi
from models.kpis.figures import Figure
from models.kpis.places import Places
from models.kpis.traffic import Traffic
from models.money import Money
from models.records import CaseRecord, Customer, SubscriptionRecord, Tenant
from models.selling.plans import Plan
from models.speaking.notices import Language
from models.subscribing.subscriptions import Status
from models.telling.endpoints import Endpoint, fresh_secret
from models.tickets.ticket import Origin, Ticket, Topic
from models.watching.attention import CHECKED, Attention, Rule
from tests.fakes.mail import FakeFiscalMail
from tests.keys import KEYRING

NOW = datetime.now(UTC).replace(microsecond=0)
DAY, MINUTES = timedelta(days=1), timedelta(minutes=5)
ANA = "ana@acme.example"


@dataclass
class FakePager:
    """WhatsApp to people of a business, in memory."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    async def page(self, *, to: str, body: str, language: Language) -> Sent:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((to, body))
        return Sent(f"SM{len(self.sent)}")


@dataclass
class Acme:
    """A business that wants to be told by all ways, and rounds that look after it."""

    store: SqlStore
    mail: FakeFiscalMail = field(default_factory=FakeFiscalMail)
    pager: FakePager = field(default_factory=FakePager)
    limit: int = 0

    def watch(self) -> BusinessWatch:
        return BusinessWatch(
            self.store,
            mail=self.mail,
            pager=self.pager,
            places=Places(KEYRING),
            day_seconds=86_400,
            database_limit=self.limit,
        )

    async def round(self, at: datetime, watch: BusinessWatch | None = None) -> set[Rule]:
        """As the schedule's round does it, by a worker that has just begun if no other is named; what is found."""
        watch = watch or self.watch()
        found = await watch.findings(at)
        for finding in found:
            await self.store.keep_finding(finding, at=at)
        await self.store.resolve_findings(CHECKED, unseen_since=at, at=at)
        await watch.deliver(at)
        return {finding.rule for finding in found}

    async def day(self, at: datetime, late: int) -> None:
        """A day was kept on which so many of a hundred were past due."""
        await self.store.take_snapshot("acme", at.date(), at=at)
        await self.store.save_figures("acme", at.date(), [Figure(Kpi.PAST_DUE_SHARE, at.date(), late, 100)], at=at)

    async def events(self) -> list[str]:
        """The alerts that webhooks hear of, oldest first."""
        told = await self.store.events("acme", limit=50)
        return [event.type.value for event, _ in reversed(told) if event.type.value.startswith("alert")]


@pytest.fixture
async def acme(store: SqlStore) -> Acme:
    await store.create_tenant(Tenant("acme", "Acme"))
    await store.save_plan(Plan("acme", "pro", "Pro", Money(14_900)))
    await store.add_endpoint(Endpoint("acme", "we_1", "https://acme.example/hooks", NOW, fresh_secret()))
    await store.save_alert_settings(AlertSettings("acme", emails=(ANA,), phones=("+525512345678",)), by="ana", at=NOW)
    return Acme(store)


async def test_an_alert_is_told_once_until_it_ends_and_anew_after_that(acme: Acme) -> None:
    await acme.day(NOW - 2 * DAY, 9)
    await acme.day(NOW - DAY, 9)
    for turn in range(3):
        assert await acme.round(NOW + turn * MINUTES) == {Rule.PAST_DUE_HIGH}
    assert (acme.mail.sends, len(acme.pager.sent)) == (1, 1)
    assert acme.pager.sent[0] == ("+525512345678", "Acme: La cartera vencida pasa del límite")
    assert await acme.events() == ["alert.raised"]
    (alert,) = await acme.store.alerts("acme", [Rule.PAST_DUE_HIGH])
    seen = await acme.store.acknowledge("acme", alert.finding.id, actor="u_ana", note="calling", at=NOW)
    assert (seen.acknowledged_by, seen.note) == ("u_ana", "calling")
    await acme.day(NOW, 3)
    assert await acme.round(NOW + DAY) == set()
    assert await acme.store.alerts("acme", [Rule.PAST_DUE_HIGH]) == []
    assert await acme.events() == ["alert.raised", "alert.resolved"]
    await acme.day(NOW + DAY, 9)
    await acme.day(NOW + 2 * DAY, 9)
    assert await acme.round(NOW + 3 * DAY) == {Rule.PAST_DUE_HIGH}
    assert (acme.mail.sends, len(acme.pager.sent)) == (2, 2)
    (anew,) = await acme.store.alerts("acme", [Rule.PAST_DUE_HIGH])
    assert (anew.acknowledged_by, anew.first_seen) == ("", NOW + 3 * DAY)


async def test_an_alert_that_goes_on_costs_a_round_nothing_and_still_reaches_an_address_named_later(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    await acme.day(NOW - 2 * DAY, 9)
    await acme.day(NOW - DAY, 9)
    raised: list[str] = []
    genuine = acme.store.raise_alert

    async def counted(tenant: str, alert: Attention, places: Any, *, webhook: bool, at: datetime) -> int:
        raised.append(alert.finding.id)
        return await genuine(tenant, alert, places, webhook=webhook, at=at)

    monkeypatch.setattr(acme.store, "raise_alert", counted)
    watch = acme.watch()
    for turn in range(3):
        await acme.round(NOW + turn * MINUTES, watch)
    assert (len(raised), acme.mail.sends) == (1, 1)
    more = AlertSettings("acme", emails=(ANA, "beto@acme.example"), phones=("+525512345678",))
    await acme.store.save_alert_settings(more, by="ana", at=NOW)
    for turn in range(3, 5):
        await acme.round(NOW + turn * MINUTES, watch)
    assert (len(raised), acme.mail.sends) == (2, 2), "whoever was told is not told again"


async def test_what_does_not_arrive_is_tried_again_and_told_of(acme: Acme) -> None:
    await acme.day(NOW - 2 * DAY, 9)
    await acme.day(NOW - DAY, 9)
    acme.mail.failures = [Unavailable("no answer") for _ in range(3)]
    acme.pager.failures = [Refused("not a number", "21211")]
    tried = [NOW, NOW + 6 * MINUTES, NOW + 12 * MINUTES]
    for at in tried:
        await acme.round(at)
    assert (acme.mail.sends, len(acme.pager.sent)) == (0, 1), "what arrived is not sent again"
    later = NOW + timedelta(hours=2)
    assert await acme.round(later) == {Rule.PAST_DUE_HIGH, Rule.ALERT_UNDELIVERED}
    (stuck,) = await acme.store.findings("acme", rule=Rule.ALERT_UNDELIVERED)
    assert stuck.finding.text == "1 not delivered after 3 tries: email: Unavailable"
    assert acme.mail.sends == 1
    assert await acme.round(later + MINUTES) == {Rule.PAST_DUE_HIGH}


async def test_customers_nearly_30_days_late_are_told_of_in_one_message(acme: Acme) -> None:
    for number in range(3):
        customer = Customer("acme", f"c_{number}", f"u_{number}", "Ana", f"ana{number}@example.mx", "+525512345678")
        record = SubscriptionRecord("acme", f"s_{number}", customer.id, "pro", Status.PAST_DUE, NOW, NOW)
        await acme.store.sign_up(customer, record)
        case = CaseRecord(
            "acme", f"in_{number}", f"s_{number}", Money(14_900), Stage.GRACE, "ruthless v1", NOW - (24 + number) * DAY
        )
        await acme.store.save_case(case)
    assert await acme.round(NOW) == {Rule.NEARLY_LATE}
    assert [len(await acme.store.alerts("acme", [Rule.NEARLY_LATE])), acme.mail.sends] == [2, 1]
    paid = replace(case, outcome=Outcome.PAID, paid_at=NOW)
    await acme.store.save_case(paid)
    await acme.round(NOW + MINUTES)
    assert [each.finding.subject for each in await acme.store.alerts("acme", [Rule.NEARLY_LATE])] == ["c_1"]


async def test_a_ticket_that_nobody_answered_in_time_is_told_of_until_somebody_does(acme: Acme) -> None:
    customer = Customer("acme", "c_1", "u_1", "Ana", "ana1@example.mx", "+525512345678")
    record = SubscriptionRecord("acme", "s_1", customer.id, "pro", Status.ACTIVE, NOW, NOW)
    await acme.store.sign_up(customer, record)
    due = NOW - MINUTES
    ticket = Ticket("acme", "tk_1", "c_1", Topic.BILLING, Origin.PERSON, NOW - DAY, "ana", NOW - DAY, due, due, "s_1")
    await acme.store.save_ticket(ticket, [], NOW - DAY)
    assert await acme.round(NOW) == {Rule.TICKET_MISSED}
    (alert,) = await acme.store.alerts("acme", [Rule.TICKET_MISSED])
    assert (alert.finding.subject, alert.finding.subscription) == ("tk_1", "s_1")
    await acme.store.save_ticket(replace(ticket, answered_at=NOW, answered_by="ana"), [], NOW)
    assert await acme.round(NOW + MINUTES) == set()


async def test_the_house_is_told_of_its_traffic_its_database_and_of_businesses_that_are_idle(acme: Acme) -> None:
    slow = Traffic(100, 5, (*(0,) * 9, 100, 0, 0))
    await acme.store.save_traffic("one", NOW - MINUTES, Traffic(100, 0, (100, *(0,) * 11)))
    await acme.store.save_traffic("two", NOW - MINUTES, slow)
    await acme.store.save_traffic("two", NOW - timedelta(hours=1), Traffic(1_000_000, 0, (1_000_000, *(0,) * 11)))
    acme.limit = 1
    assert await acme.round(NOW) == {Rule.ERRORS_HIGH, Rule.ANSWERS_SLOW, Rule.DATABASE_FULL}
    assert acme.mail.sends == 1, "the only business there is runs the house"
    assert await acme.store.prune_traffic(NOW - timedelta(minutes=30)) == 1
    await acme.store.create_tenant(Tenant("other", "Other"))
    assert Rule.TENANT_IDLE in await acme.round(NOW + 8 * DAY)


async def test_who_is_told_of_nothing_is_not_and_what_was_turned_off_is_not_found(acme: Acme) -> None:
    await acme.day(NOW - 2 * DAY, 9)
    await acme.day(NOW - DAY, 9)
    quiet = AlertSettings("acme", off=frozenset({Rule.PAST_DUE_HIGH}))
    await acme.store.save_alert_settings(quiet, by="ana", at=NOW)
    assert await acme.round(NOW) == set()
    await acme.store.save_alert_settings(AlertSettings("acme", webhook=False), by="ana", at=NOW)
    assert await acme.round(NOW + MINUTES) == {Rule.PAST_DUE_HIGH}
    assert (acme.mail.sends, acme.pager.sent, await acme.events()) == (0, [], [])


async def test_addresses_are_sealed(acme: Acme) -> None:
    async with acme.store._db._engine.connect() as connection:
        (row,) = (await connection.execute(text("SELECT addresses FROM alert_settings"))).all()
    assert ANA not in row[0]
    assert (await acme.store.alert_settings("acme")).emails == (ANA,)
