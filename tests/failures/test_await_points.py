"""A case is left at every point at which it waits for the world: canceled there, or paid there without our hearing of it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from models.cases import Outcome
from tests.conftest import Stage
from tests.failures.street import Happening, Street, built, invoice_of
from workflows.dunning import DunningWorkflow
from workflows.notice import NoticeWorkflow

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def street(stage: Stage) -> AsyncIterator[Street]:
    async with built(stage, NoticeWorkflow) as street:
        yield street


async def points(street: Street) -> int:
    """How many calls to the world a case makes that nothing happens to."""
    handle = await street.falls_due("undisturbed")
    assert await handle.result() is Outcome.EXHAUSTED
    return street.gate.calls[invoice_of(handle)]


async def at_each(street: Street, happening: Happening) -> dict[str, Outcome]:
    """A case for each point, with this happening there; how each ended."""
    numbers = range(1, await points(street) + 1)
    handles = [await street.falls_due(f"p{number:02d}", at=(number, happening)) for number in numbers]
    outcomes = await asyncio.wait_for(asyncio.gather(*(handle.result() for handle in handles)), 120)
    return dict(zip(map(invoice_of, handles), outcomes, strict=True))


def reached(street: Street, ended: dict[str, Outcome]) -> None:
    """It happened to each, but for a last one: a local activity that is run again makes one call more than another case does."""
    assert set(list(ended)[:-2]) <= street.gate.happened
    assert len(ended) > 15


def told_after(street: Street, invoice: str, known: dict[str, int]) -> list[str]:
    """The messages about an invoice that went to a phone after something had happened to it."""
    return street.sent_about(invoice)[known.get(invoice, 99) :]


async def test_canceled_at_any_point_nobody_is_charged_or_chased_any_more(street: Street) -> None:
    begun: dict[str, int] = {}
    said: dict[str, int] = {}

    async def cancel(invoice: str) -> None:
        begun[invoice], said[invoice] = street.charges(invoice), len(street.sent_about(invoice))
        street.shelf.canceled.add(f"s_{invoice}")
        await street.client.get_workflow_handle(f"dunning:acme:{invoice}").signal(DunningWorkflow.subscription_canceled)

    ended = await at_each(street, cancel)
    reached(street, ended)
    outcomes = list(ended.values())
    # The last look at the invoice, perhaps asked twice, and writing down how it ended, come when it has been given up.
    assert set(outcomes[:-4]) == {Outcome.CANCELED}
    assert set(outcomes[-4:]) <= {Outcome.CANCELED, Outcome.EXHAUSTED}
    for invoice in ended:
        # The charge at whose door it happened had been decided; no other follows.
        assert street.charges(invoice) - begun.get(invoice, 99) <= 1
        assert told_after(street, invoice, said) == []
        assert len(street.endings(invoice)) == 1


async def test_paid_unheard_at_any_point_nobody_is_chased_and_nothing_is_charged_twice(street: Street) -> None:
    said: dict[str, int] = {}

    async def pay(invoice: str) -> None:
        said[invoice] = len(street.sent_about(invoice))
        await street.till.pay_page(invoice)

    ended = await at_each(street, pay)
    reached(street, ended)
    for invoice in ended:
        assert street.till.settled[invoice] == 1
        assert told_after(street, invoice, said) == []
        assert len(street.endings(invoice)) == 1
    assert sum(outcome is Outcome.PAID for outcome in ended.values()) >= len(ended) - 2, "the end is looked at before"
