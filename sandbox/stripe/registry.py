"""Which code answers which operation. Paths are the SDK's own templates."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.stripe.account import Account
from sandbox.stripe.refusal import invalid
from sandbox.stripe.store import Obj


class Params(dict[str, Any]):
    """Typed parameters that remember which of them anybody looked at: what nobody did has no effect here."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        super().__init__(given)
        self.unread = set(given)

    def __getitem__(self, name: str) -> Any:
        self.unread.discard(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """As of any dict."""
        self.unread.discard(name)
        return super().get(name, default)

    def items(self) -> Any:
        """As of any dict."""
        self.unread.clear()
        return super().items()


@dataclass(frozen=True, slots=True)
class Call:
    """One request: typed ``params`` and the ids found in the path."""

    account: Account
    params: dict[str, Any]
    ids: Mapping[str, str] = field(default_factory=dict)
    path: str = ""

    @property
    def id(self) -> str:
        """The first id in the path."""
        return next(iter(self.ids.values()))


Handler = Callable[[Call], Obj]


@dataclass(frozen=True, slots=True)
class Route:
    """``template`` is the path as the SDK writes it."""

    method: str
    template: str
    pattern: re.Pattern[str]
    handler: Handler


ROUTES: list[Route] = []


def operation(method: str, template: str) -> Callable[[Handler], Handler]:
    """Let the function answer this operation."""

    def register(handler: Handler) -> Handler:
        add(method, template, handler)
        return handler

    return register


def add(method: str, template: str, handler: Handler) -> None:
    """Let ``handler`` answer the operation."""
    pattern = re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template) + "$")
    ROUTES.append(Route(method, template, pattern, handler))
    # A literal segment (``/v1/invoices/create_preview``) wins over an id.
    ROUTES.sort(key=lambda route: (route.template.count("{"), route.template))


def match(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route and the path's ids. Raises Refusal (404) for what the sandbox does not serve."""
    for route in ROUTES:
        found = route.pattern.match(path) if route.method == method else None
        if found:
            return route, found.groupdict()
    raise invalid(f"Unrecognized request URL ({method}: {path}).", status=404)


def known() -> Iterable[tuple[str, str]]:
    """Every operation served."""
    return [(route.method, route.template) for route in ROUTES]
