"""The codec server: opens sealed payloads for the Temporal UI and the `temporal` program, each reader what is the reader's.

The protocol is Temporal's remote codec: `POST …/decode` and `…/encode` with `{"payloads": […]}`, answered in kind. What a reader may not
open, or what no key of ours opens, comes back as it was: a page that shows several tenants still shows the readable part.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from temporalio.api.common.v1 import Payload, Payloads

from api.access import needs, public
from api.deps import Context, Ctx, Who
from api.problems import FieldError, Problem, invalid
from models.access.permissions import Permission
from models.safekeeping.keyring import Unsealable
from workflows.connection import Sealing, owner, sealed

PREFIX = "/codec"
# In place of the key: it is in the Authorization header. The Temporal UI of the embedded stack can be given an address and no header.
IN_THE_HEADER = "operator"
router = APIRouter(prefix=PREFIX, tags=["codec"], include_in_schema=False)
_bearer = HTTPBearer(auto_error=False)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks. `tenant` is whose payloads are opened; empty means an operator of the whole installation, who may open all."""

    tenant: str = ""

    def may_open(self, payload: Payload) -> bool:
        """Whether it is theirs; what belongs to no tenant is the operator's."""
        return not self.tenant or owner(payload) == self.tenant


async def may_decode(who: Who) -> Reader:
    """A person or an API key of a tenant: that tenant's payloads, if role or scope allow it (`Permission.PAYLOADS`)."""
    return Reader(who.tenant.id)


async def may_decode_all(
    context: Ctx, key: str, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Reader:
    """An operator of the installation, by `PERDURA_CODEC_KEY`.

    Raises:
        Problem: 401, it is not the key or none is set.
    """
    told = key if key != IN_THE_HEADER else credentials.credentials if credentials else ""
    if not context.settings.codec_secret.accepts(told):
        raise Problem(401, "this is not PERDURA_CODEC_KEY", kind="unauthorized", headers={"WWW-Authenticate": "Bearer"})
    return Reader()


_THEIRS = [needs(Permission.PAYLOADS)]
_ALL = [public("an operator of the installation, who is no tenant's, shows PERDURA_CODEC_KEY")]


@router.post("/decode", dependencies=_THEIRS)
async def decode(request: Request, context: Ctx, reader: Annotated[Reader, Depends(may_decode)]) -> JSONResponse:
    """Open what is sealed and theirs."""
    return await _decoded(request, context, reader)


@router.post("/encode", dependencies=_THEIRS)
async def encode(request: Request, context: Ctx, reader: Annotated[Reader, Depends(may_decode)]) -> JSONResponse:
    """Seal what somebody sends to a process from the Temporal UI or the `temporal` program, in the name of their tenant."""
    return await _encoded(request, context, reader)


@router.post("/{key}/decode", dependencies=_ALL)
async def decode_all(
    request: Request, context: Ctx, reader: Annotated[Reader, Depends(may_decode_all)]
) -> JSONResponse:
    """Open whatever is sealed."""
    return await _decoded(request, context, reader)


@router.post("/{key}/encode", dependencies=_ALL)
async def encode_all(
    request: Request, context: Ctx, reader: Annotated[Reader, Depends(may_decode_all)]
) -> JSONResponse:
    """Seal in nobody's name: only operators read it in the Temporal UI."""
    return await _encoded(request, context, reader)


class OpenToTheTemporalUi:
    """CORS for the codec server alone, and for the one origin that the Temporal UI is served from."""

    def __init__(self, app: ASGIApp, *, origin: str) -> None:
        self._app = app
        self._open = CORSMiddleware(
            app,
            allow_origins=[origin] if origin else [],
            allow_methods=["POST"],
            allow_headers=["Authorization", "Content-Type", "X-Namespace", "Caller-Type"],
            allow_credentials=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and str(scope["path"]).startswith(f"{PREFIX}/")
        await (self._open if ours else self._app)(scope, receive, send)


async def _decoded(request: Request, context: Context, reader: Reader) -> JSONResponse:
    codec = Sealing(context.settings.keyring)
    return _told([_opened(codec, reader, payload) for payload in await _asked(request)])


async def _encoded(request: Request, context: Context, reader: Reader) -> JSONResponse:
    return _told(await Sealing(context.settings.keyring, reader.tenant).encode(await _asked(request)))


def _opened(codec: Sealing, reader: Reader, payload: Payload) -> Payload:
    if not sealed(payload) or not reader.may_open(payload):
        return payload
    try:
        return codec.opened(payload)
    except Unsealable:
        return payload


async def _asked(request: Request) -> list[Payload]:
    """Raises Problem, 422, when the body is not the protocol's."""
    try:
        body: Any = await request.json()
        if isinstance(body, dict):
            return list(ParseDict(body, Payloads(), ignore_unknown_fields=True).payloads)
    except (ParseError, ValueError, RecursionError, TypeError):
        pass
    raise invalid([FieldError(field="payloads", message='write {"payloads": […]} as Temporal\'s codecs do')])


def _told(payloads: list[Payload]) -> JSONResponse:
    return JSONResponse(MessageToDict(Payloads(payloads=payloads)))
