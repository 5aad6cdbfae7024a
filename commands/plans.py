"""What is sold."""

import re
from dataclasses import replace
from typing import Annotated

import typer

from commands.terminal import HERE, State, group, run, settings, stop
from models.money import Money
from models.selling.plans import Interval, Plan

app = group("What is sold.")


@app.command("create")
def plan_create(
    tenant: str,
    code: str,
    name: str,
    price: Annotated[str, typer.Argument(help="with VAT, in pesos: 299.00")],
    interval: Annotated[Interval, typer.Option(help="how often it is charged")] = Interval.MONTH,
    trial_days: Annotated[int, typer.Option(min=0, max=730)] = 0,
    card: Annotated[bool, typer.Option("--card/--no-card", help="whether a trial begins with a card on file")] = True,
    state: State = HERE,
) -> None:
    """Add a plan, or change it for those who subscribe from now on."""
    match = re.fullmatch(r"(\d{1,7})(?:\.(\d{2}))?", price)
    if match is None:
        stop(f"price: '{price}' is not an amount; write pesos and centavos, e.g. 299.00")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", code):
        stop("code: use 1 to 64 letters, digits, - and _")
    amount = Money(int(match[1]) * 100 + int(match[2] or 0))

    async def create() -> None:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            plans = {plan.code: plan for plan in (await shared.store.catalog(tenant)).plans}
            # What a catalogue says of it beyond these stays.
            known = plans.get(code, Plan(tenant, code, name, amount))
            plan = replace(
                known,
                name=name,
                price=amount,
                interval=interval,
                trial_days=trial_days,
                card_required=card,
                provider_price="",
                archived=False,
            )
            await shared.store.save_plan(plan)

    run(create())
    typer.echo(f"plan {code}: {amount} a {interval}, {trial_days} days of trial")
