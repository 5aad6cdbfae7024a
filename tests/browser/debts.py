"""Somebody who owes, and the people of their business who look after it: for the console's tests and pictures."""

from datetime import UTC, datetime, timedelta

from playwright.async_api import Page

from models.access import passwords
from models.access.permissions import Role
from models.access.users import User, fresh_user_id
from models.collecting.cases import Case
from models.collecting.course import Nobody
from models.collecting.declines import Decline
from models.money import Money
from models.periods import Calendar
from models.policies.presets import preset
from models.records import AuditEntry, CaseRecord, Delivery, NoticeRecord
from models.simulating import walk
from models.speaking.notices import Channel
from models.speaking.replies import Meaning, Reply
from models.subscribing.invoices import ChargeOutcome
from models.subscribing.subscriptions import Status
from tests.api.account_holders import holder
from tests.browser.street import Street

PASSWORD = "correct horse battery staple"
_HASHED = passwords.hashed(PASSWORD)


async def in_debt(street: Street, invoice: str, name: str, *, days: float, tenant: str = "vetia") -> None:
    """A customer whose invoice was refused so many days ago, with what was done since, as their process would have it."""
    store, opened = street.store, datetime.now(UTC) - timedelta(days=days)
    suspended = days > 3
    reference = invoice.removeprefix("in_")
    record = await holder(
        store,
        tenant,
        "basico",
        reference=reference,
        name=name,
        months=4,
        status=Status.SUSPENDED if suspended else Status.PAST_DUE,
        amount_due=Money(49_900),
    )
    case = Case(invoice, Money(49_900), opened, preset("ruthless"), Calendar(), decline=Decline("insufficient_funds"))
    for number, (after, act) in enumerate(walk.walk(case, Nobody(case.decline), opened, datetime.now(UTC))):
        case = after
        charged = act.charge is ChargeOutcome.DECLINED
        action = "charge declined" if charged else act.action
        detail = f"{act.step.name}: insufficient_funds" if charged and act.step else ""
        key = f"{invoice}/{number}/{action}"
        await store.audit(AuditEntry(tenant, record.id, key, act.at, "perdura", action, detail=detail))
        if act.notice is not None:
            text = "Hola: no pudimos cobrar $499.00 de tu plan Básico. Revisa tu tarjeta aquí: https://vetia.example/t/9f2c"
            told = NoticeRecord(
                tenant,
                f"{invoice}/{act.notice}",
                Channel.WHATSAPP,
                act.notice,
                record.id,
                Delivery.DELIVERED,
                text,
                act.at,
                sent_at=act.at,
            )
            await store.save_notice(told)
    step = case.step
    await store.save_case(
        CaseRecord(
            tenant,
            invoice,
            record.id,
            case.amount,
            case.stage,
            f"{case.policy.name} v{case.policy.version}",
            opened,
            attempts=case.attempts,
            decline="insufficient_funds",
            next_step=step.name if step else "",
            next_step_at=case.at(step) if step else None,
            last_step=case.last_step,
        )
    )
    wrote = "Deposito el viernes, gracias"
    at = opened + timedelta(hours=5)
    await store.add_reply(Reply(tenant, f"SM{invoice}", record.customer, Channel.WHATSAPP, wrote, Meaning.PROMISE, at))
    street.door.cases[invoice] = case


async def at_work(street: Street, page: Page, role: Role = Role.OWNER, *, tenant: str = "vetia") -> None:
    """Somebody of the business signs in, and is at the console's first page."""
    email = f"{fresh_user_id()[2:].lower()}@vetia.example"
    await street.store.add_user(User(tenant, fresh_user_id(), email, role, datetime.now(UTC), _HASHED))
    await page.goto("/console")
    await page.fill("#business", tenant)
    await page.fill("#email", email)
    await page.fill("#password", PASSWORD)
    await page.get_by_role("button", name="Entrar").click()
    await page.locator("nav#menu").wait_for(state="attached")
