"""Another checkout page for what an abandoned one was about, opened from a message: for the same customer and plan, with the same ends."""

import hashlib

from fastapi import Response
from fastapi.responses import RedirectResponse

from activities.failures import Missing
from activities.ports.register import Subscriber
from api.billing import Wanted, the_page
from api.deps import Context
from api.pages.checkout import signup_token
from api.pages.pages import Page, page
from api.problems import Problem


async def another_page(context: Context, name: str, subscription: str) -> Response:
    """On to the one page that is open for it, made where there is none; a small page where there is nothing to finish any more.

    Raises Missing.
    """
    store = context.store
    found, brand = await store.subscriber(name, subscription), await store.brand(name)
    if found is None or not found.record.checkout_session or not found.customer.email:
        raise Missing("there is no checkout to finish")
    plan, language = await store.plan(name, found.record.plan), found.customer.language
    if plan.archived:
        return page(Page.NOT_SOLD, 410, brand=brand, language=language)
    tenant, order = await store.tenant(name), await _order(context, found)
    success, cancel = await _ends(context, found, f"s_{order}")
    wanted = Wanted(tenant, found.customer, plan, success, cancel, found.record.pet, order)
    try:
        fresh, _ = await the_page(context, wanted)
    except Problem as problem:
        if problem.status_code != 409:
            return page(Page.LATER, 503)
        return page(Page.SUBSCRIBED, 200, brand=brand, language=language)
    return RedirectResponse(fresh.url, 303)


async def _order(context: Context, found: Subscriber) -> str:
    """What names the order: the same for all who click now, another one once the page that this opens has been left as well."""
    earlier = await context.store.subscriptions_of(found.record.tenant, found.customer.id)
    return hashlib.sha256(f"{found.record.id}\0{len(earlier)}".encode()).hexdigest()[:24]


async def _ends(context: Context, found: Subscriber, subscription: str) -> tuple[str, str]:
    """Where the page leads when it is done and when it is left: as the abandoned one did. Our own result is that of the new signup."""
    left = await context.payments.look_up_checkout(found.record.checkout_session)
    public, tenant = context.settings.public_url.rstrip("/"), found.record.tenant
    ours = f"{public}/contratar/{tenant}/listo/"
    if left.success_url.startswith(ours):
        result = f"{ours}{signup_token(context, tenant, subscription)}"
        return result, result
    return left.success_url or public, left.cancel_url or public
