"""What programs are let in with, and what data is sealed with."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import typer

from activities.failures import Missing
from activities.ports.register import Register
from commands.terminal import HERE, State, group, run, settings, stop
from models.access.keys import LONGEST_OVERLAP, OVERLAP, ApiKey, issue
from models.access.permissions import Scope
from models.people import FieldInvalid
from models.records import AuditEntry
from models.safekeeping.keyring import Keyring

app = group("API keys of a tenant, and keys that seal data.")

T = TypeVar("T")
ACTOR = "perdura"
_HOUR = timedelta(hours=1)


@app.command("create")
def key_create(
    tenant: str,
    name: Annotated[str, typer.Argument(help="what uses it; stands in the audit")],
    scope: Annotated[list[Scope], typer.Option(help="what it may do; give it several times: docs/security.md")],
    state: State = HERE,
) -> None:
    """Make an API key and print it: it is shown this once."""
    try:
        key, secret = issue(tenant, name, frozenset(scope), datetime.now(UTC))
    except FieldInvalid as fault:
        stop(f"{fault.field}: {fault}")

    async def make(store: Register) -> None:
        await store.tenant(tenant)
        await store.add_key(key, secret)
        await _note(store, key, f"API key made: {', '.join(sorted(key.scopes))}")

    _with_store(state, make)
    typer.echo(f"key {key.id}\nAPI key {secret}")


@app.command("list")
def key_list(tenant: str, state: State = HERE) -> None:
    """Every API key, without its secret."""

    async def listed(store: Register) -> list[ApiKey]:
        await store.tenant(tenant)
        return list(await store.keys(tenant))

    now = datetime.now(UTC)
    for key in _with_store(state, listed):
        used = f"used {key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never used"
        word = (
            "over" if not key.usable(now) else f"until {key.expires_at:%Y-%m-%d %H:%M}" if key.expires_at else "in use"
        )
        scopes = " ".join(scope for scope in Scope if scope in key.scopes)
        typer.echo(f"{key.id}  {key.hint}…  {key.name}  [{scopes}]  {word}, {used}")


@app.command("rotate")
def key_rotate(
    tenant: str,
    key: Annotated[str, typer.Argument(help="its id (k_…)")],
    overlap: Annotated[
        float, typer.Option(min=0, max=LONGEST_OVERLAP / _HOUR, help="hours that the old key still works")
    ] = OVERLAP / _HOUR,
    state: State = HERE,
) -> None:
    """Print a new key with the same name and scopes; the old one works on for the overlap."""
    now = datetime.now(UTC)

    async def rotate(store: Register) -> str:
        old = await _found(store, tenant, key)
        if not old.usable(now) or old.expires_at is not None:
            stop(f"key '{key}' is over, or was rotated already")
        fresh, secret = issue(tenant, old.name, old.scopes, now)
        await store.replace_key(old, fresh, secret, until=now + timedelta(hours=overlap))
        await _note(store, old, f"API key rotated: {fresh.id} takes its place")
        return f"key {fresh.id}\nAPI key {secret}"

    typer.echo(_with_store(state, rotate))


@app.command("revoke")
def key_revoke(tenant: str, key: Annotated[str, typer.Argument(help="its id (k_…)")], state: State = HERE) -> None:
    """End a key, at once and for good."""

    async def revoke(store: Register) -> None:
        held = await _found(store, tenant, key)
        await store.revoke_key(tenant, key, datetime.now(UTC))
        await _note(store, held, "API key revoked")

    _with_store(state, revoke)
    typer.echo(f"key {key}: revoked")


@app.command("encryption")
def key_encryption(
    name: Annotated[str, typer.Argument(help="its id: letters and digits, new each time")] = "",
) -> None:
    """Print a fresh key for PERDURA_ENCRYPTION_KEYS. To rotate, put it before those that are there, with a comma between."""
    short = name or f"k{datetime.now(UTC):%Y%m%d%H%M}"
    if not short.isalnum():
        stop(f"name: '{short}' is not made of letters and digits")
    typer.echo(Keyring.fresh(short))


async def _found(store: Register, tenant: str, key: str) -> ApiKey:
    await store.tenant(tenant)
    found = next((each for each in await store.keys(tenant) if each.id == key), None)
    if found is None:
        raise Missing(f"there is no key '{key}' of tenant '{tenant}'; perdura key list shows them")
    return found


async def _note(store: Register, key: ApiKey, what: str) -> None:
    now = datetime.now(UTC)
    await store.audit(AuditEntry(key.tenant, "", f"{key.id}/{now.isoformat()}", now, ACTOR, what, detail=key.id))


def _with_store(state: State, work: Callable[[Register], Awaitable[T]]) -> T:
    async def done() -> T:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            return await work(shared.store)

    return run(done())
