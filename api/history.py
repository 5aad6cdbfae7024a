"""What happened between a business and one of its customers: bills, invoices, payments, tax documents and units used."""

import base64
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.access import needs
from api.deps import ID, Ctx
from api.pets import Known
from api.problems import FieldError, answers, invalid
from api.views import MoneyView, View
from models.access.permissions import Permission
from models.billing.history import EntryKind, HistoryEntry, Place

router = APIRouter(prefix="/v1/customers", tags=["customers"])


class HistoryEntryView(View):
    """One thing that happened."""

    at: datetime
    kind: EntryKind
    id: str = Field(examples=["b_8Kq2nR4xYw1Z"])
    account: str = Field(examples=["s_8Kq2nR4xYw1Z"])
    """The subscription or the bill it belongs to."""
    pet: str
    what: str = Field(examples=["paid"])
    """The state of a bill or a document, how money came, or which service was used."""
    amount: MoneyView | None
    quantity: int
    """Of uses; below zero: given back."""

    @classmethod
    def of(cls, entry: HistoryEntry) -> "HistoryEntryView":
        return cls(
            at=entry.at,
            kind=entry.kind,
            id=entry.id,
            account=entry.account,
            pet=entry.pet,
            what=entry.what,
            amount=MoneyView.of(entry.amount) if entry.amount else None,
            quantity=entry.quantity,
        )


class History(View):
    """Newest first."""

    data: list[HistoryEntryView]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last one."""


@router.get(
    "/{reference}/history",
    summary="All that happened with a customer",
    dependencies=[needs(Permission.READ)],
    responses=answers(404, 422, 503),
)
async def history(
    owner: Known,
    context: Ctx,
    pet: Annotated[str, Query(pattern=rf"^$|{ID}", description="of this pet alone")] = "",
    cursor: Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> History:
    """A page holds up to `limit` entries. What is entered meanwhile does not shift later pages."""
    after = _read(cursor) if cursor else None
    found = await context.store.history(owner.tenant, owner.id, pet=pet, after=after, limit=limit + 1)
    shown = list(found[:limit])
    return History(
        data=[HistoryEntryView.of(entry) for entry in shown],
        next_cursor=_written(shown[-1]) if len(found) > limit else None,
    )


def _written(entry: HistoryEntry) -> str:
    told = f"{entry.at.astimezone(UTC).isoformat()}|{entry.kind}|{entry.id}"
    return base64.urlsafe_b64encode(told.encode()).decode()


def _read(text: str) -> Place:
    try:
        at, kind, name = base64.urlsafe_b64decode(text).decode().split("|", 2)
        instant = datetime.fromisoformat(at)
        place = Place(instant.astimezone(UTC), EntryKind(kind), name) if instant.tzinfo and "\0" not in name else None
    except (ValueError, OverflowError):
        place = None
    if place is None:
        raise invalid([FieldError(field="cursor", message="use the `next_cursor` of the page before, as it is")])
    return place
