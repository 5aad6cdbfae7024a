"""What becomes of subscriptions whose customers change their minds."""

from dataclasses import replace
from datetime import UTC, datetime

from models.changing.change_records import Arrival, ChangeKind, ChangeState, When
from models.changing.stay_offers import OfferKind, StayOffer
from models.messages import Cancel, ChangePlan, Command, TakeOffer
from models.money import Money
from models.speaking.notices import NoticeKind
from tests.conftest import eventually
from tests.replay.stories.subscription import ANA, NEWS, Handle, active, canceled_now, continued
from tests.replay.theatre import Theatre
from workflows.subscription import SubscriptionWorkflow

DEARER, CHEAPER = Money(29_900), Money(9_900)
SHOWN = '{"limits":[],"features_lost":[],"benefits_left":[]}'


def wish(theatre: Theatre, kind: ChangeKind) -> ChangePlan:
    """Ana wants more, now, or less, from the next period on."""
    more = kind is ChangeKind.UPGRADE
    return ChangePlan(
        "ana",
        "asked on the page",
        change=f"pc_{theatre.story}",
        before="pro",
        plan="max" if more else "basic",
        price=DEARER if more else CHEAPER,
        provider_price="price_max" if more else "price_basic",
        kind=kind,
        when=When.NOW if more else When.PERIOD_END,
        asked_at=theatre.started.replace(microsecond=0),
        due=theatre.payments.due if more else Money(0),
        shown=SHOWN,
    )


def arrive(theatre: Theatre, attempt: int = 1) -> str:
    """The summary reaches the customer's phone; the key of that message."""
    notice = f"pc_{theatre.story}/summary-{attempt}"
    theatre.store.arrivals[notice] = Arrival(notice, "whatsapp", f"SM_{attempt}", datetime.now(UTC))
    return notice


async def upgraded_at_once(theatre: Theatre) -> Handle:
    theatre.payments.due = Money(7_500)
    handle = await active(theatre)
    await handle.execute_update(SubscriptionWorkflow.change_plan, wish(theatre, ChangeKind.UPGRADE))
    (payment,) = theatre.store.payments.values()
    assert payment.amount == Money(7_500)
    return await canceled_now(theatre, handle)


async def downgraded_with_the_next_period(theatre: Theatre) -> Handle:
    handle = await active(theatre)
    await handle.execute_update(SubscriptionWorkflow.change_plan, wish(theatre, ChangeKind.DOWNGRADE))
    await eventually(lambda: theatre.processes.kinds == [NoticeKind.PLAN_CHANGE_SUMMARY])
    await handle.signal(SubscriptionWorkflow.summary_settled, arrive(theatre))
    await eventually(lambda: theatre.payments.next_price == "price_basic")
    theatre.payments.renew()
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await continued(theatre, handle)
    assert [each.state for each in theatre.store.minded.values()] == [ChangeState.DONE]
    assert theatre.store.subscriptions[f"s_{theatre.story}"].plan == "basic"
    return handle


async def downgrade_waits_for_its_summary(theatre: Theatre) -> Handle:
    """A period ends before the summary has arrived: the change waits for the next, and the summary is sent anew."""
    handle = await active(theatre)
    await handle.execute_update(SubscriptionWorkflow.change_plan, wish(theatre, ChangeKind.DOWNGRADE))
    await eventually(lambda: theatre.processes.kinds == [NoticeKind.PLAN_CHANGE_SUMMARY])
    theatre.payments.renew()
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await continued(theatre, handle)
    (waiting,) = theatre.store.minded.values()
    assert (waiting.state, waiting.delivered_at) == (ChangeState.WAITING, None)
    return handle


async def downgrade_undone(theatre: Theatre) -> Handle:
    handle = await active(theatre)
    await handle.execute_update(SubscriptionWorkflow.change_plan, wish(theatre, ChangeKind.DOWNGRADE))
    await eventually(lambda: theatre.processes.kinds == [NoticeKind.PLAN_CHANGE_SUMMARY])
    await handle.signal(SubscriptionWorkflow.summary_settled, arrive(theatre))
    await eventually(lambda: theatre.payments.next_price == "price_basic")
    await handle.execute_update(SubscriptionWorkflow.undo_plan_change, ANA)
    assert theatre.payments.next_price == ""
    return await canceled_now(theatre, handle)


async def stayed_left_and_came_back(theatre: Theatre) -> Handle:
    handle = await active(theatre)
    offer = StayOffer(OfferKind.DISCOUNT, percent=30, months=3)
    taken = TakeOffer("ana", "asked", change="pc_offer", plan="basic", price=CHEAPER, offer=offer, shown=SHOWN)
    await handle.execute_update(SubscriptionWorkflow.take_stay_offer, taken)
    assert theatre.payments.discounts == [(30, 3)]
    leaves = replace(Cancel("ana", "asked"), change="pc_leaves", shown=SHOWN)
    await handle.execute_update(SubscriptionWorkflow.cancel, leaves)
    await handle.execute_update(SubscriptionWorkflow.keep_subscription, Command("ana", "stays after all"))
    states = [each.state for each in theatre.store.minded.values()]
    assert states == [ChangeState.RETAINED, ChangeState.UNDONE]
    return await canceled_now(theatre, handle)


STORIES = (
    upgraded_at_once,
    downgraded_with_the_next_period,
    downgrade_waits_for_its_summary,
    downgrade_undone,
    stayed_left_and_came_back,
)
