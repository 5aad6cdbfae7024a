"""Links inside messages: ours stay good for as long as the message is kept, and open a fresh page of the provider."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from activities.failures import Missing
from api.access import public
from api.deps import Context, Ctx
from api.pages.checkout_again import another_page
from api.pages.page_routes import LINKED, LinkRoute
from api.pages.pages import Page, page
from models.cfdi.documents import DocumentFile
from models.speaking.links import Purpose, opened
from models.subscribing.subscriptions import Status

router = APIRouter(
    tags=["links"],
    route_class=LinkRoute,
    dependencies=[public("the signed token in the address is the authorisation")],
)

_FILES = {
    Purpose.PDF: (DocumentFile.PDF, "application/pdf"),
    Purpose.XML: (DocumentFile.XML, "application/xml"),
    Purpose.ACKNOWLEDGEMENT: (DocumentFile.ACKNOWLEDGEMENT, "application/xml"),
}


_PAGE = LINKED[200]["content"]
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "a file, or a page that says why there is nothing to open",
        "content": _PAGE | {kind: {"schema": {"type": "string", "format": "binary"}} for _, kind in _FILES.values()},
    },
    303: {"description": "on to the page that does it, ours or the provider's, at `Location`"},
    404: {"description": "a page: the link is not valid, or its file is not there yet", "content": _PAGE},
    410: {"description": "a page: what the link was about is no longer sold", "content": _PAGE},
    503: {"description": "a page: try again in a minute", "content": _PAGE},
}


# Whoever fetches an attachment for a message asks for its head first.
@router.head("/go/{token}", include_in_schema=False)
@router.get("/go/{token}", summary="Open a link from a message", response_class=Response, responses=_ANSWERS)
async def go(token: str, request: Request, context: Ctx) -> Response:
    """To the page of what is owed, the Customer Portal, another checkout page, or the file of a tax invoice.

    The token is the authorisation.
    """
    found = opened(token, context.settings.link_secret)
    if found is None:
        raise Missing("the link is not valid")
    purpose, tenant, subject = found
    if purpose is Purpose.TAX_DATA:
        return _to(f"/datos-fiscales/{token}")
    if purpose is Purpose.DATA:
        return _to(f"/mis-datos/{token}")
    if purpose is Purpose.PROMISE:
        return _to(f"/promesa/{token}")
    if purpose is Purpose.PAY:
        return _to(f"/pagar/{token}")
    if purpose is Purpose.INVOICE:
        return _to(f"/factura/{token}")
    if purpose is Purpose.ACCOUNT:
        return _to(f"/cuenta/{token}")
    if purpose is Purpose.SIGNUP:
        return _to(f"/contratar/{tenant}/listo/{token}")
    if purpose is Purpose.CHECKOUT:
        if request.method == "HEAD":  # looked at by a program, not opened by a person: no page is made for it
            return Response()
        return await another_page(context, tenant, subject)
    if purpose in _FILES:
        return await _file(context, purpose, tenant, subject)
    return await _portal(context, tenant, subject)


async def _portal(context: Context, name: str, subscription: str) -> Response:
    store = context.store
    brand, customer = await store.brand(name), await store.customer_of(name, subscription)
    record = await store.subscription(name, subscription)
    if record is None or record.status is Status.CANCELED or not customer.provider_id:
        return page(Page.NO_PORTAL, 200, brand=brand, language=customer.language)
    return _to(await context.payments.portal(customer.provider_id, context.settings.public_url))


async def _file(context: Context, purpose: Purpose, tenant: str, key: str) -> Response:
    file, media_type = _FILES[purpose]
    document = await context.store.document(tenant, key)
    if document is None:
        raise Missing("there is no such document")
    content = await context.store.file(tenant, key, file)
    if content is None:
        return page(Page.NOT_READY, 404, brand=await context.store.brand(tenant))
    name = f"{document.uuid or 'cfdi'}.{purpose}"
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'inline; filename="{name}"'})


def _to(address: str) -> Response:
    return RedirectResponse(address, 303)
