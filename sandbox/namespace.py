"""Gives a Temporal server what the product needs of it: the namespace, its retention, and the search attributes."""

import asyncio
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
    ListSearchAttributesResponse,
)
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from sandbox.obstacle import Obstacle
from sandbox.temporal import DevServer

PATIENCE_SECONDS = 30


async def prepare(client: Client, server: DevServer) -> list[str]:
    """Make the client's namespace fit `server`; the answer tells what was changed. Doing it again changes nothing.

    Raises:
        Obstacle: the server refuses, or an attribute is there with another type.
    """
    try:
        changed = await _namespace(client, server.retention)
        return changed + await _attributes(client, server)
    except RPCError as error:
        raise Obstacle(f"Temporal refuses ({error.status.name}): {error.message}") from None


async def _namespace(client: Client, retention: timedelta) -> list[str]:
    service, name = client.workflow_service, client.namespace
    kept = Duration()
    kept.FromTimedelta(retention)
    try:
        known = await service.describe_namespace(DescribeNamespaceRequest(namespace=name))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        await service.register_namespace(
            RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=kept)
        )
        return [f"namespace {name} made, retention {retention.days} days"]
    if known.config.workflow_execution_retention_ttl.ToTimedelta() == retention:
        return []
    await service.update_namespace(
        UpdateNamespaceRequest(namespace=name, config=NamespaceConfig(workflow_execution_retention_ttl=kept))
    )
    return [f"namespace {name}: retention {retention.days} days"]


async def _known_attributes(client: Client) -> ListSearchAttributesResponse:
    request = ListSearchAttributesRequest(namespace=client.namespace)
    for _ in range(PATIENCE_SECONDS - 1):
        try:
            return await client.operator_service.list_search_attributes(request)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            await asyncio.sleep(
                1
            )  # a namespace just made is known to every part of the server only after its next refresh
    return await client.operator_service.list_search_attributes(request)


async def _attributes(client: Client, server: DevServer) -> list[str]:
    operator = client.operator_service
    known = await _known_attributes(client)
    wanted = {
        name: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}")
        for name, kind in server.search_attributes.items()
    }
    for name, kind in wanted.items():
        if known.custom_attributes.get(name, kind) != kind:
            raise Obstacle(f"search attribute {name} is there with another type; remove it from the server first")
    missing = {name: kind for name, kind in wanted.items() if name not in known.custom_attributes}
    if missing:
        await operator.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
    return [f"search attribute {name} ({server.search_attributes[name]}) added" for name in missing]
