"""Routes that answer people with pages, also when something fails: a small page in place of a problem for programs."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from activities.failures import Failure, Missing
from activities.ports.processes import ProcessesUnavailable
from api.pages import Page, page
from api.problems import RESPONSES

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


class PageRoute(APIRoute):
    """For a router of pages: `APIRouter(route_class=PageRoute)`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def shown(request: Request) -> Response:
            try:
                return await answer(request)
            except Missing:
                return page(Page.NOT_HERE, 404)
            except (ProcessesUnavailable, Failure):
                return page(Page.LATER, 503)

        return shown
