"""What an order would do to a subscription, as a table: what is otherwise afterwards, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from models.collecting.cases import Stage
from models.commands import SubscriptionCommand as To
from models.messages import Cancel, Command, Days
from models.money import Money
from models.periods import Calendar
from models.subscribing.subscription_preview import Change, Facet, preview
from models.subscribing.subscriptions import OpenCase, Status, Subscription, stood

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
ENDS = NOW + timedelta(days=10)
WHO = ("ana", "asked")
PLAIN = Command(*WHO)


def standing(provider: str = "active", **more: object) -> Subscription:
    known = {"provider_id": "sub_1", "period_end": ENDS, "payment_method": "pm_1"}
    return stood(Subscription(provider_status=provider, **known | more))  # type: ignore[arg-type]


TRIAL = standing("trialing", trial_end=ENDS)
CUT = standing(cases=(OpenCase("in_1", Stage.SUSPENDED, Money(14_900)),))
STATUS, CHARGED = Facet.STATUS, Facet.CHARGED


@pytest.mark.parametrize(
    ("state", "command", "order", "changes"),
    [
        (standing(), To.SUSPEND, PLAIN, [Change(STATUS, Status.ACTIVE, Status.SUSPENDED)]),
        (CUT, To.RESTORE, Days(*WHO, 3), [Change(STATUS, Status.SUSPENDED, Status.PAST_DUE)]),
        (
            standing(),
            To.PAUSE,
            PLAIN,
            [Change(STATUS, Status.ACTIVE, Status.PAUSED), Change(CHARGED, ENDS, None)],
        ),
        (
            standing(collection_paused=True),
            To.RESUME,
            PLAIN,
            [Change(STATUS, Status.PAUSED, Status.ACTIVE), Change(CHARGED, None, ENDS)],
        ),
        (
            standing(),
            To.CANCEL,
            Cancel(*WHO, at_period_end=True),
            [Change(CHARGED, ENDS, None), Change(Facet.ENDS, None, ENDS)],
        ),
        (
            standing(),
            To.CANCEL,
            Cancel(*WHO, at_period_end=False),
            [
                Change(STATUS, Status.ACTIVE, Status.CANCELED),
                Change(CHARGED, ENDS, None),
                Change(Facet.ENDS, None, NOW),
            ],
        ),
        (
            standing(cancel_at_period_end=True),
            To.KEEP,
            PLAIN,
            [Change(CHARGED, None, ENDS), Change(Facet.ENDS, ENDS, None)],
        ),
        (
            TRIAL,
            To.EXTEND_TRIAL,
            Days(*WHO, 7),
            [
                Change(Facet.TRIAL_END, ENDS, ENDS + timedelta(days=7)),
                Change(CHARGED, ENDS, ENDS + timedelta(days=7)),
            ],
        ),
    ],
)
def test_what_an_order_changes(state: Subscription, command: To, order: Command, changes: list[Change]) -> None:
    found = preview(state, command, order, NOW, Calendar())
    assert found.refusal == ""
    assert list(found.changes) == changes


@pytest.mark.parametrize(
    ("state", "command", "order", "why"),
    [
        (CUT, To.PAUSE, PLAIN, "an invoice is unpaid"),
        (standing(), To.RESTORE, Days(*WHO, 3), "not suspended"),
        (standing(), To.EXTEND_TRIAL, Days(*WHO, 3), "in no trial"),
        (standing(), To.KEEP, PLAIN, "nothing to take back"),
        (standing(), To.UNDO_PLAN_CHANGE, PLAIN, "no change of plan"),
        (standing("canceled"), To.SUSPEND, PLAIN, "is canceled"),
    ],
)
def test_what_would_be_refused_changes_nothing(state: Subscription, command: To, order: Command, why: str) -> None:
    found = preview(state, command, order, NOW, Calendar())
    assert why in found.refusal
    assert found.changes == ()
