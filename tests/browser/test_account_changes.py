"""A customer changes their mind in a browser: another plan, leaving, and staying after all."""

from dataclasses import replace

from models.changing.change_records import ChangeKind, ChangeRecord, ChangeState
from models.commands import SubscriptionCommand
from models.money import Money
from tests.api.account_holders import account, holder, used
from tests.api.conftest import NOW
from tests.browser.conftest import Opening, insist_on_access
from tests.browser.street import Street


async def test_a_lesser_plan_is_shown_confirmed_and_undone(visit: Opening, street: Street) -> None:
    luz = await holder(street.store, "vetia", "profesional", reference="luz-changes")
    await used(street.store, luz, pets=423, vets=5)
    page = await visit(account(luz), phone=True)
    await page.get_by_role("link", name="Cambiar de plan").click()
    await page.get_by_role("link", name="Ver el cambio").first.click()
    await page.get_by_text("estarías por arriba de").wait_for()
    assert await page.get_by_text("usas 423 de 100").count() == 1
    await insist_on_access(page)
    await page.get_by_role("button", name="Confirmar el cambio").click()
    await page.get_by_text("tu cambio de plan quedó confirmado").wait_for()
    assert street.door.orders[-1][:2] == (luz.id, SubscriptionCommand.CHANGE_PLAN)
    assert luz.period_end is not None
    waiting = ChangeRecord(
        tenant="vetia",
        id="pc_luz",
        subscription=luz.id,
        kind=ChangeKind.DOWNGRADE,
        state=ChangeState.WAITING,
        plan_before="profesional",
        plan_after="basico",
        price_before=Money(99_900),
        price_after=Money(49_900),
        charged=Money(0),
        confirmed_at=NOW,
        effective_at=luz.period_end,
        actor="customer",
    )
    await street.store.save_plan_change(waiting)  # as the process would
    await page.reload()
    await page.get_by_role("button", name="Quedarme en mi plan actual").click()
    await page.get_by_text("te quedas con tu plan actual").wait_for()
    assert street.door.orders[-1][1] is SubscriptionCommand.UNDO_PLAN_CHANGE


async def test_leaving_and_staying_after_all_without_scripts(visit: Opening, street: Street) -> None:
    luz = await holder(street.store, "cuentaclara", "pro", reference="luz-leaves")
    page = await visit(account(luz), scripts=False)
    await page.get_by_role("link", name="Cancelar suscripción").click()
    await page.get_by_text("Puedes arrepentirte hasta entonces").wait_for()
    await page.get_by_role("button", name="Cancelar al final del periodo").click()
    await page.get_by_text("termina al final del periodo pagado").wait_for()
    assert street.door.orders[-1][:2] == (luz.id, SubscriptionCommand.CANCEL)
    await street.store.save_subscription(replace(luz, cancel_at_period_end=True))  # as the process would
    await page.reload()
    await page.get_by_role("button", name="Conservar mi suscripción").press("Enter")
    await page.get_by_text("tu suscripción sigue como estaba").wait_for()
    assert street.door.orders[-1][1] is SubscriptionCommand.KEEP
    await street.store.save_subscription(luz)
    for step in ("plan", "cancelar"):
        await insist_on_access(await visit(f"{account(luz)}/{step}", phone=True))
