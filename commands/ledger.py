"""The books: checked against the payments provider, read in words, caught up; and the chain that shows tampering."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from commands.terminal import HERE, State, group, run, settings, stop

app = group("The double-entry books.")
audit = group("The audit, and the chain that it and the books are written in.")

OnlyTenant = Annotated[str, typer.Option(help="one tenant's id; left out: all")]
Since = Annotated[
    datetime | None, typer.Option(help="compare only what was made since this day (UTC)", formats=["%Y-%m-%d"])
]


@app.command("check")
def check(
    tenant: OnlyTenant = "",
    since: Since = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    state: State = HERE,
) -> None:
    """Balance the books, verify their chain and compare them with Stripe to the centavo. Exit code 1 when anything differs."""

    async def look() -> Any:
        from activities.bookkeeping import Bookkeeping
        from worker import gateways

        async with gateways(settings(state)) as shared:
            return await Bookkeeping(shared.store, shared.payments).check(
                [(await shared.store.tenant(tenant)).id] if tenant else [], _utc(since)
            )

    found = run(look())
    if as_json:
        typer.echo(json.dumps(_report(found), indent=2))
    else:
        _print(found)
    if not found.good:
        raise typer.Exit(1)


@app.command("catch-up")
def catch_up(since: Since = None, state: State = HERE) -> None:
    """Book what Stripe knows of our customers' invoices, refunds and disputes and the books do not yet."""

    async def book() -> int:
        from activities.bookkeeping import Bookkeeping
        from worker import gateways

        async with gateways(settings(state)) as shared:
            return await Bookkeeping(shared.store, shared.payments).catch_up(_utc(since))

    typer.echo(f"{run(book())} facts booked")


@app.command("show")
def show(
    subscription: Annotated[str, typer.Argument(help="its id (s_…)")],
    tenant: Annotated[str, typer.Option(help="whose it is; left out: looked for")] = "",
    state: State = HERE,
) -> None:
    """The entries of a subscription in words, oldest first."""

    async def read() -> list[Any]:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            tenants = [tenant] if tenant else await shared.store.tenants()
            return [e for each in tenants for e in await shared.store.ledger(each, subscription=subscription)]

    entries = run(read())
    if not entries:
        stop(f"nothing is booked for subscription '{subscription}'")
    fact = ""
    for entry in entries:
        if entry.fact != fact:
            fact = entry.fact
            reason = f": {entry.reason}" if entry.reason else ""
            about = " ".join(dict.fromkeys(filter(None, (entry.subject, entry.invoice, entry.charge))))
            typer.echo(f"{entry.at:%Y-%m-%d %H:%M} UTC  {entry.kind.words} ({about}) by {entry.actor}{reason}")
        typer.echo(f"    {entry.amount!s:>18}  into {entry.debit}, out of {entry.credit}")


@audit.command("verify")
def verify(
    tenant: OnlyTenant = "",
    anchor: Annotated[str, typer.Option(help="a head printed earlier (place:hash), which must still be there")] = "",
    state: State = HERE,
) -> None:
    """Verify every row of the audit and the books; name the first that was changed, is missing or moved. Exit code 1 then."""
    if anchor and not tenant:
        stop("--anchor: a head is one tenant's; say --tenant, too")

    async def look() -> list[tuple[str, Any, Any]]:
        from models.bookkeeping.chain import Head
        from worker import gateways

        noted = None
        if anchor:
            place, _, hashed = anchor.partition(":")
            if not place.isdecimal() or not hashed:
                stop("--anchor: write it as perdura audit verify printed it, place:hash")
            noted = Head(tenant, int(place), hashed)
        async with gateways(settings(state)) as shared:
            tenants = [(await shared.store.tenant(tenant)).id] if tenant else await shared.store.tenants()
            return [
                (each, await shared.store.verify_chain(each, noted), await shared.store.chain_head(each))
                for each in tenants
            ]

    broken = False
    for name, found, head in run(look()):
        broken = broken or found is not None
        typer.echo(str(found) if found else f"tenant {name}: whole, head {head}")
    if broken:
        raise typer.Exit(1)


@audit.command("seal")
def seal(tenant: OnlyTenant = "", state: State = HERE) -> None:
    """Seal the heads of whole chains with the current key: after an upgrade, and before an old encryption key is dropped."""

    async def close() -> list[tuple[str, Any]]:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            tenants = [(await shared.store.tenant(tenant)).id] if tenant else await shared.store.tenants()
            return [(each, await shared.store.seal_chain(each)) for each in tenants]

    broken = False
    for name, found in run(close()):
        broken = broken or found is not None
        typer.echo(f"{found}; not sealed" if found else f"tenant {name}: sealed")
    if broken:
        raise typer.Exit(1)


def _utc(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None


def _report(found: Any) -> dict[str, Any]:
    return {
        "good": found.good,
        "tenants": [
            {
                "tenant": each.tenant,
                "good": each.good,
                "entries": each.entries,
                "head": str(each.head),
                "accounts": [{**asdict(balance), "net": balance.net} for balance in each.balances],
                "unbalanced": list(each.unbalanced),
                "differences": [{**asdict(line), "words": line.words} for line in each.differences],
                "broken": asdict(each.broken) if each.broken else None,
            }
            for each in found.tenants
        ],
        "charges_of_strangers": list(found.strangers),
    }


def _print(found: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    from models.money import Money

    console = Console()
    for each in found.tenants:
        table = Table(
            "Account", "Debits", "Credits", "Net", box=None, title=f"tenant {each.tenant}", title_justify="left"
        )
        for name in ("Debits", "Credits", "Net"):
            next(column for column in table.columns if column.header == name).justify = "right"
        for balance in each.balances:
            money = [str(Money(n, balance.currency)) for n in (balance.debits, balance.credits, balance.net)]
            table.add_row(str(balance.account), *money)
        console.print(table)
        for currency in each.unbalanced:
            console.print(f"  NOT BALANCED: the accounts in {currency} do not sum to zero")
        for line in each.differences:
            console.print(f"  DIFFERS: {line.words}", soft_wrap=True, highlight=False)
        if each.broken:
            console.print(f"  TAMPERED: {each.broken}", soft_wrap=True, highlight=False)
        verdict = "balanced, as Stripe says, chain whole" if each.good else "see above"
        console.print(f"  {each.entries} entries: {verdict}\n", highlight=False)
    if found.strangers:
        console.print(f"{len(found.strangers)} charges at Stripe belong to no customer of ours", highlight=False)
