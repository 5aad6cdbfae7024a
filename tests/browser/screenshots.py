"""The pictures of the pages in docs/screenshots: `python -m tests.browser.screenshots`. Every one is of the pages as they are served."""

import asyncio
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Page

from models.agreements.legal import UNFINISHED, LegalKind
from models.agreements.starting_texts import starting_text
from models.bookkeeping.ledger import Fact, Kind
from models.changing.stay_offers import Cause, OfferKind, StayOffer
from models.collecting.cases import Stage as CaseStage
from models.crm.activities import Activity, ActivityKind, Direction
from models.crm.contacts import ContactRole, Person
from models.crm.opportunities import Opportunity, Stage
from models.crm.tasks import Task
from models.money import Money
from models.records import CaseRecord
from models.speaking.links import Purpose, dated_token, link
from models.subscribing.subscriptions import Status
from models.tickets import desk
from models.words import Words
from tests.api.account_holders import account, holder, used
from tests.api.conftest import LINK_KEY, NOW, unpaid
from tests.browser.busy_day import STUCK, busy_day
from tests.browser.debts import at_work, in_debt
from tests.browser.figures import kept_for_a_month
from tests.browser.street import DESKTOP, PHONE, Street, browsing, built, chromium_path
from tests.browser.waiting import asked

PLACE = Path(__file__).parents[2] / "docs" / "screenshots"
LARGEST = 150_000  # bytes
PUBLIC_PAGE = "/planes/vetia"  # where whoever signs in comes from
Act = Callable[[Page], Awaitable[object]]


async def nothing(_: Page) -> None: ...


def finished(draft: str) -> str:
    """A starting text as if a business had filled it in."""
    said = {
        "domicilio": "Av. Insurgentes Sur 1602, 03940 Ciudad de México",
        "RFC": "VTE260101AB1",
        "ciudad": "la Ciudad de México",
    }
    for mark, words in said.items():
        draft = re.sub(rf"\{UNFINISHED}: {mark}[^\]]*\]", words, draft)
    return re.sub(rf" ?\{UNFINISHED}[^\]]*\]", "", draft)


async def mistakes(page: Page) -> None:
    """A form sent too early."""
    await page.fill("#name", "Luz López Ríos")
    await page.fill("#email", "luz@")
    await page.get_by_role("button").click()
    await page.get_by_text("Escribe un correo completo").wait_for()


async def known_well(street: Street) -> None:
    """What people have written of Inés: her people, a call, and what she may buy."""
    store, at = street.store, datetime.now(UTC)
    for number, (name, role) in enumerate(
        (("Rosa Ibarra", ContactRole.DIRECTOR), ("Hugo Mora", ContactRole.ACCOUNTANT))
    ):
        email = f"{name.split()[0].lower()}@clinica.example"
        await store.save_contact(Person("vetia", f"ct_{number}", "c_ines", name, role, email, main=not number), at)
    call = Activity("vetia", "ac_1", "c_ines", ActivityKind.CALL, at - timedelta(hours=3), "u_1", Direction.IN, 12)
    await store.add_activity(replace(call, text="Pide cotización de la segunda sucursal; paga el viernes"))
    closes = (at + timedelta(days=25)).date()
    deal = Opportunity("vetia", "op_1", "c_ines", "Segunda sucursal", Money(4_500_000), 65, closes, Stage.PROPOSAL)
    await store.save_opportunity(deal)
    await store.save_task(Task("vetia", "ta_1", "c_ines", "Mandar la cotización", at + timedelta(days=1)))
    for subscription in await store.subscriptions_of("vetia", "c_ines"):
        paid = await store.payments("vetia", subscription.id)
        await store.post(
            *(
                Fact("vetia", subscription.id, Kind.ISSUED, each.invoice, each.amount, each.paid_at, each.invoice)
                for each in paid
            )
        )


async def views(street: Street) -> dict[str, tuple[str, bool, Act]]:
    """Name of the picture, address, whether on a phone, and what is done before it is taken."""
    store = street.store
    for tenant in ("cuentaclara", "vetia"):
        for kind in (LegalKind.TERMS, LegalKind.PRIVACY):
            await store.publish_text(tenant, kind, Words(finished(starting_text(kind, await store.brand(tenant)))), NOW)
    luz = await holder(store, "vetia", "profesional", reference="luz")
    await used(store, luz, pets=423, vets=5)
    await store.save_stay_offer("vetia", Cause.CANCELLATION, StayOffer(OfferKind.DISCOUNT, percent=30, months=3))
    street.payments.due = 61_936
    street.payments.renewals = {"price_basico": 49_900, "price_clinica": 199_900}
    sol = await holder(
        store, "vetia", "basico", reference="sol", months=2, status=Status.SUSPENDED, amount_due=Money(49_900)
    )
    await store.save_case(CaseRecord("vetia", "in_sol", sol.id, Money(49_900), CaseStage.SUSPENDED, "ruthless v1", NOW))
    street.payments.invoices["in_sol"] = unpaid("in_sol", due=Money(49_900), total=Money(49_900))
    trial_end = datetime.now(UTC) + timedelta(days=7)
    new = await holder(
        store, "cuentaclara", "pro-anual", reference="new", months=0, status=Status.TRIALING, trial_end=trial_end
    )
    new = replace(new, card=True)
    await store.save_subscription(new)
    signup = dated_token(LINK_KEY, Purpose.SIGNUP, "cuentaclara", new.id, NOW + timedelta(days=1))
    for invoice, name, days in (
        ("in_ines", "Inés Robles", 1.2),
        ("in_leo", "Leo Sauces", 5),
        ("in_eva", "Eva Parra", 0.3),
    ):
        await in_debt(street, invoice, name, days=days)

    for reference, name, text, hours in (
        ("nora", "Nora Ibarra", "Me cobraron dos veces este mes, ¿me ayudan?", 7.5),
        ("hugo", "Hugo Landa", "No puedo entrar desde ayer", 9),
        ("alma", "Alma Rey", "¿Pueden mandarme la factura con otro RFC?", 1),
    ):
        waits = await asked(street, reference, name, text, ago=timedelta(hours=hours))
        if reference == "hugo":
            late = await store.ticket("vetia", waits)
            assert late is not None
            await store.save_ticket(desk.missed(late), [], NOW)
    await busy_day(street)

    kept: list[Any] = []  # one signs in once: every address has its limit
    await known_well(street)

    def console(path: str) -> Act:
        async def seen(page: Page) -> None:
            if kept:
                await page.context.add_cookies(kept)
            else:
                await at_work(street, page)
                kept.extend(await page.context.cookies())
            await page.goto(path)

        return seen

    def figures(path: str) -> Act:
        async def seen(page: Page) -> None:
            await kept_for_a_month(street)
            await console(path)(page)

        return seen

    return {
        "console-sign-in": ("/console/sign-in?business=vetia", False, nothing),
        "console-today": (PUBLIC_PAGE, False, console("/console")),
        "console-today-phone": (PUBLIC_PAGE, True, console("/console")),
        "console-attention": (PUBLIC_PAGE, False, console(f"/console/attention/{STUCK.id}")),
        "console-notices": (PUBLIC_PAGE, False, console("/console/notices")),
        "console-invoices": (PUBLIC_PAGE, False, console("/console/invoices?q=XIA190128J61")),
        "console-invoices-phone": (PUBLIC_PAGE, True, console("/console/invoices?q=XIA190128J61")),
        "console-invoice": (PUBLIC_PAGE, False, console("/console/invoices/ch_rosa")),
        "console-audit": (PUBLIC_PAGE, False, console("/console/audit?verify=true")),
        "console-settings": (PUBLIC_PAGE, False, console("/console/settings")),
        "console-people": (PUBLIC_PAGE, False, console("/console/settings/people")),
        "console-reports": (PUBLIC_PAGE, False, figures("/console/reports")),
        "console-cashflow": (PUBLIC_PAGE, False, console("/console/cashflow?of=pagos-anuales")),
        "console-cases": (PUBLIC_PAGE, False, console("/console/cases")),
        "console-case": (PUBLIC_PAGE, False, console("/console/cases/in_ines")),
        "console-case-phone": (PUBLIC_PAGE, True, console("/console/cases/in_leo")),
        "console-customers": (PUBLIC_PAGE, False, console("/console/customers")),
        "console-customer": (PUBLIC_PAGE, False, console("/console/customers/ines")),
        "console-case-order": (PUBLIC_PAGE, False, console("/console/cases/in_ines/extend-grace?days=4")),
        "console-policy": (PUBLIC_PAGE, False, console("/console/policies/standard-21d/1")),
        "console-simulator": (
            PUBLIC_PAGE,
            False,
            console("/console/simulator?policy=ruthless+v2&rival=standard-21d+v1&customers=200"),
        ),
        "console-plan-change": (PUBLIC_PAGE, False, console(f"/console/subscriptions/{luz.id}/plan?plan=clinica")),
        "console-tickets": (PUBLIC_PAGE, False, console("/console/tickets")),
        "console-ticket": (PUBLIC_PAGE, False, console("/console/tickets/tk_nora")),
        "page-pricing": ("/planes/cuentaclara?interval=year", False, nothing),
        "page-pricing-phone": ("/planes/cuentaclara?interval=year", True, nothing),
        "page-compare": ("/planes/vetia", False, nothing),
        "page-checkout": ("/contratar/cuentaclara/pro-anual", False, nothing),
        "page-checkout-phone": ("/contratar/cuentaclara/pro-anual", True, mistakes),
        "page-result": (f"/contratar/cuentaclara/listo/{signup}", False, nothing),
        "page-result-phone": (f"/contratar/cuentaclara/listo/{signup}", True, nothing),
        "page-account": (account(luz), False, nothing),
        "page-account-phone": (account(luz), True, nothing),
        "page-plans": (f"{account(luz)}/plan", False, nothing),
        "page-change": (f"{account(luz)}/plan/basico", False, nothing),
        "page-change-phone": (f"{account(luz)}/plan/clinica", True, nothing),
        "page-leave": (f"{account(luz)}/cancelar", False, nothing),
        "page-account-suspended-phone": (account(sol), True, nothing),
        "page-account-link-phone": ("/cuenta?tenant=vetia", True, nothing),
        "page-pay": (link("", LINK_KEY, Purpose.PAY, "vetia", sol.id), False, nothing),
        "page-pay-phone": (link("", LINK_KEY, Purpose.PAY, "vetia", sol.id), True, nothing),
        "page-register": ("/registro", False, nothing),
        "page-legal": ("/legal/vetia/privacidad", False, nothing),
    }


async def main() -> None:
    """Take them all, or those whose names begin as is asked."""
    path = chromium_path()
    if path is None:
        raise SystemExit("install Chromium first (Debian: apt install chromium)")
    with tempfile.TemporaryDirectory() as place:
        async with built(f"sqlite+aiosqlite:///{place}/books.db") as street, browsing(path) as browser:
            for name, (address, phone, act) in (await views(street)).items():
                if not name.startswith(tuple(sys.argv[1:]) or ""):
                    continue
                context = await browser.new_context(viewport=PHONE if phone else DESKTOP, base_url=street.url)
                page = await context.new_page()
                await page.goto(address)
                await act(page)
                taken = await page.screenshot(full_page=name != "page-legal")
                await context.close()
                content = small(taken)
                assert len(content) <= LARGEST, (name, len(content))
                (PLACE / f"{name}.png").write_bytes(content)


def small(taken: bytes) -> bytes:
    """The same picture in 64 colours of its own."""
    image, out = Image.open(BytesIO(taken)).convert("RGB"), BytesIO()
    image.quantize(64, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    asyncio.run(main())
