"""Backups of the database, and the way back."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.terminal import HERE, State, run, settings, stop
from models.safekeeping.backups import BackupInvalid, BackupReport

app = typer.Typer()
_BY_HAND = """
Only this database knew the following. Go through what was done since {since} UTC and do it again:
  - API keys and people: whoever was shut out since is let in again, whoever was let in is not (GET /v1/keys, perdura user list)
  - plans, prices, policies, experiments and the look of the business
  - the issuer: its settings, certificates (CSD), PAC accounts and exchange rates
  - tax data that no CFDI in the customer's name has told since
  - wishes not to be written to, replies that wait for an answer, findings acknowledged
  - signups that were not finished: the customer signs up again
Everybody logs in anew. Not coming back, and needing nobody: the history of messages sent (nothing is sent twice), the audit's lines
since then."""

_NO_LIST = (
    "There is no erasures.jsonl, neither beside the backup nor in PERDURA_BACKUP_DIRECTORY: whoever was erased since it was made comes"
    " back. Put the list beside the backup first, or erase them again afterwards (perdura customer erase)."
)

_PRESUMED = (
    "Erased by a line of an older release, which does not say whether its order was carried out: {who}. Whoever is your customer today"
    ' all the same: append their line once more with "withdrawn": true in it to the list, and restore again before worker and API start.'
)
_LEFT = (
    "NOT erased, though an order to erase them is listed: {who}. It is not known to have been carried out; the daily backup withdraws it"
    " if they are alive then. Whoever was to be forgotten all the same: erase them once reconciled (perdura customer erase)."
)


@app.command()
def backup(
    to: Annotated[Path | None, typer.Option(help="directory; left out: PERDURA_BACKUP_DIRECTORY")] = None,
    state: State = HERE,
) -> None:
    """Back up the database, sealed with the encryption keys, and prove it by restoring it. Older ones are thinned out."""
    told = settings(state)
    directory = to or told.backup_directory
    if directory is None:
        stop("PERDURA_BACKUP_DIRECTORY: set it to the directory that backups go to, or say --to DIR")
    from worker import backups

    async def taken() -> BackupReport:
        vault = backups(told, directory)
        await vault.present()  # a database that cannot be read is said to be so
        return await vault.take(datetime.now(UTC))

    try:
        made = run(taken())
    except (BackupInvalid, OSError) as fault:
        stop(f"no backup was made: {fault}")
    typer.echo(f"{directory / made.file}: {made.rows} rows, {made.bytes} bytes, restored once and found whole")
    for name in made.pruned:
        typer.echo(f"removed {name}: its time was over")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    replace: Annotated[bool, typer.Option("--replace", help="lose what the database holds now")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    state: State = HERE,
) -> None:
    """Put a backup in the place of the database of PERDURA_DATABASE_URL, whole or not at all. Stop worker and API first, reconcile then."""
    told = settings(state)
    from worker import backups

    vault = backups(told, file.parent)
    try:
        header = vault.look(file)
        lost = run(vault.lost())
        if lost and not replace:
            stop(f"{vault.target} holds {lost}. To lose that and restore {file.name}, say --replace")
        typer.echo(
            f"Into {vault.target} goes the backup of {header.created_at:%Y-%m-%d %H:%M} UTC"
            f" (schema {header.revision}, {sum(header.rows.values())} rows, key '{header.key}')."
        )
        if lost:
            typer.echo(f"What it holds now is lost: {lost}.")
        lists = vault.erasures(file)
        if not lists.files:
            typer.echo(_NO_LIST)
        if not yes:
            typer.confirm("Do it?", abort=True)
        round_ = run(vault.restore(file, replace=replace))
    except (BackupInvalid, OSError) as fault:
        stop(f"nothing was restored: {fault}. What the database held, if anything, is still there")
    if lists.files:
        newest = max((f"{each.erasure.at:%Y-%m-%d %H:%M} UTC" for each in lists.all()), default="none")
        read = " and ".join(map(str, lists.files))
        again = len(round_.again)
        typer.echo(f"{again} customers were erased again, by {read}; the newest erasure listed: {newest}")
    for who, what in ((round_.presumed, _PRESUMED), (round_.left, _LEFT)):
        if who:
            typer.echo(what.format(who=", ".join(f"{each.customer} of {each.tenant}" for each in who)))
    typer.echo("restored. Start worker and API, then let perdura reconcile fetch what happened since the backup.")
    typer.echo(_BY_HAND.format(since=f"{header.created_at:%Y-%m-%d %H:%M}"))
