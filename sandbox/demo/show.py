"""`perdura demo`: the whole collections timeline on a real Temporal server, with days of a few seconds, and its outcome checked."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console
from rich.live import Live

from sandbox.demo.acts import SCRIPTS
from sandbox.demo.outside import Outside
from sandbox.demo.scene import Person, Scene
from sandbox.demo.screen import Screen, differences, outcomes
from sandbox.demo.shopfront import Shopfront
from sandbox.demo.witness import Verdict, verdicts
from sandbox.obstacle import Obstacle
from sandbox.ports import HOST, Ports
from sandbox.resident import addresses
from sandbox.stack import Stack

WIDTH = 150  # where there is no terminal to ask
SETTLING_SECONDS = 15.0  # messages and invoices still under way when the last act is over


async def show(*, day_seconds: float, open_shop: Callable[[Stack], Awaitable[str]]) -> int:
    """Run the demo; the answer is the exit code. `open_shop` makes the shop in a stack and gives its API key.

    Raises:
        Obstacle: the stack cannot start, or a part of it ended by itself.
    """
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    attended = console.is_terminal and sys.stdin.isatty()
    state = Path(tempfile.mkdtemp(prefix="perdura-demo-"))
    stack = Stack(state, Ports.free(), day_seconds=day_seconds, real={})
    key = ""

    async def prepare() -> None:
        nonlocal key
        key = await open_shop(stack)

    kept = False
    try:
        console.print("Starting a real Temporal server, the sandbox, the API and a worker …")
        async with stack.running(prepare):
            console.print(addresses(stack))
            seen, broken = await _with_watch(stack, _play(stack, key, console))
            wrong = differences(seen) + broken
            kept = bool(wrong)
            console.print(outcomes(seen))
            for line in wrong:
                console.print(line, style="red", soft_wrap=True, markup=False)
            if not wrong:
                console.print("Everybody ended as expected; every charge, notice and tax invoice exactly once.")
            if attended:
                console.print(addresses(stack))
                console.print("The stack stays up so that you can look around: Ctrl-C stops it.")
                await _linger(stack)
        return 1 if wrong else 0
    except Obstacle:
        kept = True
        raise
    finally:
        if kept:
            console.print(f"The logs are kept in {state / 'logs'}.")
        else:
            shutil.rmtree(state, ignore_errors=True)


Played = tuple[list[Verdict], list[str]]


async def _play(stack: Stack, key: str, console: Console) -> Played:
    """Raise the curtain, wait for every act to end, and let what is under way arrive: what came of everybody, and what
    was said or asked at Stripe and Twilio against their contracts."""
    shop = Shopfront(stack.env["PERDURA_PUBLIC_URL"], key)
    outside = Outside(f"http://{HOST}:{stack.ports.sandbox}", stack.env["PERDURA_STRIPE_KEY"])
    screen = Screen(console)
    scene = screen.scene = Scene(shop, outside, stack.day_seconds, screen.tell)
    people = [Person(scene, life.role) for life in scene.lives.values()]
    live = Live(screen, console=console, refresh_per_second=4) if console.is_terminal else nullcontext()
    try:
        with live:
            await _acts(scene, people)
            return await _settled(scene), await outside.violations()
    finally:
        for person in people:
            await person.browser.close()
        await shop.close()
        await outside.close()


async def _acts(scene: Scene, people: list[Person]) -> None:
    """Everybody at once. An act that fails is told and leaves its trace in the outcome; the others go on."""
    watching = asyncio.create_task(scene.watch())
    acting = asyncio.ensure_future(_all(people))
    try:
        await asyncio.wait([watching, acting], return_when=asyncio.FIRST_COMPLETED)
        if not acting.done():
            watching.result()
        await acting
    finally:
        watching.cancel()
        acting.cancel()
        await asyncio.gather(watching, acting, return_exceptions=True)


async def _all(people: list[Person]) -> None:
    await asyncio.gather(*(_act(person) for person in people))


async def _act(person: Person) -> None:
    await asyncio.sleep(person.role.arrives * person.scene.day_seconds)
    try:
        await SCRIPTS[person.role.reference](person)
    except Obstacle as obstacle:
        person.does(f"gives up: {obstacle}")


async def _settled(scene: Scene) -> list[Verdict]:
    end = asyncio.get_running_loop().time() + SETTLING_SECONDS
    while True:
        seen = await verdicts(scene)
        if all(verdict.right for verdict in seen) or asyncio.get_running_loop().time() > end:
            return seen
        await asyncio.sleep(0.5)


async def _with_watch(stack: Stack, work: Awaitable[Played]) -> Played:
    """The work's result, unless a part of the stack ends by itself first."""
    working, watching = asyncio.ensure_future(work), asyncio.create_task(stack.watch())
    try:
        await asyncio.wait([working, watching], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            watching.result()
        return await working
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


async def _linger(stack: Stack) -> None:
    try:
        await stack.watch()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()  # Ctrl-C here is the way out, not a failure
