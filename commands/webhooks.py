"""Webhooks that go out: a tenant's endpoints, and what they are sent again."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import typer

from activities.failures import Missing
from activities.ports.outgoing import Replay
from activities.ports.register import Register
from commands.inbox import instant
from commands.terminal import HERE, State, group, run, settings, stop
from models.people import FieldInvalid
from models.records import AuditEntry
from models.telling.deliveries import DeliveryState
from models.telling.endpoints import LONGEST_OVERLAP, MOST, OVERLAP, Disabled, Endpoint, fresh, rotated

app = group("Webhooks that go out: where a tenant's own systems hear of events.")

T = TypeVar("T")
ACTOR = "perdura"
_HOUR = timedelta(hours=1)
Id = Annotated[str, typer.Argument(help="its id (we_…)")]


@app.command("list")
def webhooks_list(tenant: str, state: State = HERE) -> None:
    """Every endpoint: what it hears of, when it was last reached, and what waits for it."""

    async def listed(store: Register) -> list[str]:
        await store.tenant(tenant)
        lines = []
        for each in await store.endpoints(tenant):
            waiting = await store.event_deliveries(tenant, endpoint=each.id, state=DeliveryState.PENDING, limit=200)
            reached = f"{each.last_success_at:%Y-%m-%d %H:%M}" if each.last_success_at else "never"
            word = f"disabled ({each.disabled_for})" if each.disabled_at else "active"
            many = "200 or more" if len(waiting) == 200 else str(len(waiting))
            lines.append(f"{each.id}  {each.url}  [{' '.join(sorted(each.types)) or 'all events'}]")
            lines.append(f"    {word}, reached {reached}, {many} waiting")
        return lines

    typer.echo("\n".join(_with_store(state, listed)) or "no endpoint hears of anything")


@app.command("add")
def webhooks_add(
    tenant: str,
    url: Annotated[str, typer.Argument(help="https://… of the tenant's system")],
    event: Annotated[
        list[str] | None, typer.Option(help="what it hears of; several times; left out: everything")
    ] = None,
    description: Annotated[str, typer.Option(help="what it is")] = "",
    state: State = HERE,
) -> None:
    """Add an endpoint and print its secret: it is shown this once."""
    chosen = settings(state)
    try:
        made = fresh(tenant, url, event or (), datetime.now(UTC), local=chosen.webhooks_local, description=description)
    except FieldInvalid as fault:
        stop(f"{fault.field}: {fault}")

    async def add(store: Register) -> None:
        await store.tenant(tenant)
        if len(await store.endpoints(tenant)) >= MOST:
            stop(f"there are {MOST} endpoints already: remove one")
        await store.add_endpoint(made)
        await _note(store, made, "webhook endpoint added")

    _with_store(state, add)
    typer.echo(f"endpoint {made.id}\nsecret {made.secret}")


@app.command("rotate")
def webhooks_rotate(
    tenant: str,
    endpoint: Id,
    overlap: Annotated[
        float, typer.Option(min=0, max=LONGEST_OVERLAP / _HOUR, help="hours that the old secret still signs")
    ] = OVERLAP / _HOUR,
    state: State = HERE,
) -> None:
    """Print a new secret; the old one signs beside it for the overlap."""

    async def rotate(store: Register) -> Endpoint:
        try:
            other = rotated(await _found(store, tenant, endpoint), datetime.now(UTC), timedelta(hours=overlap))
        except FieldInvalid as fault:
            stop(str(fault))
        await store.save_endpoint(other)
        await _note(store, other, "webhook secret rotated")
        return other

    typer.echo(f"secret {_with_store(state, rotate).secret}")


@app.command("disable")
def webhooks_disable(tenant: str, endpoint: Id, state: State = HERE) -> None:
    """Send it nothing more."""

    async def disable(store: Register) -> None:
        held = await _found(store, tenant, endpoint)
        await store.disable_endpoint(tenant, endpoint, Disabled.ORDER, datetime.now(UTC))
        await _note(store, held, "webhook endpoint disabled")

    _with_store(state, disable)
    typer.echo(f"endpoint {endpoint}: disabled")


@app.command("enable")
def webhooks_enable(tenant: str, endpoint: Id, state: State = HERE) -> None:
    """Send it what happens from now on; what it missed is sent by a replay."""

    async def enable(store: Register) -> None:
        held = await _found(store, tenant, endpoint)
        await store.save_endpoint(replace(held, disabled_at=None, disabled_for=None))
        await _note(store, held, "webhook endpoint enabled")

    _with_store(state, enable)
    typer.echo(f"endpoint {endpoint}: enabled")


@app.command("remove")
def webhooks_remove(tenant: str, endpoint: Id, state: State = HERE) -> None:
    """Forget it, with the record of what it was sent."""

    async def remove(store: Register) -> None:
        held = await _found(store, tenant, endpoint)
        await store.remove_endpoint(tenant, endpoint)
        await _note(store, held, "webhook endpoint removed")

    _with_store(state, remove)
    typer.echo(f"endpoint {endpoint}: removed")


@app.command("replay")
def webhooks_replay(
    tenant: str,
    endpoint: Id,
    since: Annotated[str, typer.Option(help="recorded from then on: 2026-11-21, 36h or 3d ago")] = "",
    event: Annotated[list[str] | None, typer.Option(help="this event (evt_…); several times")] = None,
    subscription: Annotated[str, typer.Option(help="only this one's")] = "",
    delivered: Annotated[bool, typer.Option("--delivered", help="also what it has already")] = False,
    state: State = HERE,
) -> None:
    """Send again what an endpoint has not received, each event under the id it always had; the worker does it within a minute."""
    now = datetime.now(UTC)
    if not since and not event:
        stop("--since: say from when on, or name events with --event")
    moment = instant(since, "--since", now) if since else None

    async def replayed(store: Register) -> int:
        held = await _active(store, tenant, endpoint)
        wanted = Replay(tenant, endpoint, tuple(event or ()), moment, None, subscription, delivered)
        count = await store.replay_events(wanted, now)
        await _note(store, held, f"webhook events sent again: {count}")
        return count

    typer.echo(f"{_with_store(state, replayed)} events are on their way")


@app.command("test")
def webhooks_test(tenant: str, endpoint: Id, state: State = HERE) -> None:
    """Send an event that tells nothing, within a minute; `perdura webhooks list` says whether it was reached."""

    async def tested(store: Register) -> str:
        await _active(store, tenant, endpoint)
        return await store.test_endpoint(tenant, endpoint, datetime.now(UTC))

    typer.echo(f"event {_with_store(state, tested)} is on its way")


async def _found(store: Register, tenant: str, endpoint: str) -> Endpoint:
    await store.tenant(tenant)
    found = await store.endpoint(tenant, endpoint)
    if found is None:
        raise Missing(f"there is no endpoint '{endpoint}' of tenant '{tenant}'; perdura webhooks list shows them")
    return found


async def _active(store: Register, tenant: str, endpoint: str) -> Endpoint:
    held = await _found(store, tenant, endpoint)
    if held.disabled_at is not None:
        stop("this endpoint is disabled: perdura webhooks enable it first")
    return held


async def _note(store: Register, endpoint: Endpoint, what: str) -> None:
    now = datetime.now(UTC)
    key = f"{endpoint.id}/{now.isoformat()}"
    await store.audit(AuditEntry(endpoint.tenant, "", key, now, ACTOR, what, detail=endpoint.id))


def _with_store(state: State, work: Callable[[Register], Awaitable[T]]) -> T:
    async def done() -> T:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            return await work(shared.store)

    return run(done())
