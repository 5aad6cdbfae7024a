"""Routes that answer people with pages, also when something fails: a small page in place of a problem for programs."""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import Request, Response
from fastapi.routing import APIRoute

from activities.failures import Failure, Missing
from activities.ports.processes import ProcessesUnavailable
from api.deps import Context
from api.pages.pages import Page, page
from api.problems import RESPONSES
from models.speaking.links import Purpose, opened

_HTML = {"text/html": {"schema": {"type": "string"}}}

PAGES: dict[int | str, dict[str, Any]] = {
    200: {"description": "the page", "content": _HTML},
    404: {"description": "a page: there is nothing here", "content": _HTML},
    422: {
        "description": "the page again, with what is wrong; or a problem",
        "content": _HTML | RESPONSES[422]["content"],
    },
    503: {"description": "a page: try again in a minute; or a problem", "content": _HTML | RESPONSES[503]["content"]},
}
LINKED = PAGES | {404: {"description": "a page: the link is not valid", "content": _HTML}}


class Instead(Exception):
    """Raised where another page is shown in place of the one that was asked for."""

    def __init__(self, shown: Response) -> None:
        super().__init__()
        self.shown = shown


class PageRoute(APIRoute):
    """For a router of pages: `APIRouter(route_class=PageRoute)`."""

    missing: ClassVar[Page] = Page.NOT_HERE

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def shown(request: Request) -> Response:
            try:
                return await answer(request)
            except Instead as instead:
                return instead.shown
            except Missing:
                return page(self.missing, 404)
            except (ProcessesUnavailable, Failure):
                return page(Page.LATER, 503)

        return shown


class LinkRoute(PageRoute):
    """For pages whose address is a signed link in a message: what it does not lead to (any more) is a link that is not valid."""

    missing: ClassVar[Page] = Page.BAD_LINK


def subject(context: Context, token: str, purpose: Purpose) -> tuple[str, str]:
    """The tenant and the thing that a link of this purpose speaks of. Raises Missing."""
    found = opened(token, context.settings.link_secret)
    if found is None or found[0] is not purpose:
        raise Missing("the link is not valid")
    return found[1], found[2]
