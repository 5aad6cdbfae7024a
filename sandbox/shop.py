"""A business to try things with: a tenant, plans and a package, a certificate for its tax invoices, an API key, an owner who signs in."""

import asyncio
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from activities.ports.register import Register, Taken
from models.access import passwords
from models.access.permissions import Role
from models.access.users import User, fresh_user_id
from models.cfdi.fiscal import Issuer
from models.money import Money
from models.records import Tenant
from models.selling.plans import Benefit, Interval, Plan, PlanKind
from sandbox import environment
from sandbox.environment import KEY, OWNERS_PASSWORD
from sandbox.pki import issue_csd

TENANT = Tenant(id="acuario", name="Acuario")
# One of the SAT's own test taxpayers; the certificate is our sandbox's.
ISSUER = Issuer(rfc="EKU9003173C9", name="ESCUELA KEMPER URGATE", regime="601", postal_code="42501")
MONTHLY = Plan(TENANT.id, "mensual", "Acuario Mensual", Money(29_900), Interval.MONTH, trial_days=7)
YEARLY = Plan(TENANT.id, "anual", "Acuario Anual", Money(299_000), Interval.YEAR, trial_days=7)
AT_ONCE = Plan(TENANT.id, "inmediato", "Acuario Inmediato", Money(299_000), Interval.YEAR)
PLUS = Plan(TENANT.id, "mensual-plus", "Acuario Mensual Plus", Money(49_900), Interval.MONTH, position=1)
WELLNESS = Plan(
    TENANT.id,
    "bienestar",
    "Bienestar Adulto",
    Money(200_000),
    Interval.YEAR,
    kind=PlanKind.PACKAGE,
    benefits=(Benefit("consulta", 2), Benefit("vacunacion"), Benefit("limpieza-dental", percent_off=20)),
)
PLANS = (MONTHLY, YEARLY, AT_ONCE, PLUS, WELLNESS)


OWNER = "dueno@acuario.example"


async def open_shop(store: Register, state: Path) -> str:
    """See to it that the shop exists in a stack's database and state directory; the answer is its API key."""
    try:
        await store.create_tenant(TENANT)
    except Taken:
        pass
    else:
        for plan in PLANS:
            await store.save_plan(plan)
    await asyncio.to_thread(issue_csd, state / "csd", TENANT.id, ISSUER, state / "authority")
    known = environment.load(state)
    if KEY not in known:
        known[KEY] = await store.issue_key(TENANT.id)
        environment.save(state, known)
    if OWNERS_PASSWORD not in known:
        password = secrets.token_urlsafe(12)
        hashed = await asyncio.to_thread(passwords.hashed, password)
        owner = User(TENANT.id, fresh_user_id(), OWNER, Role.OWNER, datetime.now(UTC), password=hashed)
        with suppress(Taken):  # with a password that nobody here knows
            await store.add_user(owner)
            environment.save(state, known | {OWNERS_PASSWORD: password})
    return known[KEY]
