"""Figures for Prometheus: of the books, read when they are asked for, and of our own requests, counted as they pass."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from activities.ports.figures import Figures
from api.access import public
from api.deps import Ctx
from api.problems import Problem
from models.kpis.definitions import Kpi
from models.kpis.figures import revenue
from models.kpis.traffic import BUCKETS
from models.watching.attention import Rule

router = APIRouter(tags=["health"])

_bearer = HTTPBearer(auto_error=False, scheme_name="metrics", description="PERDURA_METRICS_TOKEN")


class Measured:
    """Counts requests and times them by route template, so that no id of anybody becomes a label."""

    def __init__(self, app: ASGIApp, *, registry: CollectorRegistry) -> None:
        self._app = app
        labels = ("method", "route", "status")
        self._count = Counter("perdura_http_requests", "Requests answered", labels, registry=registry)
        self._seconds = Histogram(
            "perdura_http_request_seconds",
            "Time to answer",
            ("method", "route"),
            buckets=BUCKETS,
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), "none"

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._count.labels(method, route, status).inc()
            self._seconds.labels(method, route).observe(time.perf_counter() - began)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


# Left out of the OpenAPI: it is no tenant's, and speaks no JSON.
@router.get(
    "/metrics",
    include_in_schema=False,
    dependencies=[public("whoever scrapes has a token of its own: the figures are of all tenants")],
)
async def metrics(
    context: Ctx, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Response:
    """Needs `Authorization: Bearer` with PERDURA_METRICS_TOKEN; without that setting nobody may read it."""
    secret = context.settings.metrics_secret
    given = credentials.credentials if credentials else ""
    if not secret.accepts(given):
        why = (
            "send PERDURA_METRICS_TOKEN as a bearer token"
            if secret.values
            else "set PERDURA_METRICS_TOKEN to open /metrics"
        )
        raise Problem(401, why, kind="unauthorized", headers={"WWW-Authenticate": "Bearer"})
    figures = await of_the_books(context.store, datetime.now(UTC))
    body = generate_latest(figures) + generate_latest(context.registry)
    return Response(body, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def of_the_books(store: Figures, now: datetime) -> CollectorRegistry:
    """The books in figures, of all tenants together, at this instant (UTC)."""
    registry = CollectorRegistry()

    def gauge(name: str, about: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(f"perdura_{name}", about, labels, registry=registry)

    counted = (
        ("subscriptions", "Subscriptions", ("status",), store.subscriptions_by_status()),
        ("cases_open", "Open dunning cases", ("stage",), store.cases_by_stage()),
        ("money_at_risk_centavos", "Unpaid in open cases", ("currency",), store.money_at_risk()),
        ("mrr_centavos", "What the active base brings each month", ("currency",), _mrr(store, now)),
        ("tickets_open", "Open tickets", ("priority",), store.open_tickets()),
        ("notices", "Messages by how far they got", ("channel", "delivery"), store.notices_by_delivery()),
        ("cfdis", "Tax documents", ("kind", "state"), store.documents_by_state()),
        ("inbox_events", "Provider events", ("provider", "status"), store.events_by_status()),
    )
    answers = await asyncio.gather(*(asked for *_, asked in counted))
    for (name, about, labels, _), answer in zip(counted, answers, strict=True):
        figure = gauge(name, about, labels)
        for values, count in answer.items():
            figure.labels(*values).set(count)
    gauge("tickets_overdue", "Tickets whose first response is late").set(await store.overdue_tickets(now))
    snapshot = await store.oldest_newest_snapshot()
    gauge("snapshot_age_seconds", "Since the newest daily snapshot, of the business that is furthest behind").set(
        (now - snapshot).total_seconds() if snapshot else 0
    )
    waiting, oldest = await store.waiting_events()
    gauge("inbox_pending", "Events not handed over yet").set(waiting)
    gauge("inbox_oldest_seconds", "How long the oldest of them has waited").set(
        (now - oldest).total_seconds() if oldest else 0
    )
    broken = dict(await store.open_findings())
    violations = gauge("invariant_violations", "Open findings by rule", ("rule",))
    for rule in Rule:
        violations.labels(rule.value).set(broken.get(rule, 0))
    last = await store.last_run("")
    drift = gauge("reconciliation_drift", "Differences of the last reconciliation", ("became",))
    drift.labels("repaired").set(last.repaired if last else 0)
    drift.labels("open").set(last.open if last else 0)
    gauge("reconciliation_seconds", "How long the last reconciliation took").set((last.seconds or 0) if last else 0)
    finished = gauge("reconciliation_finished_timestamp_seconds", "When it ended (Unix time); 0: never")
    finished.set(last.finished.timestamp() if last and last.finished else 0)
    return registry


async def _mrr(store: Figures, now: datetime) -> Mapping[tuple[str, ...], int]:
    """Centavos by currency."""
    found = revenue(await store.all_standings(), now.date())
    return {(figure.currency,): figure.numerator for figure in found if figure.kpi is Kpi.MRR}
