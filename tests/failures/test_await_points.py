"""A case is left at every point at which it waits for the world: canceled there, or paid there without our hearing of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from temporalio.service import RPCError

from models.collecting.cases import Outcome
from tests.conftest import Stage, eventually
from tests.failures.street import Happening, Point, Street, built, invoice_of
from workflows.dunning import DunningWorkflow
from workflows.ids import dunning_id, notice_id
from workflows.notice import NoticeWorkflow

pytestmark = pytest.mark.timeout(180)

# In the suite one happening at every other point, and the other one at those between; `make storm` has both at all.
ALL, EVEN, ODD = slice(None), slice(0, None, 2), slice(1, None, 2)


@pytest.fixture
async def street(stage: Stage) -> AsyncIterator[Street]:
    async with built(stage, NoticeWorkflow) as street:
        yield street


async def points(street: Street) -> list[Point]:
    """The calls to the world of a case that nothing happens to, and of its messages."""
    handle = await street.falls_due("undisturbed")
    assert await handle.result() is Outcome.EXHAUSTED
    messages = [notice_id(request.tenant, request.key) for request in street.post.notices]
    await asyncio.gather(*(street.client.get_workflow_handle(message).result() for message in messages))
    return street.gate.passed[invoice_of(handle)]


async def at_each(street: Street, happening: Happening, every: slice) -> tuple[dict[str, Outcome], Point]:
    """A case for each point, with this happening there: how each ended; and at which point a case looks for the last time."""
    known = await points(street)
    assert len(known) > 15
    handles = [await street.falls_due(f"p{n:02d}", at=(point, happening)) for n, point in enumerate(known[every], 1)]
    outcomes = await asyncio.wait_for(asyncio.gather(*(handle.result() for handle in handles)), 120)
    ended = dict(zip(map(invoice_of, handles), outcomes, strict=True))
    await eventually(lambda: set(street.gate.happened) == set(ended), seconds=60)  # a message may outlive its case
    return ended, [point for point in known if point.verb == "look" and not point.message][-1]


def told_after(street: Street, invoice: str, known: dict[str, int]) -> list[str]:
    """The messages about an invoice that went out after something had happened to it, but those for which it had been looked at."""
    looked = {(point.message, point.activity) for point in street.gate.happened[invoice]}
    told = [each.partition(" by ") for each in street.sent_about(invoice)[known[invoice] :]]
    return [key for key, _, channel in told if (key.removeprefix(invoice), f"send_{channel}") not in looked]


async def test_canceled_at_any_point_nobody_is_charged_or_chased_any_more(street: Street, in_full: bool) -> None:
    begun: dict[str, int] = {}
    said: dict[str, int] = {}

    async def cancel(invoice: str) -> None:
        begun[invoice], said[invoice] = street.charges(invoice), len(street.sent_about(invoice))
        street.shelf.canceled.add(f"s_{invoice}")
        with contextlib.suppress(RPCError):  # over already
            case = street.client.get_workflow_handle(dunning_id("acme", invoice))
            await case.signal(DunningWorkflow.subscription_canceled)

    ended, last = await at_each(street, cancel, ALL if in_full else EVEN)
    for invoice, outcome in ended.items():
        chosen = street.gate.chosen[invoice][0]
        # With its last look a case has been given up. At one of its messages' points it does not stand still: it may get there first.
        given_up = chosen.message or last in (chosen, *street.gate.happened[invoice])
        assert outcome is Outcome.CANCELED or (given_up and outcome is Outcome.EXHAUSTED)
        # The charge at whose door it happened had been decided; no other follows.
        assert street.charges(invoice) - begun[invoice] <= 1
        assert told_after(street, invoice, said) == []
        assert len(street.endings(invoice)) == 1
    assert sum(outcome is Outcome.CANCELED for outcome in ended.values()) > len(ended) / 2


async def test_paid_unheard_at_any_point_nobody_is_chased_and_nothing_is_charged_twice(
    street: Street, in_full: bool
) -> None:
    said: dict[str, int] = {}

    async def pay(invoice: str) -> None:
        said[invoice] = len(street.sent_about(invoice))
        await street.till.pay_page(invoice)

    ended, last = await at_each(street, pay, ALL if in_full else ODD)
    for invoice, outcome in ended.items():
        looked = last in street.gate.happened[invoice]
        assert outcome is Outcome.PAID or (looked and outcome is Outcome.EXHAUSTED), "the end is looked at before"
        assert street.till.settled[invoice] == 1
        assert told_after(street, invoice, said) == []
        assert len(street.endings(invoice)) == 1
    assert sum(outcome is Outcome.PAID for outcome in ended.values()) > len(ended) / 2
