"""What becomes of a change of plan, or a cancellation, that waits for the period's end, when the provider's word is taken in."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from models.changing.change_records import ChangeKind, ChangeRecord, ChangeState, WaitingChange, summaries
from models.money import Money
from models.subscribing.subscriptions import Subscription


@dataclass(frozen=True, slots=True)
class Settled:
    """The subscription after it, the records to be written, and the plan that it is on from now on, where that is another."""

    state: Subscription
    records: tuple[ChangeRecord, ...] = ()
    words: tuple[str, ...] = ()
    plan: str = ""
    price: Money | None = None


def settled(state: Subscription, *, new_period: bool, now: datetime) -> Settled:
    """Whatever a look at the provider decided about what was waiting. Called again, it changes nothing.

    A change of plan takes effect with the period in which the provider charges the new price: never by our clock. Where the period began
    at the old price, because the summary had not reached the customer, the change waits for the next one and its summary is sent anew.
    """
    told = _left(state, now)
    if told.state.change is None:
        return told
    state, change = told.state, told.state.change
    record = change.record
    if state.over:
        record = replace(record, state=ChangeState.DROPPED, settled_at=now)
        return replace(told, state=replace(state, change=None), records=(*told.records, record))
    if not new_period:
        return told
    if change.arranged and state.provider_price == change.provider_price:
        record = replace(record, state=ChangeState.DONE, settled_at=now, effective_at=state.period_start or now)
        return replace(
            told,
            state=replace(state, change=None),
            records=(*told.records, record),
            words=(*told.words, f"plan changed to {record.plan_after}"),
            plan=record.plan_after,
            price=record.price_after,
        )
    record = replace(record, effective_at=state.period_end or record.effective_at)
    waits = replace(change, record=record, arranged=False, tell_at=None if change.ready else now)
    why = "plan change waits another period" + ("" if change.ready else ": its summary was not delivered")
    return replace(told, state=replace(state, change=waits), records=(*told.records, record), words=(*told.words, why))


def taken_up(record: ChangeRecord, price: str, price_now: str, now: datetime) -> WaitingChange:
    """A change that a lost process waited for, as its successor goes on with it. `price`, `price_now`: the provider's, after and before.

    It is arranged once more, which is the same arrangement. A summary that may be on its way is not sent again within a day.
    """
    told = int(record.notice.removeprefix(summaries(record.id)) or 0)
    return WaitingChange(
        replace(record, shown=""),
        price,
        announced=record.kind is ChangeKind.DOWNGRADE,
        told=told,
        tell_at=now + timedelta(days=1) if told else None,
        price_now=price_now,
    )


def _left(state: Subscription, now: datetime) -> Settled:
    """A cancellation is over with the subscription, or when somebody took it back, here or at the provider."""
    record = state.leaving
    if record is None or (state.cancel_at_period_end and not state.over):
        return Settled(state)
    came = ChangeState.DONE if state.over else ChangeState.UNDONE
    return Settled(replace(state, leaving=None), (replace(record, state=came, settled_at=now),))
