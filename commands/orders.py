"""What support does from a terminal, through the API: orders to a running subscription, and the list of all."""

import uuid
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

import typer

from commands.terminal import HERE, State, api, stop
from models.commands import CaseCommand, SubscriptionCommand

# What is shown before it is done has a command of its own; reading anew is no order of support's.
_SHOWN_FIRST = (SubscriptionCommand.REFRESH, SubscriptionCommand.CHANGE_PLAN, SubscriptionCommand.STAY)

# Every order support may give; the API says what each of them needs.
ORDERS = [
    *(str(c) for c in CaseCommand if c is not CaseCommand.ADOPT_POLICY),
    "move_to_policy",  # the API reads the policy, the process adopts it
    *(str(c) for c in SubscriptionCommand if c not in _SHOWN_FIRST),
]

app = typer.Typer()


@app.command()
def override(
    command: Annotated[str, typer.Argument(help=", ".join(ORDERS))],
    subscription: Annotated[str, typer.Argument(help="its id (s_…), or your own reference of the customer")],
    actor: Annotated[str, typer.Option(help="who orders it; kept in the audit")],
    reason: Annotated[str, typer.Option(help="why; kept in the audit")],
    days: Annotated[float | None, typer.Option(help="extend_grace, restore_now, pause_dunning, extend_trial")] = None,
    disputed: Annotated[
        bool | None, typer.Option("--disputed", help="pause_dunning: they say they do not owe it")
    ] = None,
    until: Annotated[str | None, typer.Option(help="promise_to_pay: 2026-12-01T18:00:00Z")] = None,
    centavos: Annotated[int | None, typer.Option(help="promise_to_pay: how much; left out: all of it")] = None,
    policy: Annotated[str | None, typer.Option(help="move_to_policy: its name")] = None,
    version: Annotated[int | None, typer.Option(help="move_to_policy: its version")] = None,
    step: Annotated[int | None, typer.Option(help="skip_to_step: counted from 1")] = None,
    priority: Annotated[str | None, typer.Option(help="escalate: normal, high, urgent")] = None,
    method: Annotated[str | None, typer.Option(help="record_external_payment: spei or cash")] = None,
    reference: Annotated[str | None, typer.Option(help="record_external_payment: tracking key or receipt")] = None,
    invoice: Annotated[str | None, typer.Option(help="which unpaid invoice; left out: the oldest")] = None,
    at_period_end: Annotated[bool | None, typer.Option("--at-period-end/--now", help="cancel: when")] = None,
    key: Annotated[
        str | None,
        typer.Option(help="repeat an order whose end nobody knows: the key its failure named", metavar="KEY"),
    ] = None,
    state: State = HERE,
) -> None:
    """Give a running subscription an order, through the API of PERDURA_PUBLIC_URL with the key in PERDURA_API_KEY.

    Each order has a key of its own (`Idempotency-Key`). A failure that leaves it open whether it was carried out names the key: given
    again with `--key`, it is the same order, carried out once.
    """
    if command not in ORDERS:
        stop(f"there is no order '{command}'; use one of {', '.join(ORDERS)}")
    given = {
        "disputed": disputed,
        "until": until,
        "centavos": centavos,
        "policy": policy,
        "version": version,
        "days": days,
        "step": step,
        "priority": priority,
        "method": method,
        "reference": reference,
        "invoice": invoice,
    }
    body = {name: value for name, value in {**given, "at_period_end": at_period_end}.items() if value is not None}
    with api(state) as ask:
        path = f"/v1/subscriptions/{quote(subscription_of(ask, subscription))}/overrides/{command}"
        told = ask("POST", path, {"actor": actor, "reason": reason, **body}, order=key or str(uuid.uuid4()))
    following = f"; next: {told['next_action']} at {told['next_action_at']}" if told["next_action"] else ""
    typer.echo(f"{told['status']}{following}")


def subscription_of(ask: Callable[..., Any], named: str) -> str:
    """The id of a subscription that is named by it, or by the tenant's own reference of its customer."""
    if named.startswith("s_"):
        return named
    return str(ask("GET", f"/v1/billing/subscription?customer_reference={quote(named)}")["id"])


@app.command()
def status(state: State = HERE) -> None:
    """The parts' health and every subscription, through the API of PERDURA_PUBLIC_URL with the key in PERDURA_API_KEY."""
    from rich.console import Console
    from rich.table import Table

    with api(state) as ask:
        parts = ask("GET", "/ready")
        page = ask("GET", "/v1/subscriptions?limit=200")
    table = Table("Customer", box=None)
    table.add_column("Subscription", no_wrap=True)  # an order names it, so it is never cut short
    for head in ("Plan", "Status", "Due", "Next action", "At (UTC)"):
        table.add_column(head)
    for view in page["data"]:
        due = view["amount_due"]["text"] if view["amount_due"]["centavos"] else ""
        at = (view["next_action_at"] or "")[:19].replace("T", " ")
        table.add_row(
            view["customer_reference"], view["id"], view["plan"], view["status"], due, view["next_action"], at
        )
    console = Console()
    console.print(", ".join(f"{part} {word}" for part, word in parts.items()))
    console.print(table)
