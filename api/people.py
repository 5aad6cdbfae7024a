"""People of a tenant: inviting them, what they are, letting them in no more."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field, SecretStr

from activities.ports.register import Taken
from api.access import needs, public
from api.deps import ID, Caller, Context, Ctx, Who
from api.problems import FieldError, Problem, answers, invalid
from api.refusals import ApiWhy
from api.views import Body, View
from models import people
from models.access import passwords
from models.access.keys import digest
from models.access.permissions import Permission, Role, of_role
from models.access.principals import Principal
from models.access.sessions import Ended, fresh_invitation
from models.access.users import PeopleWhy, User, fresh_user_id, orphaned
from models.records import AuditEntry, Tenant
from models.refusals import reason

router = APIRouter(prefix="/v1/users", tags=["users"])
invitations = APIRouter(prefix="/v1/invitations", tags=["users"])

INVITED = timedelta(days=3)
_MANAGE = [needs(Permission.USERS)]


class UserView(View):
    """A person who logs in, or was invited to."""

    id: str = Field(examples=["u_3kq9fZ0a7xLm"])
    """What the audit names as the actor of their orders."""
    email: str = Field(examples=["sofia@acuario.mx"])
    role: Role
    created_at: datetime
    active: bool
    """Has a password and is not disabled."""
    invited_until: datetime | None
    disabled_at: datetime | None

    @classmethod
    def of(cls, user: User) -> "UserView":
        return cls(
            id=user.id,
            email=user.email,
            role=user.role,
            created_at=user.created_at,
            active=user.active,
            invited_until=user.invited_until,
            disabled_at=user.disabled_at,
        )


class InvitedView(UserView):
    """A person and the invitation with which they set their password. It is told this once."""

    invitation: str = Field(examples=["in_k3J9…"])

    @classmethod
    def inviting(cls, user: User, invitation: str) -> "InvitedView":
        return cls(**UserView.of(user).model_dump(), invitation=invitation)


class Newcomer(Body):
    """Who is invited, and as what."""

    email: str = Field(max_length=320, examples=["sofia@acuario.mx"])
    role: Role


class Change(Body):
    """What shall be different; what is left out stays."""

    role: Role | None = None
    disabled: bool | None = Field(default=None, description="true ends every session of theirs at once")


class Acceptance(Body):
    """An invitation and the password that its owner chose."""

    invitation: SecretStr = Field(max_length=100)
    password: SecretStr = Field(max_length=1000, description=f"{passwords.SHORTEST} characters or more")


Id = Annotated[str, Path(description="`id` of the user", examples=["u_3kq9fZ0a7xLm"])]


@router.get("", summary="People of the tenant", dependencies=_MANAGE, responses=answers(503))
async def users(context: Ctx, tenant: Caller) -> list[UserView]:
    """Everybody, oldest first, those who are disabled too: the audit names them by id."""
    return [UserView.of(user) for user in await context.store.users(tenant.id)]


@router.post("", status_code=201, summary="Invite somebody", dependencies=_MANAGE, responses=answers(409, 422, 503))
async def invite(newcomer: Newcomer, context: Ctx, who: Who) -> InvitedView:
    """The answer holds an invitation, good for three days: hand it over by a way you trust. Nobody but them learns their password."""
    _within(who, newcomer.role)
    now, invitation = datetime.now(UTC), fresh_invitation()
    user = User(
        tenant=who.tenant.id,
        id=fresh_user_id(),
        email=people.email(newcomer.email),
        role=newcomer.role,
        created_at=now,
        invited_until=now + INVITED,
    )
    try:
        await context.store.add_user(user, invitation=digest(invitation))
    except Taken as conflict:
        errors = [FieldError(field="email", message=reason(conflict))]
        raise Problem(409, reason(conflict), kind="taken", errors=errors) from None
    await note(context, who, user.id, f"user invited as {user.role}")
    return InvitedView.inviting(user, invitation)


@router.patch(
    "/{user}",
    summary="Change somebody's role, disable or enable them",
    dependencies=_MANAGE,
    responses=answers(404, 409, 422, 503),
)
async def change(user: Id, order: Change, context: Ctx, who: Who) -> UserView:
    """At once: a person who is disabled, or may do less, notices with the next request. The last owner stays one."""
    held = await _found(context, who.tenant, user)
    _within(who, held.role)
    _within(who, order.role or held.role)
    now = datetime.now(UTC)
    changed = replace(held, role=order.role or held.role)
    if order.disabled is not None:
        changed = replace(changed, disabled_at=(held.disabled_at or now) if order.disabled else None)
    if why := orphaned(list(await context.store.users(who.tenant.id)), changed):
        raise Problem(409, why, kind="refused")
    await context.store.save_user(changed)
    if changed.disabled_at:
        await context.store.end_sessions(held.tenant, held.id, Ended.DISABLED, now)
    if changed != held:
        state = "disabled" if changed.disabled_at else "enabled"
        await note(context, who, held.id, f"user changed: {changed.role}, {state}")
    return UserView.of(changed)


@router.post("/{user}/invite", summary="Invite somebody again", dependencies=_MANAGE, responses=answers(404, 409, 503))
async def invite_again(user: Id, context: Ctx, who: Who) -> InvitedView:
    """Another invitation, also for somebody who forgot their password: the old password works until the new one is set."""
    held = await _found(context, who.tenant, user)
    _within(who, held.role)
    if held.disabled_at:
        raise Problem(409, PeopleWhy.DISABLED(), kind="refused")
    invitation, until = fresh_invitation(), datetime.now(UTC) + INVITED
    await context.store.invite_again(held.tenant, held.id, invitation=digest(invitation), until=until)
    await note(context, who, held.id, "user invited again")
    return InvitedView.inviting(replace(held, invited_until=until), invitation)


@invitations.post(
    "/accept",
    status_code=204,
    summary="Set a password with an invitation",
    dependencies=[public("the invitation is the authorisation")],
    responses=answers(410, 422, 503),
)
async def accept(acceptance: Acceptance, context: Ctx) -> None:
    """The invitation ends with it, and so does every session of before. Log in afterwards."""
    now = datetime.now(UTC)
    user = await context.store.user_invited(digest(acceptance.invitation.get_secret_value()), now)
    if user is None:
        raise Problem(410, PeopleWhy.GONE(), kind="gone")
    password = acceptance.password.get_secret_value()
    if why := passwords.weak(password, user.email, user.tenant):
        raise invalid([FieldError(field="password", message=why)])
    await context.store.save_user(replace(user, password=await context.passwords.hashed(password)))
    await context.store.end_sessions(user.tenant, user.id, Ended.PASSWORD, now)


async def note(context: Context, who: Principal, about: str, what: str) -> None:
    """A line in the audit of the tenant: who let whom in, or no more."""
    now = datetime.now(UTC)
    # Every act is a line of its own, so the key carries the instant.
    key = f"{about}/{now.isoformat()}"
    await context.store.audit(AuditEntry(who.tenant.id, "", key, now, who.signature(""), what, detail=about))


def _within(who: Principal, role: Role) -> None:
    # Nobody hands out, or takes away, what they do not have: a key that manages people could else make itself an owner.
    if not of_role(role) - {Permission.ACCOUNT} <= who.permissions:
        raise Problem(403, ApiWhy.ROLE_ABOVE(role=role), kind="forbidden")


async def _found(context: Context, tenant: Tenant, user: str) -> User:
    found = await context.store.user(tenant.id, user) if re.fullmatch(ID, user) else None
    if found is None:
        raise Problem(404, f"there is no user '{user}'", kind="missing")
    return found
