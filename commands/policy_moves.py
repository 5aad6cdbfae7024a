"""Running cases moved to another policy: first seen, then done, through the API."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from commands.policies import read_policy
from commands.terminal import HERE, State, api, stop

app = typer.Typer()
Plan = Annotated[str, typer.Option(help="only cases of this plan")]


@app.command("preview")
def preview(
    policy: Annotated[str, typer.Argument(help="a file, a preset, or the name of a policy of yours with --version")],
    version: Annotated[int, typer.Option(min=0, help="of a policy that was set before; 0: file or preset")] = 0,
    plan: Plan = "",
    state: State = HERE,
) -> None:
    """What moving the running cases to a policy would change, case by case. Nothing is changed."""
    with api(state) as ask:
        _print(ask("POST", "/v1/policies/preview", {**_named(policy, version), "plan": plan}))


@app.command("move")
def move(
    policy: Annotated[str, typer.Argument(help="the name of a policy of yours")],
    version: Annotated[int, typer.Option(min=1)],
    actor: Annotated[str, typer.Option(help="who orders it; kept in the audit")],
    reason: Annotated[str, typer.Option(help="why; kept in the audit")],
    plan: Plan = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would change")] = False,
    state: State = HERE,
) -> None:
    """Have all running cases (of a plan) go on by another policy. What the new one takes away it announces first."""
    with api(state) as ask:
        told = ask("POST", "/v1/policies/preview", {"policy": policy, "version": version, "plan": plan})
        if dry_run:
            _print(told)
            return
        done = passed = refused = 0
        for change in told["data"]:
            if change["refusal"]:
                passed += 1
                continue
            path = f"/v1/subscriptions/{quote(change['subscription'])}/overrides/move_to_policy"
            order = {
                "policy": policy,
                "version": version,
                "invoice": change["invoice"],
                "actor": actor,
                "reason": reason,
            }
            try:
                answer = ask("POST", path, order)
            except typer.Exit:
                # Why was told; it may have been paid since it was looked at, and the others are none the worse for it.
                refused += 1
                continue
            typer.echo(f"{change['invoice']}: next is {answer['next_action']}")
            done += 1
    typer.echo(f"{done} cases moved to {told['policy']}" + (f", {passed} ran by it already" if passed else ""))
    if refused:
        stop(f"{refused} were not moved; why is said above")


def _named(policy: str, version: int) -> dict[str, Any]:
    if version:
        return {"policy": policy, "version": version}
    if Path(policy).is_file():
        read_policy(Path(policy))  # mistakes are told before anybody is asked
        return {"page": Path(policy).read_text(encoding="utf-8").splitlines()}
    if "." in policy or "/" in policy:
        stop(f"there is no file '{policy}'")
    return {"policy": policy}


def _print(told: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("Customer", "Invoice", "Owed", "Runs by", "Next now", f"With {told['policy']}", box=None)
    for change in told["data"]:
        table.add_row(
            change["customer_reference"],
            change["invoice"],
            change["amount"]["text"],
            change["now"]["policy"],
            change["now"]["next_step"],
            change["words"],
        )
    console.print(table)
    console.print(f"{len(told['data'])} running cases; nothing was changed", highlight=False)
