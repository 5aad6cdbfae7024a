"""The ports of the embedded stack: each has a default and a setting that moves it."""

import os
import socket
from contextlib import ExitStack, closing
from dataclasses import dataclass, fields

from sandbox.obstacle import Obstacle
from sandbox.temporal import DevServer

HOST = "127.0.0.1"
SETTINGS = {
    "temporal": "PERDURA_TEMPORAL_PORT",
    "ui": "PERDURA_TEMPORAL_UI_PORT",
    "api": "PERDURA_API_PORT",
    "sandbox": "PERDURA_SANDBOX_PORT",
    "smtp": "PERDURA_SANDBOX_SMTP_PORT",
}
TITLES = {
    "temporal": "Temporal",
    "ui": "the Temporal UI",
    "api": "the API",
    "sandbox": "the sandbox",
    "smtp": "the mailbox (SMTP)",
}


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each part listens."""

    temporal: int
    ui: int
    api: int
    sandbox: int
    smtp: int

    @classmethod
    def usual(cls, server: DevServer) -> "Ports":
        """The defaults, each moved by its setting. Raises Obstacle on a setting that is no port."""
        usual = cls(server.port, server.ui_port, 8400, 8420, 8425)
        return cls(**{name: _set(name) or getattr(usual, name) for name in SETTINGS})

    @classmethod
    def free(cls) -> "Ports":
        """Ports nobody uses, but those that are set."""
        with ExitStack() as stack:
            found = {}
            for name in SETTINGS:
                found[name] = _set(name)
                if not found[name]:
                    listener = stack.enter_context(closing(socket.socket()))
                    listener.bind((HOST, 0))
                    found[name] = listener.getsockname()[1]
        return cls(**found)

    def check(self) -> None:
        """Raises Obstacle naming the port in use and the setting that moves it."""
        seen: dict[int, str] = {}
        for field in fields(self):
            port, name = getattr(self, field.name), field.name
            if port in seen:
                raise Obstacle(
                    f"port {port} is wanted twice: set {SETTINGS[name]} or {SETTINGS[seen[port]]} to another"
                )
            seen[port] = name
            with closing(socket.socket()) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, port))
                except OSError:
                    raise Obstacle(
                        f"port {port}, for {TITLES[name]}, is in use: set {SETTINGS[name]} to another"
                    ) from None


def _set(name: str) -> int:
    text = os.environ.get(SETTINGS[name], "").strip()
    if not text:
        return 0
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Obstacle(f"{SETTINGS[name]}: '{text}' is not a port; use a number from 1 to 65535")
    return int(text)
