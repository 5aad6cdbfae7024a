"""Traces sent by OTLP over HTTP (opentelemetry.io/docs/specs/otlp). Imported only where an endpoint is set."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from temporalio.api.common.v1 import Payload
from temporalio.contrib.opentelemetry import TracingInterceptor, TracingWorkflowInboundInterceptor
from temporalio.worker import HandleSignalInput, HandleUpdateInput, WorkflowInterceptorClassInput

_KEPT = frozenset(
    {
        "temporalWorkflowID",
        "temporalRunID",
        "temporalActivityID",
        "temporalUpdateID",
        "http.request.method",
        "http.route",
        "http.response.status_code",
    }
)


class OtlpTracing:
    """Spans of this process, sent in batches by a thread of their own: nobody waits for the collector; what it does not take is lost."""

    def __init__(self, endpoint: str, service: str) -> None:
        """`endpoint` is the collector's base address, `service` what this process is called there."""
        self._provider = TracerProvider(resource=Resource.create({"service.name": service}))
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(Discreet(exporter)))
        self._tracer = self._provider.get_tracer("perdura")
        self.interceptor = _Interceptor(self._tracer)

    @contextmanager
    def request(self, method: str, headers: Mapping[str, str]) -> Iterator["_Answered"]:
        began = TraceContextTextMapPropagator().extract(headers)
        with self._tracer.start_as_current_span(
            method, context=began, kind=SpanKind.SERVER, attributes={"http.request.method": method}
        ) as span:
            yield _Answered(method, span)

    def close(self) -> None:
        self._provider.shutdown()


class _Answered:
    def __init__(self, method: str, span: Span) -> None:
        self._method, self._span = method, span

    def with_(self, status: int, route: str) -> None:
        self._span.update_name(f"{self._method} {route}")
        self._span.set_attributes({"http.route": route, "http.response.status_code": status})
        if status >= 500:
            self._span.set_status(Status(StatusCode.ERROR))


_CALLER: ContextVar[dict[str, Any] | None] = ContextVar("the trace of whoever gave an order", default=None)


class _Interceptor(TracingInterceptor):
    """As Temporal's own, but an order or a signal, and what follows from it, is in the trace of whoever gave it.

    There they would be in the trace of whoever started the process, which may be a year ago.
    """

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[TracingWorkflowInboundInterceptor]:
        super().workflow_interceptor_class(input)
        return _Called


class _Called(TracingWorkflowInboundInterceptor):
    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        with self._caller(input.headers):
            return await super().handle_update_handler(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:
        with self._caller(input.headers):
            await super().handle_signal(input)

    @contextmanager
    def _caller(self, headers: Mapping[str, Payload]) -> Iterator[None]:
        header = headers.get(self.header_key)
        token = _CALLER.set(self.payload_converter.from_payloads([header])[0] if header else None)
        try:
            yield
        finally:
            _CALLER.reset(token)

    def _load_workflow_context_carrier(self) -> dict[str, Any] | None:
        return _CALLER.get() or super()._load_workflow_context_carrier()


class Discreet(SpanExporter):
    """Lets go out what is known to name nobody. A failure's words and stack quote what people typed and vendors said: they stay."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_discreet(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _discreet(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes={name: value for name, value in (span.attributes or {}).items() if name in _KEPT},
        links=[trace.Link(link.context) for link in span.links],
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
    )
