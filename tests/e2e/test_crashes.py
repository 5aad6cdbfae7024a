"""Parts killed as a crash kills them, at the worst moment, and started again."""

import asyncio

import pytest

from models.collecting.cases import Outcome
from tests.e2e.town import BROKE, DAY_SECONDS, TENANT, Town, subscriber

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

PAY = "POST /v1/invoices/*/pay"
IN_FLIGHT = 8.0  # seconds a charge takes, so that there is time to kill its worker
GIVEN_UP = 15.0  # seconds after which Temporal takes the charge's worker for dead (workflows/options.py)
LADDER = ["D0 notify", *["charge declined"] * 3, "D+1 notify", "D+3 suspend"]
STUCK = 25.0  # seconds after which it gives a dead worker's other tasks to another (worker.py)


async def test_a_worker_killed_while_charging_charges_once_and_the_cases_go_on(town: Town) -> None:
    """Of two charges in flight, one went through and its answer is lost, the other goes through while nobody listens."""
    roles = [subscriber("ana-unanswered"), subscriber("sara-unheard")]
    for fault in ("timeout_after", "slow"):
        await town.order_fault(PAY, fault, seconds=IN_FLIGHT)
    mine = [await town.signs_up(role) for role in roles]
    for role in roles:
        await town.decline_next(role, 1)

    async def in_flight() -> bool:
        return await town.faults_ordered() == 0

    await town.until(in_flight, days=5)
    town.stack.worker.kill()
    assert [(await town.case(subscription)).outcome for subscription in mine] == [None, None]
    town.stack.worker.start()

    for role, subscription in zip(roles, mine, strict=True):
        await town.stands(subscription, "active", seconds=GIVEN_UP + STUCK)
        bank = await town.outside.bank(role.email)
        assert (bank.paid, bank.refused, bank.twice) == (1, 1, ())
        assert (await town.case(subscription)).outcome is Outcome.PAID
        await town.message(role, "Recibimos tu pago")  # written after the payment is in the books
        assert len(await town.store.payments(TENANT, subscription)) == 1
        assert sum("Recibimos tu pago" in text for text in await town.messages(role)) == 1


async def test_a_temporal_server_killed_and_restarted_on_its_file_lets_every_timer_fire(town: Town) -> None:
    """Four people, a day apart: on the ladder already, or with the end of their trial still ahead."""
    roles = [subscriber(f"berta-{number}", card=BROKE) for number in range(4)]
    mine = []
    for role in roles:
        mine.append(await town.signs_up(role))
        await asyncio.sleep(DAY_SECONDS)  # so that each is a day behind the one before
    await town.stands(mine[0], "past_due", days=4)

    town.stack.temporal.kill()
    await asyncio.sleep(2 * DAY_SECONDS)  # timers come due while nobody counts
    await town.restart_temporal()

    for role, subscription in zip(roles, mine, strict=True):
        await town.stands(subscription, "suspended", days=10)
        await town.message(role, "está suspendido")
        steps = [line for line in await town.told(subscription) if line in LADDER]
        assert steps == LADDER, "each step once, none left out, in its order"
