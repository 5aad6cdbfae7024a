"""Two policies side by side: begun, ended, and what came of it."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.policies import Actor, described, read_policy
from commands.terminal import HERE, State, group, run, settings, stop
from models.analytics.experiment_report import Comparison, compare
from models.money import Money
from models.policies.presets import preset, preset_page
from models.records import Assignment

app = group("Two policies side by side, split by a stable hash of the subscription.")

Plan = Annotated[str, typer.Option(help="for this plan alone; left out: for every plan without a policy of its own")]
_DEFAULT = "ruthless"


@app.command("start")
def start(
    tenant: str,
    rival: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="the policy to try, as a page of YAML")],
    name: Annotated[
        str, typer.Option(help="what the experiment is called in reports; 1 to 40 letters, digits, - and _")
    ],
    share: Annotated[int, typer.Option(min=1, max=99, help="so many of a hundred subscriptions get the rival")] = 50,
    plan: Plan = "",
    actor: Actor = "operator",
    state: State = HERE,
) -> None:
    """Have a share of a plan's new cases begin with a rival policy. Running cases keep theirs."""
    policy = read_policy(rival)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name):
        stop("--name: use 1 to 40 letters, digits, - and _")

    async def begin() -> Assignment:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            if await shared.store.experiment_cases(tenant, name):
                stop(f"--name: '{name}' has cases already; an experiment that is over keeps its name")
            current = await _current(shared.store, tenant, plan, actor)
            if current.experiment:
                stop(f"experiment '{current.experiment}' is running there: perdura policy experiment stop {tenant}")
            if (current.policy, current.version) == (policy.name, policy.version):
                stop("--rival: that is the policy in force; give another one to compare it with")
            version = await shared.store.add_policy(tenant, rival.read_text(encoding="utf-8"), actor)
            split = replace(
                current,
                plan=plan,
                experiment=name,
                rival=version.name,
                rival_version=version.version,
                rival_share=share,
            )
            await shared.store.assign_policy(split, actor)
            return split

    split = run(begin())
    typer.echo(f"experiment {name}: of 100 subscriptions {share} get {split.rival} v{split.rival_version}, ", nl=False)
    typer.echo(f"the others {split.policy} v{split.version}")
    typer.echo(described(policy))


async def _current(store: Any, tenant: str, plan: str, actor: str) -> Assignment:
    """What the plan's cases begin with today. The preset that everybody starts with is written down first."""
    assigned = {each.plan: each for each in await store.assignments(tenant)}
    found: Assignment | None = assigned.get(plan) or assigned.get("")
    if found is None:
        await store.add_policy(tenant, preset_page(_DEFAULT), actor)
        return Assignment(tenant, plan, _DEFAULT, preset(_DEFAULT).version)
    # What runs for all plans is no experiment of this one's.
    return found if found.plan == plan else Assignment(tenant, plan, found.policy, found.version)


@app.command("stop")
def stop_experiment(
    tenant: str,
    plan: Plan = "",
    keep_rival: Annotated[
        bool, typer.Option("--keep-rival/--keep-policy", help="which of the two goes on for everybody")
    ] = False,
    actor: Actor = "operator",
    state: State = HERE,
) -> None:
    """From now on one policy for everybody; running cases keep theirs, and the report goes on taking in how they end."""

    async def end() -> tuple[Assignment, Assignment]:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            running = next((a for a in await shared.store.assignments(tenant) if a.plan == plan and a.experiment), None)
            if running is None:
                stop(
                    f"no experiment is running for {f'plan {plan}' if plan else 'plans without a policy of their own'}"
                )
            name, version = (running.rival, running.rival_version) if keep_rival else (running.policy, running.version)
            after = Assignment(tenant, plan, name, version)
            await shared.store.assign_policy(after, actor)
            return running, after

    running, after = run(end())
    typer.echo(f"experiment {running.experiment} is over; every new case begins with {after.policy} v{after.version}")


@app.command("report")
def report(
    tenant: str,
    name: Annotated[str, typer.Option(help="left out: the one that runs")] = "",
    state: State = HERE,
) -> None:
    """What each policy recovered, the difference, and whether it can be told from chance."""

    async def gather() -> Comparison:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            running = [
                a
                for a in await shared.store.assignments(tenant)
                if a.experiment and a.experiment == (name or a.experiment)
            ]
            if not name and len(running) != 1:
                names = ", ".join(sorted({a.experiment for a in running})) or "none"
                stop(f"--name: say which experiment; running are: {names}")
            told = name or running[0].experiment
            cases = await shared.store.experiment_cases(tenant, told)
            if not cases and not running:
                stop(f"--name: no case took part in an experiment '{told}'")
            split = running[0] if running else None
            return compare(
                told,
                cases,
                policy=f"{split.policy} v{split.version}" if split else "",
                rival=f"{split.rival} v{split.rival_version}" if split else "",
            )

    _print(run(gather()))


def _print(found: Comparison) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(
        "Policy", "Subscriptions", "Cases", "Running", "Decided", "Recovered", "Mean recovered of a case", box=None
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for arm in found.arms:
        rate, mean = arm.rate, arm.mean
        table.add_row(
            arm.policy,
            str(arm.subscriptions),
            str(arm.cases),
            str(arm.running),
            str(arm.decided),
            f"{arm.recovered} = {rate.value * 100:.1f} % ({rate.low * 100:.1f} to {rate.high * 100:.1f})",
            f"{Money(round(mean.value))} ({mean.low / 100:,.2f} to {mean.high / 100:,.2f})",
        )
    console.print(table)
    if found.rate is not None and found.mean is not None:
        rate, mean = found.rate, found.mean
        console.print(
            f"difference: {rate.value * 100:+.1f} points ({rate.low * 100:+.1f} to {rate.high * 100:+.1f}); "
            f"mean recovered {mean.value / 100:+,.2f} pesos ({mean.low / 100:+,.2f} to {mean.high / 100:+,.2f})",
            highlight=False,
        )
    console.print(found.words, style="bold")
    console.print(
        "Of decided cases (paid, given up, written off, canceled); running and voided ones are left out. In brackets: 95 % intervals, "
        "Wilson's and Newcombe's for shares, bootstrapped over subscriptions for amounts.",
        style="dim",
        highlight=False,
    )
