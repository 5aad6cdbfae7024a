"""Customers' deletions from a terminal, through the API: what is under way, keeping data after all, the product's word."""

import uuid
from typing import Annotated, Any
from urllib.parse import quote

import typer

from commands.terminal import HERE, State, api, group, minute, whose

app = group("Deleting a customer's data: what is under way, and what may be ordered.")
Id = Annotated[str, typer.Argument(help="its id (del_…)")]
Actor = Annotated[str, typer.Option(help="who orders it; kept in the audit")]
Reason = Annotated[str, typer.Option(help="why; kept in the audit")]
Key = Annotated[str | None, typer.Option(help="repeat an order whose end nobody knows: the key its failure named")]


@app.command("list")
def deletions_list(
    state: Annotated[
        str, typer.Option(help="waiting, undeliverable, asked, unconfirmed, confirmed, done, canceled")
    ] = "",
    where: State = HERE,
) -> None:
    """All of them, newest first, through the API of PERDURA_PUBLIC_URL with the key in PERDURA_API_KEY."""
    with api(where) as ask:
        found = ask("GET", f"/v1/deletions{f'?state={quote(state)}' if state else ''}")
    for each in found:
        typer.echo(
            f"{each['id']}  {each['state']:<13}  {each['customer']}  {each['cause']}, not before {minute(each['day'])}"
        )
        if each["hindrance"]:
            typer.echo(f"    {each['hindrance']}")
    typer.echo(f"{len(found)} deletions")


@app.command("show")
def deletions_show(deletion: Id, where: State = HERE) -> None:
    """Where it stands: warnings, the product's part, the certificate."""
    with api(where) as ask:
        told = ask("GET", f"/v1/deletions/{quote(deletion)}")
    for name, value in told.items():
        if name == "warnings":
            for each in value:
                ended = f"arrived {minute(each['arrived_at'])}" if each["arrived_at"] else "did not arrive"
                typer.echo(
                    f"warning      {minute(each['at'])}  {ended if each['arrived_at'] or each['failed_at'] else 'under way'}"
                )
        elif value not in ("", None, []):
            shown = "; ".join(value) if isinstance(value, list) else minute(value) if name.endswith("_at") else value
            typer.echo(f"{name:<16} {shown}")


@app.command("begin")
def deletions_begin(
    customer: Annotated[str, typer.Argument(help="your own reference of the customer, or a subscription's id (s_…)")],
    actor: Actor,
    reason: Reason,
    key: Key = None,
    where: State = HERE,
) -> None:
    """Delete a customer's data because they ask for it: they are warned first."""
    with api(where) as ask:
        body = {**whose(customer), "actor": actor, "reason": reason}
        told = ask("POST", "/v1/deletions", body, order=key or str(uuid.uuid4()))
    typer.echo(f"{told['id']}  {told['state']}, not before {minute(told['day'])}")


@app.command("cancel")
def deletions_cancel(deletion: Id, actor: Actor, reason: Reason, key: Key = None, where: State = HERE) -> None:
    """Keep the data; possible until the product has been asked."""
    _order(where, deletion, "cancel", {"actor": actor, "reason": reason}, key)


@app.command("warn")
def deletions_warn(deletion: Id, actor: Actor, reason: Reason, key: Key = None, where: State = HERE) -> None:
    """Warn once more, after the contact data were corrected."""
    _order(where, deletion, "warn", {"actor": actor, "reason": reason}, key)


@app.command("confirm")
def deletions_confirm(
    deletion: Id,
    actor: Actor,
    deleted: Annotated[list[str], typer.Option(help="what the product has deleted; several times")],
    reference: Annotated[str, typer.Option(help="of the job that did it")] = "",
    key: Key = None,
    where: State = HERE,
) -> None:
    """The product has deleted: what is ours follows, and all of it is certified."""
    _order(where, deletion, "confirm", {"actor": actor, "deleted": deleted, "reference": reference}, key)


def _order(where: State, deletion: str, verb: str, body: dict[str, Any], key: str | None) -> None:
    with api(where) as ask:
        told = ask("POST", f"/v1/deletions/{quote(deletion)}/{verb}", body, order=key or str(uuid.uuid4()))
    following = f"; next: {told['next_action']}" if told["next_action"] else ""
    typer.echo(f"{told['status']}{following}")
