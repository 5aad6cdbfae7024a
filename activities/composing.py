"""A message in its customer's words: what it is about, and where its link leads."""

import hashlib
from dataclasses import dataclass, replace

from activities.ports.store import Store
from models.billing.bills import is_bill
from models.changing.plan_change_summary import summary
from models.collecting import arrears
from models.records import Customer
from models.safekeeping.rotating_secret import RotatingSecret
from models.speaking.links import Purpose, dated, link
from models.speaking.notices import (
    CHASING,
    TRIALS,
    WITH_DOCUMENT,
    Language,
    NoticeKind,
    NoticeRequest,
)
from models.speaking.rendering import render
from models.speaking.wording import Facts, Text
from models.subscribing.trials import options_told
from models.subscribing.usage import allowance


@dataclass(frozen=True, slots=True)
class Links:
    """Where links in messages lead: our public address and the key they are signed with."""

    public_url: str
    key: RotatingSecret

    def to(self, purpose: Purpose, tenant: str, subject: str, *, cause: str = "") -> str:
        """The link; with a `cause`, an address of this one message, by which it is known again whatever text it was sent in."""
        address = link(self.public_url, self.key, purpose, tenant, subject)
        return f"{address}?n={hashlib.sha256(cause.encode()).hexdigest()[:10]}" if cause else address


PURPOSES = {
    NoticeKind.AUTHENTICATE: Purpose.PAY,
    NoticeKind.DEGRADED: Purpose.PAY,
    NoticeKind.SUSPENDED: Purpose.PAY,
    NoticeKind.DELETION_WARNING: Purpose.PAY,
    NoticeKind.CHECKOUT_ABANDONED: Purpose.CHECKOUT,
    NoticeKind.TAX_DATA: Purpose.TAX_DATA,
    NoticeKind.DATA_DELETION: Purpose.DATA,
    NoticeKind.DATA_KEPT: Purpose.DATA,
    NoticeKind.PROMISE_LINK: Purpose.PROMISE,
    NoticeKind.PLAN_CHANGE_SUMMARY: Purpose.ACCOUNT,
    NoticeKind.ACCOUNT_LINK: Purpose.ACCOUNT,
    NoticeKind.USAGE_NEAR: Purpose.ACCOUNT,
    NoticeKind.USAGE_REACHED: Purpose.ACCOUNT,
    NoticeKind.BILL_ISSUED: Purpose.PAY,
    NoticeKind.BILL_OVERDUE: Purpose.PAY,
    NoticeKind.BILL_PAID: Purpose.INVOICE,
}


async def written(store: Store, links: Links, request: NoticeRequest, customer: Customer) -> tuple[Text, str]:
    """A notice in the customer's words, and where its link leads."""
    brand = await store.brand(request.tenant)
    change = await store.plan_change(request.tenant, request.change) if request.change else None
    # Of a change of plan the notice names the plan that it changes to.
    plan = (
        (await store.plan(request.tenant, change.plan_after)).name
        if change
        else await what_for(store, request.tenant, request.subscription)
    )
    purpose = Purpose.PDF if request.kind in WITH_DOCUMENT else PURPOSES.get(request.kind, Purpose.CARD)
    subject = request.document or request.subscription
    if purpose is Purpose.ACCOUNT and request.on is not None:
        subject = dated(subject, request.on)
    address = links.to(purpose, request.tenant, subject, cause=request.key)
    english = customer.language is Language.EN
    chasing = request.kind in CHASING
    debts = arrears.owed(await store.cases(request.tenant, request.subscription)) if chasing else ()
    told = arrears.listed(debts, customer.language, request.calendar)
    facts = Facts(
        name=customer.name,
        brand=brand.name,
        plan=plan,
        amount=str(request.amount) if request.amount else "",
        date=request.calendar.show_day(request.on, english=english) if request.on else "",
        link=address,
        decline=request.decline,
        debts=told or (str(request.amount or "") if chasing else ""),
        changes=summary(change.shown, customer.language) if change else "",
        usage=await _allowed(store, request, customer) if request.meter else "",
        answer=await store.entry_text(request.tenant, request.ticket, request.entry) if request.ticket else "",
        options=await _plans_above(store, request, customer) if request.kind in TRIALS else "",
    )
    text = render(request.kind, customer.language, facts)
    # Whoever owes several times hears of all of it in one message.
    return (replace(text, body=f"{text.body} {told}") if len(debts) > 1 else text), address


async def _plans_above(store: Store, request: NoticeRequest, customer: Customer) -> str:
    """What else they could have, where a trial ends."""
    subscription = await store.subscription(request.tenant, request.subscription)
    plan = await store.plan(request.tenant, subscription.plan if subscription else "")
    return options_told(plan, await store.plans(request.tenant), customer.language)


async def _allowed(store: Store, request: NoticeRequest, customer: Customer) -> str:
    """How much of something their plan allows."""
    subscription = await store.subscription(request.tenant, request.subscription)
    plan = await store.plan(request.tenant, subscription.plan if subscription else "")
    return allowance(plan, request.meter, customer.language)


async def what_for(store: Store, tenant: str, account: str) -> str:
    """The plan's name, or what was billed."""
    if is_bill(account):
        bill = await store.bill(tenant, account)
        return bill.title if bill else ""
    subscription = await store.subscription(tenant, account)
    return (await store.plan(tenant, subscription.plan if subscription else "")).name
