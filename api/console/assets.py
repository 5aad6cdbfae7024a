"""What the console's pages are dressed in: one sheet, one small script, and htmx; each under an address that names its content."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response

from api.access import public
from api.problems import Problem

router = APIRouter(prefix="/console/static", include_in_schema=False)
_KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of `api/static`."""

    name: str
    body: bytes
    version: str

    @property
    def address(self) -> str:
        """Good for ever in every cache."""
        return f"/console/static/{self.name}?v={self.version}"


@cache
def asset(name: str) -> Asset | None:
    """A file by its name; None where there is none of a kind that a page asks for."""
    found = resources.files("api") / "static" / name
    if name.rpartition(".")[2] not in _KINDS or not found.is_file():
        return None
    body = found.read_bytes()
    return Asset(name, body, hashlib.sha256(body).hexdigest()[:12])


def address_of(name: str) -> str:
    """The address of a file that must be there."""
    found = asset(name)
    if found is None:
        raise FileNotFoundError(name)
    return found.address


@router.get("/{name}", dependencies=[public("it is the same for everybody")], response_class=Response)
async def static(
    name: Annotated[str, Path(max_length=40, pattern=r"^[a-z.-]+$")],
    v: Annotated[str, Query(max_length=64)] = "",
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """Kept for a year under the address that names its version; without one it is asked for again every hour."""
    found = asset(name)
    if found is None:
        raise Problem(404, "there is no such file", kind="missing")
    lasting = "max-age=31536000, immutable" if v == found.version else "max-age=3600"
    headers = {"ETag": f'"{found.version}"', "Cache-Control": f"public, {lasting}"}
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(found.body, media_type=_KINDS[name.rpartition(".")[2]], headers=headers)
