"""The API, assembled from ports. Who implements them is the composition root's business."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi_offline import FastAPIOffline

from activities.inbox import Inbox
from activities.ports import Payments
from activities.reads import Register
from api import (
    access,
    attention,
    billing,
    codec,
    documents,
    erasure,
    health,
    issuer,
    links,
    metrics,
    overrides,
    plans,
    problems,
    signup,
    subscriptions,
    tax_data,
    timeline,
    webhooks,
)
from api.deps import Context, Door
from api.guards import Bugs, SecurityHeaders, SizeLimit
from api.handover import Handover
from api.problems import ProblemBody
from api.request_log import RequestLog
from models.settings import Settings

_TAGS = [
    {"name": "plans", "description": "What can be subscribed to."},
    {"name": "subscriptions", "description": "Signing up, looking, and what a customer may use."},
    {"name": "billing", "description": "Hosted checkout, and how a customer of yours stands."},
    {
        "name": "overrides",
        "description": "Orders of support. Each needs an actor and a reason and leaves an audit row.",
    },
    {"name": "documents", "description": "Tax invoices (CFDI 4.0)."},
    {"name": "issuer", "description": "Who issues them: settings, certificate (CSD) and PAC."},
    {"name": "attention", "description": "What needs a person, and the comparison with the payments provider."},
    {"name": "links", "description": "Signed links inside messages."},
    {"name": "webhooks", "description": "For Stripe and Twilio."},
    {"name": "health", "description": "For whoever watches us."},
]

_ABOUT = """Durable subscription billing and collections.

Send `Authorization: Bearer pk_live_…`. Amounts are integer centavos; instants are UTC. Errors are problem+json (RFC 9457)
and name the field and the remedy. A command that could not be carried out answers 503 and has done nothing.
"""


def build(*, settings: Settings, store: Register, payments: Payments, processes: Door) -> FastAPI:
    """The app. Its lifespan carries stored events to their processes; it opens and closes none of the ports."""
    handover = Handover(Inbox(store, processes))

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
        static_url="/docs-assets",
    )
    app.state.context = Context(settings, store, payments, processes, handover)
    problems.install(app)
    # `signup` and `timeline` share a prefix with `subscriptions`; their paths do not overlap.
    for part in (
        codec,
        webhooks,
        plans,
        signup,
        subscriptions,
        timeline,
        overrides,
        billing,
        documents,
        erasure,
        issuer,
        links,
        tax_data,
        attention,
        metrics,
        health,
    ):
        app.include_router(part.router)
    app.add_middleware(Bugs)
    app.add_middleware(SizeLimit)
    app.add_middleware(codec.OpenToTheTemporalUi, origin=settings.temporal_ui_origin)
    app.add_middleware(SecurityHeaders, secure=settings.public_url.startswith("https://"))
    app.add_middleware(metrics.Measured, registry=app.state.context.registry)
    app.add_middleware(RequestLog)  # outermost: it sees every answer
    _describe_problems(app)
    access.insist(app)
    return app


def _describe_problems(app: FastAPI) -> None:
    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                tags=app.openapi_tags,
                routes=app.routes,
            )
            body = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
            parts = schema.setdefault("components", {}).setdefault("schemas", {})
            parts |= body.pop("$defs", {}) | {"ProblemBody": body}
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]
