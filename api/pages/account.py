"""A customer's own account: its address is a link that ends, sent by e-mail or met after signing up, and is the authorisation."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.background import BackgroundTask

from activities.failures import Failure, Missing
from activities.ports.register import Subscriber
from api.access import public
from api.deps import Context, Ctx
from api.layout import Frame, laid_out
from api.markup import address, markup, spoken, switched
from api.pages.account_link import account_path, mail_account_link, signup_path
from api.pages.account_page import Account, drawn, lines_of
from api.pages.page_routes import PAGES, Instead, PageRoute
from api.pages.pages import Page, page
from api.pricing import Lang, shopfront
from api.subscriptions import LINKS
from models import people
from models.access.logins import Forgiven
from models.changing.change_records import ChangeState
from models.people import FieldInvalid
from models.records import AccountKind, Tenant
from models.speaking.links import Purpose, link, opened_dated
from models.speaking.notices import Language
from models.subscribing.entitlements import entitlement
from models.subscribing.subscriptions import Status
from models.subscribing.usage import meters

router = APIRouter(tags=["pages"], route_class=PageRoute)

_BY_MAIL = public("whoever asks gets nothing but an e-mail to the customer's own address")
BY_TOKEN = public("the signed token in the address is the authorisation")
_ASKED: dict[int | str, dict[str, Any]] = PAGES | {
    429: {"description": "a page: too many tries from this address", "content": PAGES[200]["content"]}
}
Of = Annotated[str, Query(max_length=64, description="whose customer", examples=["acuario"])]


@router.get(
    "/cuenta",
    summary="Ask for the account's link",
    response_class=HTMLResponse,
    responses=PAGES,
    dependencies=[_BY_MAIL],
)
async def ask(context: Ctx, tenant: Of = "", lang: Lang = "") -> Response:
    """An e-mail address, and nothing else."""
    return await _entry(context, tenant, spoken(lang))


@router.post(
    "/cuenta", summary="Send the account's link", response_class=HTMLResponse, responses=_ASKED, dependencies=[_BY_MAIL]
)
async def send(
    request: Request,
    context: Ctx,
    tenant: Annotated[str, Form(max_length=64)] = "",
    email: Annotated[str, Form(max_length=400)] = "",
    lang: Lang = "",
) -> Response:
    """The same answer whether there is such a customer or not, and as fast: the look comes after it."""
    language, now = spoken(lang), datetime.now(UTC)
    try:
        wanted = people.email(email)
    except FieldInvalid:
        return await _entry(context, tenant, language, wrong=True, given=email)
    owner = await context.store.tenant((await shopfront(context, tenant)).tenant)
    if not await context.door.ready():
        return page(Page.LATER, 503)
    place = context.tokens.blind("account link", request.client.host if request.client else "")
    if await context.store.try_login([place], tenant, now):
        return await _entry(context, tenant, language, slow=True, given=email)
    await context.store.forgive_login(place, now, Forgiven.FAILURE)
    answer = await _entry(context, tenant, language, sent=True)
    answer.background = BackgroundTask(_mail, context, owner, wanted)
    return answer


async def _mail(context: Context, tenant: Tenant, email: str) -> None:
    with suppress(Failure):  # the answer has gone out; whoever gets no e-mail asks again
        found = await context.store.subscriber_by_email(tenant.id, email)
        if found is not None:
            await mail_account_link(context, tenant, found)


async def _entry(
    context: Context,
    tenant: str,
    language: Language,
    *,
    sent: bool = False,
    wrong: bool = False,
    slow: bool = False,
    over: bool = False,
    given: str = "",
) -> HTMLResponse:
    brand = await shopfront(context, tenant)
    title = {Language.ES: "Entra a tu cuenta", Language.EN: "Open your account"}[language]
    tongue = "en" if language is Language.EN else ""
    body = markup(
        "account_entry.html",
        language,
        title=title,
        tenant=tenant,
        action=address("/cuenta", lang=tongue),
        sent=sent,
        wrong=wrong,
        slow=slow,
        over=over,
        given=given,
    )
    frame = Frame(other=switched("/cuenta", language, tenant=tenant), home=address(f"/planes/{tenant}", lang=tongue))
    status = 422 if wrong else 429 if slow else 404 if over else 200
    return laid_out(brand, title=title, body=body, language=language, status=status, frame=frame)


@router.get(
    "/cuenta/{token}",
    summary="A customer's account",
    response_class=HTMLResponse,
    responses=PAGES | {303: {"description": "on to the plans, at `Location`: they have bills alone"}},
    dependencies=[BY_TOKEN],
)
async def show(
    token: str,
    context: Ctx,
    lang: Lang = "",
    done: Annotated[str, Query(max_length=20, description="what was just done, to be confirmed in words")] = "",
) -> Response:
    """Plan, state and what comes next, invoices with their CFDI, card, use, and everything a customer may do by themselves."""
    found = await whose(context, token, spoken(lang))
    # Without a plan there is nothing to see, but there are plans to choose from.
    if found.record.kind is AccountKind.BILL:
        tongue = "en" if spoken(lang, found.customer.language) is Language.EN else ""
        return RedirectResponse(address(f"/cuenta/{token}/contratar", lang=tongue), 303)
    return drawn(await account(context, found, token, lang, done=done))


@router.get(
    "/cuenta/{token}/tarjeta",
    summary="On to the customer's card",
    response_class=HTMLResponse,
    responses=PAGES | {303: {"description": "on to the provider's page, at `Location`"}},
    dependencies=[BY_TOKEN],
)
async def card(token: str, context: Ctx, lang: Lang = "") -> Response:
    """A fresh page of the payments provider, which leads back here."""
    found = await whose(context, token, spoken(lang))
    if not found.customer.provider_id or found.record.status is Status.CANCELED:
        language = spoken(lang, found.customer.language)
        return page(Page.NO_PORTAL, 200, brand=await context.store.brand(found.record.tenant), language=language)
    back = f"{context.settings.public_url.rstrip('/')}{address(f'/cuenta/{token}', lang=lang[:5])}"
    return RedirectResponse(await context.payments.portal(found.customer.provider_id, back), 303)


async def whose(context: Context, token: str, language: Language) -> Subscriber:
    """Whose account a token opens. Raises Missing; and Instead, with the page that says why it opens none."""
    told = opened_dated(token, context.settings.link_secret, Purpose.ACCOUNT, datetime.now(UTC))
    if told is None:
        raise Instead(page(Page.BAD_LINK, 404))
    if told.over:
        raise Instead(await _entry(context, told.tenant, language, over=True))
    found = await context.store.subscriber(told.tenant, told.subject)
    if found is None:
        raise Missing("there is no such subscription")
    return found


async def account(context: Context, found: Subscriber, token: str, lang: str, *, done: str = "") -> Account:
    """All that the account's pages show."""
    store, record, customer = context.store, found.record, found.customer
    tenant, plan = await store.tenant(record.tenant), await store.plan(record.tenant, record.plan)
    calendar, now = context.calendar(tenant), datetime.now(UTC)
    language = spoken(lang, customer.language)
    key = context.settings.link_secret

    def go(purpose: str, subject: str) -> str:
        return link("", key, Purpose(purpose), tenant.id, subject)

    changes = await store.plan_changes(tenant.id, record.id)
    waiting = next((each for each in changes if each.state is ChangeState.WAITING and each.plan_after), None)
    pets = {pet.id: pet.name for pet in await store.pets(tenant.id, customer.id)}
    theirs = await store.subscriptions_of(tenant.id, customer.id)
    others = [
        (
            " · ".join(filter(None, ((await store.plan(tenant.id, each.plan)).name, pets.get(each.pet, "")))),
            account_path(context, Subscriber(each, customer), now),
        )
        for each in theirs
        if each.id != record.id and each.status not in (Status.INCOMPLETE, Status.CANCELED)
    ]
    used = await store.used(tenant.id, record.id)
    counted = meters(plan, record.period_start, now, calendar).values()
    pressing = LINKS.get(record.status) if record.amount_due.centavos else None
    return Account(
        brand=await store.brand(tenant.id),
        found=found,
        plan=plan,
        language=language,
        calendar=calendar,
        standing=entitlement(
            record.status,
            language,
            calendar,
            grace_until=record.grace_until,
            degraded=record.degraded,
            link=go(Purpose.PAY, record.id) if pressing else "",
        ),
        meters=[(meter, used.get((meter.code, meter.window), 0)) for meter in counted],
        lines=lines_of(
            await store.payments(tenant.id, record.id), await store.documents_of_subscription(tenant.id, record.id)
        ),
        go=go,
        token=token,
        signup=signup_path(context, found, now) if record.status is Status.INCOMPLETE else "",
        done=done,
        waiting=waiting,
        others=others,
        joins=all(each.pet or each.status is Status.CANCELED for each in theirs),
        pet=pets.get(record.pet, ""),
        waiting_plan=(await store.plan(tenant.id, waiting.plan_after)).name if waiting else "",
    )
