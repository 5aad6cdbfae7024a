"""`perdura …`: one family of commands per noun, in `commands/`."""

import typer

from commands import (
    attention,
    backups,
    customers,
    fiscal,
    inbox,
    keys,
    ledger,
    orders,
    plans,
    policies,
    reconcile,
    sealing,
    simulate,
    stack,
    temporal,
    tenants,
    users,
)

app = typer.Typer(
    help="Durable subscription billing and collections.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for top in (stack, orders, backups, sealing, reconcile):
    app.add_typer(top.app)
for name, family in (("temporal", temporal), ("tenant", tenants), ("plan", plans), ("policy", policies)):
    app.add_typer(family.app, name=name)
app.add_typer(customers.app, name="customer")
app.add_typer(simulate.app, name="simulate")
app.add_typer(inbox.app, name="inbox")
app.add_typer(attention.app, name="attention")
app.add_typer(ledger.app, name="ledger")
app.add_typer(ledger.audit, name="audit")
app.add_typer(users.app, name="user")
app.add_typer(keys.app, name="key")
app.add_typer(fiscal.csd, name="csd")
app.add_typer(fiscal.cfdi, name="cfdi")

if __name__ == "__main__":
    app()
