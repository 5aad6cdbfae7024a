"""API keys: what programs are let in with."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from api.access import needs
from api.deps import ID, Caller, Context, Ctx, Who
from api.people import note
from api.problems import Problem, answers
from api.refusals import ApiWhy
from api.views import Body, View
from models.access.keys import LONGEST_OVERLAP, OVERLAP, ApiKey, issue
from models.access.permissions import Permission, Scope, of_scopes
from models.access.principals import Principal

router = APIRouter(prefix="/v1/keys", tags=["keys"], dependencies=[needs(Permission.KEYS)])


class KeyView(View):
    """An API key, without its secret."""

    id: str = Field(examples=["k_5tZp0qWm1Xc8"])
    name: str = Field(examples=["shop backend"])
    """Stands in the audit before the `actor` that a request names."""
    hint: str = Field(examples=["pk_live_8Fq3"])
    """How the secret begins."""
    scopes: list[Scope]
    created_at: datetime
    last_used_at: datetime | None
    """To the minute."""
    expires_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> "KeyView":
        return cls(
            id=key.id,
            name=key.name,
            hint=key.hint,
            scopes=[scope for scope in Scope if scope in key.scopes],
            created_at=key.created_at,
            last_used_at=key.last_used_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
        )


class NewKeyView(KeyView):
    """A new key. Its secret is told this once; only a hash of it is kept."""

    secret: str = Field(examples=["pk_live_…"])

    @classmethod
    def telling(cls, key: ApiKey, secret: str) -> "NewKeyView":
        return cls(**KeyView.of(key).model_dump(), secret=secret)


class KeyOrder(Body):
    """What the key is called, and what it may do."""

    name: str = Field(max_length=100, examples=["shop backend"])
    scopes: list[Scope] = Field(max_length=20, examples=[["read", "write"]])


class Rotation(Body):
    """How long the old key goes on working."""

    overlap_hours: float = Field(
        default=OVERLAP / timedelta(hours=1), ge=0, le=LONGEST_OVERLAP / timedelta(hours=1), examples=[24]
    )


Id = Annotated[str, Path(description="`id` of the key", examples=["k_5tZp0qWm1Xc8"])]


@router.get("", summary="API keys", responses=answers(503))
async def keys(context: Ctx, tenant: Caller) -> list[KeyView]:
    """Every key, oldest first, those that are over too."""
    return [KeyView.of(key) for key in await context.store.keys(tenant.id)]


@router.post("", status_code=201, summary="Make an API key", responses=answers(422, 503))
async def make(order: KeyOrder, context: Ctx, who: Who) -> NewKeyView:
    """Give it the scopes that its program needs and no more. Nobody makes a key that may do more than they may."""
    scopes = frozenset(order.scopes)
    _within(who, scopes)
    key, secret = issue(who.tenant.id, order.name.strip(), scopes, datetime.now(UTC))
    await context.store.add_key(key, secret)
    await note(context, who, key.id, f"API key made: {', '.join(sorted(scopes))}")
    return NewKeyView.telling(key, secret)


@router.post("/{key}/rotate", status_code=201, summary="Replace an API key", responses=answers(404, 409, 422, 503))
async def rotate(key: Id, context: Ctx, who: Who, rotation: Rotation | None = None) -> NewKeyView:
    """A new key with the same name and scopes. The old one works on for the overlap, so that its program can change without a pause."""
    old, now = await _found(context, who, key), datetime.now(UTC)
    _within(who, old.scopes)
    if not old.usable(now):
        raise Problem(409, ApiWhy.KEY_OVER(), kind="refused")
    if old.expires_at is not None:
        raise Problem(409, ApiWhy.KEY_ROTATED(), kind="refused")
    fresh, secret = issue(old.tenant, old.name, old.scopes, now)
    until = now + timedelta(hours=(rotation or Rotation()).overlap_hours)
    await context.store.replace_key(old, fresh, secret, until=until)
    await note(context, who, old.id, f"API key rotated: {fresh.id} takes its place")
    return NewKeyView.telling(fresh, secret)


@router.delete("/{key}", status_code=204, summary="Revoke an API key", responses=answers(404, 503))
async def revoke(key: Id, context: Ctx, who: Who) -> None:
    """At once and for good."""
    held = await _found(context, who, key)
    _within(who, held.scopes)
    await context.store.revoke_key(held.tenant, held.id, datetime.now(UTC))
    await note(context, who, held.id, "API key revoked")


def _within(who: Principal, scopes: frozenset[Scope]) -> None:
    if not of_scopes(scopes) <= who.permissions:
        raise Problem(403, ApiWhy.KEY_ABOVE(), kind="forbidden")


async def _found(context: Context, who: Principal, key: str) -> ApiKey:
    mine = await context.store.keys(who.tenant.id) if re.fullmatch(ID, key) else ()
    found = next((each for each in mine if each.id == key), None)
    if found is None:
        raise Problem(404, f"there is no API key '{key}'", kind="missing")
    return found
