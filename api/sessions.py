"""Logging in and out. A session is a short-lived access token and a refresh token that is good once."""

from datetime import UTC, datetime, timedelta
from math import ceil

from fastapi import APIRouter, Request, Response
from pydantic import Field, SecretStr

from api import cookies
from api.access import needs, public
from api.deps import Context, Ctx, Who
from api.people import UserView
from api.problems import Problem, answers
from api.refusals import ApiWhy
from api.views import Body, View
from models import people
from models.access.keys import digest
from models.access.logins import Forgiven
from models.access.permissions import Permission
from models.access.sessions import Ended, Session, fresh_refresh_token, fresh_session_id
from models.access.users import User
from models.people import FieldInvalid

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])


class Login(Body):
    """Who, at which tenant. The answer to a wrong one is the same whatever is wrong."""

    tenant: str = Field(max_length=64, examples=["acuario"])
    email: str = Field(max_length=320, examples=["sofia@acuario.mx"])
    password: SecretStr = Field(max_length=1000)
    cookie: bool = Field(
        default=False, description="true: for a browser; the tokens come as HttpOnly cookies and not in the body"
    )


class Renewal(Body):
    """The refresh token of the last answer."""

    refresh_token: SecretStr = Field(default=SecretStr(""), max_length=100, description="left out: the cookie's")


class SessionView(View):
    """A session. The tokens are empty where they came as cookies."""

    access_token: str
    """Send it as `Authorization: Bearer …`."""
    expires_at: datetime
    refresh_token: str
    """Good once: each answer brings the next. Using one twice ends the session."""
    session_ends_at: datetime
    """Log in again after that."""
    user: UserView


_CREDENTIALS = public("the password is the authorisation")
_TOKEN = public("the refresh token is the authorisation")


@router.post("", status_code=201, summary="Log in", dependencies=[_CREDENTIALS], responses=answers(403, 422, 503))
async def log_in(login: Login, request: Request, response: Response, context: Ctx) -> SessionView:
    """Five wrong tries a minute for an account and for an address; after five in a row a lock that doubles each time, up to an hour."""
    if login.cookie:
        cookies.insist_on_own_page(request, context.settings)
    user = await admitted(context, request, login.tenant, login.email, login.password)
    session, refresh = await opened(context, user)
    return _told(context, response, session, user, refresh, cookie=login.cookie)


async def admitted(context: Context, request: Request, tenant: str, email: str, password: SecretStr) -> User:
    """Whose e-mail and password these are at the tenant.

    Raises:
        Problem: 401, whatever of it is wrong; 429, too many tries.
    """
    now = datetime.now(UTC)
    try:
        email = people.email(email)
    except FieldInvalid:
        email = email.strip().casefold()  # nobody's, and counted like any other
    account = context.tokens.blind("account", tenant, email)
    address = context.tokens.blind("address", request.client.host if request.client else "")
    wait = await context.store.try_login([account, address], tenant, now)
    if wait:
        headers = {"Retry-After": str(ceil(wait.total_seconds()))}
        raise Problem(429, ApiWhy.SIGN_IN_TRIES(), kind="too_many", headers=headers)
    user = await context.store.user_by_email(tenant, email)
    # Compared in any case, and for as long: the time of the answer must not tell who has an account.
    fits = await context.passwords.fits(password.get_secret_value(), user.password if user else "")
    if user is None or not fits or not user.active:
        raise Problem(401, "e-mail or password is wrong", kind="unauthorized", headers={"WWW-Authenticate": "Bearer"})
    await context.store.forgive_login(account, now, Forgiven.ALL)
    await context.store.forgive_login(address, now, Forgiven.TRY)
    return user


async def opened(context: Context, user: User) -> tuple[Session, str]:
    """A session that begins now, and its first refresh token."""
    now, refresh = datetime.now(UTC), fresh_refresh_token()
    session = Session(
        user.tenant, fresh_session_id(), user.id, now, now + timedelta(days=context.settings.session_days)
    )
    await context.store.open_session(session, digest(refresh))
    return session, refresh


@router.post("/refresh", summary="Go on with a session", dependencies=[_TOKEN], responses=answers(403, 422, 503))
async def refresh(renewal: Renewal, request: Request, response: Response, context: Ctx) -> SessionView:
    """A new pair of tokens for the old one. A refresh token that comes a second time ends its session: somebody else may have it."""
    settings = context.settings
    used = renewal.refresh_token.get_secret_value()
    by_cookie = not used
    if by_cookie:
        used = request.cookies.get(cookies.refresh_name(settings), "")
        if used:
            cookies.insist_on_own_page(request, settings)
    fresh = fresh_refresh_token()
    found = await context.store.refresh_session(digest(used), digest(fresh), datetime.now(UTC)) if used else None
    if found is None:
        why = "this session is over: log in again"
        raise Problem(401, why, kind="unauthorized", headers={"WWW-Authenticate": "Bearer"})
    return _told(context, response, found[0], found[1], fresh, cookie=by_cookie)


@router.delete(
    "/current", status_code=204, summary="Log out", dependencies=[needs(Permission.ACCOUNT)], responses=answers(503)
)
async def log_out(context: Ctx, who: Who, response: Response) -> None:
    """Both tokens of this session end at once."""
    await context.store.end_session(who.tenant.id, who.session, Ended.LOGGED_OUT, datetime.now(UTC))
    cookies.clear(response, context.settings)


@router.delete(
    "", status_code=204, summary="Log out everywhere", dependencies=[needs(Permission.ACCOUNT)], responses=answers(503)
)
async def log_out_everywhere(context: Ctx, who: Who, response: Response) -> None:
    """Every session of yours ends, on whatever machine."""
    await context.store.end_sessions(who.tenant.id, who.id, Ended.LOGGED_OUT, datetime.now(UTC))
    cookies.clear(response, context.settings)


def _told(
    context: Context, response: Response, session: Session, user: User, refresh: str, *, cookie: bool
) -> SessionView:
    settings = context.settings
    lasting = timedelta(minutes=settings.session_minutes)
    access, until = context.tokens.issue(session, datetime.now(UTC), lasting)
    if cookie:
        cookies.put(response, settings, access=access, until=until, refresh=refresh, ends=session.expires_at)
        access = refresh = ""
    return SessionView(
        access_token=access,
        expires_at=until,
        refresh_token=refresh,
        session_ends_at=session.expires_at,
        user=UserView.of(user),
    )
