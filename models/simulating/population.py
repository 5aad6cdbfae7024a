"""Who lives in the simulator, and how they behave: assumptions as a page of YAML, nothing hidden in code.

The page shipped is `models/populations/mexico.yaml`. Amounts on it are pesos with centavos in quotes; chances are from 0 to 1; weights
are shares of their list's sum.
"""

import csv
import io
from dataclasses import dataclass
from datetime import date
from importlib import resources
from itertools import accumulate, pairwise
from random import Random
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from models.money import PESOS
from models.speaking.notices import NoticeKind

Chance = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(gt=0)]
Pesos = Annotated[str, StringConstraints(pattern=PESOS)]


class PopulationInvalid(ValueError):
    """A population that cannot be simulated. Each line of the message names the field or the row, and the remedy."""


class Behaviour(BaseModel):
    """The assumptions, as written. What each means stands beside it in `models/populations/mexico.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=64)
    starts: date
    zone: str
    prices: dict[Pesos, Weight] = Field(min_length=1)
    customer_days: tuple[int, int]
    risk: dict[str, Weight] = Field(min_length=1)
    declines: dict[str, Weight] = Field(min_length=1)
    paid: dict[str, Weight] = Field(min_length=1)
    funds_after_payday: list[Chance] = Field(min_length=1)
    bank_relents: Chance
    card_dies: Chance
    new_card_works: Chance
    acts_on: dict[NoticeKind, Chance]
    fatigue: Chance
    email_reads: Chance
    after_hours: float = Field(gt=0)
    promises: Chance
    keeps_promise: Chance
    agrees_parts: Chance = 0.0
    parts: int = Field(default=3, ge=2, le=6)
    pays_all: Chance = 1.0
    pays_unasked: Chance
    leaves_annoyed: Chance

    @field_validator("risk")
    @classmethod
    def _chances(cls, risk: dict[str, float]) -> dict[str, float]:
        for chance in risk:
            if not 0 <= float(chance) <= 1:
                raise ValueError(f"'{chance}' is no chance; write from 0 to 1, e.g. \"0.08\"")
        return risk

    @field_validator("paid")
    @classmethod
    def _paydays(cls, paid: dict[str, float]) -> dict[str, float]:
        if unknown := set(paid) - {"quincena", "month"}:
            raise ValueError(f"'{min(unknown)}' is no rhythm of wages; use quincena, month")
        return paid

    @field_validator("funds_after_payday")
    @classmethod
    def _falling(cls, chances: list[float]) -> list[float]:
        if any(later > earlier for earlier, later in pairwise(chances)):
            raise ValueError("money does not come back between paydays: each day at most the day before")
        return chances

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        from zoneinfo import available_timezones

        if zone not in available_timezones():
            raise ValueError(f"'{zone}' is no time zone; write e.g. America/Mexico_City")
        return zone


@dataclass(frozen=True, slots=True)
class Resident:
    """One customer of the virtual year. `price` in centavos; renewed each month on `day` (1 to 28)."""

    number: int
    price: int
    day: int
    hour: int  # of the renewal's charge, on the customer's clock
    customer_days: int
    risk: float
    paid: str
    decline: str = ""  # always refused for this reason; empty: drawn anew each time
    plan: str = ""


@dataclass(frozen=True, slots=True)
class Population:
    """Who is simulated: `count` customers drawn from the behaviour, or those of a file, or a stretch of them."""

    behaviour: Behaviour
    count: int
    listed: tuple[Resident, ...] = ()

    def resident(self, number: int, random: Random) -> Resident:
        """The customer of this number; `random` is theirs alone and goes on into their year."""
        drawn = _drawn(number, self.behaviour, random)
        return self.listed[number - self.listed[0].number] if self.listed else drawn


def _drawn(number: int, behaviour: Behaviour, random: Random) -> Resident:
    return Resident(
        number=number,
        price=int(weighed(behaviour.prices, random.random()).replace(".", "")),
        day=1 + int(random.random() * 28),
        hour=6 + int(random.random() * 6),
        customer_days=int(
            behaviour.customer_days[0] + random.random() * (behaviour.customer_days[1] - behaviour.customer_days[0])
        ),
        risk=float(weighed(behaviour.risk, random.random())),
        paid=weighed(behaviour.paid, random.random()),
    )


def weighed(weights: dict[str, float], draw: float) -> str:
    """The item of a weighted list on which a draw from [0, 1) falls."""
    names, sums = list(weights), list(accumulate(weights.values()))
    return next((name for name, most in zip(names, sums, strict=True) if draw * sums[-1] < most), names[-1])


def behaviour(text: str) -> Behaviour:
    """Read assumptions from YAML.

    Raises:
        PopulationInvalid: naming the field and the remedy.
    """
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PopulationInvalid(f"not YAML: {error}") from None
    if not isinstance(raw, dict):
        raise PopulationInvalid("a population is a mapping; begin with: perdura simulate population > mine.yaml")
    try:
        return Behaviour.model_validate(raw)
    except ValidationError as error:
        raise PopulationInvalid("\n".join(_explained(fault) for fault in error.errors())) from None


def _explained(fault: Any) -> str:
    where = ".".join(str(part) for part in fault["loc"])
    match fault["type"]:
        case "missing":
            return f"{where}: is missing; the page shipped has it (perdura simulate population)"
        case "extra_forbidden":
            return f"{where}: unknown field; known are {', '.join(Behaviour.model_fields)}"
        case "value_error":
            return f"{where}: {fault['ctx']['error']}"
        case _:
            return f"{where}: {fault['msg'][0].lower()}{fault['msg'][1:]}"


def shipped_page() -> str:
    """The assumptions shipped with the product, as YAML with their explanations."""
    return (resources.files("models") / "populations" / "mexico.yaml").read_text(encoding="utf-8")


COLUMNS = ("amount", "day", "customer_days", "paid", "risk", "decline", "plan")


def listed(text: str, assumed: Behaviour) -> tuple[Resident, ...]:
    """Customers from CSV with a header: `amount` (pesos, 149.00) is needed; `day` (1-28), `customer_days`, `paid` (quincena, month), `risk`
    (0 to 1), `decline` (a code) and `plan` are drawn from the assumptions where they are left out. Other columns are passed over.

    Raises:
        PopulationInvalid: naming the row and the remedy.
    """
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    if not rows or "amount" not in rows[0]:
        raise PopulationInvalid(
            f"write CSV with a header and at least the column amount; known are {', '.join(COLUMNS)}"
        )
    return tuple(_listed(number, row, assumed) for number, row in enumerate(rows))


def _listed(number: int, row: dict[str, str], assumed: Behaviour) -> Resident:
    drawn = _drawn(number, assumed, Random(number))
    told = {name: (row.get(name) or "").strip() for name in COLUMNS}
    try:
        pesos, _, centavos = told["amount"].replace(",", "").partition(".")
        price = int(pesos) * 100 + int((centavos + "00")[:2])
        day = int(told["day"] or drawn.day)
        risk = float(told["risk"] or drawn.risk)
        customer_days = int(told["customer_days"] or drawn.customer_days)
    except ValueError:
        raise PopulationInvalid(
            f"row {number + 2}: amount, day, customer_days and risk are numbers, e.g. 149.00, 15, 400, 0.08"
        ) from None
    paid = told["paid"] or drawn.paid
    if price <= 0 or not 1 <= day <= 28 or not 0 <= risk <= 1 or customer_days < 0 or paid not in ("quincena", "month"):
        raise PopulationInvalid(
            f"row {number + 2}: give an amount above 0, a day from 1 to 28, a risk from 0 to 1, and paid as quincena or month"
        )
    return Resident(number, price, day, drawn.hour, customer_days, risk, paid, told["decline"], told["plan"])
