"""The console's pages, put together: a page's router is a line of PAGES."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.access import needs
from api.console import (
    alerts,
    assets,
    attention,
    audit,
    bill_ordering,
    bills,
    brand,
    case_ordering,
    cases,
    cashflow,
    customer_import,
    customer_notes,
    customers,
    endpoints,
    evidence,
    invitation,
    invoice_ordering,
    invoices,
    issuer,
    keys,
    me,
    notices,
    people,
    plan_change,
    policies,
    reports,
    search,
    settings,
    signing_in,
    simulator,
    subscriptions,
    ticket_terms,
    tickets,
    today,
)
from api.console.route import ConsoleRoute
from api.problems import Problem
from models.access.permissions import Permission

_nothing = APIRouter(route_class=ConsoleRoute, include_in_schema=False)


@_nothing.get("/console/{rest:path}", dependencies=[needs(Permission.ACCOUNT)])
async def nothing(rest: Annotated[str, Path()]) -> None:
    """An address that no page has."""
    raise Problem(404, f"there is no page /console/{rest}", kind="missing")


PAGES = (
    assets.router,
    signing_in.router,
    today.router,
    attention.router,
    cases.router,
    case_ordering.router,
    notices.router,
    invoices.router,
    invoice_ordering.router,
    bills.router,
    bill_ordering.router,
    audit.router,
    reports.router,
    cashflow.router,
    alerts.router,
    evidence.router,
    policies.router,
    simulator.router,
    customer_import.router,  # before `/customers/{customer}`
    customers.router,
    customer_notes.router,
    settings.router,
    people.router,
    keys.router,
    endpoints.router,
    brand.router,
    issuer.router,
    ticket_terms.router,
    me.router,
    invitation.router,
    tickets.router,
    plan_change.router,  # before `/subscriptions/{subscription}/{order}`
    subscriptions.router,
    search.router,
    _nothing,  # the last one
)
