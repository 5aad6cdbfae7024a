"""An order on a thing's own page at the console: how it is offered there, and how its form is carried out."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request, Response

from api.console.forms import FAULTS, Wrong, written, wrong
from api.console.frame import done
from api.console.visitor import Visitor
from api.deps import By, Context
from api.problems import Problem
from models.access.permissions import Permission
from models.words import Words

Form = Mapping[str, str]
Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class Offered:
    """An order as it is offered; `order` is the last part of the API's address.

    `fiscal`: it asks for the customer's tax data; `final`: it cannot be taken back.
    """

    order: str
    name: Words
    does: Words
    permission: Permission = Permission.ORDER
    fiscal: bool = False
    final: bool = False

    @property
    def path(self) -> str:
        """The last parts of its address: what the books feel asks for another permission."""
        return f"{'money' if self.permission is Permission.MONEY else 'order'}/{self.order}"


def allowed(visitor: Visitor, offers: Sequence[Offered]) -> list[Offered]:
    """Those that whoever looks may give."""
    return [each for each in offers if visitor.may(each.permission)]


def known(orders: Mapping[str, Given], order: str) -> Given:
    """The order of that name. Raises Problem, 404."""
    if order not in orders:
        raise Problem(404, f"there is no order '{order}'", kind="missing")
    return orders[order]


async def carried_out(
    give: Callable[[Form, By], Awaitable[object]],
    again: Callable[[Wrong], Awaitable[Response]],
    *,
    back: str,
    request: Request,
    context: Context,
    visitor: Visitor,
) -> Response:
    """Give what was written, and go `back` to the page; or show it `again`, with what is wrong at its field."""
    form = {"reason": ""} | await written(request)
    try:
        await give(form, visitor.by())
    except FAULTS as error:
        return await again(wrong(error, form, visitor.language))
    words = visitor.say("La orden quedó dada y anotada en la auditoría.", "The order is given, and noted in the audit.")
    return done(context, back, words)
