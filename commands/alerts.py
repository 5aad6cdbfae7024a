"""What a business is alerted of, from a terminal, through the API: what is so now, and that somebody looks at it."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from commands.terminal import HERE, State, api, group, minute

app = group("What your business is alerted of.")


@app.command("list")
def alerts_list(
    resolved: Annotated[bool, typer.Option("--resolved", help="also what is no longer so")] = False,
    state: State = HERE,
) -> None:
    """Newest first, with what to do, through the API of PERDURA_PUBLIC_URL with the key in PERDURA_API_KEY."""
    with api(state) as ask:
        found = ask("GET", f"/v1/alerts{'?resolved=true' if resolved else ''}")["data"]
    for each in found:
        title, to_do = (each[name] or {} for name in ("title", "to_do"))
        typer.echo(f"{each['id']}  {each['severity']:<8}  {title.get('en') or each['rule']}")
        typer.echo(f"    {each['text']}")
        typer.echo(f"    since {minute(each['first_seen'])}{_became(each)}")
        if not each["resolved_at"]:
            typer.echo(f"    to do: {to_do.get('en') or each['remedy']}")
    typer.echo(f"{len(found)} alerts" if found else "nothing to be alerted of")


@app.command("ack")
def alerts_ack(
    alert: Annotated[str, typer.Argument(help="its id (at_…)")],
    actor: Annotated[str, typer.Option(help="who looks at it")],
    note: Annotated[str, typer.Option(help="what is being done")] = "",
    state: State = HERE,
) -> None:
    """Say that somebody is looking at it. It stays listed until it is no longer so."""
    with api(state) as ask:
        told = ask("POST", f"/v1/attention/{quote(alert)}/acknowledge", {"actor": actor, "note": note})
    typer.echo(f"{told['id']}: noted")


def _became(each: dict[str, Any]) -> str:
    note = f" ({each['note']})" if each["note"] else ""
    seen = f"; {each['acknowledged_by']} looks at it{note}" if each["acknowledged_at"] else ""
    return f"{seen}; resolved {minute(each['resolved_at'])}" if each["resolved_at"] else seen
