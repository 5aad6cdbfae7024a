"""Dunning policies."""

from pathlib import Path
from typing import Annotated

import typer

from commands.terminal import HERE, State, group, run, settings, stop
from models.policy import Policy
from models.policy_page import PolicyInvalid, parse

app = group("Dunning policies.")


@app.command("check")
def policy_check(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Read a dunning policy and say what it does, or what is wrong with it."""
    typer.echo(described(read_policy(file)))


@app.command("set")
def policy_set(
    tenant: str, file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)], state: State = HERE
) -> None:
    """Make it the policy of a tenant's cases from now on; running cases keep the one they began with."""
    policy = read_policy(file)

    async def save() -> None:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            await shared.store.save_policy(tenant, file.read_text(encoding="utf-8"))

    run(save())
    typer.echo(described(policy))


def read_policy(file: Path) -> Policy:
    """The policy in a file; what is wrong with it ends the command."""
    try:
        return parse(file.read_text(encoding="utf-8"))
    except (PolicyInvalid, UnicodeDecodeError) as told:
        stop(f"{file}: {told}")


def described(policy: Policy) -> str:
    """A policy in words."""
    lines = [f"  {step.name}" + (f", notice {step.notice}" if step.notice else "") for step in policy.steps]
    return "\n".join(
        [f"{policy.name} v{policy.version}: {policy.retries} retries, {policy.grace.days} days of grace", *lines]
    )
