"""`perdura …`: one family of commands per noun, in `commands/`."""

import typer

from commands import fiscal, orders, plans, policies, stack, temporal, tenants

app = typer.Typer(
    help="Durable subscription billing and collections.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for top in (stack, orders):
    app.add_typer(top.app)
for name, family in (("temporal", temporal), ("tenant", tenants), ("plan", plans), ("policy", policies)):
    app.add_typer(family.app, name=name)
app.add_typer(fiscal.csd, name="csd")
app.add_typer(fiscal.cfdi, name="cfdi")

if __name__ == "__main__":
    app()
