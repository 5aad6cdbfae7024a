"""HTTP to addresses that tenants have written: only public ones, looked at when they are connected to, and no redirect followed.

Below httpx, because only there can the address be looked at that is then connected to: a name that was looked up before could lead
elsewhere the next time (DNS rebinding). Each attempt has a connection of its own, and proxies of the environment are not asked.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Mapping
from typing import Any

import httpcore

from models.telling.addresses import public
from models.telling.deliveries import ANSWER_WITHIN, Reply

_SECONDS = ANSWER_WITHIN.total_seconds()


class NotPublic(Exception):
    """A name leads to an address that only we may reach."""


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to the very address it has looked at."""

    def __init__(self, *, local: bool) -> None:
        self._local = local
        self._wire = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
        if not self._local and not all(public(address) for address in addresses):
            raise NotPublic
        failure: Exception = OSError("no address")
        for address in addresses:
            try:
                return await self._wire.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class WebhookSender:
    """The way to a tenant's endpoint. `local`, for development, lets it also go to addresses that are not public."""

    def __init__(self, *, local: bool = False, trust: ssl.SSLContext | None = None) -> None:
        """`trust`: whose certificates are believed; left out: the public authorities."""
        self._local = local
        self._trust = trust

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """One POST; whatever comes of it is an answer."""
        try:
            async with asyncio.timeout(_SECONDS):
                return Reply(await self._status(url, {"User-Agent": "Perdura", **headers}, body))
        except (TimeoutError, httpcore.TimeoutException):
            return Reply(error=f"no answer within {_SECONDS:.0f} s")
        except NotPublic:
            return Reply(error="its name leads to an address that is not public")
        except socket.gaierror:
            return Reply(error="its name is not known")
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, UnicodeError) as error:
            return Reply(error=_why(error))

    async def _status(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        wire = httpcore.AsyncConnectionPool(ssl_context=self._trust, network_backend=_Guarded(local=self._local))
        async with wire, wire.stream("POST", url, headers=[*headers.items()], content=body) as response:
            return response.status  # what it says besides is not read


def _why(error: BaseException) -> str:
    """Told without what the other side says: that is theirs, and may hold anything."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not good: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return "no TLS connection"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore.ConnectError | OSError):
        return "no connection"
    return "the connection ended without an answer"
