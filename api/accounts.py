"""A person's own account: who am I, and another password."""

from dataclasses import replace
from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import Field, SecretStr

from api.access import needs
from api.deps import Context, Ctx, Who
from api.people import UserView
from api.problems import FieldError, Problem, answers, invalid
from api.refusals import ApiWhy
from api.views import Body, View
from models.access import passwords
from models.access.logins import Forgiven
from models.access.permissions import Permission
from models.access.principals import Principal
from models.access.sessions import Ended
from models.access.users import User

router = APIRouter(prefix="/v1/me", tags=["sessions"], dependencies=[needs(Permission.ACCOUNT)])


class MeView(View):
    """Who is logged in, where, and what they may do."""

    tenant: str = Field(examples=["acuario"])
    tenant_name: str = Field(examples=["Acuario"])
    user: UserView
    permissions: list[Permission]


class PasswordOrder(Body):
    """The password as it is, and as it shall be."""

    old: SecretStr = Field(max_length=1000)
    new: SecretStr = Field(max_length=1000, description=f"{passwords.SHORTEST} characters or more")


@router.get("", summary="Who am I", responses=answers(503))
async def me(context: Ctx, who: Who) -> MeView:
    """The person behind the session."""
    user = await _user(context, who)
    return MeView(
        tenant=who.tenant.id,
        tenant_name=who.tenant.name,
        user=UserView.of(user),
        permissions=[permission for permission in Permission if who.may(permission)],
    )


@router.post("/password", status_code=204, summary="Change my password", responses=answers(422, 503))
async def change_password(order: PasswordOrder, context: Ctx, who: Who) -> None:
    """Ends every other session of yours."""
    user = await _user(context, who)
    old, new = order.old.get_secret_value(), order.new.get_secret_value()
    now = datetime.now(UTC)
    # Whoever found an open browser must not guess the password here instead of at the login.
    wait = await context.store.try_login([context.tokens.blind("password", who.tenant.id, user.id)], who.tenant.id, now)
    if wait:
        headers = {"Retry-After": str(int(wait.total_seconds()) + 1)}
        raise Problem(429, ApiWhy.TRIES(), kind="too_many", headers=headers)
    if not await context.passwords.fits(old, user.password):
        raise invalid([FieldError(field="old", message=ApiWhy.NOT_PASSWORD())])
    if why := passwords.weak(new, user.email, who.tenant.name):
        raise invalid([FieldError(field="new", message=why)])
    await context.store.save_user(replace(user, password=await context.passwords.hashed(new)))
    await context.store.end_sessions(user.tenant, user.id, Ended.PASSWORD, now, but=who.session)
    await context.store.forgive_login(context.tokens.blind("password", who.tenant.id, user.id), now, Forgiven.ALL)


async def _user(context: Context, who: Principal) -> User:
    user = await context.store.user(who.tenant.id, who.id)
    if user is None:
        raise Problem(404, "there is no such user", kind="missing")
    return user
