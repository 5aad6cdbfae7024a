"""Dunning policies: written, checked, given to plans."""

import json
from pathlib import Path
from typing import Annotated

import typer

from commands.terminal import HERE, State, group, run, settings, stop
from models.policies.policy import Policy, Step
from models.policies.policy_page import PolicyInvalid, parse, schema
from models.policies.policy_picture import timeline
from models.policies.presets import preset, preset_page, presets
from models.records import Assignment

app = group("Dunning policies.")
Actor = Annotated[str, typer.Option(help="who decides it; kept with the version")]


@app.command("check")
def policy_check(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Read a dunning policy and say what it does, or what is wrong with it."""
    typer.echo(described(read_policy(file)))


@app.command("schema")
def policy_schema() -> None:
    """The JSON Schema of a policy's page, for editors that help while one is written."""
    typer.echo(json.dumps(schema(), indent=2))


@app.command("preset")
def policy_preset(name: Annotated[str, typer.Argument(help="left out: a list of them")] = "") -> None:
    """The policies shipped with the product: a good page to start from."""
    if name:
        try:
            typer.echo(preset_page(name))
        except PolicyInvalid as told:
            stop(str(told))
        return
    for each in presets():
        typer.echo(described(preset(each)).splitlines()[0])


@app.command("draw")
def policy_draw(
    policy: Annotated[str, typer.Argument(help="a preset, or a file")],
    file: Annotated[Path, typer.Argument(dir_okay=False, help="where to: a name ending in .svg, .html or .png")],
) -> None:
    """Draw a policy's timeline: what is done when, and what the customer may use meanwhile."""
    from commands.drawing import save

    chosen = preset(policy) if policy in presets() else read_policy(Path(policy))
    save(timeline(chosen), file)


@app.command("set")
def policy_set(
    tenant: str,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    plan: Annotated[
        str, typer.Option(help="for this plan alone; left out: for every plan without one of its own")
    ] = "",
    actor: Actor = "operator",
    state: State = HERE,
) -> None:
    """Make it the policy of a tenant's cases from now on; running cases keep the one they began with."""
    page = _text(file)
    policy = _policy(file, page)

    async def save() -> None:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            version = await shared.store.add_policy(tenant, page, actor)
            await shared.store.assign_policy(Assignment(tenant, plan, version.name, version.version), actor)

    run(save())
    typer.echo(described(policy))


@app.command("list")
def policy_list(tenant: str, state: State = HERE) -> None:
    """A tenant's versions, and which plan's cases begin with which."""

    async def gather() -> list[str]:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            versions = [f"{v.name} v{v.version}" for v in await shared.store.policies(tenant)]
            assigned = await shared.store.assignments(tenant)
        lines = [f"{a.plan or 'every other plan'}: {a.policy} v{a.version}{_rival(a)}" for a in assigned]
        if not any(a.plan == "" for a in assigned):
            lines.append("every other plan: ruthless, the preset")
        return [*lines, *(["written: " + ", ".join(versions)] if versions else [])]

    for line in run(gather()):
        typer.echo(line)


def _rival(assigned: Assignment) -> str:
    if not assigned.experiment:
        return ""
    told = f"{assigned.rival} v{assigned.rival_version}"
    return f" (experiment {assigned.experiment}: {assigned.rival_share} % get {told})"


def read_policy(file: Path) -> Policy:
    """The policy in a file; what is wrong with it ends the command."""
    return _policy(file, _text(file))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as told:
        stop(f"{file}: {told}")


def _policy(file: Path, page: str) -> Policy:
    try:
        return parse(page)
    except PolicyInvalid as told:
        stop(f"{file}: {told}")


def described(policy: Policy) -> str:
    """A policy in words."""
    lines = [f"  {_told(step)}" for step in (*policy.reminders, *policy.steps)]
    return "\n".join(
        [f"{policy.name} v{policy.version}: {policy.retries} retries, {policy.grace.days} days of grace", *lines]
    )


def _told(step: Step) -> str:
    parts = [step.name]
    if step.on_payday and step.until:
        parts.append(f"on payday, by D+{step.until.days}")
    if step.notice:
        parts.append(f"notice {step.notice}" + (f" by {step.channel}" if step.channel else ""))
    if step.when:
        parts.append("on a condition")
    return ", ".join(parts)
