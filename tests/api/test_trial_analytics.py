"""The funnel of trials over real books."""

from dataclasses import replace
from datetime import timedelta

from models.money import Money
from models.records import Payment
from models.subscribing.invoices import Funding
from models.subscribing.subscriptions import Status
from tests.api.conftest import NOW, World


async def test_the_funnel_is_told_from_the_books(world: World) -> None:
    names = [
        await world.signed_up(customer_reference=f"user-{n}", email=f"u{n}@example.mx", phone=f"55123456{n:02d}")
        for n in range(4)
    ]
    ends = [Status.TRIALING, Status.CANCELED, Status.PAUSED, Status.ACTIVE]
    for name, status in zip(names, ends, strict=True):
        record = await world.store.subscription("acme", name)
        assert record is not None
        changed = replace(record, status=status, trial_end=NOW + timedelta(days=14), card=status is Status.ACTIVE)
        await world.store.save_subscription(changed)
    for charge, centavos in (("ch_0", 0), ("ch_1", 14_900), ("ch_2", 14_900)):
        at = NOW + timedelta(days=14)
        await world.store.record_payment(
            Payment("acme", charge, f"in_{charge}", names[3], Money(centavos), Funding.CREDIT, at)
        )
    told = (await world.get("/v1/analytics/trials?by=plan")).json()
    (group,) = told["groups"]
    assert (group["key"], group["trials"], group["running"], group["decided"]) == ("pro", 4, 1, 3)
    assert (group["carded"], group["paid"], len(told["denominators"])) == (1, 1, 4)
    assert (await world.get("/v1/analytics/trials?from=2020-01-01&to=2020-02-01")).json()["total"]["trials"] == 0
    assert (await world.get("/v1/analytics/trials?from=2026-02-01&to=2026-01-01")).status_code == 422
    others = await world.store.trials("other", NOW - timedelta(days=1), NOW + timedelta(days=1))
    assert list(others) == []
