"""`perdura …`: one family of commands per noun, in `commands/`."""

import contextlib
import logging
import os
import sys
from typing import NoReturn

import typer

from commands import (
    alerts,
    analytics,
    attention,
    backups,
    bills,
    brand,
    cashflow,
    catalog,
    crm,
    customers,
    decisions,
    deletions,
    evidence,
    experiments,
    fiscal,
    inbox,
    keys,
    kpis,
    ledger,
    legal,
    month_end,
    onboarding,
    orders,
    plan_changes,
    plans,
    policies,
    policy_moves,
    reconcile,
    sealing,
    simulate,
    stack,
    templates,
    temporal,
    tenants,
    tickets,
    trials,
    users,
    webhooks,
)

app = typer.Typer(
    help="Durable subscription billing and collections.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for top in (stack, orders, backups, sealing, reconcile, decisions, onboarding):
    app.add_typer(top.app)
for name, family in (("temporal", temporal), ("tenant", tenants), ("plan", plans), ("policy", policies)):
    app.add_typer(family.app, name=name)
app.add_typer(catalog.app, name="catalog")
app.add_typer(brand.app, name="brand")
app.add_typer(legal.app, name="legal")
app.add_typer(customers.app, name="customer")
app.add_typer(crm.app, name="crm")
app.add_typer(bills.app, name="bill")
app.add_typer(simulate.app, name="simulate")
app.add_typer(analytics.app, name="analytics")
app.add_typer(cashflow.app, name="cashflow")
app.add_typer(kpis.app, name="kpi")
app.add_typer(evidence.app, name="evidence")
policies.app.add_typer(experiments.app, name="experiment")
policies.app.add_typer(policy_moves.app)
app.add_typer(plan_changes.app, name="plan-change")
analytics.app.add_typer(trials.app)
app.add_typer(inbox.app, name="inbox")
app.add_typer(attention.app, name="attention")
app.add_typer(alerts.app, name="alerts")
app.add_typer(ledger.app, name="ledger")
app.add_typer(ledger.audit, name="audit")
app.add_typer(users.app, name="user")
app.add_typer(keys.app, name="key")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(templates.app, name="templates")
app.add_typer(deletions.app, name="deletion")
app.add_typer(tickets.app, name="tickets")
app.add_typer(fiscal.csd, name="csd")
app.add_typer(fiscal.cfdi, name="cfdi")
fiscal.cfdi.add_typer(month_end.app)


def main() -> NoReturn:
    """Run one command and leave at once, with its exit code.

    Temporal's core has threads of its own. While the interpreter takes itself apart one of them may still answer, which aborts
    a command that has done its work; so nothing is taken apart.
    """
    code = 0
    try:
        app()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # whoever read us has gone
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
