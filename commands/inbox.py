"""Events of the providers, as they came."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from commands.terminal import HERE, State, group, name_temporal, run, settings, stop
from models.records import EventFilter, InboxEvent, InboxStatus

app = group("Events of Stripe and Twilio, as they came.")

Since = Annotated[str, typer.Option(help="received from then on: 2026-11-21, 2026-11-21T14:05 (UTC), or 36h, 3d ago")]
Until = Annotated[str, typer.Option(help="and before then")]
Type = Annotated[str, typer.Option(help="only these: invoice.paid, or invoice.*")]
Subscription = Annotated[str, typer.Option(help="only of this subscription (s_…)")]
Status = Annotated[InboxStatus | None, typer.Option(help="only what became of them")]
PAGE = 200


@app.command("list")
def inbox_list(
    since: Since = "24h",
    until: Until = "",
    type: Type = "",
    subscription: Subscription = "",
    status: Status = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 200,
    state: State = HERE,
) -> None:
    """What came, to whom it belonged and what became of it. The events themselves are not shown: they hold personal data."""
    wanted = wanted_by(since, until, type, subscription, status)

    async def listed() -> list[InboxEvent]:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            found: list[InboxEvent] = []
            async for page in _pages(shared.store, wanted):
                found += page
                if len(found) >= limit:
                    break
            return found[:limit]

    events = run(listed())
    for event in events:
        whose = event.subscription or "-"
        when = f"{event.received_at:%Y-%m-%d %H:%M:%S}"
        typer.echo(f"{when}  {event.status:<9}  {event.type:<40}  {whose:<16}  {event.event}")
    typer.echo(f"{len(events)} events")


@app.command("replay")
def inbox_replay(
    since: Since,
    until: Until = "",
    type: Type = "",
    subscription: Subscription = "",
    status: Status = None,
    state: State = HERE,
) -> None:
    """Hand stored events over again, whatever became of them. It does no harm: an event only says that there is something to look at."""
    wanted = wanted_by(since, until, type, subscription, status)

    async def replayed() -> dict[InboxStatus, int]:
        from activities.inbox import Inbox
        from worker import gateways, late_money
        from workflows.connection import connect
        from workflows.oversight import Oversight

        told = settings(state)
        name_temporal()
        became: dict[InboxStatus, int] = {}
        async with gateways(told) as shared:
            processes = Oversight(await connect(told.keyring), queue=told.task_queue)
            late = late_money(told, shared, processes)
            inbox = Inbox(shared.store, processes, late, day_seconds=told.day_seconds)
            async for page in _pages(shared.store, wanted):
                for status, count in (await inbox.replay(page)).items():
                    became[status] = became.get(status, 0) + count
        return became

    became = run(replayed())
    told = ", ".join(f"{count} {status}" for status, count in sorted(became.items())) or "no event fits"
    typer.echo(f"{sum(became.values())} events handed over again: {told}" if became else told)


@app.command("fetch")
def inbox_fetch(since: Since, state: State = HERE) -> None:
    """Take in from Stripe what its webhooks did not bring, at most thirty days back, and hand it over."""
    wanted = wanted_by(since, "", "", "", None)

    async def fetched() -> tuple[int, int]:
        from activities.inbox import Inbox
        from worker import gateways, late_money
        from workflows.connection import connect
        from workflows.oversight import Oversight

        told = settings(state)
        name_temporal()
        seen = new = 0
        async with gateways(told) as shared:
            processes = Oversight(await connect(told.keyring), queue=told.task_queue)
            late = late_money(told, shared, processes)
            inbox = Inbox(shared.store, processes, late, day_seconds=told.day_seconds)
            cursor = ""
            while True:
                page = await shared.payments.events_since(wanted.since, cursor)
                for event in reversed(page.events):
                    seen += 1
                    if await shared.store.receive(event):
                        new += 1
                        await inbox.deliver(event)
                cursor = page.cursor
                if not cursor:
                    return seen, new

    seen, new = run(fetched())
    typer.echo(f"{seen} events at Stripe, {new} of them new here")


@app.command("show")
def inbox_show(event: str, state: State = HERE) -> None:
    """One event of Stripe's whole (evt_…). It holds personal data."""
    from models.records import Provider

    async def found() -> InboxEvent | None:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            return await shared.store.event(Provider.STRIPE, event)

    known = run(found())
    if known is None:
        stop(f"there is no event '{event}'")
    typer.echo(json.dumps(json.loads(known.payload), indent=2, ensure_ascii=False))


def wanted_by(since: str, until: str, type: str, subscription: str, status: InboxStatus | None) -> EventFilter:
    """What the options ask for; a time that cannot be read ends the command."""
    now = datetime.now(UTC)
    end = instant(until, "--until", now) if until else None
    return EventFilter(instant(since, "--since", now), end, type, subscription, status)


def instant(text: str, option: str, now: datetime) -> datetime:
    """A time as a person writes it: an ISO date or time (UTC unless it says otherwise), or so many hours or days ago."""
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if text[-1:] in units and text[:-1].isdigit():
        return now - timedelta(**{units[text[-1]]: int(text[:-1])})
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        stop(f"{option}: '{text}' is not a time; write 2026-11-21, 2026-11-21T14:05, 36h or 3d")
    return given if given.tzinfo else given.replace(tzinfo=UTC)


async def _pages(store: Any, wanted: EventFilter) -> AsyncIterator[Sequence[InboxEvent]]:
    after: tuple[datetime, str] | None = None
    while page := await store.stored_events(wanted, after=after, limit=PAGE):
        yield page
        after = (page[-1].received_at, page[-1].event)
