"""A scenario of customers to come, as a page of YAML: who joins in which month, at which prices, and how prudently money is spent."""

from datetime import date
from fractions import Fraction
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from models.forecasting.cashflow import LONGEST, CashMonth, Cohort, Prudence, projected
from models.money import PESOS, of_pesos
from models.selling.plans import Interval

Pesos = Annotated[str, StringConstraints(pattern=PESOS)]
Percent = Annotated[str, StringConstraints(pattern=r"^\d{1,2}(\.\d{1,2})?$")]
Count = Annotated[int, Field(ge=0, le=10_000_000)]


class ScenarioInvalid(ValueError):
    """A page that cannot be reckoned with. Each line of the message names the field and what is wrong."""


class Scenario(BaseModel):
    """The page. Amounts are pesos with centavos, in quotes, VAT inside; `joins` counts from month 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=80)
    currency: str = Field(default="MXN", pattern=r"^[A-Z]{3}$")
    prices: dict[Interval, Pesos] = Field(min_length=1)
    joins: dict[Annotated[int, Field(ge=1, le=LONGEST)], dict[Interval, Count]] = Field(min_length=1)
    churn_percent: Percent = "0"
    spend_percent: int = Field(default=60, ge=0, le=100)
    reserve: Pesos = "0.00"

    @model_validator(mode="after")
    def _priced(self) -> "Scenario":
        for month, joining in self.joins.items():
            if unpriced := set(joining) - set(self.prices):
                raise ValueError(f"joins.{month}: customers join by the {min(unpriced)}, and prices has no such price")
        return self

    @property
    def cohorts(self) -> tuple[Cohort, ...]:
        """Those who join, by month and interval."""
        return tuple(
            Cohort(count, of_pesos(self.prices[interval], self.currency), interval, first=month - 1, since=month - 1)
            for month, joining in sorted(self.joins.items())
            for interval, count in joining.items()
        )

    def months(self, begins: date, count: int) -> tuple[CashMonth, ...]:
        """What it comes to."""
        prudence = Prudence(
            self.spend_percent, of_pesos(self.reserve, self.currency).centavos, Fraction(self.churn_percent)
        )
        return projected(self.cohorts, begins=begins, months=count, prudence=prudence)


def parse(text: str) -> Scenario:
    """A page's scenario. Raises ScenarioInvalid."""
    try:
        written = yaml.safe_load(text)
    except yaml.YAMLError as fault:
        raise ScenarioInvalid(f"the page is not YAML: {fault}") from None
    try:
        return Scenario.model_validate(written)
    except ValidationError as fault:
        lines = [f"{'.'.join(str(part) for part in each['loc']) or 'page'}: {each['msg']}" for each in fault.errors()]
        raise ScenarioInvalid("\n".join(lines)) from None
