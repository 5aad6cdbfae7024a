"""The session of a browser: two cookies that scripts cannot read, and what keeps other sites from using them.

Both are HttpOnly and SameSite=Strict, and Secure wherever the public address is https. A browser sends cookies along without being
asked, so a request that changes something and is authorised by cookie must prove that a page of ours made it: by its `Origin`,
which browsers send and pages cannot forge, or by a header of our own, which another site's page may only send after asking by CORS.
"""

from datetime import datetime
from urllib.parse import urlsplit

from fastapi import Request, Response

from api.problems import Problem
from api.refusals import ApiWhy
from models.settings import Settings

HEADER = "X-Perdura-Request"
REFRESHING = "/v1/sessions"  # the only place that the refresh token is sent to
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def _secure(settings: Settings) -> bool:
    return settings.public_url.startswith("https://")


def access_name(settings: Settings) -> str:
    """The prefix makes browsers refuse the cookie unless it is Secure and this host's own."""
    return "__Host-perdura_access" if _secure(settings) else "perdura_access"


def refresh_name(settings: Settings) -> str:
    return "__Secure-perdura_refresh" if _secure(settings) else "perdura_refresh"


def access_token(request: Request, settings: Settings) -> str:
    """The access token that came as a cookie; empty when none did.

    Raises:
        Problem: 403, the request would change something and does not come from a page of ours.
    """
    token = request.cookies.get(access_name(settings), "")
    if token and request.method not in _SAFE:
        insist_on_own_page(request, settings)
    return token


def insist_on_own_page(request: Request, settings: Settings) -> None:
    """Raises a Problem, 403, unless the request comes from a page of ours or of an allowed origin."""
    origin = request.headers.get("origin", "")
    ours = {_origin(settings.public_url), *settings.origins}
    if request.url.path.startswith(
        "/codec/"
    ):  # the Temporal UI opens payloads in the name of who looks at it, and may nothing else
        ours |= {settings.temporal_ui_origin} - {""}
    if origin in ours or (not origin and request.headers.get(HEADER)):
        return
    raise Problem(403, ApiWhy.FOREIGN_PAGE(header=HEADER), kind="foreign_page")


def put(response: Response, settings: Settings, *, access: str, until: datetime, refresh: str, ends: datetime) -> None:
    """Hand both tokens to the browser."""
    put_access(response, settings, access, until)
    put_own(response, settings, refresh_name(settings), refresh, until=ends, path=REFRESHING)


def put_access(response: Response, settings: Settings, access: str, until: datetime) -> None:
    """Hand it the access token alone."""
    put_own(response, settings, access_name(settings), access, until=until, path="/")


def put_own(response: Response, settings: Settings, name: str, value: str, *, until: datetime, path: str) -> None:
    """A cookie that no script reads and no other site's page causes to be sent."""
    response.set_cookie(
        name, value, expires=until, path=path, secure=_secure(settings), httponly=True, samesite="strict"
    )


def clear(response: Response, settings: Settings) -> None:
    """Take them back."""
    for name, path in ((access_name(settings), "/"), (refresh_name(settings), REFRESHING)):
        response.delete_cookie(name, path=path, secure=_secure(settings), httponly=True, samesite="strict")


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
