"""Who acts when something falls due. The billing engine looks here; each noun registers what time does to it."""

from collections.abc import Callable

from sandbox.stripe.account import Account
from sandbox.stripe.store import Obj

When = Callable[[Account, Obj, str], None]
HANDLERS: dict[str, When] = {}


def on(kind: str) -> Callable[[When], When]:
    """Let the function handle due things of this kind (what precedes a colon; the rest is handed over)."""

    def register(handler: When) -> When:
        HANDLERS[kind] = handler
        return handler

    return register
