"""``python -m sandbox``: the sandbox by itself, set by ``PERDURA_SANDBOX_…``."""

import asyncio

from sandbox.server import serve
from sandbox.settings import SandboxSettings

if __name__ == "__main__":
    asyncio.run(serve(SandboxSettings()))
