"""Customers in and out as a sheet (CSV)."""

from datetime import UTC, datetime

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from activities.customer_sheets import Look, exported, import_entry, imported, looked_at
from api.access import needs
from api.deps import Caller, Ctx, Orderer
from api.problems import FieldError, answers, invalid
from api.views import View
from models.access.permissions import Permission
from models.crm.sheet import MOST_CHARACTERS, MOST_ROWS, SheetInvalid, digest_of

router = APIRouter(prefix="/api/clientes", tags=["crm"])


class SheetOrder(BaseModel):
    """A sheet, and whether it was seen to be right."""

    model_config = ConfigDict(extra="forbid")

    csv: str = Field(
        max_length=MOST_CHARACTERS,
        description=f"the first row names the columns, in English or Spanish; {MOST_ROWS} rows at most",
        examples=["reference,name,email\nuser-7,Luz López,luz@example.mx\n"],
    )
    confirm: str = Field(
        default="",
        max_length=64,
        description="left out: only looked at; the `digest` of that answer: entered",
        examples=[""],
    )


class RowFault(View):
    """What is wrong in a row, the header being row 1."""

    row: int = Field(examples=[7])
    field: str = Field(examples=["email"])
    message: str = Field(examples=["belongs to customer 'c_8Kq2nR4xYw1Z': use their record, or correct it"])


class SheetView(View):
    """What the sheet would do; with `confirm`, what it did."""

    digest: str = Field(examples=["5891b5b522d5df086d0ff0b110fbd9d2"])
    rows: int
    new: int
    """Customers that are entered by it."""
    known: int
    """Those that are there already, by their reference: they stay as they are."""
    entered: int
    errors: list[RowFault]
    """Rows that are left out."""

    @classmethod
    def of(cls, look: Look) -> "SheetView":
        return cls(
            digest=look.digest,
            rows=look.rows,
            new=look.new,
            known=look.known,
            entered=look.entered,
            errors=[RowFault(row=each.row, field=each.field, message=each.message) for each in look.faults],
        )


@router.post(
    "/importacion",
    summary="Import customers: look first, then confirm",
    dependencies=[needs(Permission.ENTER)],
    responses=answers(422, 503),
)
async def import_(order: SheetOrder, context: Ctx, tenant: Caller, by: Orderer) -> SheetView:
    """Nothing is written without `confirm`. Wrong rows are told and left out; the same sheet again changes nothing."""
    if order.confirm and order.confirm != digest_of(order.csv):
        why = "is not the digest of this sheet: look at it first (without `confirm`), then send that answer's `digest`"
        raise invalid([FieldError(field="confirm", message=why)])

    async def begun(look: Look) -> None:
        actor, _ = by.sign("", "")
        order = by.update_id or f"{datetime.now(UTC)}"
        await context.store.audit(import_entry(tenant.id, actor, look, order))

    try:
        if order.confirm:
            look = await imported(context.store, tenant.id, order.csv, begun=begun)
        else:
            look = await looked_at(context.store, tenant.id, order.csv)
    except SheetInvalid as fault:
        raise invalid([FieldError(field="csv", message=str(fault))]) from None
    return SheetView.of(look)


@router.get(
    "/exportacion",
    summary="All customers as a sheet",
    dependencies=[needs(Permission.ERASE)],
    response_class=StreamingResponse,
    responses=answers(503)
    | {200: {"description": "CSV, UTF-8", "content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def export(context: Ctx, tenant: Caller) -> StreamingResponse:
    """What an import reads, with state, value and risks. Cells that a spreadsheet would run begin with an apostrophe."""
    headers = {"Content-Disposition": 'attachment; filename="clientes.csv"'}
    return StreamingResponse(exported(context.store, tenant.id), media_type="text/csv; charset=utf-8", headers=headers)
