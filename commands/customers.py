"""Who pays."""

from typing import Annotated
from urllib.parse import quote

import typer

from commands.terminal import HERE, State, api, group

app = group("Who pays.")


@app.command("erase")
def customer_erase(
    customer: Annotated[
        str, typer.Argument(help="your own reference of the customer, or a subscription of theirs (s_…)")
    ],
    actor: Annotated[str, typer.Option(help="who orders it; kept in the audit")],
    reason: Annotated[str, typer.Option(help="why; kept in the audit, so no personal data")],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    state: State = HERE,
) -> None:
    """Erase a customer's personal data for good, through the API of PERDURA_PUBLIC_URL with the key in PERDURA_API_KEY."""
    with api(state) as ask:
        found = customer
        if not customer.startswith("s_"):
            found = ask("GET", f"/v1/billing/subscription?customer_reference={quote(customer)}")["id"]
        if not yes:
            typer.confirm(f"Erase name, e-mail, phone, tax data and messages of {customer} for good?", abort=True)
        told = ask("POST", f"/v1/subscriptions/{quote(found)}/erase", {"actor": actor, "reason": reason})
    typer.echo(f"erased customer {told['customer']}")
    for kept in told["kept"]:
        typer.echo(f"  kept until {kept['until']}: {kept['document']} ({kept['uuid']}), {kept['why']}")
