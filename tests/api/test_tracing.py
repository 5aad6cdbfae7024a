"""One order over the API is one trace: its request, its process and the activity that wrote it down, told to a collector over HTTP."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, cast

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from temporalio.client import Client
from temporalio.worker import Worker

from activities.failures import FailureInterceptor
from activities.gateways.tracing_otlp import OtlpTracing
from activities.ports.payments import Payments
from api.app import build
from models.collecting.cases import Case, Hold, HoldKind
from models.collecting.declines import Decline
from models.messages import DunningStart
from models.money import Money
from models.periods import Calendar
from models.policies.presets import preset
from models.records import CaseRecord
from tests.api.conftest import PUBLIC, SETTINGS, World
from tests.conftest import Stage
from tests.samples import overdue
from workflows.connection import runner
from workflows.dunning import DunningWorkflow
from workflows.ids import dunning_id
from workflows.interface import Interface


@dataclass
class Collector:
    """What was told to it."""

    address: str = ""
    bodies: list[bytes] = field(default_factory=list)

    @property
    def spans(self) -> list[Any]:
        told = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [
            span
            for request in told
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()

    class Heard(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            found.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Heard)
    found.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


async def test_one_order_is_one_trace_from_the_request_to_the_activity(
    world: World, stage: Stage, collector: Collector
) -> None:
    tracing = OtlpTracing(collector.address, "perdura-tests")
    client = Client(**{**stage.client.config(), "interceptors": [tracing.interceptor]})
    now = datetime.now(UTC)
    subscription = await world.signed_up()
    stage.payments.add(overdue("in_1", now))
    case = Case("in_1", Money(14_900), now, preset("ruthless"), Calendar(), decline=Decline("insufficient_funds"))
    case = replace(case, hold=Hold(HoldKind.PAUSE, now))  # it stands still on a clock that skips
    await world.store.save_case(CaseRecord("acme", "in_1", subscription, case.amount, case.stage, "ruthless v2", now))
    door = Interface(client, queue=stage.queue)
    payments = cast(Payments, stage.payments)
    app = build(settings=SETTINGS, store=world.store, payments=payments, processes=door, tracing=tracing)
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC)
    worker = Worker(
        client,
        task_queue=stage.queue,
        workflows=[DunningWorkflow],
        activities=replace(stage, store=cast(Any, world.store)).activities(),
        workflow_runner=runner(),
        interceptors=[FailureInterceptor()],
    )
    order = {"actor": "ana@example.mx", "reason": "la señora Robles cobra el viernes", "days": 3}
    caller = "4bf92f3577b34da6a3ce929d0e0e4736"
    async with worker, app.router.lifespan_context(app), http:
        handle = await client.start_workflow(
            DunningWorkflow.run,
            DunningStart("acme", subscription, "user-1042", "pro", case),
            id=dunning_id("acme", "in_1"),
            task_queue=stage.queue,
        )
        answer = await http.post(
            f"/v1/subscriptions/{subscription}/overrides/extend_grace",
            json=order,
            headers={"Authorization": f"Bearer {world.key}", "traceparent": f"00-{caller}-00f067aa0ba902b7-01"},
        )
        assert answer.status_code == 200, answer.text
        await handle.terminate()
    await asyncio.to_thread(tracing.close)
    mine = {span.name: span for span in collector.spans if span.trace_id.hex() == caller}
    route = "POST /v1/subscriptions/{subscription}/overrides/extend_grace"
    assert {route, "StartWorkflowUpdate:extend_grace", "HandleUpdate:extend_grace", "RunActivity:record_case"} <= set(
        mine
    )
    told = b"".join(collector.bodies)
    for personal in (b"ana@example.mx", "señora".encode(), subscription.encode() + b"/overrides", world.key.encode()):
        assert personal not in told
    told_of = {pair.key: pair.value for pair in mine[route].attributes}
    assert told_of["http.response.status_code"].int_value == 200
    workflows = {pair.value.string_value for pair in mine["HandleUpdate:extend_grace"].attributes}
    assert dunning_id("acme", "in_1") in workflows


async def test_a_failure_is_told_without_its_words(collector: Collector) -> None:
    tracing = OtlpTracing(collector.address, "perdura-tests")

    def fails() -> None:
        with tracing.request("GET", {}) as answered:
            answered.with_(500, "/v1/x")
            raise ValueError("la señora Robles")

    with pytest.raises(ValueError, match="Robles"):
        fails()
    await asyncio.to_thread(tracing.close)
    (span,) = collector.spans
    assert (span.name, span.status.code, len(span.events)) == ("GET /v1/x", 2, 0)
    assert b"Robles" not in b"".join(collector.bodies)
