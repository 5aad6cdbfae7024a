"""The sandbox's one process: Stripe, Twilio and the PAC over HTTP on one port, and an SMTP mailbox."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncIterator, Iterator

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import control, mailbox, memory, pac
from sandbox.hangup import Wire
from sandbox.html import page
from sandbox.mailbox_pages import MailboxPages
from sandbox.settings import SandboxSettings
from sandbox.stripe.operations import register
from sandbox.stripe.pages import Pages
from sandbox.twilio.routes import Exchange
from sandbox.world import World


def build(settings: SandboxSettings) -> FastAPI:
    """The HTTP side. The clock and the deliveries run with the application's lifespan; ``app.state.world`` is the
    pretended world. Raises ValueError when the state file cannot be read."""
    register()
    world = World.new(settings)
    if settings.state_file:
        memory.read(world, settings.state_file)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with world.alive():
            keeper = asyncio.create_task(memory.keep(world, settings.state_file)) if settings.state_file else None
            yield
            if keeper:
                keeper.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await keeper

    app = FastAPI(title="Perdura sandbox", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.world = world
    app.router.routes.extend(
        [
            Route("/v1/{path:path}", world.gate, methods=["GET", "POST", "DELETE"]),
            *Exchange(world.line, world.walker, world.faults, world.journal).routes(),
            *Pages(world.account).routes(),
            *MailboxPages(world.mailbox, world.line).routes(),
            *control.routes(world),
            Route("/", _front),
        ]
    )
    app.include_router(pac.router(settings))
    return app


async def _front(_: Request) -> Response:
    links = '<p><a href="/mailbox">Buzón / Mailbox</a></p><p><a href="/_sandbox">Estado / State</a></p>'
    return page("Perdura sandbox", links)


class Quiet(uvicorn.Server):
    """uvicorn without its signal handlers, which end the process with the signal instead of returning."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever serves."""
        yield

    def stop(self) -> None:
        """Finish what is being answered and return."""
        self.should_exit = True


async def serve(settings: SandboxSettings) -> None:
    """Serve until cancelled or told to stop (SIGTERM, SIGINT). Raises OSError when a port is taken."""
    app = build(settings)
    smtp = await mailbox.listen(app.state.world.mailbox, settings.host, settings.smtp_port)
    config = uvicorn.Config(
        Wire(app),
        host=settings.host,
        port=settings.port,
        log_level="critical",  # a connection cut on purpose is an error to uvicorn
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = Quiet(config)
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, server.stop)
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(serving)
    finally:
        # Cancelled or not, the server stops in its own way, which ends the loops and writes the state.
        server.stop()
        await serving
        smtp.close()
        await smtp.wait_closed()
