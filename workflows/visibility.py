"""What an operator sees in the Temporal UI: search attributes and the text on a process's page. No personal data, ever."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributePair, SearchAttributeUpdate, TypedSearchAttributes

Updates = list[SearchAttributeUpdate[Any]]

TENANT = SearchAttributeKey.for_keyword("PerduraTenant")
CUSTOMER = SearchAttributeKey.for_keyword("PerduraCustomer")
PLAN = SearchAttributeKey.for_keyword("PerduraPlan")
STATUS = SearchAttributeKey.for_keyword("PerduraStatus")
STAGE = SearchAttributeKey.for_keyword("PerduraStage")
AMOUNT_DUE = SearchAttributeKey.for_int("PerduraAmountDue")  # centavos
NEXT_ACTION_AT = SearchAttributeKey.for_datetime("PerduraNextActionAt")

ALL = (TENANT, CUSTOMER, PLAN, STATUS, STAGE, AMOUNT_DUE, NEXT_ACTION_AT)


def attributes(
    *,
    tenant: str,
    customer: str = "",
    plan: str = "",
    status: str = "",
    stage: str = "",
    amount_due: int | None = None,
    next_action_at: datetime | None = None,
) -> TypedSearchAttributes:
    """The search attributes of a process about to start; empty ones are left out."""
    pairs: list[SearchAttributePair[str] | SearchAttributePair[int] | SearchAttributePair[datetime]] = [
        SearchAttributePair(key, value)
        for key, value in ((TENANT, tenant), (CUSTOMER, customer), (PLAN, plan), (STATUS, status), (STAGE, stage))
        if value
    ]
    if amount_due is not None:
        pairs.append(SearchAttributePair(AMOUNT_DUE, amount_due))
    if next_action_at is not None:
        pairs.append(SearchAttributePair(NEXT_ACTION_AT, next_action_at))
    return TypedSearchAttributes(pairs)


def table(rows: Iterable[tuple[str, str]]) -> str:
    """A two-column Markdown table, as the UI renders current details; rows without a value are left out."""
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows if value)])
