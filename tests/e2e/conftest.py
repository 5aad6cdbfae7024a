"""One town for all: starting it is the dear part. Each test brings its own people, and mends what it broke."""

from collections.abc import AsyncIterator

import pytest

from tests.databases import new_database
from tests.e2e.town import Town, built


@pytest.fixture(scope="session")
async def standing(
    request: pytest.FixtureRequest, on_postgresql: bool, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    database = new_database(request.getfixturevalue("postgres")) if on_postgresql else ""
    async with built(tmp_path_factory.mktemp("town"), database) as town:
        yield town


@pytest.fixture
async def town(standing: Town) -> AsyncIterator[Town]:
    await standing.whole()
    yield standing
    await standing.whole()
    wrong = await standing.violations()
    assert not wrong, wrong
