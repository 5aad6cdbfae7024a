"""Looking: one, many, the story, what may be used, and the way to the card; and nothing of anybody else's."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from activities.failures import Unavailable
from activities.ports.processes import CommandRefused, ProcessNotFound
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.collecting.cases import Outcome, Stage
from models.messages import Opening
from models.money import Money
from models.records import AuditEntry, CaseRecord, Delivery, NoticeRecord, Payment
from models.refusals import OrderWhy
from models.speaking.links import Purpose, opened
from models.speaking.notices import Channel, NoticeKind
from models.subscribing.invoices import Funding
from models.subscribing.subscriptions import Status
from tests.api.conftest import ANA, LINK_KEY, NOW, World


async def stand(world: World, subscription: str, **changes: Any) -> None:
    """Put the subscription's record where a process might have."""
    record = await world.store.subscription("acme", subscription)
    assert record is not None
    await world.store.save_subscription(replace(record, **changes))


async def test_without_a_key_or_with_a_wrong_one_nothing_is_shown(world: World) -> None:
    for headers in ({}, {"Authorization": "Bearer pk_live_wrong"}, {"Authorization": "Basic dTpw"}):
        answer = await world.http.get("/v1/plans", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"


async def test_plans_show_the_price_with_its_currency(world: World) -> None:
    (plan,) = (await world.get("/v1/plans")).json()
    assert plan["price"] == {"centavos": 14_900, "currency": "MXN", "text": "$149.00 MXN"}
    assert (plan["code"], plan["interval"], plan["trial_days"]) == ("pro", "month", 14)


async def test_every_route_of_a_subscription_hides_another_tenants(world: World) -> None:
    subscription = await world.signed_up()
    other = await world.store.issue_key("other")
    headers = {"Authorization": f"Bearer {other}"}
    order = {"actor": "eve", "reason": "curious", "days": 1, "step": 1, "at_period_end": True}
    order |= {"method": "spei", "reference": "x"}
    tried = 0
    for path, verbs in (await world.http.get("/openapi.json")).json()["paths"].items():
        if "{subscription}" not in path:
            continue
        for verb in verbs:
            wanted = verbs[verb].get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            body = None
            if "$ref" in wanted:
                schemas = (await world.http.get("/openapi.json")).json()["components"]["schemas"]
                fields = schemas[wanted["$ref"].rpartition("/")[2]]["properties"]
                body = {name: value for name, value in order.items() if name in fields}
            for theirs in (subscription, "s_nobody", "%00"):
                answer = await world.http.request(
                    verb, path.replace("{subscription}", theirs), json=body, headers=headers
                )
                assert answer.status_code == 404, (verb, path, answer.text)
            tried += 1
    assert tried >= 16
    for path in (
        f"/v1/billing/subscription?subscription={subscription}",
        "/v1/billing/subscription?customer_reference=user-1042",
        f"/v1/documents?subscription={subscription}",
    ):
        assert (await world.http.get(path, headers=headers)).status_code == 404
    body = {"customer_reference": "user-1042"}
    refresh = await world.http.post("/v1/billing/subscription/refresh", json=body, headers=headers)
    assert refresh.status_code == 404
    assert (await world.http.get("/v1/subscriptions", headers=headers)).json()["data"] == []
    assert world.door.orders == []


async def test_pages_of_subscriptions_follow_each_other_and_filter(world: World) -> None:
    names = [await world.signed_up(customer_reference=f"user-{n}", email=f"{n}@example.mx") for n in range(5)]
    await stand(world, names[1], status=Status.PAST_DUE)
    seen, cursor = [], None
    while True:
        page = (
            await world.get("/v1/subscriptions", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        seen += [view["id"] for view in page["data"]]
        if not (cursor := page["next_cursor"]):
            break
    assert seen == names[::-1]
    late = (await world.get("/v1/subscriptions?status=past_due")).json()["data"]
    assert [view["id"] for view in late] == [names[1]]


NUL = "MjAyNi0xMS0yMVQwMDowMDowMCswMDowMHxzAA=="  # what PostgreSQL can hold in no text


@pytest.mark.parametrize(
    "query", ["cursor=nonsense", "cursor=MjAyNi0xMS0yMXxz", f"cursor={NUL}", "limit=0", "limit=201", "status=late"]
)
async def test_unusable_filter_is_named(world: World, query: str) -> None:
    answer = await world.get(f"/v1/subscriptions?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [query.partition("=")[0]]


async def test_customer_is_found_by_the_tenants_own_id(world: World) -> None:
    subscription = await world.signed_up()
    for query in ("customer_reference=user-1042", f"subscription={subscription}"):
        assert (await world.get(f"/v1/billing/subscription?{query}")).json()["id"] == subscription
    assert (await world.get("/v1/billing/subscription")).status_code == 422
    assert (await world.get("/v1/billing/subscription?customer_reference=nobody")).status_code == 404


async def test_refresh_asks_the_process_and_answers_with_what_it_recorded(world: World) -> None:
    subscription = await world.signed_up()
    answer = await world.post("/v1/billing/subscription/refresh", {"customer_reference": "user-1042", "actor": "ana"})
    assert (answer.status_code, answer.json()["id"]) == (200, subscription)
    ((process, command, order),) = world.door.orders
    assert (process, command, order.actor) == (subscription, "refresh", "api/ana")
    world.door.refusal = ProcessNotFound()
    assert (await world.post("/v1/billing/subscription/refresh", {"subscription": subscription})).status_code == 409


class TestEntitlement:
    @pytest.mark.parametrize(
        ("status", "access", "purpose"),
        [
            (Status.ACTIVE, "full", None),
            (Status.TRIALING, "full", None),
            (Status.PAST_DUE, "grace", Purpose.CARD),
            (Status.SUSPENDED, "blocked", Purpose.PAY),
            (Status.PAUSED, "blocked", None),
            (Status.CANCELED, "blocked", None),
        ],
    )
    async def test_follows_from_the_status(
        self, world: World, status: Status, access: str, purpose: Purpose | None
    ) -> None:
        subscription = await world.signed_up()
        due = Money(14_900 if purpose else 0)
        await stand(world, subscription, status=status, amount_due=due, grace_until=NOW + timedelta(days=3))
        body = (await world.get(f"/v1/subscriptions/{subscription}/entitlement")).json()
        assert body["access"] == access
        assert bool(body["banner"]) == (access != "full")
        if purpose is None:
            assert body["link"] == ""
        else:
            assert opened(body["link"].rpartition("/")[2], LINK_KEY) == (purpose, "acme", subscription)

    async def test_suspended_by_support_with_nothing_due_offers_no_way_to_pay(self, world: World) -> None:
        subscription = await world.signed_up()
        await stand(world, subscription, status=Status.SUSPENDED)
        body = (await world.get(f"/v1/subscriptions/{subscription}/entitlement")).json()
        assert (body["access"], body["link"]) == ("blocked", "")


async def test_portal_link_is_fresh_and_leads_back(world: World) -> None:
    subscription = await world.signed_up()
    early = await world.post(f"/v1/subscriptions/{subscription}/portal")
    assert early.status_code == 409
    record = await world.store.subscription("acme", subscription)
    assert record is not None
    await world.store.save_provider_customer("acme", record.customer, "cus_1")
    answer = await world.post(f"/v1/subscriptions/{subscription}/portal", {"return_url": "https://app.example.mx/"})
    assert answer.json()["url"] == "https://portal.example/cus_1?back=https://app.example.mx/"
    assert (await world.post(f"/v1/subscriptions/{subscription}/portal", {"return_url": "ftp://x"})).status_code == 422
    world.payments.outage = Unavailable("no answer")
    assert (await world.post(f"/v1/subscriptions/{subscription}/portal")).status_code == 503


async def test_timeline_tells_everything_in_order(world: World) -> None:
    subscription = await world.signed_up()

    def at(minutes: int) -> Any:
        return NOW + timedelta(minutes=minutes)

    store, document_key = world.store, "ch_1/income/v1"
    await store.audit(
        AuditEntry("acme", subscription, "in_1/1/x", at(1), "perdura", "case opened", detail="do_not_honor")
    )
    await store.audit(AuditEntry("acme", subscription, "in_1/2/x", at(3), "ana", "grace extended by 3 days", "asked"))
    case = CaseRecord("acme", "in_1", subscription, Money(14_900), Stage.GRACE, "ruthless v1", at(0))
    await store.save_case(case)
    await store.save_case(
        replace(case, stage=Stage.CLOSED, outcome=Outcome.PAID, paid_at=at(4), closed_at=at(5), attempts=2)
    )
    await store.record_restored("acme", "in_1", at(6))
    await store.record_payment(Payment("acme", "ch_1", "in_1", subscription, Money(14_900), Funding.DEBIT, at(4)))
    notice = NoticeRecord(
        "acme",
        "in_1/failed",
        Channel.WHATSAPP,
        NoticeKind.PAYMENT_FAILED,
        subscription,
        Delivery.DELIVERED,
        "Hola",
        at(2),
    )
    await store.save_notice(replace(notice, reference="SM1", sent_at=at(2), settled_at=at(7)))
    document = TaxDocument(
        "acme", "ch_1", DocumentKind.INCOME, 1, subscription, DocumentState.STAMPED, Money(14_900), at(8), at(8), at(9)
    )
    await store.save_document(replace(document, uuid="U1", stamped_at=at(9)))
    entries = (await world.get(f"/v1/subscriptions/{subscription}/timeline")).json()["entries"]
    assert [(entry["kind"], entry["what"]) for entry in entries] == [
        ("case", "dunning began"),
        ("audit", "case opened"),
        ("notice", "payment_failed sent by whatsapp"),
        ("audit", "grace extended by 3 days"),
        ("payment", "payment received"),
        ("case", "dunning ended: paid"),
        ("case", "service restored"),
        ("notice", "payment_failed delivered by whatsapp"),
        ("document", "tax document (income) begun"),
        ("document", "tax document stamped"),
    ]
    assert (entries[3]["actor"], entries[3]["reason"]) == ("ana", "asked")
    assert entries[8]["about"] == document_key


class TestOverrides:
    async def _dunned(self, world: World, **changes: Any) -> str:
        subscription = await world.signed_up()
        case = CaseRecord("acme", "in_1", subscription, Money(14_900), Stage.GRACE, "ruthless v1", NOW)
        await world.store.save_case(replace(case, **changes))
        return subscription

    @pytest.mark.parametrize(
        ("command", "body", "expected"),
        [
            ("extend_grace", {"days": 3}, {"days": 3.0}),
            ("retry_now", {}, {}),
            ("skip_to_step", {"step": 6}, {"step": 6}),
            ("pause_dunning", {}, {}),
            ("resume_dunning", {}, {}),
            ("record_external_payment", {"method": "cash", "reference": "R-1"}, {"method": "cash", "reference": "R-1"}),
            ("write_off", {}, {}),
        ],
    )
    async def test_order_about_money_goes_to_the_case_of_the_unpaid_invoice(
        self, world: World, command: str, body: dict[str, Any], expected: dict[str, Any]
    ) -> None:
        subscription = await self._dunned(world)
        answer = await self._order(world, subscription, command, body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["next_action"] == "D+3 suspend"
        ((process, given, order),) = world.door.orders
        assert (process, given, order.actor, order.reason) == ("in_1", command, "api/ana", "asked by phone")
        assert {name: getattr(order, name) for name in expected} == expected

    @pytest.mark.parametrize(
        ("command", "body"),
        [
            ("suspend_now", {}),
            ("restore_now", {"days": 2}),
            ("cancel", {"at_period_end": False}),
            ("pause_subscription", {}),
            ("resume_subscription", {}),
        ],
    )
    async def test_order_about_service_goes_to_the_subscription(
        self, world: World, command: str, body: dict[str, Any]
    ) -> None:
        subscription = await world.signed_up()
        assert (await self._order(world, subscription, command, body)).status_code == 200
        ((process, given, order),) = world.door.orders
        assert (process, given) == (subscription, command)
        assert {name: getattr(order, name) for name in body} == body

    async def test_refusal_is_told_in_the_process_own_words(self, world: World) -> None:
        subscription = await self._dunned(world)
        world.door.refusal = CommandRefused(OrderWhy.SERVICE_SUSPENDED())
        answer = await self._order(world, subscription, "extend_grace", {"days": 3})
        told = answer.json()
        assert (answer.status_code, told["detail"]) == (409, "service is already suspended: use restore_now")
        assert told["code"] == "service_suspended"

    async def test_paid_case_cannot_be_extended(self, world: World) -> None:
        subscription = await self._dunned(world, stage=Stage.CLOSED, outcome=Outcome.PAID)
        answer = await self._order(world, subscription, "extend_grace", {"days": 3})
        assert answer.status_code == 409
        assert "is over (paid)" in answer.json()["detail"]
        assert world.door.orders == []

    async def test_without_an_unpaid_invoice_there_is_nothing_to_collect(self, world: World) -> None:
        answer = await self._order(world, await world.signed_up(), "write_off", {})
        assert answer.status_code == 409
        assert "nothing to change" in answer.json()["detail"]

    @pytest.mark.parametrize(
        ("command", "body", "field"),
        [
            ("extend_grace", {}, "days"),
            ("extend_grace", {"days": 0}, "days"),
            ("extend_grace", {"days": 61}, "days"),
            ("skip_to_step", {"step": 0}, "step"),
            ("record_external_payment", {"method": "bitcoin", "reference": "x"}, "method"),
            ("record_external_payment", {"method": "spei", "reference": " "}, "reference"),
            ("cancel", {}, "at_period_end"),
            ("retry_now", {"actor": " "}, "actor"),
            ("retry_now", {"reason": ""}, "reason"),
        ],
    )
    async def test_incomplete_order_is_named(self, world: World, command: str, body: Any, field: str) -> None:
        answer = await self._order(world, await self._dunned(world), command, body)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]

    async def test_signup_whose_process_never_began_can_be_withdrawn_and_frees_its_email(self, world: World) -> None:
        world.door.opening = None
        stuck = (await world.post("/v1/subscriptions", ANA)).json()["id"]
        world.door.refusal = ProcessNotFound()
        answer = await self._order(world, stuck, "cancel", {"at_period_end": False})
        assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
        (entry,) = await world.store.audit_trail("acme", stuck)
        assert (entry.actor, entry.action, entry.reason) == ("api/ana", "signup withdrawn", "asked by phone")
        world.door.opening = Opening(Status.ACTIVE)
        running = await world.signed_up()
        assert running != stuck
        assert (await self._order(world, running, "cancel", {"at_period_end": False})).status_code == 409

    async def test_order_while_temporal_is_down_has_done_nothing(self, world: World) -> None:
        subscription = await self._dunned(world)
        world.door.up = False
        answer = await self._order(world, subscription, "write_off", {})
        assert answer.status_code == 503
        assert "nothing was done" in answer.json()["detail"]
        assert "retry-after" in answer.headers

    @staticmethod
    async def _order(world: World, subscription: str, command: str, body: dict[str, Any]) -> Any:
        given = {"actor": "ana", "reason": "asked by phone", **body}
        return await world.post(f"/v1/subscriptions/{subscription}/overrides/{command}", given)
