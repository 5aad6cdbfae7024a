"""A customer in one row: what lists show, are filtered and sorted by. Made of how they stand, at an instant."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from models.crm.advice import Advice, recommendations
from models.crm.outlook import next_invoice, paying
from models.crm.scores import Health, Level, Score, churn_risk, default_risk, health
from models.crm.standing import Standing, State
from models.money import Money

SOON, LATER = timedelta(days=1), timedelta(days=7)  # when a row is looked at again though nothing happens


class Sort(StrEnum):
    """Orders of the list of customers: most valuable first, next invoice first, last spoken of first, riskiest first."""

    VALUE = "value"
    NEXT_INVOICE = "next_invoice"
    LAST_ACTIVITY = "last_activity"
    RISK = "risk"


@dataclass(frozen=True, slots=True)
class Profile:
    """Points are 0 to 100, amounts centavos in `currency`. `review_at`: time alone may have changed the scores by then (UTC)."""

    tenant: str
    customer: str
    since: datetime
    state: State
    currency: str
    worth: int
    invoices: int
    average: int
    last_purchase_at: datetime | None
    next_invoice_at: datetime | None
    next_invoice: int
    owed: int
    owed_since: datetime | None
    health: int
    default_risk: int
    churn_risk: int
    risk: Level
    advice: Advice
    review_at: datetime
    last_activity_at: datetime

    @property
    def well(self) -> Health:
        """Their health in a word."""
        return Score(self.health).health

    @property
    def value(self) -> Money:
        """Lifetime value."""
        return Money(self.worth, self.currency)


def profile(standing: Standing, now: datetime, last_activity_at: datetime | None = None) -> Profile:
    """The row of a customer who stands so at `now` (UTC); of whom nothing is known yet the last that happened is that they came."""
    unpaid, leaving = default_risk(standing, now), churn_risk(standing, now)
    expected, paid, owed = next_invoice(standing, now), paying(standing.sales), standing.owed
    moving = bool(owed) or standing.state in (State.TRIAL, State.SUSPENDED, State.PAUSED)
    return Profile(
        tenant=standing.tenant,
        customer=standing.customer,
        since=standing.since,
        state=standing.state,
        currency=standing.currency,
        worth=standing.worth,
        invoices=paid.invoices,
        average=paid.average,
        last_purchase_at=standing.last_purchase_at,
        next_invoice_at=expected.at if expected else None,
        next_invoice=expected.amount.centavos if expected else 0,
        owed=standing.owed_centavos,
        owed_since=owed[0].since if owed else None,
        health=health(standing, now).points,
        default_risk=unpaid.points,
        churn_risk=leaving.points,
        risk=unpaid.level,
        advice=recommendations(standing, now)[0].advice,
        review_at=now + (SOON if moving else LATER),
        last_activity_at=last_activity_at or standing.since,
    )
