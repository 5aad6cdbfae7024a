"""What every command shares: running until interrupted, ending with one clear message, finding the stack and the API."""

import asyncio
import os
import signal
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import httpx
import typer

from activities.failures import Failure
from models.people import FieldInvalid
from models.policies.policy_page import PolicyInvalid
from models.settings import Settings, SettingsIncomplete, load
from sandbox import environment
from sandbox.obstacle import Obstacle

T = TypeVar("T")

State = Annotated[Path, typer.Option("--state", envvar="PERDURA_STATE", help="directory that holds the embedded stack")]
HERE = Path(".perdura")
_UNCERTAIN = (500, 502, 503, 504)  # nobody knows whether it was carried out
_TRIES = 90  # a try that died holds its key for a minute


def group(help: str) -> typer.Typer:
    """A family of commands."""
    return typer.Typer(help=help, no_args_is_help=True)


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
    except FieldInvalid as fault:
        stop(f"{fault.field}: {fault}")
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


def minute(iso: str | None) -> str:
    """`2026-11-21 18:00 UTC`; nothing for none."""
    return f"{iso[:16].replace('T', ' ')} UTC" if iso else ""


def whose(customer: str) -> dict[str, str]:
    """How the API is told whom an argument means: a subscription's id, or the business's own reference."""
    return {"subscription" if customer.startswith("s_") else "customer_reference": customer}


@contextmanager
def api(state: Path) -> Iterator[Callable[..., Any]]:
    """A function that asks the API and answers with JSON; a problem ends the command with the API's own words.

    What changes something has an `Idempotency-Key`, and is asked for again with it when the answer is lost. A command that lets people
    do so too gives the key as `order`: where nobody knows whether it was carried out, the message names it.
    """
    environment.apply(state)
    url, key = os.environ.get("PERDURA_PUBLIC_URL", "http://127.0.0.1:8400"), os.environ.get("PERDURA_API_KEY", "")
    if not key:
        stop("PERDURA_API_KEY: set it to the tenant's API key, which perdura tenant create printed")
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=30) as http:

        def ask(method: str, path: str, body: dict[str, Any] | None = None, *, order: str = "") -> Any:
            again = f"; to repeat it as the same order: --key {order}" if order else ""
            once = {} if method == "GET" else {"Idempotency-Key": order or str(uuid.uuid4())}
            try:
                told = (answer := _persistently(http.build_request(method, path, json=body, headers=once), http)).json()
            except (httpx.HTTPError, ValueError):
                where = f"the API does not answer at {url}: is perdura up running? PERDURA_PUBLIC_URL points elsewhere"
                stop(f"{where}{again}")
            if not answer.is_success and "detail" in told:
                stop(f"{told['detail']}{again if answer.status_code in _UNCERTAIN else ''}")
            return told

        yield ask


def _persistently(request: httpx.Request, http: httpx.Client) -> httpx.Response:
    """The answer; asked for once more where it was lost, and again for as long as the API says that the first try is still at work."""
    try:
        answer = http.send(request)
    except httpx.TransportError:
        answer = http.send(request)
    for _ in range(_TRIES):
        if answer.status_code != 409 or "Retry-After" not in answer.headers:
            break
        time.sleep(int(answer.headers["Retry-After"]))
        answer = http.send(request)
    return answer
