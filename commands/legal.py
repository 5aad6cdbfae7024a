"""The texts a business and its customers agree on: a first draft, publishing, looking."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.terminal import HERE, State, group, run, settings, stop
from models.agreements import legal
from models.agreements.legal import LegalKind, LegalText
from models.agreements.starting_texts import starting_text
from models.people import FieldInvalid
from models.words import Words

app = group("Terms, privacy notice, service levels and data processing: the texts on a business's legal pages.")

Kind = Annotated[LegalKind, typer.Argument(help="which text")]
Whose = Annotated[str, typer.Argument(metavar="TENANT", help="whose")]


@app.command("draft")
def legal_draft(tenant: Whose, kind: Kind, state: State = HERE) -> None:
    """Print a text to start from, in Spanish, with what is known of the business. It is no advice: have your lawyer read it."""

    async def read() -> str:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            return starting_text(kind, await shared.store.brand(tenant))

    typer.echo(run(read()).rstrip("\n"))


@app.command("set")
def legal_set(
    tenant: Whose,
    kind: Kind,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Spanish; paragraphs, or Markdown")],
    english: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="the same in English")] = None,
    actor: Annotated[str, typer.Option(help="who decides it; kept in the audit")] = "operator",
    reason: Annotated[str, typer.Option(help="why; kept in the audit")] = "published from the command line",
    state: State = HERE,
) -> None:
    """Publish a text as a new version. The words of the newest one again change nothing."""
    words = Words(_read(file, "text", needed=True), _read(english, "english", needed=False) if english else "")

    async def publish() -> LegalText:
        from activities.publishing import publish_text
        from worker import gateways

        async with gateways(settings(state)) as shared:
            await shared.store.tenant(tenant)
            return await publish_text(
                shared.store, tenant, kind, words, at=datetime.now(UTC), actor=actor, reason=reason
            )

    text = run(publish())
    typer.echo(f"{kind} version {text.version}, published {text.published_at:%Y-%m-%d}: /legal/{tenant}/{kind.path}")


@app.command("show")
def legal_show(
    tenant: Whose,
    kind: Annotated[LegalKind | None, typer.Argument(help="left out: a list")] = None,
    state: State = HERE,
) -> None:
    """What customers read: a list of the texts, or one of them."""

    async def read() -> list[LegalText]:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            await shared.store.tenant(tenant)
            return [text for text in await shared.store.legal_texts(tenant) if kind in (None, text.kind)]

    found = run(read())
    if kind is not None and not found:
        stop(f"{kind}: not published; perdura legal draft {tenant} {kind} prints a text to start from")
    for text in found:
        if kind is not None:
            typer.echo(text.words.es)
        else:
            typer.echo(
                f"{text.kind:<8} version {text.version}, {text.published_at:%Y-%m-%d}, /legal/{tenant}/{text.kind.path}"
            )


def _read(file: Path, field: str, *, needed: bool) -> str:
    try:
        return legal.checked(file.read_text(encoding="utf-8"), field, needed=needed)
    except (FieldInvalid, UnicodeDecodeError) as fault:
        stop(f"{file.name}: {fault if isinstance(fault, FieldInvalid) else 'save it as UTF-8'}")
