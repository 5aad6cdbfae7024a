"""A business opens its own account: what it gives is checked field by field, kept, and its account opened by a process.

Whoever asks with an e-mail that has an account learns that it cannot be used, as they would from any form that keeps e-mails unique;
nothing else is told, least of all of which business it is. Guessing is held up as guessing passwords is: by e-mail and by address.
"""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import ceil
from typing import TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import Field, SecretStr

from activities.failures import Missing
from activities.ports.register import Taken
from api.access import public
from api.deps import Context, Ctx
from api.problems import FieldError, Problem, answers, invalid, unavailable
from api.views import Body, View
from models import people
from models.access import passwords
from models.access.logins import Forgiven
from models.access.provisioning import LONGEST, Acceptance, Provision, Provisioned, Signup, short_name
from models.access.users import fresh_user_id
from models.agreements.legal import LegalKind
from models.people import FieldInvalid
from models.records import Tenant
from models.speaking.notices import Language

log = logging.getLogger(__name__)
router = APIRouter(prefix="/auth", tags=["sessions"])
T = TypeVar("T")

UNPUBLISHED = "1"  # what is accepted where the house has published no terms yet
TRIES = 5  # ids that are tried for a business whose name others have as well


class TrialSignup(Body):
    """A business, and the person who owns its account."""

    business: str = Field(min_length=1, max_length=120, examples=["Veterinaria Los Álamos"])
    name: str = Field(min_length=1, max_length=200, examples=["Sofía Ríos"])
    email: str = Field(max_length=320, examples=["sofia@losalamos.mx"])
    phone: str = Field(max_length=32, description="ten digits alone are Mexican", examples=["55 1234 5678"])
    password: SecretStr = Field(
        max_length=1000,
        description=f"{passwords.SHORTEST} characters or more",
        examples=["cuatro perros en el parque"],
    )
    terms_version: str = Field(
        max_length=40, description="of the terms that the person has read and accepts", examples=["1"]
    )
    language: Language = Field(default=Language.ES)


class AccountView(View):
    """An account that was opened, or is being opened."""

    tenant: str = Field(examples=["veterinaria-los-alamos"])
    """The business's id: with it and the e-mail the person logs in (`POST /v1/sessions`)."""
    ready: bool
    """false: it takes a moment longer; an e-mail says when it is done."""


@router.post(
    "/signup-trial",
    status_code=201,
    summary="Open an account and try the product",
    dependencies=[public("whoever signs up is nobody's yet")],
    responses=answers(409, 422, 429, 503)
    | {202: {"description": "accepted, still being opened; an e-mail follows", "model": AccountView}},
)
async def sign_up(application: TrialSignup, request: Request, response: Response, context: Ctx) -> AccountView:
    """All of it or nothing: the business, its owner and, where this installation sells its own use, a trial without a card.

    Sent again with the same e-mail and password it is the same account.
    """
    opened = await open_account(application, request, context)
    if not opened.ready:
        response.status_code = 202
    return opened


@dataclass(frozen=True, slots=True)
class House:
    """Who sells the use of this installation (None: nobody), by which plan, and the terms that are in force."""

    tenant: Tenant | None
    plan: str
    terms: str


async def house_of(context: Context) -> House:
    """Raises Problem 503: accounts cannot be opened here now. The log says why."""
    settings = context.settings
    if not settings.signup_open:
        raise unavailable("opening accounts is closed here")
    if not settings.house_tenant:
        return House(None, "", UNPUBLISHED)
    try:
        tenant = await context.store.tenant(settings.house_tenant)
        plan = await context.store.plan(tenant.id, settings.house_plan)
    except Missing as missing:
        log.error("accounts cannot be opened: %s; see PERDURA_HOUSE_TENANT and PERDURA_HOUSE_PLAN", missing)
        raise unavailable("opening accounts is closed for now") from None
    if plan.archived or plan.trial.end is None:
        log.error("accounts cannot be opened: plan '%s' has no trial without a card, or is archived", plan.code)
        raise unavailable("opening accounts is closed for now")
    text = await context.store.legal_text(tenant.id, LegalKind.TERMS)
    return House(tenant, plan.code, str(text.version) if text else UNPUBLISHED)


async def open_account(application: TrialSignup, request: Request, context: Context) -> AccountView:
    """Raises Problem: 422 and 409 name the fields, 429 and 503."""
    now, house = datetime.now(UTC), await house_of(context)
    signup = _checked(application, house, now)
    address = request.client.host if request.client else ""
    subjects = [context.tokens.blind("signup", "", signup.email), context.tokens.blind("address", address)]
    if wait := await context.store.try_login(subjects, "", now):
        headers = {"Retry-After": str(ceil(wait.total_seconds()))}
        raise Problem(429, "too many tries: wait a moment", kind="too_many", headers=headers)
    if not await context.door.ready():
        raise unavailable("the engine (Temporal) cannot be reached")
    # Always hashed: the time of the answer must not tell who has an account.
    signup = replace(signup, password=await context.passwords.hashed(application.password.get_secret_value()))
    kept = await _kept(signup, application, context, house, address)
    ended = await context.door.provision(_order(kept.tenant, context, house))
    if ended is not None and not ended.ready:
        raise _refused(ended)
    await context.store.forgive_login(subjects[0], now, Forgiven.ALL)
    await context.store.forgive_login(subjects[1], now, Forgiven.FAILURE)
    return AccountView(tenant=kept.tenant, ready=ended is not None)


def _checked(application: TrialSignup, house: House, now: datetime) -> Signup:
    """What was given, in its canonical form, but for the password. Raises Problem 422 that names every wrong field at once."""
    errors: list[FieldError] = []

    def field(check: Callable[[], T], otherwise: T) -> T:
        try:
            return check()
        except FieldInvalid as fault:
            errors.append(FieldError(field=fault.field, message=str(fault)))
            return otherwise

    business, name = " ".join(application.business.split()), " ".join(application.name.split())
    email = field(lambda: people.email(application.email), "")
    phone = field(lambda: people.phone(application.phone), "")
    password = application.password.get_secret_value()
    tenant = short_name(business)
    if not tenant:
        errors.append(FieldError(field="business", message="write the name of the business, with letters or digits"))
    if not name:
        errors.append(FieldError(field="name", message="write your name"))
    if weak := passwords.weak(password, email, business):
        errors.append(FieldError(field="password", message=weak))
    if application.terms_version != house.terms:
        why = f"version {house.terms} is in force: read it and accept that one"
        errors.append(FieldError(field="terms_version", message=why))
    if errors:
        raise invalid(errors)
    return Signup(
        tenant=tenant,
        user=fresh_user_id(),
        email=email,
        language=application.language,
        terms_version=house.terms,
        created_at=now,
        business=business,
        name=name,
        phone=phone,
    )


async def _kept(signup: Signup, application: TrialSignup, context: Context, house: House, address: str) -> Signup:
    """The signup as it is kept: this one, or the earlier one of the same person. Raises Problem 409 that names the e-mail."""
    store = context.store
    earlier = await store.signup_by_email(signup.email)
    known = await store.subscriber_by_email(house.tenant.id, signup.email) if house.tenant else None
    if earlier is None and known is not None:
        # Also one whose subscription is over: whoever gives their e-mail here has not shown to be them.
        raise _taken()
    if earlier is None:
        for tenant in _ids(signup.tenant):
            wanted = replace(signup, tenant=tenant)
            accepted = Acceptance(
                tenant, signup.user, LegalKind.TERMS, signup.terms_version, signup.created_at, address
            )
            try:
                await store.open_signup(wanted, accepted)
            except Taken as taken:
                if taken.field == "email":
                    earlier = await store.signup_by_email(signup.email)
                    break
                continue
            return wanted
    if earlier is None:
        raise unavailable("no id was free for the business")
    held = earlier.password
    if not held and (user := await store.user(earlier.tenant, earlier.user)):
        held = user.password
    if not await context.passwords.fits(application.password.get_secret_value(), held):
        raise _taken()
    return earlier


def _ids(base: str) -> list[str]:
    """What the business may be called: by its name, and where others have that, with something behind it."""
    return [base, *(f"{base[: LONGEST - 7].strip('-')}-{secrets.token_hex(3)}" for _ in range(TRIES - 1))]


def _order(tenant: str, context: Context, house: House) -> Provision:
    if house.tenant is None:
        return Provision(tenant, context.calendar(Tenant(tenant, tenant)))
    return Provision(tenant, context.calendar(house.tenant), house.tenant.id, house.plan)


def _taken() -> Problem:
    why = "cannot be used for a new account: log in with it, or use another one"
    return Problem(409, f"email: {why}", kind="taken", errors=[FieldError(field="email", message=why)])


def _refused(ended: Provisioned) -> Problem:
    log.warning("an account was not opened, and nothing of it is left: %s", ended.refusal)
    if ended.refusal.startswith("email"):
        return _taken()
    return unavailable("the account could not be opened")
