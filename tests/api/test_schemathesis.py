"""Schemathesis over our own OpenAPI, with a key of every right and with none: no crash, and the declared answers in the declared shapes."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.conftest import PUBLIC, World
from tests.api.test_fuzz import DESCRIPTION

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION)
SAMPLED = 4  # every so many operations are asked what they do not take, which is slow to make up; `make storm` asks all
OPERATIONS = {result.ok().label: result.ok() for result in SCHEMA.get_all_operations()}


@pytest.mark.parametrize("credentials", ["with", "without"])
async def test_every_operation_keeps_its_contract(world: World, credentials: str, in_full: bool) -> None:
    loop = asyncio.get_running_loop()
    headers = {"Authorization": f"Bearer {world.key}"} if credentials == "with" else {}

    def ask(label: str, mode: GenerationMode) -> None:
        @seed(20261121)
        @settings(
            max_examples=10 if in_full else 2 if mode is GenerationMode.POSITIVE else 1,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.data())
        def once(data: Any) -> None:
            case = data.draw(OPERATIONS[label].as_strategy(generation_mode=mode))
            wanted = case.as_transport_kwargs(base_url=PUBLIC)
            wanted = {
                name: wanted[name]
                for name in ("method", "url", "params", "json", "data", "headers")
                if wanted.get(name)
            }
            if isinstance(wanted.get("data"), bytes | str):
                wanted["content"] = wanted.pop("data")
            wanted["headers"] = {**dict(wanted.get("headers", {})), **headers}
            answer = asyncio.run_coroutine_threadsafe(world.http.request(**wanted), loop).result(20)
            case.validate_response(answer, checks=CHECKS)

        once()

    for number, label in enumerate(OPERATIONS):
        await asyncio.to_thread(ask, label, GenerationMode.POSITIVE)
        if in_full or number % SAMPLED == 0:
            with suppress(Unsatisfiable):  # it takes nothing that could be wrong
                await asyncio.to_thread(ask, label, GenerationMode.NEGATIVE)
