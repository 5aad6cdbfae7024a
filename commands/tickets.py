"""Tickets from a terminal, through the API: who waits, what was said, the reply, and the terms of answering."""

import uuid
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from commands.terminal import HERE, State, api, group, minute, whose

app = group("Tickets: who waits for a person, what was said, and the reply.")
Id = Annotated[str, typer.Argument(help="its id (tk_…)")]
Actor = Annotated[str, typer.Option(help="who does it; kept in the audit")]
Reason = Annotated[str, typer.Option(help="why; kept in the audit")]
Key = Annotated[str | None, typer.Option(help="repeat an order whose end nobody knows: the key its failure named")]


@app.command("list")
def tickets_list(
    overdue: Annotated[bool, typer.Option(help="only those whose first response is late")] = False,
    everything: Annotated[bool, typer.Option("--all", help="also what is resolved or closed")] = False,
    priority: Annotated[str, typer.Option(help="normal, high, urgent")] = "",
    topic: Annotated[str, typer.Option(help="billing, access, invoice, other")] = "",
    limit: int = 50,
    where: State = HERE,
) -> None:
    """Whose first response is due soonest first, through the API of PERDURA_PUBLIC_URL with the key in PERDURA_API_KEY."""
    asked = {"by_clock": "true", "limit": str(limit), "priority": priority, "topic": topic}
    asked |= {"overdue": "true"} if overdue else {} if everything else {"open": "true"}
    with api(where) as ask:
        found = ask("GET", f"/v1/tickets?{urlencode({name: value for name, value in asked.items() if value})}")["data"]
    for each in found:
        due = "" if each["answered_at"] else f"due {minute(each['due_at'])}{'  MISSED' if each['missed_at'] else ''}"
        typer.echo(
            f"{each['id']}  {each['state']:<8}  {each['priority']:<6}  {each['topic']:<7}  "
            f"{each['customer_reference']:<20}  {due}"
        )
    typer.echo(f"{len(found)} tickets")


@app.command("show")
def tickets_show(ticket: Id, where: State = HERE) -> None:
    """Where it stands, and its thread."""
    with api(where) as ask:
        told = ask("GET", f"/v1/tickets/{quote(ticket)}")
    for name, value in told.items():
        if name != "thread" and value not in ("", None, 0):
            typer.echo(f"{name:<18} {minute(value) if name.endswith('_at') else value}")
    for entry in told["thread"]:
        what = entry["event"] or entry["kind"]
        ended = f"  [{entry['delivery']} by {entry['delivered_by']}]" if entry["delivery"] else ""
        typer.echo(f"\n{minute(entry['at'])}  {what}  {entry['actor']}  {entry['detail']}{ended}".rstrip())
        for line in entry["text"].splitlines():
            typer.echo(f"    {line}")


@app.command("open")
def tickets_open(
    customer: Annotated[str, typer.Argument(help="your own reference of the customer, or a subscription's id (s_…)")],
    text: Annotated[str, typer.Argument(help="what is asked")],
    actor: Actor,
    topic: Annotated[str, typer.Option(help="billing, access, invoice, other")] = "other",
    priority: Annotated[str, typer.Option(help="normal, high, urgent")] = "normal",
    key: Key = None,
    where: State = HERE,
) -> None:
    """Open one for a customer who called."""
    body = {**whose(customer), "text": text, "actor": actor, "topic": topic, "priority": priority}
    with api(where) as ask:
        told = ask("POST", "/v1/tickets", body, order=key or str(uuid.uuid4()))
    typer.echo(f"{told['id']}  first response due {minute(told['due_at'])}")


@app.command("assign")
def tickets_assign(
    ticket: Id,
    actor: Actor,
    reason: Reason,
    to: Annotated[str, typer.Option(help="a person's id (u_…); left out: nobody")] = "",
    key: Key = None,
    where: State = HERE,
) -> None:
    """Say whose it is."""
    _order(where, ticket, "assign", {"actor": actor, "reason": reason, "assignee": to}, key)


@app.command("note")
def tickets_note(
    ticket: Id,
    text: Annotated[str, typer.Argument(help="for colleagues; the customer does not see it")],
    actor: Actor,
    spoken: Annotated[bool, typer.Option(help="the customer was spoken to: the first response")] = False,
    key: Key = None,
    where: State = HERE,
) -> None:
    """Write a note."""
    _order(where, ticket, "note", {"actor": actor, "text": text, "spoken": spoken}, key)


@app.command("reply")
def tickets_reply(
    ticket: Id,
    text: Annotated[str, typer.Argument(help="what the customer is to read")],
    actor: Actor,
    channel: Annotated[str | None, typer.Option(help="whatsapp, sms or email alone; left out: as they come")] = None,
    key: Key = None,
    where: State = HERE,
) -> None:
    """Reply to the customer."""
    _order(where, ticket, "reply", {"actor": actor, "text": text, "channel": channel}, key)


@app.command("priority")
def tickets_priority(
    ticket: Id,
    priority: Annotated[str, typer.Argument(help="normal, high, urgent")],
    actor: Actor,
    reason: Reason,
    key: Key = None,
    where: State = HERE,
) -> None:
    """Say how soon it wants an answer."""
    _order(where, ticket, "priority", {"actor": actor, "reason": reason, "priority": priority}, key)


@app.command("resolve")
def tickets_resolve(ticket: Id, actor: Actor, reason: Reason, key: Key = None, where: State = HERE) -> None:
    """It is settled."""
    _order(where, ticket, "resolve", {"actor": actor, "reason": reason}, key)


@app.command("reopen")
def tickets_reopen(ticket: Id, actor: Actor, reason: Reason, key: Key = None, where: State = HERE) -> None:
    """It is not settled after all."""
    _order(where, ticket, "reopen", {"actor": actor, "reason": reason}, key)


@app.command("close")
def tickets_close(ticket: Id, actor: Actor, reason: Reason, key: Key = None, where: State = HERE) -> None:
    """A duplicate, or nothing of ours."""
    _order(where, ticket, "close", {"actor": actor, "reason": reason}, key)


@app.command("settings")
def tickets_settings(
    normal: Annotated[int | None, typer.Option(help="minutes to the first response")] = None,
    high: Annotated[int | None, typer.Option(help="minutes")] = None,
    urgent: Annotated[int | None, typer.Option(help="minutes")] = None,
    hours: Annotated[str | None, typer.Option(help="when the clock runs: 9-18; 0-24: round the clock")] = None,
    days: Annotated[str | None, typer.Option(help="weekdays as digits, 0 is Monday: 01234")] = None,
    where: State = HERE,
) -> None:
    """The terms of answering; with options they are changed for tickets opened from now on."""
    with api(where) as ask:
        told = ask("GET", "/v1/tickets/settings")
        given: dict[str, Any] = {"normal_minutes": normal, "high_minutes": high, "urgent_minutes": urgent}
        if hours is not None:
            opens, _, closes = hours.partition("-")
            given |= {"opens": opens, "closes": closes}
        if days is not None:
            given |= {"days": list(days)}
        changed = {name: value for name, value in given.items() if value is not None}
        if changed:
            told = ask("PUT", "/v1/tickets/settings", {**told, **changed})
    for name, value in told.items():
        typer.echo(f"{name:<16} {value}")


@app.command("figures")
def tickets_figures(
    topic: Annotated[str, typer.Option(help="billing, access, invoice, other; left out: all")] = "", where: State = HERE
) -> None:
    """How soon the tickets of the last 30 days were answered."""
    with api(where) as ask:
        told = ask("GET", f"/v1/tickets/figures{f'?topic={quote(topic)}' if topic else ''}")
    for name, value in told.items():
        shown = "–" if value is None else f"{value / 3600:.2f} h" if name.endswith("_seconds") else value
        typer.echo(f"{name.removesuffix('_seconds'):<10} {shown}")


def _order(where: State, ticket: str, verb: str, body: dict[str, Any], key: str | None) -> None:
    with api(where) as ask:
        told = ask("POST", f"/v1/tickets/{quote(ticket)}/{verb}", body, order=key or str(uuid.uuid4()))
    following = f"; {told['next_action']} {minute(told['next_action_at'])}" if told["next_action"] else ""
    typer.echo(f"{told['status']}{following}")
