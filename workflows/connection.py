"""How everything of ours meets Temporal, in one place: shared by worker, api, tests and replayer."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from temporalio.client import Client, Interceptor
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
)
from temporalio.envconfig import ClientConfig
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.worker import PollerBehaviorAutoscaling
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

from models.safekeeping.keyring import Keyring
from models.settings import SettingsIncomplete

# Named again for the codec server, which opens what our processes sealed.
from workflows.codec import Sealing as Sealing
from workflows.codec import owner as owner
from workflows.codec import sealed as sealed

_JSON = PydanticJSONPlainPayloadConverter()


class SharedConverter(CompositePayloadConverter):
    """The Pydantic converter, with one set of type adapters for all workflows.

    Temporal makes a converter for each open workflow; with adapters of its own each would cost 130 kB and 5 ms more.
    """

    def __init__(self) -> None:
        known = DefaultPayloadConverter.default_encoding_payload_converters
        super().__init__(*(_JSON if isinstance(each, JSONPlainPayloadConverter) else each for each in known))


class Polling(TypedDict):
    """How a worker polls and caches."""

    max_cached_workflows: int
    max_concurrent_workflow_tasks: int
    workflow_task_poller_behavior: PollerBehaviorAutoscaling
    activity_task_poller_behavior: PollerBehaviorAutoscaling


POLLING = Polling(
    # More in the cache than are ever awake at once: an open case costs 90 KB, rebuilding one costs a replay.
    max_cached_workflows=5_000,
    # Few at once, each done in time: on a worker that is too slow for its load a hundred side by side all miss Temporal's
    # ten seconds, are begun anew, and none is ever done.
    max_concurrent_workflow_tasks=20,
    workflow_task_poller_behavior=PollerBehaviorAutoscaling(initial=5, maximum=50),
    activity_task_poller_behavior=PollerBehaviorAutoscaling(initial=5, maximum=50),
)
DATA_CONVERTER = DataConverter(payload_converter_class=SharedConverter)  # in clear: for recorded histories


def sealing_converter(keyring: Keyring) -> DataConverter:
    """Everything sealed that Temporal keeps of us: arguments, results, signals, updates, summaries, the texts of failures.

    A failure's message quotes what people typed and what vendors said, so it is sealed too; its type stays in clear.
    """
    return DataConverter(
        payload_converter_class=SharedConverter,
        payload_codec=Sealing(keyring),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


async def connect(
    keyring: Keyring | None, *, lazy: bool = False, metrics: str = "", interceptors: Sequence[Interceptor] = ()
) -> Client:
    """A client for the server that `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, TLS and API key in the environment name.

    `keyring` seals all that the client sends; without one it may only administer the server, and must not talk to processes.
    `lazy` connects with the first call, so that the API can start while Temporal is down. `metrics`: the `host:port` at which Temporal's
    SDK tells Prometheus of requests, tasks and free slots; empty: it tells nobody. `interceptors` stand around the client's calls, and
    those of its workers.

    Raises:
        SettingsIncomplete: nothing names a server.
    """
    config = ClientConfig.load_client_connect_config()
    if not config.get("target_host"):
        raise SettingsIncomplete("TEMPORAL_ADDRESS: say where the Temporal server is, e.g. 127.0.0.1:7233")
    converter = sealing_converter(keyring) if keyring else DATA_CONVERTER
    runtime = Runtime(telemetry=TelemetryConfig(metrics=_prometheus(metrics))) if metrics else None
    around = list(interceptors)
    return await Client.connect(**config, data_converter=converter, lazy=lazy, runtime=runtime, interceptors=around)


def _prometheus(address: str) -> PrometheusConfig:
    return PrometheusConfig(
        bind_address=address, counters_total_suffix=True, durations_as_seconds=True, unit_suffix=True
    )


def runner() -> SandboxedWorkflowRunner:
    """The workflow sandbox, refusing any import that a workflow file did not declare: an architecture check at run time."""
    return SandboxedWorkflowRunner(
        SandboxRestrictions.default.with_import_notification_policy(
            SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
        )
    )


def verbs(owner: object) -> list[Callable[..., Any]]:
    """The activities among an object's methods."""
    methods = inspect.getmembers(owner, inspect.ismethod)
    return [method for _, method in methods if hasattr(method, "__temporal_activity_definition")]
