"""Every route of the API, put together once in a process: what a route needs is found out when it is first used, and kept.

Each says which permission it needs, or why it needs none; the module cannot be imported while one does not.
"""

from fastapi import APIRouter

from api import (
    access,
    accounts,
    alerts,
    analytics,
    attention,
    bill_orders,
    billing,
    bills,
    brand,
    case_orders,
    case_previews,
    cashflow,
    catalog,
    codec,
    decisions,
    deletions,
    document_orders,
    documents,
    embed,
    endpoints,
    erasure,
    evidence,
    health,
    history,
    issuer,
    keys,
    kpis,
    legal,
    links,
    metrics,
    notices,
    onboarding,
    people,
    pets,
    plan_change_routes,
    plans,
    pricing,
    reconciliation,
    replies,
    sessions,
    signup,
    stay_offers,
    subscription_orders,
    subscriptions,
    tenant_config,
    ticket_settings,
    tickets,
    timeline,
    trial_analytics,
    trial_signup,
    usage,
    webhooks,
)
from api.console.routes import PAGES as CONSOLE
from api.crm import activities as crm_activities
from api.crm import contacts as crm_contacts
from api.crm import customers as crm_customers
from api.crm import opportunities as crm_opportunities
from api.crm import sheets as crm_sheets
from api.crm import tasks as crm_tasks
from api.pages import (
    account,
    account_changes,
    account_help,
    account_signup,
    checkout,
    checkout_result,
    data_page,
    invoice_request,
    pay,
    promises,
    registering,
    tax_data,
)

# `signup` and `timeline` share a prefix with `subscriptions`; their paths do not overlap.
_PARTS = (
    codec.router,
    webhooks.router,
    plans.router,
    catalog.router,
    signup.router,
    subscriptions.router,
    timeline.router,
    case_orders.router,
    case_previews.router,
    subscription_orders.router,
    plan_change_routes.router,
    stay_offers.router,
    billing.router,
    usage.router,
    embed.router,
    documents.router,
    document_orders.router,
    erasure.router,
    deletions.router,
    data_page.router,
    issuer.router,
    brand.router,
    links.router,
    pricing.router,
    checkout_result.router,
    checkout.router,
    account.router,
    account_changes.router,
    account_help.router,
    account_signup.router,
    legal.router,
    pay.router,
    notices.router,
    decisions.router,
    promises.router,
    replies.router,
    ticket_settings.router,  # its paths before those that end in a ticket's id
    tickets.router,
    tax_data.router,
    invoice_request.router,
    attention.router,
    alerts.router,
    reconciliation.router,
    analytics.router,
    trial_analytics.router,
    cashflow.router,
    kpis.router,
    evidence.router,
    metrics.router,
    health.router,
    sessions.router,
    trial_signup.router,
    registering.router,
    onboarding.router,
    tenant_config.router,
    accounts.router,
    people.router,
    pets.router,
    history.router,
    bill_orders.router,
    bills.router,
    keys.router,
    endpoints.router,
    crm_sheets.router,  # before `/{customer}`
    crm_customers.router,
    crm_activities.router,
    crm_contacts.router,
    crm_opportunities.router,
    crm_tasks.router,
    crm_tasks.everybodys,
    people.invitations,
    legal.pages,
    *CONSOLE,
)


def _together() -> APIRouter:
    whole = APIRouter()
    for part in _PARTS:
        whole.include_router(part)
    access.insist(whole.routes)
    return whole


ROUTES = _together().routes
