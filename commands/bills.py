"""Bills of what is sold once, through the API of PERDURA_PUBLIC_URL with the key in PERDURA_API_KEY."""

from typing import Annotated
from urllib.parse import quote, urlencode

import typer

from commands.terminal import HERE, State, api, group

app = group("Bills of what is sold once.")

Bill = Annotated[str, typer.Argument(help="the bill (b_…)")]
Actor = Annotated[str, typer.Option(help="who orders it; kept in the audit")]
Reason = Annotated[str, typer.Option(help="why; kept in the audit, so no personal data")]


@app.command("list")
def bills_list(
    customer: Annotated[str, typer.Option(help="of this customer alone, by your own reference")] = "",
    status: Annotated[str, typer.Option(help="open, overdue, paid, void or written_off")] = "",
    state: State = HERE,
) -> None:
    """The newest bills."""
    wanted = {"customer_reference": customer, "status": status}
    asked = urlencode({name: value for name, value in wanted.items() if value})
    with api(state) as ask:
        told = ask("GET", f"/v1/bills?{asked}")
    for each in told["data"]:
        due = f", due {each['due_at'][:10]}" if each["due_at"] and each["status"] in ("open", "overdue") else ""
        typer.echo(f"{each['id']}  {each['customer_reference']}  {each['total']['text']}  {each['status']}{due}")


@app.command("paid")
def bill_paid(
    bill: Bill,
    actor: Actor,
    reason: Reason,
    reference: Annotated[str, typer.Option(help="the receipt's number, or the bank's tracking key")],
    method: Annotated[str, typer.Option(help="cash or spei")] = "cash",
    state: State = HERE,
) -> None:
    """Record that a bill was paid at the counter, or by transfer to an account of yours."""
    order = {"actor": actor, "reason": reason, "method": method, "reference": reference}
    _order(state, bill, "record_payment", order)


@app.command("issue")
def bill_issued(bill: Bill, actor: Actor, reason: Reason, state: State = HERE) -> None:
    """Issue a bill that was drawn up and left, for its order met an outage."""
    _order(state, bill, "issue", {"actor": actor, "reason": reason})


@app.command("void")
def bill_void(bill: Bill, actor: Actor, reason: Reason, state: State = HERE) -> None:
    """Take back a bill that was not paid; of one never issued the customer is not told."""
    _order(state, bill, "void", {"actor": actor, "reason": reason})


@app.command("write-off")
def bill_written_off(bill: Bill, actor: Actor, reason: Reason, state: State = HERE) -> None:
    """Give a bill up."""
    _order(state, bill, "write_off", {"actor": actor, "reason": reason})


def _order(state: State, bill: str, verb: str, order: dict[str, str]) -> None:
    with api(state) as ask:
        told = ask("POST", f"/v1/bills/{quote(bill)}/{verb}", order)
    typer.echo(f"{bill}: {told['status'].replace('_', ' ')}")
