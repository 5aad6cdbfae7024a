"""Every route says who may use it; the app does not start with one that does not.

A new route declares its permission in its decorator (or its router's, for all of its routes), and nothing else:

    from api.access import needs
    from api.deps import Caller, Ctx
    from models.access.permissions import Permission

    router = APIRouter(prefix="/v1/attention", tags=["attention"], dependencies=[needs(Permission.READ)])

    @router.post("/{id}/seen", dependencies=[needs(Permission.ORDER)])     # the stricter of several declarations counts: all are asked

What the permissions mean, and which roles and scopes have them, is the table in `models/access/permissions.py`; a kind of thing that is
not there yet gets a line there. A route without a tenant's credentials is declared with `public("why nobody needs to be known")`.
The handler takes `tenant: Caller` (whose data it may touch) or `who: Who` (the principal: user or key). 401, 403, 413, 429 and the
400 and 422 of a body are added to the OpenAPI for every declared route; the route itself names only what is its own.
`Idempotency-Key` and the rate limits work for every route without its doing.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import Depends
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from api.deps import Who
from api.problems import Problem
from api.refusals import ApiWhy
from models.access.permissions import Permission


class Needs:
    """Lets through who has the permission."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, who: Who) -> None:
        if not who.may(self.permission):
            mine = f"role '{who.role}'" if who.role else f"API key '{who.name}'"
            raise Problem(403, ApiWhy.FORBIDDEN(mine=mine, permission=self.permission), kind="forbidden")


class Public:
    """Lets everybody through, for a reason."""

    def __init__(self, why: str) -> None:
        self.why = why

    async def __call__(self) -> None: ...


class Undeclared(Exception):
    """A route says neither which permission it needs nor why it needs none."""


def needs(permission: Permission) -> Any:
    """The declaration of a route that only those with the permission may use."""
    return Depends(Needs(permission))


def public(why: str) -> Any:
    """The declaration of a route that needs no credentials of a tenant."""
    return Depends(Public(why))


def routes(found: Sequence[BaseRoute]) -> Iterator[tuple[str, str, list[Needs | Public]]]:
    """Method, path and declarations of every route of ours among these."""
    for context in iter_route_contexts(found):
        # The page of the description is drawn by a route too; it tells what this file's reader knows.
        if isinstance(context.original_route, APIRoute) and not (context.path or "").startswith("/docs"):
            declared = list(_declared(context.dependant))
            for method in sorted(context.methods or ()):
                yield method, context.path or "", declared


def insist(found: Sequence[BaseRoute]) -> None:
    """Raises Undeclared, naming the routes that declare nothing, or that are public and guarded at once."""
    wrong = [
        f"{method} {path}" for method, path, declared in routes(found) if len({type(each) for each in declared}) != 1
    ]
    if wrong:
        raise Undeclared(f"declare a permission with api.access.needs or public: {', '.join(wrong)}")


def _declared(dependant: Dependant) -> Iterator[Needs | Public]:
    for each in dependant.dependencies:
        if isinstance(each.call, Needs | Public):
            yield each.call
        yield from _declared(each)
