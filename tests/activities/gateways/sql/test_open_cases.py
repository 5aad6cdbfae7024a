"""The open cases as people see them: whoever waits for a person first, narrowed by what is asked, and nobody else's."""

from datetime import UTC, datetime, timedelta

from activities.gateways.store_sql import SqlStore
from models.collecting.cases import HoldKind, Outcome, Stage
from models.collecting.open_cases import CaseWish
from models.money import Money
from models.policies.policy import Action
from models.records import CaseRecord, Customer, SubscriptionRecord, Tenant
from models.selling.plans import Plan
from models.subscribing.subscriptions import Status

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def case(tenant: str, invoice: str, centavos: int = 14_900, **more: object) -> CaseRecord:
    return CaseRecord(tenant, invoice, "s_1", Money(centavos), Stage.GRACE, "ruthless v1", NOW, **more)  # type: ignore[arg-type]


async def test_open_cases_are_listed_for_people(store: SqlStore) -> None:
    for tenant in ("acme", "other"):
        await store.create_tenant(Tenant(tenant, tenant))
        await store.save_plan(Plan(tenant, "pro", "Pro", Money(14_900)))
        ana = Customer(tenant, "c_1", "u_1", f"Ana of {tenant}", "ana@example.mx", "+525512345678")
        await store.sign_up(ana, SubscriptionRecord(tenant, "s_1", "c_1", "pro", Status.ACTIVE, NOW, NOW))
    day = timedelta(days=1)
    for record in (
        case("acme", "in_later", next_step="D+3 suspend", next_step_at=NOW + 3 * day),
        case("acme", "in_soon", 90_000, next_step="D+1 retry", next_step_at=NOW + day),
        case("acme", "in_promised", hold=HoldKind.PROMISE, hold_until=NOW + 2 * day, paused=True),
        case("acme", "in_held", hold=HoldKind.DISPUTE, paused=True),
        case("acme", "in_escalated", next_step="D+30 close", next_step_at=NOW + 30 * day, escalated_at=NOW),
        case("acme", "in_over", outcome=Outcome.PAID),
        case("other", "in_theirs"),
    ):
        await store.save_case(record)

    async def listed(wish: CaseWish = CaseWish(), skip: int = 0, limit: int = 50) -> list[str]:  # noqa: B008
        return [each.record.invoice for each in await store.cases_to_see("acme", wish, skip=skip, limit=limit)]

    whole = await listed()
    assert whole == ["in_held", "in_escalated", "in_soon", "in_promised", "in_later"]
    first = (await store.cases_to_see("acme", CaseWish(), limit=1))[0]
    assert (first.customer.name, first.waits) == ("Ana of acme", True)
    assert await listed(skip=2, limit=2) == whole[2:4]
    assert await listed(CaseWish(waiting=True)) == whole[:2]
    assert await listed(CaseWish(least=50_000)) == ["in_soon"]
    assert await listed(CaseWish(next=Action.SUSPEND)) == ["in_later"]
    assert await listed(CaseWish(stage=Stage.SUSPENDED)) == []
    assert await store.cases_by_policy("acme") == {"ruthless v1": 5}
    over, theirs = await store.case_of("acme", "in_over"), await store.case_of("acme", "in_theirs")
    assert over is not None
    assert (over.outcome, theirs) == (Outcome.PAID, None)
