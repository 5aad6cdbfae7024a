"""Changing plans and leaving over the API: shown first, carried out as shown, once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from models.changing.change_records import ChangeKind, ChangeRecord, ChangeState, When
from models.changing.confirmation import opened
from models.commands import SubscriptionCommand
from models.messages import Cancel, ChangePlan, TakeOffer
from models.money import Money
from models.records import AuditEntry
from models.safekeeping.rotating_secret import RotatingSecret
from models.subscribing.subscriptions import Status
from tests.api.conftest import LINK_KEY, World

NOW = datetime.now(UTC).replace(microsecond=0)
ORDER = {"actor": "ana@soporte", "reason": "asked by phone"}
PAGE: dict[str, Any] = {
    "limits": {"documents": {"es": "documentos", "en": "documents", "per": "month"}, "users": "usuarios"},
    "features": {"api": "API", "reports": {"es": "reportes", "en": "reports"}},
    "plans": [
        {"code": "pro", "name": "Pro", "prices": {"month": "149.00"}, "limits": {"documents": 100, "users": 5}}
        | {"features": ["api"]},
        {"code": "max", "name": "Max", "prices": {"month": "299.00"}, "limits": {"documents": "unlimited", "users": 10}}
        | {"features": ["api", "reports"]},
        {"code": "mini", "name": "Mini", "prices": {"month": "99.00"}, "limits": {"documents": 10, "users": 1}},
    ],
}


@pytest.fixture
async def ana(world: World) -> str:
    """Ana, paying for `pro` in the middle of a month; she uses 3 of her 5 users."""
    assert (await world.put("/v1/catalog", {"catalog": PAGE})).status_code == 200
    name = await world.signed_up()
    await become(world, name)
    use = {"key": "u1", "meter": "users", "quantity": 3, "subscription": name}
    assert (await world.post("/v1/usage", use)).status_code == 200
    return name


async def become(world: World, name: str, **changes: Any) -> None:
    record = await world.store.subscription("acme", name)
    assert record is not None
    period = {"period_start": NOW - timedelta(days=10), "period_end": NOW + timedelta(days=20)}
    await world.store.save_subscription(
        replace(record, **{"status": Status.ACTIVE, "price": Money(14_900), **period, **changes})
    )


async def preview(world: World, name: str, plan: str, **more: Any) -> httpx.Response:
    return await world.post(f"/v1/subscriptions/{name}/plan-changes/preview", {"plan": plan, **more})


async def confirm(world: World, name: str, shown: dict[str, Any], what: str = "plan-changes") -> httpx.Response:
    body = {**ORDER, "confirmation": shown["confirmation"]}
    return await world.post(f"/v1/subscriptions/{name}/{what}", body)


async def test_a_preview_says_all_that_an_upgrade_does(world: World, ana: str) -> None:
    shown = (await preview(world, ana, "max")).json()
    assert (shown["kind"], shown["when"], shown["debt"], shown["cfdi"]) == ("upgrade", "now", "no_debt", "income_now")
    assert [line["amount"]["centavos"] for line in shown["lines"]] == [-5_000, 15_000]
    assert shown["charged_now"]["text"] == "$100.00 MXN"
    assert [each["amount"]["centavos"] for each in shown["next_invoices"]] == [10_000, 29_900]
    limits = {each["code"]: (each["before"], each["after"], each["used"], each["over"]) for each in shown["limits"]}
    assert limits == {"documents": (100, None, 0, 0), "users": (5, 10, 3, 0)}
    assert [each["code"] for each in shown["features_gained"]] == ["reports"]
    assert "descuento" in shown["cfdi_words"]["es"]
    assert not world.door.orders


async def test_a_downgrade_waits_for_the_periods_end_and_says_what_is_over(world: World, ana: str) -> None:
    shown = (await preview(world, ana, "mini")).json()
    assert (shown["kind"], shown["when"], shown["charged_now"]["centavos"]) == ("downgrade", "period_end", 0)
    assert {each["code"]: each["over"] for each in shown["limits"]} == {"documents": 0, "users": 2}
    assert [each["code"] for each in shown["features_lost"]] == ["api"]
    assert shown["effective_at"] == (NOW + timedelta(days=20)).isoformat().replace("+00:00", "Z")


async def test_what_was_shown_is_what_is_ordered(world: World, ana: str) -> None:
    shown = (await preview(world, ana, "max")).json()
    done = await confirm(world, ana, shown)
    assert done.status_code == 201, done.text
    ((process, command, order),) = world.door.orders
    assert isinstance(order, ChangePlan)
    assert (process, command, order.plan, order.due) == (ana, SubscriptionCommand.CHANGE_PLAN, "max", Money(10_000))
    assert (order.kind, order.when, order.before) == (ChangeKind.UPGRADE, When.NOW, "pro")
    assert '"charged_now"' in order.shown
    assert world.door.updates == [done.json()["change"]]


async def test_the_same_confirmation_is_the_same_order(world: World, ana: str) -> None:
    shown = (await preview(world, ana, "max")).json()
    first, again = await confirm(world, ana, shown), await confirm(world, ana, shown)
    assert first.json()["change"] == again.json()["change"]
    assert len(set(world.door.updates)) == 1
    await world.store.save_plan_change(record(ana, first.json()["change"], ChangeState.DONE))
    known = len(world.door.orders)
    await become(world, ana, plan="max")  # as its process would have written it
    assert (await confirm(world, ana, shown)).status_code == 201
    assert len(world.door.orders) == known


def record(subscription: str, name: str, state: ChangeState, *, confirmed_at: datetime = NOW) -> ChangeRecord:
    old, new, free = Money(14_900), Money(9_900), Money(0)
    return ChangeRecord(
        "acme", name, subscription, ChangeKind.DOWNGRADE, state, "pro", "mini", old, new, free, confirmed_at, NOW, "ana"
    )


@pytest.mark.parametrize("changes", [{"due": 10_001}, {"renewal": 19_900}])
async def test_what_would_happen_otherwise_by_now_is_refused_with_the_new_preview(
    world: World, ana: str, changes: dict[str, int]
) -> None:
    shown = (await preview(world, ana, "max")).json()
    for name, value in changes.items():
        setattr(world.payments, name, value)
    refused = await confirm(world, ana, shown)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:perdura:changed")
    assert not world.door.orders
    assert (await confirm(world, ana, refused.json()["preview"])).status_code == 201


async def test_usage_may_move_but_not_over_a_limit(world: World, ana: str) -> None:
    shown = (await preview(world, ana, "mini")).json()
    use = {"key": "u2", "meter": "users", "quantity": 1, "subscription": ana}
    assert (await world.post("/v1/usage", use)).status_code == 200
    assert (await confirm(world, ana, shown)).status_code == 201
    use = {"key": "u3", "meter": "documents", "quantity": 11, "subscription": ana}
    assert (await world.post("/v1/usage", use)).status_code == 200
    assert (await confirm(world, ana, shown)).json()["type"] == "urn:perdura:changed"


@pytest.mark.parametrize("what", ["forged", "expired", "another's"])
async def test_a_confirmation_that_is_not_good_is_named(world: World, ana: str, what: str) -> None:
    shown = (await preview(world, ana, "max")).json()
    told = opened(shown["confirmation"], LINK_KEY, NOW)
    assert told is not None
    made = {
        "forged": told.sealed(RotatingSecret.parse("another key")),
        "expired": replace(told, expires=int(NOW.timestamp()) - 1).sealed(LINK_KEY),
        "another's": replace(told, subscription="s_other").sealed(LINK_KEY),
    }
    refused = await confirm(world, ana, {"confirmation": made[what]})
    assert refused.status_code == 422
    assert [(each["field"], each["code"]) for each in refused.json()["errors"]] == [("confirmation", "stale")]


@pytest.mark.parametrize(
    ("plan", "when", "status", "field"),
    [("pro", None, 422, "plan"), ("mini", "now", 422, "when"), ("nothing", None, 404, None)],
)
async def test_a_mistake_is_told_by_its_field(
    world: World, ana: str, plan: str, when: str | None, status: int, field: str | None
) -> None:
    refused = await preview(world, ana, plan, **({"when": when} if when else {}))
    assert refused.status_code == status
    assert [each["field"] for each in refused.json().get("errors", [])] == ([field] if field else [])


async def test_whoever_owes_is_charged_for_nothing_more_and_may_still_have_less(world: World, ana: str) -> None:
    await become(world, ana, status=Status.PAST_DUE, amount_due=Money(14_900))
    refused = await preview(world, ana, "max")
    assert (refused.status_code, "unpaid" in refused.json()["detail"]) == (409, True)
    assert (await preview(world, ana, "mini")).json()["debt"] == "stays"


async def test_in_a_trial_nothing_is_charged(world: World, ana: str) -> None:
    await become(world, ana, status=Status.TRIALING, trial_end=NOW + timedelta(days=20))
    shown = (await preview(world, ana, "max")).json()
    assert (shown["when"], shown["charged_now"]["centavos"], shown["cfdi"]) == ("now", 0, "next_period")


async def test_an_offer_to_stay_is_shown_and_can_be_taken_instead_once_a_year(world: World, ana: str) -> None:
    offer = {"kind": "discount", "percent": 30, "months": 3}
    assert (await world.put("/v1/stay-offers/downgrade", offer)).status_code == 200
    shown = (await preview(world, ana, "mini")).json()
    assert "30 %" in shown["offer"]["words"]["es"]
    assert (await preview(world, ana, "max")).json()["offer"] is None
    taken = await confirm(world, ana, shown, "plan-changes/stay")
    assert taken.status_code == 201, taken.text
    (_, command, order) = world.door.orders[-1]
    assert isinstance(order, TakeOffer)
    assert (command, order.offer and order.offer.code) == (SubscriptionCommand.STAY, "discount-30-3")
    await world.store.save_plan_change(record(ana, taken.json()["change"], ChangeState.RETAINED))
    assert (await preview(world, ana, "mini")).json()["offer"] is None
    gone = await world.http.delete("/v1/stay-offers/downgrade", headers={"Authorization": f"Bearer {world.key}"})
    assert gone.json() == {"downgrade": None, "cancellation": None}


@pytest.mark.parametrize("state", [ChangeState.DONE, ChangeState.RETAINED])
async def test_one_confirmation_is_not_answered_as_the_other_wish(world: World, ana: str, state: ChangeState) -> None:
    offer = {"kind": "discount", "percent": 30, "months": 3}
    assert (await world.put("/v1/stay-offers/downgrade", offer)).status_code == 200
    shown = (await preview(world, ana, "mini")).json()
    first, other = ("plan-changes", "plan-changes/stay")[:: -1 if state is ChangeState.RETAINED else 1]
    done = await confirm(world, ana, shown, first)
    await world.store.save_plan_change(record(ana, done.json()["change"], state))
    assert (await confirm(world, ana, shown, first)).status_code == 201
    refused = await confirm(world, ana, shown, other)
    assert (refused.status_code, refused.json()["type"], "already" in refused.json()["detail"]) == (
        409,
        "urn:perdura:refused",
        True,
    )
    assert len(world.door.orders) == 1


@pytest.mark.parametrize("state", [ChangeState.DONE, ChangeState.RETAINED])
async def test_the_other_wish_pressed_in_the_same_moment_is_not_told_that_it_was_carried_out(
    world: World, ana: str, monkeypatch: pytest.MonkeyPatch, state: ChangeState
) -> None:
    offer = {"kind": "discount", "percent": 30, "months": 3}
    assert (await world.put("/v1/stay-offers/downgrade", offer)).status_code == 200
    shown = (await preview(world, ana, "mini")).json()
    obey = world.door.command_subscription

    async def beaten(*order: Any, update_id: str) -> Any:
        """The process carries the other wish out first; under one id it answers this one as that one."""
        await world.store.save_plan_change(record(ana, update_id, state))
        return await obey(*order, update_id=update_id)

    monkeypatch.setattr(world.door, "command_subscription", beaten)
    pressed = "plan-changes" if state is ChangeState.RETAINED else "plan-changes/stay"
    refused = await confirm(world, ana, shown, pressed)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:perdura:refused"), refused.text


async def test_leaving_is_shown_confirmed_and_taken_back(world: World, ana: str) -> None:
    assert (await world.put("/v1/stay-offers/cancellation", {"kind": "pause", "days": 30})).status_code == 200
    shown = (await world.post(f"/v1/subscriptions/{ana}/cancellation/preview")).json()
    assert [each["code"] for each in shown["features_lost"]] == ["api"]
    assert shown["offer"]["days"] == 30
    assert (await confirm(world, ana, shown)).status_code == 422  # it confirms no change of plan
    assert (await confirm(world, ana, shown, "cancellation")).status_code == 201
    (_, command, order) = world.door.orders[-1]
    assert isinstance(order, Cancel)
    assert (command, order.at_period_end, order.offer) == (SubscriptionCommand.CANCEL, True, "pause-30")
    kept = await world.post(f"/v1/subscriptions/{ana}/overrides/keep_subscription", ORDER)
    assert (kept.status_code, world.door.orders[-1][1]) == (200, SubscriptionCommand.KEEP)
    await become(world, ana, cancel_at_period_end=True)
    assert (await world.post(f"/v1/subscriptions/{ana}/cancellation/preview")).status_code == 409
    assert (await preview(world, ana, "max")).status_code == 409


@pytest.mark.parametrize(
    ("offer", "field"),
    [
        ({"kind": "discount", "percent": 0, "months": 3}, "percent"),
        ({"kind": "discount", "percent": 30, "months": 99}, "months"),
        ({"kind": "pause", "days": 0}, "days"),
        ({"kind": "pause", "days": 30, "percent": 10}, "percent"),
    ],
)
async def test_an_offer_that_cannot_be_kept_is_told_by_its_field(
    world: World, offer: dict[str, Any], field: str
) -> None:
    refused = await world.put("/v1/stay-offers/downgrade", offer)
    assert (refused.status_code, [each["field"] for each in refused.json()["errors"]]) == (422, [field])


async def test_what_was_confirmed_is_listed_with_its_evidence(world: World, ana: str) -> None:
    sent = replace(record(ana, "pc_1", ChangeState.DONE), channel="whatsapp", reference="SM1", delivered_at=NOW)
    await world.store.save_plan_change(replace(sent, shown="{}"))
    await world.store.save_plan_change(sent)
    (told,) = (await world.get(f"/v1/subscriptions/{ana}/plan-changes")).json()["data"]
    assert (told["id"], told["summary_reference"], told["state"]) == ("pc_1", "SM1", "done")
    kept = await world.store.plan_change("acme", "pc_1")
    assert kept is not None
    assert kept.shown == "{}"


async def test_downgrades_retained_are_counted_by_when_the_subscription_ended(world: World, ana: str) -> None:
    beto = await world.signed_up(customer_reference="user-7", email="beto@example.mx", phone="5512345679")
    before = NOW - timedelta(days=40)
    for number, name in enumerate((ana, beto)):
        await world.store.save_plan_change(
            replace(record(name, f"pc_{number}", ChangeState.DONE), effective_at=before, plan_after="pro")
        )
    await world.store.save_plan_change(record(ana, "pc_9", ChangeState.DONE))
    ended = AuditEntry("acme", beto, "end", before + timedelta(days=3), "perdura", "status canceled")
    await world.store.audit(ended)
    told = (await world.get("/v1/analytics/downgrades")).json()
    assert (told["downgrades"], told["stayed"], told["share"], told["waiting"]) == (2, 1, 0.5, 1)
    assert (await world.get("/v1/analytics/downgrades?from=2999-01-01")).status_code == 422
