"""The page on which whoever pays a bill asks for a tax invoice (CFDI) in their name, before they pay it or afterwards.

Its address is in a message and on the pay page, and is the authorisation. Before the payment the wish is kept; afterwards the sale, which
was everybody's until then, is claimed: taken out of the month's global invoice if it is in one, then invoiced by name.
"""

from dataclasses import dataclass

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from activities.claiming import left_of
from activities.failures import Missing, Refused
from activities.ports.processes import CommandRefused, ProcessNotFound
from api.access import public
from api.deps import Context, Ctx
from api.pages.page_routes import LINKED, Instead, LinkRoute, subject
from api.pages.pages import Page, page
from api.pages.tax_data import PAGE_WORDS, Given, form_page, given_before, receiver_of, said_page
from models.billing.bills import Bill, BillStatus, InvoiceWish
from models.cfdi.cancellation import wrong_claim
from models.cfdi.documents import DocumentKind, TaxDocument
from models.commands import BillCommand
from models.look.brand import Brand
from models.messages import ClaimStart, Command
from models.people import FieldInvalid
from models.records import Customer
from models.speaking.links import Purpose
from models.speaking.notices import Language

router = APIRouter(
    tags=["links"],
    route_class=LinkRoute,
    dependencies=[public("the signed token in the address is the authorisation")],
)

_BY_CUSTOMER = Command("customer", "asked for on the page of the bill")
_WORDS = {
    Language.ES: {
        **PAGE_WORDS[Language.ES],
        "title": "Pide tu factura (CFDI)",
        "send": "Pedir mi factura",
        "later": "¡Gracias! En cuanto recibamos tu pago te enviamos la factura por correo y WhatsApp.",
        "over": "Esta cuenta ya fue facturada, o ya no se puede facturar. Si algo no cuadra, escríbenos.",
        "soon": "Tu pago se está registrando. Vuelve a abrir este enlace en unos minutos.",
    },
    Language.EN: {
        **PAGE_WORDS[Language.EN],
        "title": "Ask for your tax invoice (CFDI)",
        "send": "Ask for my invoice",
        "later": "Thank you! As soon as your payment is here we send you the invoice by e-mail and WhatsApp.",
        "over": "This bill has been invoiced, or cannot be any more. If something is wrong, write to us.",
        "soon": "Your payment is being recorded. Open this link again in a few minutes.",
    },
}


@dataclass(frozen=True, slots=True)
class _Asked:
    bill: Bill
    customer: Customer
    brand: Brand

    @property
    def words(self) -> dict[str, str]:
        return _WORDS[self.customer.language]

    def said(self, name: str) -> HTMLResponse:
        return said_page(self.brand, self.customer.language, self.words[name], self.words["title"])


@router.get("/factura/{token}", summary="Form to ask for a tax invoice", response_class=HTMLResponse, responses=LINKED)
async def form(token: str, context: Ctx) -> Response:
    """The tax data as they are known, to be looked through and sent."""
    asked = await _opened(context, token)
    language = asked.customer.language
    return form_page(asked.brand, language, given_before(asked.customer), words=asked.words)


@router.post("/factura/{token}", summary="Ask for a tax invoice", response_class=HTMLResponse, responses=LINKED)
async def submit(token: str, context: Ctx, given: Given) -> Response:
    """Checked offline and kept for every invoice to come; asked twice, it is one invoice."""
    asked = await _opened(context, token)
    try:
        receiver = receiver_of(given)
    except FieldInvalid as fault:
        language, words = asked.customer.language, asked.words
        return form_page(asked.brand, language, given, fault.field, words["wrong"], status=422, words=words)
    if not await context.door.ready():
        return page(Page.LATER, 503)
    await context.store.save_receiver(asked.bill.tenant, asked.customer.id, receiver)
    try:
        return asked.said(await _ask(context, asked))
    except (CommandRefused, ProcessNotFound, Refused):
        return asked.said("over")


async def _ask(context: Context, asked: _Asked) -> str:
    """Have it invoiced: the word that says when."""
    bill = asked.bill
    if not bill.status.over:
        await context.store.ask_for_invoice(bill.tenant, bill.id)
        await context.door.command_bill(bill.tenant, bill.id, BillCommand.INVOICE, _BY_CUSTOMER)
        return "later"
    document = await _sale(context, bill)
    if document is None:
        return "soon"
    await left_of(context.store, document)
    tenant = await context.store.tenant(bill.tenant)
    start = ClaimStart(bill.tenant, bill.id, document.key, _BY_CUSTOMER, context.calendar(tenant))
    await context.door.start_claim(start, order_id=f"{bill.id}/invoice")
    await context.store.ask_for_invoice(bill.tenant, bill.id)
    return "done"


async def _done_with(context: Context, asked: _Asked) -> bool:
    """Whether nothing is left to ask for: void, written off, invoiced by name, or on its way to be."""
    bill = asked.bill
    if bill.status in (BillStatus.VOID, BillStatus.WRITTEN_OFF):
        return True
    if bill.status is not BillStatus.PAID:
        return False
    document = await _sale(context, bill)
    wished = bill.invoicing is InvoiceWish.ALWAYS
    return wished if document is None else bool(wrong_claim(document))


async def _sale(context: Context, bill: Bill) -> TaxDocument | None:
    """The tax document of what was paid, in its newest version."""
    made = await context.store.documents_of_subscription(bill.tenant, bill.id)
    sources = [each.source for each in made if each.kind is DocumentKind.INCOME]
    versions = await context.store.documents_of(bill.tenant, sources[0]) if sources else ()
    income = [each for each in versions if each.kind is DocumentKind.INCOME]
    return income[-1] if income else None


async def _opened(context: Context, token: str) -> _Asked:
    """The bill the token speaks of, whose it is, and the tenant's brand. Raises Missing; Instead where nothing is left to ask for."""
    tenant, name = subject(context, token, Purpose.INVOICE)
    bill = await context.store.bill(tenant, name)
    if bill is None:
        raise Missing("there is no such bill")
    customer = await context.store.customer(tenant, bill.customer)
    asked = _Asked(bill, customer, await context.store.brand(tenant))
    if await _done_with(context, asked):
        raise Instead(asked.said("over"))
    return asked
