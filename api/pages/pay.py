"""The page on which a customer pays what they owe: by card, in cash at OXXO, or by SPEI.

Its address is in a message and is the authorisation. Phone first, Spanish first, no script. A voucher or an account for a
transfer is made when somebody asks for it, and shown again until it is over; the card is taken on the provider's own page.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from activities.failures import Refused
from api.access import public
from api.deps import Context, Ctx
from api.pages.page_routes import LINKED, LinkRoute, subject
from api.pages.pages import Page, page
from api.pages.pay_page import Owed, Shown, drawn
from models.billing.bills import BillStatus, is_bill
from models.look.brand import Brand
from models.records import Customer, Tenant
from models.speaking.links import Purpose, link
from models.speaking.pay_instructions import Way, ways
from models.subscribing.subscriptions import Status

router = APIRouter(
    tags=["links"],
    route_class=LinkRoute,
    dependencies=[public("the signed token in the address is the authorisation")],
)

_PAGES: dict[int | str, dict[str, Any]] = LINKED | {
    200: {"description": "what is owed and how to pay it, or that nothing is", "content": LINKED[200]["content"]},
    303: {"description": "back to the page, which shows what was made"},
}


@dataclass(frozen=True, slots=True)
class _Debtor:
    brand: Brand
    tenant: Tenant
    customer: Customer
    status: Status
    degraded: bool
    owed: tuple[Owed, ...]
    invoice_url: str = ""


@router.get("/pagar/{token}", summary="Page to pay what is owed", response_class=HTMLResponse, responses=_PAGES)
async def show(token: str, context: Ctx) -> Response:
    """Every unpaid invoice, oldest first, each with the ways to pay it."""
    debtor = await _debtor(context, token)
    if not debtor.owed:
        return page(Page.NOTHING_DUE, 200, brand=debtor.brand, language=debtor.customer.language)
    return drawn(
        Shown(
            brand=debtor.brand,
            name=debtor.customer.name,
            language=debtor.customer.language,
            calendar=context.calendar(debtor.tenant),
            owed=debtor.owed,
            suspended=debtor.status is Status.SUSPENDED,
            degraded=debtor.degraded,
            invoice_url=debtor.invoice_url,
        )
    )


@router.post("/pagar/{token}", summary="Ask for a voucher or a transfer", response_class=HTMLResponse, responses=_PAGES)
async def ask(
    token: str,
    context: Ctx,
    invoice: Annotated[str, Form(max_length=64)],
    way: Annotated[Way, Form()],
) -> Response:
    """Made once, however often the button is pressed; an invoice that is not this customer's or not open any more changes nothing."""
    debtor = await _debtor(context, token)
    wanted = next((each for each in debtor.owed if each.invoice == invoice), None)
    if wanted is not None and wanted.instructions is None and way in wanted.ways:
        with suppress(Refused):  # paid a moment ago, or not in this way: the page shows what can be done now
            await context.payments.pay_later(invoice, way, name=debtor.customer.name, email=debtor.customer.email)
    return RedirectResponse(f"/pagar/{token}", 303)


async def _debtor(context: Context, token: str) -> _Debtor:
    """Who the token speaks of and what they owe as the provider tells it now. Raises Missing."""
    name, subscription = subject(context, token, Purpose.PAY)
    store = context.store
    brand, tenant, customer = (
        await store.brand(name),
        await store.tenant(name),
        await store.customer_of(name, subscription),
    )
    record = await store.subscription(name, subscription)
    owed = []
    for wanted in await _asked_for(context, name, subscription):
        invoice = await context.payments.look_up_invoice(wanted.invoice)
        if invoice.owed if is_bill(subscription) else invoice.overdue:
            told = await context.payments.instructions(invoice.id) if invoice.in_flight else None
            owed.append(
                Owed(
                    invoice=invoice.id,
                    amount=invoice.due,
                    since=invoice.created,
                    card_url=invoice.pay_url or wanted.pay_url,
                    ways=ways(invoice.due),
                    instructions=told,
                    under_way=invoice.in_flight,
                    due=wanted.due_at,
                    title=wanted.title,
                )
            )
    return _Debtor(
        brand,
        tenant,
        customer,
        record.status if record else Status.ACTIVE,
        record is not None and record.degraded,
        tuple(owed),
        _invoice_link(context, name, subscription),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """An invoice that may still be owed; `due_at` is a bill's day, which has come where it is None."""

    invoice: str
    pay_url: str
    due_at: datetime | None = None
    title: str = ""


async def _asked_for(context: Context, tenant: str, account: str) -> list[_Asked]:
    """What is being collected, oldest first; of a bill its invoice, from the day on which it was issued."""
    bill = await context.store.bill(tenant, account) if is_bill(account) else None
    if bill is not None:
        ahead = bill.due_at if bill.status is BillStatus.OPEN else None
        return [_Asked(bill.invoice, bill.pay_url, ahead, bill.title)] if bill.invoice else []
    cases = sorted(await context.store.cases(tenant, account), key=lambda case: case.opened_at)
    return [_Asked(case.invoice, case.pay_url) for case in cases if case.outcome is None]


def _invoice_link(context: Context, tenant: str, account: str) -> str:
    """Where whoever pays a bill asks for a tax invoice in their name; a subscription's customers have said so at signup."""
    if not is_bill(account):
        return ""
    settings = context.settings
    return link(settings.public_url, settings.link_secret, Purpose.INVOICE, tenant, account)
