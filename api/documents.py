"""Tax documents (CFDI) of a subscription, with links to their files."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.deps import ID, Caller, Context, Ctx
from api.problems import Problem, answers
from api.views import MoneyView, View
from models.documents import DocumentKind, DocumentState, TaxDocument
from models.links import Purpose, link

router = APIRouter(prefix="/v1/documents", tags=["documents"])


class DocumentView(View):
    """One version of a tax document. Links are signed: whoever has one may open it."""

    key: str = Field(examples=["ch_3Pgc6rB7WZ01/income/v1"])
    kind: DocumentKind
    version: int
    state: DocumentState
    total: MoneyView
    receiver_rfc: str = Field(examples=["XIA190128J61"])
    uuid: str = Field(examples=["5e2a9f0c-6f0e-4a73-9a35-1f4d6b1f9b11"])
    """Folio fiscal; empty until it is stamped."""
    issued_at: datetime
    stamped_at: datetime | None
    delivered_at: datetime | None
    refusal: str = ""
    """Why a PAC refused it, and the field that is wrong."""
    pdf_url: str
    xml_url: str


@router.get("", summary="Tax documents of a subscription, newest first", responses=answers(404, 422, 503))
async def documents(
    context: Ctx, tenant: Caller, subscription: Annotated[str, Query(pattern=ID)]
) -> list[DocumentView]:
    """Every version; files of those that are stamped."""
    if await context.store.subscription(tenant.id, subscription) is None:
        raise Problem(404, f"there is no subscription '{subscription}'", kind="missing")
    found = await context.store.documents_of_subscription(tenant.id, subscription)
    return [_view(context, document) for document in found]


def _view(context: Context, document: TaxDocument) -> DocumentView:
    settings = context.settings

    def where(purpose: Purpose) -> str:
        key = settings.link_key.get_secret_value()
        return link(settings.public_url, key, purpose, document.tenant, document.key) if document.uuid else ""

    return DocumentView(
        key=document.key,
        kind=document.kind,
        version=document.version,
        state=document.state,
        total=MoneyView.of(document.total),
        receiver_rfc=document.receiver_rfc,
        uuid=document.uuid,
        issued_at=document.issued_at,
        stamped_at=document.stamped_at,
        delivered_at=document.delivered_at,
        refusal=f"{document.field}: {document.message}".strip(": "),
        pdf_url=where(Purpose.PDF),
        xml_url=where(Purpose.XML),
    )
