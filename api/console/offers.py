"""An order that the console offers: its button, what it asks for, and how a form is read into the very body that the API takes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from api.orders import Order
from models.access.permissions import Permission
from models.collecting.promises import EVENING
from models.commands import CaseCommand, SubscriptionCommand
from models.periods import Calendar, written_day
from models.words import Words

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Box:
    """A field of a form. `kind` is the input's type, or choice; `wrong` says what to write where it cannot be used."""

    name: str
    label: Words
    kind: str = "text"
    value: str = ""
    choices: Sequence[tuple[str, Words]] = ()
    hint: Words = field(default_factory=Words)
    wrong: Words = field(default_factory=Words)


@dataclass(frozen=True, slots=True)
class Offer:
    """An order as it is offered. `does` says what it does in a sentence; `final`: it cannot be taken back.

    `body` makes of what was written the fields of the API's own body, where they are not called and written the same.
    """

    command: CaseCommand | SubscriptionCommand
    name: Words
    does: Words
    model: type[Order]
    permission: Permission = Permission.ORDER
    boxes: tuple[Box, ...] = ()
    final: bool = False
    body: Callable[[Form, Calendar], dict[str, Any]] | None = None

    @property
    def path(self) -> str:
        """The last part of its page's address."""
        return str(self.command).replace("_", "-")

    def filled(self, form: Form) -> dict[str, str]:
        """What its boxes hold: what was written, or what they begin with."""
        begun = {box.name: box.value for box in self.boxes}
        return {name: form.get(name, "" if form else value) for name, value in begun.items()}

    def read(self, form: Form, calendar: Calendar, *, reason: str) -> tuple[Order | None, dict[str, Words]]:
        """The order, or what is wrong with which box."""
        written = {name: value.strip() for name, value in self.filled(form).items()}
        try:
            fields = self.body(written, calendar) if self.body else written
        except ValueError:
            return None, {box.name: box.wrong for box in self.boxes[:1]}
        try:
            return self.model.model_validate({**fields, "reason": reason}), {}
        except ValidationError as error:
            return None, self._faults({str(fault["loc"][0]) for fault in error.errors()})

    def _faults(self, fields: set[str]) -> dict[str, Words]:
        mine = {box.name: box.wrong for box in self.boxes}
        if "reason" in fields:
            mine["reason"] = Words("Di por qué: queda en la auditoría", "Say why: it goes into the audit")
        found = {name: mine[name] for name in fields if name in mine}
        # A field that the form writes otherwise is the fault of its first box.
        return found or {box.name: box.wrong for box in self.boxes[:1]}


def evening(day: str, calendar: Calendar) -> datetime:
    """The evening of a day (`2026-12-01`) on the business's clock, as UTC. Raises ValueError."""
    zone = calendar.local(datetime.now(UTC)).tzinfo
    return datetime.combine(written_day(day), EVENING, zone).astimezone(UTC)
