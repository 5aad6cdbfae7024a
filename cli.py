"""`perdura …`: the stack, its parts, and what an operator does from a terminal. Whatever goes wrong is one clear message."""

import asyncio
import os
import re
import signal
import sys
import unicodedata
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar
from urllib.parse import quote
from zoneinfo import available_timezones

import httpx
import typer

from activities.failures import Failure
from models.money import Money
from models.plans import Interval, Plan
from models.policy import Policy, PolicyInvalid, parse
from models.records import Tenant
from models.settings import Settings, SettingsIncomplete, load
from sandbox import environment
from sandbox.obstacle import Obstacle
from sandbox.stack import Stack
from workflows.interface import CaseCommand, SubscriptionCommand

T = TypeVar("T")

# Every order support may give; the API says what each of them needs.
ORDERS = [str(c) for c in (*CaseCommand, *SubscriptionCommand) if c is not SubscriptionCommand.REFRESH]

app = typer.Typer(
    help="Durable subscription billing and collections.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
temporal_app = typer.Typer(help="The Temporal server.", no_args_is_help=True)
tenant_app = typer.Typer(help="Businesses that sell with Perdura.", no_args_is_help=True)
plan_app = typer.Typer(help="What is sold.", no_args_is_help=True)
policy_app = typer.Typer(help="Dunning policies.", no_args_is_help=True)
for name, part in (("temporal", temporal_app), ("tenant", tenant_app), ("plan", plan_app), ("policy", policy_app)):
    app.add_typer(part, name=name)

State = Annotated[Path, typer.Option("--state", envvar="PERDURA_STATE", help="directory that holds the embedded stack")]
Day = Annotated[float, typer.Option("--day", min=0.5, help="length of a calendar day in seconds")]
HERE = Path(".perdura")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, or until Ctrl-C, SIGTERM or SIGHUP. What was to be expected becomes one message and exit code 1."""

    async def interruptible() -> T:
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        return await work

    try:
        return asyncio.run(interruptible())
    except asyncio.CancelledError:
        raise typer.Exit(130) from None
    except (Obstacle, SettingsIncomplete, PolicyInvalid, Failure) as told:
        stop(str(told))
    except (httpx.HTTPError, RuntimeError) as error:  # RuntimeError: temporalio's refused connection
        stop(f"cannot be reached: {error}")


def stop(why: str) -> NoReturn:
    """End with a message on standard error."""
    typer.echo(why, err=True)
    raise typer.Exit(1)


def settings(state: Path) -> Settings:
    """From the environment, and from the embedded stack in `state` where that says nothing."""
    environment.apply(state)
    try:
        return load()
    except SettingsIncomplete as told:
        stop(str(told))


def name_temporal() -> None:
    """Which Temporal is meant must be said: by the environment, a profile of Temporal's own, or the embedded stack."""
    from temporalio.envconfig import ClientConfig

    if not ClientConfig.load_client_connect_config().get("target_host"):
        stop("TEMPORAL_ADDRESS: set it to the Temporal server's host:port, or start perdura up here first")


async def open_shop(stack: Stack) -> str:
    """The shop of a stack that is being started; its API key."""
    from sandbox import shop
    from worker import gateways

    os.environ.update(stack.env)
    async with gateways(load()) as shared:
        return await shop.open_shop(shared.store, stack.state)


@app.command()
def up(state: State = HERE, day: Day = 86_400.0) -> None:
    """Run the embedded stack until Ctrl-C. Its state stays: the next run goes on where this one stopped."""
    from sandbox.resident import reside

    run(reside(state, day_seconds=day, prepare=open_shop))


@app.command()
def demo(day: Day = 2.0) -> None:
    """Nine subscribers live through the whole collections timeline, and the outcome is checked."""
    from sandbox.demo.show import show

    sys.exit(run(show(day_seconds=day, open_shop=open_shop)))


@app.command("worker")
def run_worker(state: State = HERE) -> None:
    """Run the worker until it is told to stop."""
    import worker

    told = settings(state)
    name_temporal()
    run(worker.main(told))


@app.command("api")
def run_api(state: State = HERE) -> None:
    """Serve the API until it is told to stop."""
    import worker

    told = settings(state)
    name_temporal()
    run(worker.serve(told))


@app.command("sandbox")
def run_sandbox(state: State = HERE) -> None:
    """Serve the local Stripe, Twilio, PAC and mailbox until told to stop."""
    environment.apply(state)
    from sandbox.server import serve
    from sandbox.settings import SandboxSettings

    run(serve(SandboxSettings()))


@app.command()
def migrate(state: State = HERE) -> None:
    """Bring the database up to the tables of this release. Doing it again changes nothing."""
    environment.apply(state)
    from models.migrations.run import upgrade

    url = os.environ.get("PERDURA_DATABASE_URL") or str(Settings.model_fields["database_url"].default)
    run(upgrade(url))
    typer.echo("the database is up to date")


@temporal_app.command("setup")
def temporal_setup(state: State = HERE) -> None:
    """Give the server of TEMPORAL_ADDRESS the namespace and search attributes of temporal-dev.yaml. Doing it again changes nothing."""
    environment.apply(state)
    name_temporal()
    from sandbox import namespace, temporal
    from workflows.connection import connect

    async def setup() -> list[str]:
        return await namespace.prepare(await connect(), temporal.read())

    for line in run(setup()) or ["nothing to do"]:
        typer.echo(line)


@tenant_app.command("create")
def tenant_create(
    name: str,
    id: Annotated[str, typer.Option(help="short name used in ids; left out: made from the name")] = "",
    zone: Annotated[str, typer.Option(help="IANA time zone of its customers")] = "America/Mexico_City",
    state: State = HERE,
) -> None:
    """Enter a business that sells with Perdura, and print its API key: it is shown this once."""
    short = id or re.sub(
        r"[^a-z0-9]+", "-", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    )
    short = short.strip("-")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", short):
        stop("--id: use 1 to 32 lower-case letters, digits and -")
    if zone not in available_timezones():
        stop(f"--zone: '{zone}' is not a time zone; use one such as America/Tijuana")

    async def create() -> str:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            await shared.store.create_tenant(Tenant(short, name, zone))
            return await shared.store.issue_key(short)

    key = run(create())
    typer.echo(f"tenant {short}\nAPI key {key}")


@plan_app.command("create")
def plan_create(
    tenant: str,
    code: str,
    name: str,
    price: Annotated[str, typer.Argument(help="with VAT, in pesos: 299.00")],
    interval: Annotated[Interval, typer.Option(help="how often it is charged")] = Interval.MONTH,
    trial_days: Annotated[int, typer.Option(min=0, max=730)] = 0,
    state: State = HERE,
) -> None:
    """Add a plan, or change it for those who subscribe from now on."""
    match = re.fullmatch(r"(\d{1,7})(?:\.(\d{2}))?", price)
    if match is None:
        stop(f"price: '{price}' is not an amount; write pesos and centavos, e.g. 299.00")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", code):
        stop("code: use 1 to 64 letters, digits, - and _")
    plan = Plan(tenant, code, name, Money(int(match[1]) * 100 + int(match[2] or 0)), interval, trial_days)

    async def create() -> None:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            await shared.store.tenant(tenant)
            await shared.store.save_plan(plan)

    run(create())
    typer.echo(f"plan {code}: {plan.price} a {interval}, {trial_days} days of trial")


@policy_app.command("check")
def policy_check(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Read a dunning policy and say what it does, or what is wrong with it."""
    typer.echo(described(read_policy(file)))


@policy_app.command("set")
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


@app.command()
def override(
    command: Annotated[str, typer.Argument(help=", ".join(ORDERS))],
    subscription: Annotated[str, typer.Argument(help="its id (s_…), or your own reference of the customer")],
    actor: Annotated[str, typer.Option(help="who orders it; kept in the audit")],
    reason: Annotated[str, typer.Option(help="why; kept in the audit")],
    days: Annotated[float | None, typer.Option(help="extend_grace, restore_now")] = None,
    step: Annotated[int | None, typer.Option(help="skip_to_step: counted from 1")] = None,
    method: Annotated[str | None, typer.Option(help="record_external_payment: spei or cash")] = None,
    reference: Annotated[str | None, typer.Option(help="record_external_payment: tracking key or receipt")] = None,
    invoice: Annotated[str | None, typer.Option(help="which unpaid invoice; left out: the oldest")] = None,
    at_period_end: Annotated[bool | None, typer.Option("--at-period-end/--now", help="cancel: when")] = None,
    state: State = HERE,
) -> None:
    """Give a running subscription an order, through the API of PERDURA_PUBLIC_URL with the key in PERDURA_API_KEY."""
    if command not in ORDERS:
        stop(f"there is no order '{command}'; use one of {', '.join(ORDERS)}")
    given = {"days": days, "step": step, "method": method, "reference": reference, "invoice": invoice}
    body = {name: value for name, value in {**given, "at_period_end": at_period_end}.items() if value is not None}
    with api(state) as ask:
        found = subscription
        if not subscription.startswith("s_"):
            found = ask("GET", f"/v1/billing/subscription?customer_reference={quote(subscription)}")["id"]
        path = f"/v1/subscriptions/{quote(found)}/overrides/{command}"
        told = ask("POST", path, {"actor": actor, "reason": reason, **body})
    following = f"; next: {told['next_action']} at {told['next_action_at']}" if told["next_action"] else ""
    typer.echo(f"{told['status']}{following}")


@app.command()
def status(state: State = HERE) -> None:
    """The parts' health and every subscription, through the API of PERDURA_PUBLIC_URL with the key in PERDURA_API_KEY."""
    from rich.console import Console
    from rich.table import Table

    with api(state) as ask:
        parts = ask("GET", "/ready")
        page = ask("GET", "/v1/subscriptions?limit=200")
    table = Table("Customer", "Subscription", "Plan", "Status", "Due", "Next action", "At (UTC)", box=None)
    for view in page["data"]:
        due = view["amount_due"]["text"] if view["amount_due"]["centavos"] else ""
        at = (view["next_action_at"] or "")[:19].replace("T", " ")
        table.add_row(
            view["customer_reference"], view["id"], view["plan"], view["status"], due, view["next_action"], at
        )
    console = Console()
    console.print(", ".join(f"{part} {word}" for part, word in parts.items()))
    console.print(table)


@contextmanager
def api(state: Path) -> Iterator[Callable[..., Any]]:
    """A function that asks the API and answers with JSON; a problem ends the command with the API's own words."""
    environment.apply(state)
    url, key = os.environ.get("PERDURA_PUBLIC_URL", "http://127.0.0.1:8400"), os.environ.get("PERDURA_API_KEY", "")
    if not key:
        stop("PERDURA_API_KEY: set it to the tenant's API key, which perdura tenant create printed")
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=30) as http:

        def ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
            try:
                answer = http.request(method, path, json=body)
                told = answer.json()
            except (httpx.HTTPError, ValueError):
                stop(f"the API does not answer at {url}: is perdura up running? PERDURA_PUBLIC_URL points elsewhere")
            if not answer.is_success and "detail" in told:
                stop(str(told["detail"]))
            return told

        yield ask


if __name__ == "__main__":
    app()
