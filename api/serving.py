"""The server of the API, as the composition root runs it."""

import asyncio
import contextlib
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from models.settings import Settings


class Served(uvicorn.Server):
    """Signals are the caller's business: whoever runs us cancels us, and requests in progress are answered first."""

    @classmethod
    def of(cls, app: FastAPI, settings: Settings) -> "Served":
        """At the address that settings name."""
        config = uvicorn.Config(
            app,
            settings.api_host,
            settings.api_port,
            log_config=None,
            access_log=False,
            # Who may say that a request comes from elsewhere: by default nobody, or limits by address could be walked around.
            forwarded_allow_ips=settings.trusted_proxies,
            proxy_headers=bool(settings.trusted_proxies),
        )
        return cls(config)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def until_cancelled(self) -> None:
        serving = asyncio.create_task(self.serve())
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            self.should_exit = True
            await serving
            raise
