"""What needs a person, comparisons and figures, over HTTP."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from activities.alerts import Alerts
from activities.fiscal_watch import FiscalWatch
from activities.invariants import Invariants
from api.deps import Context
from models.cfdi.certificates import StoredCsd
from models.collecting.cases import Stage
from models.messages import ReconciliationStart
from models.money import Money
from models.periods import Calendar
from models.records import CaseRecord, InboxEvent, Provider
from models.subscribing.subscriptions import Status
from models.tickets import desk
from models.tickets.desk import Asked
from models.tickets.terms import Terms
from models.tickets.ticket import Origin, Topic
from models.watching import invariants
from models.watching.attention import GUIDANCE, Finding, Rule
from models.watching.reconciliation_run import Run
from tests.api.conftest import World
from tests.fakes.mail import FakeMail
from tests.fakes.pac import FakePac
from tests.fakes.supervision import FakeSupervision
from tests.samples import ISSUER

NOW = datetime.now(UTC).replace(microsecond=0)
FINDING = Finding("acme", Rule.PAST_DUE_WITHOUT_CASE, "s_1", "past due, and no dunning case is open for it", "s_1")
TOKEN = "a token for whoever scrapes"
HOUR = timedelta(hours=1)


class FewStamps(FakePac):
    """A PAC at which 99 stamps are left."""

    async def balance(self) -> int | None:
        return 99


async def test_what_needs_a_person_is_listed_with_what_to_do_and_can_be_acknowledged(world: World) -> None:
    assert (await world.get("/v1/attention")).json() == {"data": []}
    await world.store.keep_finding(FINDING, at=NOW)
    await world.store.keep_finding(replace(FINDING, tenant="other"), at=NOW)
    await world.store.keep_finding(replace(FINDING, tenant=""), at=NOW)
    (told,) = (await world.get("/v1/attention")).json()["data"]
    assert (told["rule"], told["severity"], told["subscription"]) == ("past_due_without_case", "critical", "s_1")
    assert told["remedy"]
    path = f"/v1/attention/{told['id']}/acknowledge"
    noted = await world.post(path, {"actor": "ana", "note": "calling her"})
    assert noted.status_code == 200
    assert (noted.json()["note"], noted.json()["acknowledged_by"].endswith("ana")) == ("calling her", True)
    assert (await world.get("/v1/attention")).json()["data"][0]["acknowledged_at"]


async def test_lists_are_narrowed_by_rule_and_show_what_is_over_when_asked(world: World) -> None:
    await world.store.keep_finding(FINDING, at=NOW)
    await world.store.resolve_findings([FINDING.rule], unseen_since=NOW + timedelta(hours=1), at=NOW)
    assert (await world.get("/v1/attention")).json()["data"] == []
    assert len((await world.get("/v1/attention?resolved=true")).json()["data"]) == 1
    assert (await world.get("/v1/attention?resolved=true&rule=cfdi_held")).json()["data"] == []
    assert (await world.get("/v1/attention?rule=nonsense")).status_code == 422


async def test_another_tenants_finding_is_as_absent_as_one_that_never_was(world: World) -> None:
    theirs = replace(FINDING, tenant="other")
    await world.store.keep_finding(theirs, at=NOW)
    for name in (theirs.id, "at_0123456789abcdef"):
        answer = await world.post(f"/v1/attention/{name}/acknowledge", {"actor": "eve"})
        assert answer.status_code == 404


async def test_a_comparison_is_begun_for_the_caller_alone_and_its_record_shown(world: World) -> None:
    answer = await world.post("/v1/reconciliation", {"dry_run": True})
    assert (answer.status_code, answer.json()) == (202, {"process": "reconcile:acme:whole"})
    assert (await world.post("/v1/reconciliation")).status_code == 202
    assert world.door.reconciliations == [ReconciliationStart("acme", True), ReconciliationStart("acme", False)]
    mine = Run("r_1", "acme", False, NOW, NOW, NOW + timedelta(seconds=7), 40, 3, 2, 1, 1, "a\nb")
    await world.store.save_run(mine)
    await world.store.save_run(replace(mine, id="r_2", tenant="", started=NOW + timedelta(hours=1)))
    await world.store.save_run(replace(mine, id="r_3", tenant="other"))
    house, own = (await world.get("/v1/reconciliation")).json()["data"]
    assert (house["whole_house"], house["notes"]) == (True, []), "what is noted of all tenants names others' ids"
    assert (own["drift"], own["repaired"], own["open"], own["events_fetched"], own["seconds"]) == (2, 1, 1, 3, 7)
    assert own["notes"] == ["a", "b"]


async def test_a_comparison_cannot_begin_while_temporal_is_down(world: World) -> None:
    world.door.up = False
    assert (await world.post("/v1/reconciliation")).status_code == 503


@pytest.fixture
def opened(world: World) -> World:
    """The same API, with a token for its figures."""
    context: Context = world.app.state.context
    settings = context.settings.model_copy(update={"metrics_token": SecretStr(TOKEN)})
    world.app.state.context = replace(context, settings=settings)
    return world


async def scraped(world: World) -> dict[tuple[str, ...], float]:
    """Every sample by its name and labels' values."""
    answer = await world.http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


async def test_the_figures_are_closed_to_whoever_has_not_their_token(world: World) -> None:
    answer = await world.get("/metrics")
    assert answer.status_code == 401
    assert "PERDURA_METRICS_TOKEN" in answer.json()["detail"]


async def test_a_tenants_key_is_no_token_for_the_figures_of_all(opened: World) -> None:
    assert (await opened.get("/metrics")).status_code == 401
    assert (await opened.http.get("/metrics")).status_code == 401


async def test_the_figures_tell_how_the_books_stand(opened: World) -> None:
    await opened.signed_up()
    await opened.store.keep_finding(FINDING, at=NOW)
    waiting = NOW - timedelta(hours=2)
    await opened.store.receive(InboxEvent(Provider.STRIPE, "evt_1", "invoice.paid", "{}", waiting))
    await opened.store.save_run(Run("r_1", "", False, NOW, NOW, NOW, drift=5, repaired=3, open=2))
    told = await scraped(opened)
    assert told["perdura_subscriptions", "active"] == 1
    assert told["perdura_inbox_pending",] == 1
    assert told["perdura_inbox_oldest_seconds",] >= 7_200
    assert told["perdura_invariant_violations", "past_due_without_case"] == 1
    assert {labels[1] for labels in told if labels[0] == "perdura_invariant_violations"} == set(Rule)
    assert told["perdura_reconciliation_drift", "repaired"] == 3
    assert told["perdura_reconciliation_drift", "open"] == 2


async def test_the_figures_tell_how_the_business_stands(opened: World) -> None:
    subscription = await opened.signed_up()
    store, now = opened.store, datetime.now(UTC)
    record = await store.subscription("acme", subscription)
    assert record is not None
    await store.save_subscription(replace(record, status=Status.PAST_DUE))
    await store.save_case(CaseRecord("acme", "in_1", subscription, Money(14_900), Stage.GRACE, "ruthless v1", now))
    for number, due in enumerate((-HOUR, HOUR)):
        asked = Asked("acme", f"tk_{number}", record.customer, Topic.BILLING, Origin.PERSON, "ana")
        ticket = desk.opened(asked, Terms(), Calendar(), now)
        await store.save_ticket(replace(ticket, due_at=now + due), (), now)
    told = await scraped(opened)
    assert told["perdura_mrr_centavos", "MXN"] == 14_900
    assert told["perdura_subscriptions", "past_due"] == 1
    assert (told["perdura_cases_open", "grace"], told["perdura_money_at_risk_centavos", "MXN"]) == (1, 14_900)
    assert (told["perdura_tickets_open", "normal"], told["perdura_tickets_overdue",]) == (2, 1)
    assert 0 < told["perdura_snapshot_age_seconds",] < 3_600, "since the business began"
    taken = now - 40 * HOUR
    for tenant in await store.tenants():
        await store.take_snapshot(tenant, taken.date(), at=taken)
        await store.take_snapshot(tenant, now.date(), at=now if tenant == "acme" else now - 2 * HOUR)
    assert 7_200 <= (await scraped(opened))["perdura_snapshot_age_seconds",] < 7_200 + 600


async def test_every_rule_that_is_broken_is_counted_under_its_name_and_listed_with_its_remedy(opened: World) -> None:
    for rule in Rule:
        await opened.store.keep_finding(replace(FINDING, rule=rule, subject=f"x-{rule}"), at=NOW)
    told = await scraped(opened)
    assert {rule: told["perdura_invariant_violations", rule.value] for rule in Rule} == dict.fromkeys(Rule, 1)
    listed = (await opened.get("/v1/attention")).json()["data"]
    assert {each["rule"]: each["remedy"] for each in listed} == {rule: GUIDANCE[rule].remedy for rule in Rule}


async def test_a_certificate_about_to_end_and_the_last_stamps_reach_the_list_and_the_figures(opened: World) -> None:
    ending = StoredCsd(
        "acme", "3" * 20, ISSUER.rfc, NOW - timedelta(days=900), NOW + timedelta(days=29), b"", "k", b"", NOW
    )
    await opened.store.save_issuer("acme", ISSUER)
    await opened.store.save_certificate(ending)
    books, limits = opened.store, invariants.limits(Calendar(), uninvoiced_hours=4, inbox=HOUR, reconciliation=HOUR)
    alerts = Alerts(books=books, mail=FakeMail(), limits=limits)
    pac = FewStamps()
    watch = FiscalWatch(opened.store, pac)
    checked = Invariants(books=books, processes=FakeSupervision(), alerts=alerts, limits=limits, fiscal=watch)
    await checked.check_invariants()
    told = (await opened.get("/v1/attention")).json()["data"]
    assert {each["rule"]: each["severity"] for each in told} == {
        "certificate_ending": "critical",
        "stamps_low": "warning",
    }
    assert f"ends on {ending.valid_until:%Y-%m-%d}" in next(e["text"] for e in told if e["severity"] == "critical")
    figures = await scraped(opened)
    assert [figures["perdura_invariant_violations", rule] for rule in ("certificate_ending", "stamps_low")] == [1, 1]
    # Both are put right: the next round takes them off.
    renewal = replace(ending, number="4" * 20, valid_until=NOW + timedelta(days=900), added_at=NOW + HOUR)
    await opened.store.save_certificate(renewal)
    renewed = Invariants(
        books=books,
        processes=FakeSupervision(),
        alerts=alerts,
        limits=limits,
        fiscal=FiscalWatch(opened.store, FakePac()),
    )
    await renewed.check_invariants()
    assert (await opened.get("/v1/attention")).json()["data"] == []


async def test_requests_are_counted_by_the_routes_template_and_never_by_an_id(opened: World) -> None:
    mine = await opened.signed_up()
    assert (await opened.get(f"/v1/subscriptions/{mine}")).status_code == 200
    assert (await opened.get("/v1/subscriptions/s_nobody")).status_code == 404
    assert (await opened.get("/nowhere")).status_code == 404
    told = await scraped(opened)
    one = "/v1/subscriptions/{subscription}"
    assert told["perdura_http_requests_total", "GET", one, "200"] == 1
    assert told["perdura_http_requests_total", "GET", one, "404"] == 1
    assert told["perdura_http_requests_total", "GET", "none", "404"] == 1
    assert told["perdura_http_request_seconds_count", "GET", one] == 2
    assert not any(mine in labels for labels in told)
