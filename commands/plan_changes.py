"""Changing plans and leaving from a terminal, through the API: shown first, asked, then carried out as shown."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer

from commands.orders import subscription_of
from commands.terminal import HERE, State, api, group
from models.changing.change_records import When
from models.changing.stay_offers import Cause, OfferKind

app = group("Change the plan of a subscription, or cancel it: shown first, carried out as shown.")

Subscription = Annotated[str, typer.Argument(help="its id (s_…), or your own reference of the customer")]
Actor = Annotated[str, typer.Option(help="who orders it; kept with what was shown")]
Reason = Annotated[str, typer.Option(help="why; kept with what was shown")]
Yes = Annotated[bool, typer.Option("--yes", help="carry it out without asking")]
Only = Annotated[bool, typer.Option("--preview", help="show it and change nothing")]
Stay = Annotated[bool, typer.Option("--stay", help="the customer takes what is offered instead")]


@app.command("to")
def to(
    subscription: Subscription,
    plan: Annotated[str, typer.Argument(help="the code of the plan that they want")],
    actor: Actor = "",
    reason: Reason = "",
    when: Annotated[
        When | None, typer.Option(help="left out: more at once, less when the period ends that is paid")
    ] = None,
    yes: Yes = False,
    preview: Only = False,
    stay: Stay = False,
    state: State = HERE,
) -> None:
    """Another plan: what it costs, when, what is over the limits; and then, if you say so, the change itself."""
    with api(state) as ask:
        path = f"/v1/subscriptions/{quote(subscription_of(ask, subscription))}/plan-changes"
        shown = ask("POST", f"{path}/preview", {"plan": plan, **({"when": when} if when else {})})
        for line in change_lines(shown):
            typer.echo(line)
        _carry_out(ask, path, shown, actor=actor, reason=reason, yes=yes, preview=preview, stay=stay)


@app.command()
def cancel(
    subscription: Subscription,
    actor: Actor = "",
    reason: Reason = "",
    yes: Yes = False,
    preview: Only = False,
    stay: Stay = False,
    state: State = HERE,
) -> None:
    """The end with the period that is paid; until then `perdura override keep_subscription` takes it back."""
    with api(state) as ask:
        path = f"/v1/subscriptions/{quote(subscription_of(ask, subscription))}"
        shown = ask("POST", f"{path}/cancellation/preview", {})
        for line in leaving_lines(shown):
            typer.echo(line)
        where = f"{path}/plan-changes" if stay else f"{path}/cancellation"
        _carry_out(ask, where, shown, actor=actor, reason=reason, yes=yes, preview=preview, stay=stay)


@app.command("list")
def listed(subscription: Subscription, state: State = HERE) -> None:
    """What was confirmed, newest first: who, what, when its summary arrived, and what came of it."""
    with api(state) as ask:
        path = f"/v1/subscriptions/{quote(subscription_of(ask, subscription))}/plan-changes"
        for each in ask("GET", path)["data"]:
            to_plan = f" -> {each['plan_after']}" if each["plan_after"] else ""
            typer.echo(f"{each['id']}  {each['confirmed_at'][:16]}  {each['kind']}  {each['plan_before']}{to_plan}")
            told = f"; summary {each['summary_delivered_at'][:16]} UTC" if each["summary_delivered_at"] else ""
            typer.echo(f"    {each['state']} by {each['actor']}, effective {each['effective_at'][:16]} UTC{told}")


@app.command()
def offer(
    cause: Annotated[Cause, typer.Argument(help="to whom it is shown")],
    percent: Annotated[int, typer.Option(help="a discount of so much …")] = 0,
    months: Annotated[int, typer.Option(help="… for so many months")] = 0,
    pause_days: Annotated[int, typer.Option(help="a pause of so many days")] = 0,
    nothing: Annotated[bool, typer.Option("--nothing", help="offer nothing any more")] = False,
    state: State = HERE,
) -> None:
    """What is offered so that the customer stays. Without options: what is offered now."""
    with api(state) as ask:
        path = f"/v1/stay-offers/{cause}"
        if nothing:
            ask("DELETE", path)
        elif percent or months or pause_days:
            kind = OfferKind.PAUSE if pause_days else OfferKind.DISCOUNT
            given = {"percent": percent, "months": months, "days": pause_days}
            ask("PUT", path, {"kind": kind, **{name: value for name, value in given.items() if value}})
        told = ask("GET", "/v1/stay-offers")[cause]
        typer.echo(told["words"]["es"] if told else "nothing is offered")


def change_lines(shown: dict[str, Any]) -> Iterator[str]:
    """A preview of a change, line by line."""
    when = f"{shown['when'].replace('_', ' ')} ({shown['effective_at'][:16]} UTC)"
    yield f"{shown['kind']}: {shown['plan_before']} -> {shown['plan_after']}, {when}"
    yield f"price      {shown['price_before']['text']} -> {shown['price_after']['text']}"
    yield f"now        {shown['charged_now']['text']}"
    for line in shown["lines"]:
        yield f"             {line['amount']['text']}  {line['description']}"
    for each in shown["next_invoices"]:
        yield f"invoice    {each['amount']['text']} on {each['at'][:10]}"
    for limit in shown["limits"]:
        over = f", {limit['over']} over" if limit["over"] else ""
        yield f"limit      {limit['code']}: {_most(limit, 'before')} -> {_most(limit, 'after')} (used {limit['used']}{over})"
    for sign, name in (("+", "features_gained"), ("-", "features_lost")):
        for feature in shown[name]:
            yield f"feature    {sign} {feature['code']}"
    yield from _ends(shown)


def leaving_lines(shown: dict[str, Any]) -> Iterator[str]:
    """A preview of a cancellation, line by line."""
    yield f"cancellation of {shown['plan']} on {shown['ends_at'][:16]} UTC"
    for feature in shown["features_lost"]:
        yield f"feature    - {feature['code']}"
    if shown["dropped_change"]:
        yield f"dropped    the change to {shown['dropped_change']} that waits"
    yield from _ends(shown)


def _ends(shown: dict[str, Any]) -> Iterator[str]:
    for benefit in shown["benefits_left"]:
        yield f"unused     {benefit['left']} x {benefit['service']}"
    yield f"debt       {shown['debt_words']['en']}"
    yield f"CFDI       {shown['cfdi_words']['en']}"
    if shown["offer"]:
        yield f"offer      {shown['offer']['words']['en']} (--stay)"


def _most(limit: dict[str, Any], which: str) -> str:
    if not limit[f"counted_{which}"]:
        return "not counted"
    return "unlimited" if limit[which] is None else str(limit[which])


def _carry_out(
    ask: Callable[..., Any],
    path: str,
    shown: dict[str, Any],
    *,
    actor: str,
    reason: str,
    yes: bool,
    preview: bool,
    stay: bool,
) -> None:
    if preview:
        return
    who, why = actor or typer.prompt("Who orders it"), reason or typer.prompt("Why")
    what = "Give what is offered instead?" if stay else "Carry it out as shown?"
    if not (yes or typer.confirm(what)):
        raise typer.Exit(1)
    body = {"actor": who, "reason": why, "confirmation": shown["confirmation"]}
    told = ask("POST", f"{path}/stay" if stay else path, body)
    following = f"; next: {told['next_action']} at {told['next_action_at']}" if told["next_action"] else ""
    typer.echo(f"{told['change']}: {told['status']}{following}")
