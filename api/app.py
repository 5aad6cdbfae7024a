"""The API, assembled from ports. Who implements them is the composition root's business."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.openapi.utils import get_openapi
from fastapi_offline import FastAPIOffline

from activities.inbox import Inbox
from activities.late_money import LateMoney
from activities.ports.payments import Payments
from activities.ports.register import Register
from activities.ports.tracing import Tracing
from api import access, codec, contract, cookies, embed, metrics, problems
from api.deps import Context, Door
from api.entitlement_cache import EntitlementCache
from api.guards import BodyLimit, Bugs, SecurityHeaders
from api.handover import Handover
from api.idempotency import HEADER, Idempotency
from api.limits import RateLimit
from api.request_log import RequestLog
from api.routes import ROUTES
from api.tokens import Tokens
from api.tracing import Traced
from models.settings import Settings

_TAGS = [
    {"name": "plans", "description": "What can be subscribed to."},
    {"name": "catalog", "description": "All that is sold, and putting another catalogue in its place."},
    {"name": "subscriptions", "description": "Signing up, looking, and what a customer may use."},
    {"name": "customers", "description": "Whom you know: their pets, and all that happened."},
    {
        "name": "crm",
        "description": "Customers as people know them: contacts, interactions, opportunities, tasks, risks and advice.",
    },
    {"name": "bills", "description": "What is sold once: drawn up, paid by a link, collected like any debt."},
    {"name": "billing", "description": "Hosted checkout, and how a customer of yours stands."},
    {"name": "usage", "description": "What customers may use of their plans, and what they have used."},
    {"name": "embed", "description": "For a product's own pages: a snippet, and the one question it asks."},
    {
        "name": "overrides",
        "description": "Orders of support. Each needs an actor and a reason and leaves an audit row.",
    },
    {"name": "deletions", "description": "What becomes of the data of customers who are gone."},
    {
        "name": "plan changes",
        "description": "Another plan, or none: shown first, then confirmed; and what is offered to stay.",
    },
    {"name": "documents", "description": "Tax invoices (CFDI 4.0)."},
    {"name": "issuer", "description": "Who issues them: settings, certificate (CSD) and PAC."},
    {"name": "brand", "description": "How customers see the business: name, logo, colours, contact, legal texts."},
    {"name": "attention", "description": "What needs a person, and the comparison with the payments provider."},
    {"name": "analytics", "description": "What collecting came to, and what a policy would change."},
    {"name": "decisions", "description": "The log of decisions about customers, and what came of them."},
    {"name": "notices", "description": "How messages to customers read."},
    {"name": "replies", "description": "What customers wrote back, for whoever answers them."},
    {
        "name": "tickets",
        "description": "Where a person takes over: the clock of the first response, the thread, the reply.",
    },
    {"name": "sessions", "description": "People who log in: sessions, and their own account."},
    {"name": "users", "description": "Who may log in, and as what."},
    {"name": "keys", "description": "What programs are let in with."},
    {
        "name": "pages",
        "description": "What everybody may look at: prices, signing up, legal texts; and a customer's own account.",
    },
    {"name": "links", "description": "Signed links inside messages."},
    {"name": "outgoing webhooks", "description": "What your own systems are told of: endpoints, events, deliveries."},
    {"name": "webhooks", "description": "For Stripe and Twilio."},
    {"name": "health", "description": "For whoever watches us."},
]

_ABOUT = """Durable subscription billing and collections.

Send `Authorization: Bearer …` with an API key (`pk_live_…`) or the access token of a session. Amounts are integer centavos; instants
are UTC. Errors are problem+json (RFC 9457) and name the field and the remedy. With an `Idempotency-Key` a request that comes again is
carried out once. A command that could not be carried out answers 503 and has done nothing.
"""


def build(
    *,
    settings: Settings,
    store: Register,
    payments: Payments,
    processes: Door,
    late: LateMoney | None = None,
    tracing: Tracing | None = None,
) -> FastAPI:
    """The app. Its lifespan carries stored events to their processes; it opens and closes none of the ports."""
    handover = Handover(Inbox(store, processes, late, day_seconds=settings.day_seconds))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with handover:
            yield

    app = FastAPIOffline(
        title="Perdura",
        version="1",
        description=_ABOUT,
        openapi_tags=_TAGS,
        lifespan=lifespan,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would take its host from the request
        static_url="/docs-assets",
    )
    tokens = Tokens(settings.session_secret)
    app.state.context = Context(
        settings,
        store,
        payments,
        processes,
        handover,
        tokens,
        entitlements=EntitlementCache(settings.entitlement_seconds),
    )
    problems.install(app)
    app.router.routes.extend(ROUTES)
    app.add_middleware(Idempotency)
    app.add_middleware(RateLimit)
    app.add_middleware(Bugs)
    app.add_middleware(BodyLimit)
    app.add_middleware(codec.OpenToTheTemporalUi, origin=settings.temporal_ui_origin)
    app.add_middleware(embed.OpenToEveryPage)
    app.add_middleware(SecurityHeaders, secure=settings.public_url.startswith("https://"))
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_credentials=True,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", HEADER, cookies.HEADER],
            expose_headers=["Location", "Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"],
        )
    app.add_middleware(metrics.Measured, registry=app.state.context.registry)
    app.add_middleware(RequestLog)  # outermost but for the span: it sees every answer
    if tracing is not None:
        app.add_middleware(Traced, tracing=tracing)
    _describe(app)
    return app


def _describe(app: FastAPI) -> None:
    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                tags=app.openapi_tags,
                routes=app.routes,
            )
            app.openapi_schema = contract.completed(schema, access.routes(app.routes))
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]
