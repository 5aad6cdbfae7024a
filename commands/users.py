"""People who log in."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import typer

from activities.failures import Missing
from activities.ports.register import Register
from commands.terminal import HERE, State, group, run, settings, stop
from models import people
from models.access import passwords
from models.access.keys import digest
from models.access.permissions import Role
from models.access.sessions import Ended, fresh_invitation
from models.access.users import User, fresh_user_id, orphaned
from models.people import FieldInvalid
from models.records import AuditEntry

app = group("People who log in: owner, support, viewer.")

T = TypeVar("T")
INVITED = timedelta(days=3)
ACTOR = "perdura"  # whoever sits at the machine
Email = Annotated[str, typer.Argument(help="the e-mail they log in with")]


@app.command("add")
def user_add(
    tenant: str,
    email: Email,
    role: Annotated[Role, typer.Option(help="what they may do: docs/security.md")] = Role.OWNER,
    password: Annotated[
        bool, typer.Option("--password", help="ask for the password here; else print an invitation")
    ] = False,
    state: State = HERE,
) -> None:
    """Add a person. They set their password with the invitation that is printed (POST /v1/invitations/accept), within three days."""
    try:
        address = people.email(email)
    except FieldInvalid as fault:
        stop(f"email: {fault}")
    now, invitation = datetime.now(UTC), fresh_invitation()
    user = User(tenant, fresh_user_id(), address, role, now, invited_until=now + INVITED)
    if password:
        user = replace(user, password=_asked(user), invited_until=None)

    async def add(store: Register) -> None:
        await store.tenant(tenant)
        await store.add_user(user, invitation="" if password else digest(invitation))
        await _note(store, user, f"user added as {role}")

    _with_store(state, add)
    typer.echo(f"user {user.id}" + ("" if password else f"\ninvitation {invitation}"))


@app.command("list")
def user_list(tenant: str, state: State = HERE) -> None:
    """Who may log in, and who was invited to."""

    async def listed(store: Register) -> list[User]:
        await store.tenant(tenant)
        return list(await store.users(tenant))

    for user in _with_store(state, listed):
        word = "disabled" if user.disabled_at else "active" if user.active else "invited"
        typer.echo(f"{user.id}  {user.role:<7}  {word:<8}  {user.email}")


@app.command("role")
def user_role(tenant: str, email: Email, role: Role, state: State = HERE) -> None:
    """Give somebody another role, at once."""
    _change(state, tenant, email, lambda user: replace(user, role=role))
    typer.echo(f"{email}: {role}")


@app.command("disable")
def user_disable(tenant: str, email: Email, state: State = HERE) -> None:
    """Let somebody in no more, and end their sessions."""
    _change(state, tenant, email, lambda user: replace(user, disabled_at=user.disabled_at or datetime.now(UTC)))
    typer.echo(f"{email}: disabled")


@app.command("enable")
def user_enable(tenant: str, email: Email, state: State = HERE) -> None:
    """Let somebody in again."""
    _change(state, tenant, email, lambda user: replace(user, disabled_at=None))
    typer.echo(f"{email}: enabled")


@app.command("password")
def user_password(tenant: str, email: Email, state: State = HERE) -> None:
    """Give somebody another password, asked for here, and end their sessions."""
    user = _with_store(state, lambda store: _found(store, tenant, email))
    given = _asked(user)
    _change(state, tenant, email, lambda held: replace(held, password=given), ended=Ended.PASSWORD)
    typer.echo(f"{email}: the password was changed")


def _asked(user: User) -> str:
    given = str(typer.prompt("password", hide_input=True, confirmation_prompt=True))
    if why := passwords.weak(given, user.email, user.tenant):
        stop(f"password: {why}")
    return passwords.hashed(given)


def _change(
    state: State, tenant: str, email: str, changed: Callable[[User], User], *, ended: Ended = Ended.DISABLED
) -> None:
    async def change(store: Register) -> None:
        held = await _found(store, tenant, email)
        user = changed(held)
        if why := orphaned(list(await store.users(tenant)), user):
            stop(why)
        await store.save_user(user)
        if user.disabled_at or user.password != held.password:
            await store.end_sessions(tenant, user.id, ended, datetime.now(UTC))
        await _note(store, user, f"user changed: {user.role}, {'disabled' if user.disabled_at else 'enabled'}")

    _with_store(state, change)


async def _found(store: Register, tenant: str, email: str) -> User:
    await store.tenant(tenant)
    try:
        user = await store.user_by_email(tenant, people.email(email))
    except FieldInvalid as fault:
        stop(f"email: {fault}")
    if user is None:
        raise Missing(f"nobody with this e-mail at tenant '{tenant}'")
    return user


async def _note(store: Register, user: User, what: str) -> None:
    now = datetime.now(UTC)
    await store.audit(AuditEntry(user.tenant, "", f"{user.id}/{now.isoformat()}", now, ACTOR, what, detail=user.id))


def _with_store(state: State, work: Callable[[Register], Awaitable[T]]) -> T:
    async def done() -> T:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            return await work(shared.store)

    return run(done())
