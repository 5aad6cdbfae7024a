"""A policy as people write it: YAML with a published JSON Schema, read into `models.policies.policy`.

Times are `8h` or `3d` after the due date, with a minus before it; amounts are pesos with centavos, "500.00".
"""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, WithJsonSchema

from models.collecting.contact import Contact
from models.collecting.declines import DeclineClass
from models.money import PESOS, of_pesos
from models.policies.policy import NETWORK_BUDGET, Action, Ending, Mercy, Policy, Retention, Retries, Step, When
from models.policies.policy_check import LADDER, check
from models.speaking.notices import Channel, NoticeKind
from models.tickets.ticket import Priority


class PolicyInvalid(ValueError):
    """A policy that must not run. Each line of the message names the step and the remedy."""


_AT = Annotated[str, StringConstraints(pattern=r"^-?\d{1,4}[dh]$")]
_SPAN = Annotated[str, StringConstraints(pattern=r"^\d{1,4}[dhm]$")]
_PESOS = Annotated[str, StringConstraints(pattern=PESOS)]
_HOUR_WORD = Annotated[str, StringConstraints(pattern=r"^(1?\d|2[0-3]|last_success)$")]
_HOUR = Annotated[
    _HOUR_WORD, BeforeValidator(str, json_schema_input_type=_HOUR_WORD | Annotated[int, Field(ge=0, le=23)])
]
_HOURS = Annotated[str, StringConstraints(pattern=r"^([01]?\d|2[0-4])-([01]?\d|2[0-4])$")]
# Editors offer what a ladder may say; of the others the check tells why not.
_SAID = [kind.value for kind in NoticeKind if kind in LADDER]
_NOTICE = Annotated[NoticeKind, WithJsonSchema({"enum": _SAID, "type": "string"})]


class _Page(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _When(_Page):
    decline: list[DeclineClass] = Field(default=[], description="classes of the last decline")
    amount_at_least: _PESOS | None = Field(default=None, description='pesos owed, "500.00"')
    amount_at_most: _PESOS | None = None
    plan: list[str] = Field(default=[], description="codes of plans")
    customer_for: _SPAN | None = Field(default=None, description="customer for at least so long, e.g. 90d")
    attempts: int | None = Field(default=None, ge=0, description="at least so many retries made in this case")
    earlier_cases: int | None = Field(default=None, ge=0, description="at least so many unpaid invoices before")
    unpaid_cases: int | None = Field(default=None, ge=0, description="of which so many were never paid")


class _Step(_Page):
    at: _AT = Field(description="time after the due date: 8h, 3d; before it: -3d")
    do: Action
    notice: _NOTICE | None = None
    channel: Channel | None = Field(default=None, description="left out: WhatsApp, and e-mail when that fails")
    when: _When | None = None
    wait_for: Literal["payday"] | None = Field(default=None, description="a retry waits for the quincena, to `until`")
    until: _AT | None = None
    then: Ending = Field(default=Ending.CANCEL, description="close: what becomes of the subscription")
    plan: str = Field(default="", description="close with then: downgrade: the plan it leads to")
    priority: Priority | None = Field(default=None, description="escalate: how urgent its ticket is; left out: normal")


class _Contact(_Page):
    hours: _HOURS = Field(
        default="7-22", description="when messages may leave, on the customer's clock; 0-24: any time"
    )
    sundays: bool = False
    per_week: int | None = Field(
        default=None, ge=1, description="reminders in seven days, over all cases of a customer"
    )
    apart: _SPAN = Field(default="0h", description="least time between two reminders")


class _Retries(_Page):
    hour: _HOUR | None = Field(
        default=None, description="hour of day (0-23) for retries a day or more away; last_success: as the last charge"
    )
    jitter: _SPAN = "0m"
    budget: int = Field(default=NETWORK_BUDGET, description="attempts on a card in 30 days, over all cases")


class _Promises(_Page):
    most: int = Field(default=2, ge=0, le=10, description="promises to pay in a case")
    longest: int = Field(default=15, ge=1, le=60, description="days a promise may be away")


class _Deletion(_Page):
    after: _SPAN = Field(default="30d", description="from the end of the subscription to the deletion of its data")
    warn: list[_SPAN] = Field(
        default=["14d", "3d"], min_length=1, max_length=5, description="so long before the customer is warned"
    )
    confirm: _SPAN = Field(default="7d", description="how long your product has to confirm that it has deleted")
    asked: _SPAN = Field(default="5d", description="as after, where the customer asks for it")


class PolicyPage(_Page):
    """What may stand on the page."""

    name: str = Field(min_length=1, max_length=64)
    version: int = Field(default=1, ge=1)
    contact: _Contact = Field(default_factory=_Contact)
    retries: _Retries = Field(default_factory=_Retries)
    promises: _Promises = Field(default_factory=_Promises)
    tolerance: _PESOS = Field(default="0.00", description="a debt up to this blocks nobody")
    deletion: _Deletion | None = Field(
        default=None, description="what becomes of the data of who is gone; left out: nothing by the clock"
    )
    steps: list[_Step] = Field(min_length=1)


def schema() -> dict[str, Any]:
    """The JSON Schema of a policy's page."""
    return PolicyPage.model_json_schema()


def parse(text: str) -> Policy:
    """Read a policy from YAML.

    Raises:
        PolicyInvalid: naming the field and the remedy.
    """
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PolicyInvalid(f"not YAML: {error}") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("steps"), list) or not raw.get("name"):
        raise PolicyInvalid("a policy is a mapping with name, version and a list of steps; see docs/policies.md")
    try:
        page = PolicyPage.model_validate(raw)
    except ValidationError as error:
        raise PolicyInvalid("\n".join(dict.fromkeys(_explained(fault) for fault in error.errors()))) from None
    policy = _policy(page)
    if faults := check(policy):
        raise PolicyInvalid("\n".join(faults))
    return policy


def _policy(page: PolicyPage) -> Policy:
    steps = [_step(step) for step in page.steps]
    opens, closes = (int(hour) for hour in page.contact.hours.split("-"))
    if opens >= closes:
        raise PolicyInvalid(f"contact: hours: '{page.contact.hours}' never opens; write e.g. 7-22")
    contact, retries = page.contact, page.retries
    return Policy(
        name=page.name,
        version=page.version,
        steps=tuple(s for s in steps if s.offset >= timedelta()),
        reminders=tuple(s for s in steps if s.offset < timedelta()),
        contact=Contact(opens, closes, contact.sundays, contact.per_week, _span(contact.apart)),
        retry=Retries(
            hour=int(retries.hour) if retries.hour and retries.hour.isdigit() else None,
            last_success=retries.hour == "last_success",
            jitter=_span(retries.jitter),
            budget=retries.budget,
        ),
        mercy=Mercy(page.promises.most, page.promises.longest),
        tolerance=_centavos(page.tolerance) or 0,
        deletion=_retention(page.deletion) if page.deletion else None,
    )


def _retention(page: _Deletion) -> Retention:
    warn = tuple(sorted((_span(each) for each in page.warn), reverse=True))
    return Retention(_span(page.after), warn, _span(page.confirm), _span(page.asked))


def _step(page: _Step) -> Step:
    return Step(
        offset=_span(page.at),
        action=page.do,
        notice=page.notice,
        channel=page.channel,
        when=_when(page.when) if page.when else None,
        on_payday=page.wait_for == "payday",
        until=_span(page.until) if page.until else None,
        ending=page.then,
        plan=page.plan,
        priority=page.priority,
    )


def _when(page: _When) -> When:
    return When(
        decline=tuple(page.decline),
        at_least=_centavos(page.amount_at_least),
        at_most=_centavos(page.amount_at_most),
        plans=tuple(page.plan),
        customer_for=_span(page.customer_for) if page.customer_for else None,
        attempts=page.attempts,
        earlier_cases=page.earlier_cases,
        unpaid_cases=page.unpaid_cases,
    )


_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


def _span(text: str) -> timedelta:
    return int(text[:-1]) * _UNITS[text[-1]]


def _centavos(pesos: str | None) -> int | None:
    return of_pesos(pesos).centavos if pesos else None


_PATTERNS = {
    "at": "'{}' is not a time after the due date; write hours or days, e.g. 8h or 3d, with a minus before it",
    "until": "'{}' is not a time after the due date; write hours or days, e.g. 8h or 3d",
    "hours": "'{}' are no hours; write e.g. 7-22",
    "hour": "'{}' is not an hour of the day; give 0 to 23, or last_success",
    "amount": "'{}' is no amount; write pesos with centavos in quotes, e.g. \"500.00\"",
    "tolerance": "'{}' is no amount; write pesos with centavos in quotes, e.g. \"5.00\"",
}


def _explained(fault: Any) -> str:
    """One of Pydantic's faults in our words."""
    location = fault["loc"]
    places = [str(part + 1) if isinstance(part, int) else str(part) for part in location]
    if len(places) > 1 and places[0] == "steps":
        places = [f"step {places[1]}", *places[2:]]
    field, told = str(location[-1]) if location else "", fault["input"]
    where = ": ".join(places)
    match fault["type"]:
        case "missing":
            inside = ": ".join(places[:-1])
            if field in ("at", "do"):
                return f"{inside}: needs 'at' (8h, 3d) and 'do' ({', '.join(Action)})"
            return f"{where}: is missing"
        case "extra_forbidden":
            known: dict[str, type[_Page]] = {
                "when": _When,
                "contact": _Contact,
                "retries": _Retries,
                "promises": _Promises,
                "deletion": _Deletion,
            }
            inside = ": ".join(places[:-1])
            holder = known.get(
                places[-2] if len(places) > 1 else "", _Step if places[0].startswith("step") else PolicyPage
            )
            return (
                f"{inside + ': ' if inside else ''}unknown field '{field}'; known are {', '.join(holder.model_fields)}"
            )
        case "enum" | "literal_error":
            if field == "notice":
                return f"{where}: '{told}' is unknown; use one of {', '.join(_SAID)}"
            options = re.sub(r"'([^']*)'", r"\1", str(fault["ctx"]["expected"])).replace(" or ", ", ")
            return f"{where}: '{told}' is unknown; use one of {options}"
        case "string_pattern_mismatch" | "string_type":
            key = "amount" if field.startswith("amount") else field
            words = _PATTERNS.get(key, "'{}' is not a span of time; write e.g. 30m, 8h or 3d")
            return f"{where}: {words.format(told)}"
        case "int_parsing" | "int_type" | "int_from_float":
            return f"{where}: '{told}' is not a whole number"
        case _:
            return f"{where}: {fault['msg'][0].lower()}{fault['msg'][1:]}"
