"""The snippet that a product puts into its pages, and the one question that it may ask: how this customer stands.

A browser never has an API key: the product's own server mints a token for one customer, good for some minutes.
"""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path as File
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response
from pydantic import Field
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from activities.ports.register import Subscriber
from api.access import needs, public
from api.billing import found_by
from api.deps import ID, Caller, Context, Ctx
from api.problems import Problem, answers
from api.subscriptions import entitlement_view
from api.views import View
from models.access.permissions import Permission
from models.records import Tenant
from models.speaking.links import Purpose, dated_token, opened_dated
from models.speaking.notices import Language
from models.subscribing.entitlements import Access

router = APIRouter(tags=["embed"])
PREFIX = "/embed"
LASTING = timedelta(minutes=15)
GOOD_FOR = timedelta(minutes=10)  # how long a browser believes an answer while we cannot be reached; then all is open
_SCRIPT: dict[int | str, dict[str, Any]] = {
    200: {"description": "JavaScript", "content": {"text/javascript": {"schema": {"type": "string"}}}}
}
_BUTTON = {Language.ES: "Ir a pagar", Language.EN: "Pay now"}
_CARD = {Language.ES: "Actualizar mi tarjeta", Language.EN: "Update my card"}


class EmbedToken(View):
    """What a product's page gives to the snippet."""

    token: str
    expires_at: datetime
    script: str = Field(examples=["https://cobranza.example.mx/embed/perdura.js?v=4f1c2a9b"])
    """Its address, which names its content: good for ever in every cache."""
    integrity: str
    """For the `integrity` attribute (Subresource Integrity)."""


class EmbedEntitlement(View):
    """How the customer stands, for their own browser: no name, no amount, no id."""

    access: Access
    banner: str
    link: str
    button: str
    """What stands on the link."""
    good_for: int
    """Seconds for which it may be believed while we cannot be reached."""


@router.post(
    "/v1/entitlements/{customer}/token",
    status_code=201,
    summary="A token for a customer's browser",
    dependencies=[needs(Permission.USAGE)],
    responses=answers(404, 422, 503),
)
async def mint(
    customer: Annotated[str, Path(pattern=ID, description="your own id of the customer")], context: Ctx, tenant: Caller
) -> EmbedToken:
    """Good for 15 minutes, for this customer and this one question. Mint it on your server, for whoever is logged in there."""
    found, until = await found_by(context, tenant, customer, None), datetime.now(UTC) + LASTING
    key = context.settings.link_secret
    _, version, integrity = _script()
    return EmbedToken(
        token=dated_token(key, Purpose.EMBED, tenant.id, found.record.id, until),
        expires_at=until.replace(microsecond=0),
        script=f"{context.settings.public_url.rstrip('/')}/embed/perdura.js?v={version}",
        integrity=integrity,
    )


@router.get(
    f"{PREFIX}/entitlement",
    summary="How the customer of a token stands",
    dependencies=[public("the signed token is the authorisation; it opens this one answer to the page of any origin")],
    response_model=EmbedEntitlement,
    responses=answers(404, 422, 503),
)
async def embedded(token: Annotated[str, Query(max_length=1000)], context: Ctx) -> Response:
    """As old as `GET /v1/entitlements/{customer}` at most."""
    told = opened_dated(token, context.settings.link_secret, Purpose.EMBED, datetime.now(UTC))
    if told is None or told.over:
        why = "this token has run out: mint another one" if told else "this is no token of ours"
        raise Problem(401, why, kind="unauthorized")
    kept = await context.entitlements.get(
        (told.tenant, "", told.subject), partial(_read, context, told.tenant, told.subject)
    )
    return Response(kept.body, media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get(
    f"{PREFIX}/perdura.js",
    summary="The snippet",
    dependencies=[public("it is the same for everybody")],
    response_class=Response,
    responses=_SCRIPT,
)
async def snippet(
    v: Annotated[str, Query(max_length=64, description="which version: the one that a token's answer names")] = "",
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """Under the address that names its version it is kept for a year; without one it is asked for again every hour."""
    body, version, _ = _script()
    etag = f'"{version}"'
    headers = {
        "ETag": etag,
        "Cache-Control": f"public, max-age={31_536_000 if v == version else 3_600}{', immutable' if v == version else ''}",
    }
    if if_none_match == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="text/javascript", headers=headers)


class OpenToEveryPage:
    """Lets the page of any origin read whatever is answered here, refusals too, whoever refuses; nobody is known here by a cookie.

    The snippet's own `integrity` wants it as well (crossorigin).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def opened(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Access-Control-Allow-Origin"] = "*"
            await send(message)

        ours = scope["type"] == "http" and str(scope["path"]).startswith(f"{PREFIX}/")
        await self._app(scope, receive, opened if ours else send)


async def _read(context: Context, tenant: str, subscription: str) -> bytes:
    found, whose = await context.store.subscriber(tenant, subscription), await context.store.tenant(tenant)
    if found is None:
        raise Problem(404, "there is no such subscription", kind="missing")
    return _told(context, whose, found).model_dump_json().encode()


def _told(context: Context, tenant: Tenant, found: Subscriber) -> EmbedEntitlement:
    view = entitlement_view(context, tenant, found)
    button = _CARD if view.access is Access.GRACE else _BUTTON
    return EmbedEntitlement(
        access=view.access,
        banner=view.banner,
        link=view.link,
        button=button[found.customer.language] if view.link else "",
        good_for=int(GOOD_FOR.total_seconds()),
    )


@cache
def _script() -> tuple[bytes, str, str]:
    """Its bytes, the name of this version, and its integrity."""
    body = File(__file__).with_suffix(".js").read_bytes()
    digest = hashlib.sha384(body).digest()
    return body, digest.hex()[:12], f"sha384-{base64.b64encode(digest).decode()}"
