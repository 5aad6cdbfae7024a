"""Who pays."""

from typing import Annotated
from urllib.parse import quote

import typer

from commands.terminal import HERE, State, api, group, minute

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


@app.command("history")
def customer_history(
    customer: Annotated[str, typer.Argument(help="your own reference of the customer")],
    pet: Annotated[str, typer.Option(help="of one of their pets alone (pet_…)")] = "",
    limit: Annotated[int, typer.Option(help="how many entries at most", min=1, max=200)] = 50,
    state: State = HERE,
) -> None:
    """What happened with a customer, newest first: bills, invoices, payments, tax documents and units used."""
    with api(state) as ask:
        told = ask("GET", f"/v1/customers/{quote(customer)}/history?limit={limit}&pet={quote(pet)}")
    for each in told["data"]:
        much = each["amount"]["text"] if each["amount"] else f"× {each['quantity']}"
        whose = f" {each['pet']}" if each["pet"] else ""
        typer.echo(f"{minute(each['at'])}  {each['kind']:<8}  {much:>18}  {each['what']}  {each['id']}{whose}")
    if told["next_cursor"]:
        typer.echo(f"… there is more: --limit up to 200, or GET /v1/customers/{customer}/history with its cursor")
