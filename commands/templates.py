"""WhatsApp templates: which there are, whether WhatsApp approved them, and how a notice reads."""

from typing import Annotated
from urllib.parse import urlencode

import typer

from commands.terminal import HERE, State, api, group, run, settings, stop
from models.speaking.notices import Language, NoticeKind
from models.speaking.templates import Template, faults, missing
from models.speaking.wording import VARIABLES

app = group("WhatsApp templates, and how notices read.")


def _read(state: State) -> list[Template]:
    async def read() -> list[Template]:
        from worker import templates

        return list(await templates(settings(state)).templates())

    return run(read())


@app.command("list")
def list_(state: State = HERE) -> None:
    """Every template that PERDURA_TWILIO_TEMPLATES names, with WhatsApp's word on it and its variables."""
    known = _read(state)
    for each in known:
        used = ", ".join(VARIABLES[n - 1] for n in each.variables if 1 <= n <= len(VARIABLES))
        typer.echo(f"{each.name:28} {each.status:12} {each.sid}  {used}")
    if not known:
        typer.echo('none: name them in PERDURA_TWILIO_TEMPLATES, {"suspended:es-MX": "HX…"}')


@app.command()
def check(state: State = HERE) -> None:
    """What keeps notices from going out by WhatsApp. Ends with code 1 when there is something."""
    known = _read(state)
    wrong = [f"{each.name}: {fault}" for each in known for fault in faults(each)]
    wrong += [f"{finding.text}: WhatsApp refuses these outside 24 hours (63016)" for finding in missing(known)]
    if wrong:
        stop("\n".join(wrong))
    typer.echo(f"{len(known)} templates are approved and carry their notices")


@app.command()
def preview(
    subscription: Annotated[str, typer.Argument(help="whose data to show")],
    kind: Annotated[NoticeKind | None, typer.Option(help="one kind; left out: all")] = None,
    language: Annotated[Language, typer.Option()] = Language.ES,
    state: State = HERE,
) -> None:
    """How notices to a customer read, with their real data. Nothing is sent."""
    with api(state) as ask:
        for each in [kind] if kind else list(NoticeKind):
            query = urlencode({"kind": each, "language": language, "subscription": subscription})
            told = ask("GET", f"/v1/notices/preview?{query}")
            typer.echo(f"── {told['kind']}\n{told['subject']}\n{told['body']}\n")
