"""The database that a drill destroys: a SQLite file of its own, or an empty PostgreSQL database that it is given."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from sandbox.obstacle import Obstacle

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"


async def must_be_empty(url: str) -> None:
    """Raises Obstacle where it is not PostgreSQL or holds anything: it will be destroyed."""
    if make_url(url).get_backend_name() != "postgresql":
        raise Obstacle("--database: the address of an empty PostgreSQL database; left out, the drill has a SQLite file")
    if await _rows(url, _TABLES):
        raise Obstacle("--database: it has tables, and the drill destroys what it is given: make an empty one for it")


async def destroy(url: str) -> None:
    """Nothing of it is left. Whoever uses it must have ended."""
    if (file := _file(url)) is None:
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            for order in ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"):
                await connection.execute(text(order))
        await engine.dispose()
        return
    for part in file.parent.glob(f"{file.name}*"):
        part.unlink()


async def readable(url: str, values: Sequence[str]) -> list[str]:
    """Which of these values stand in clear in it, and where."""
    if (file := _file(url)) is None:
        held = {
            name: repr(await _rows(url, f'SELECT t::text FROM "{name}" t')) for (name,) in await _rows(url, _TABLES)
        }
        return [
            f"{value} stands in clear in {name}" for name, rows in held.items() for value in values if value in rows
        ]
    return [line for part in file.parent.glob(f"{file.name}*") for line in in_file(part, values)]


def in_file(file: Path, values: Sequence[str]) -> list[str]:
    """The same for a file."""
    held = file.read_bytes()
    return [f"{value} stands in clear in {file.name}" for value in values if value.encode() in held]


async def _rows(url: str, query: str) -> list[tuple[str, ...]]:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return [tuple(row) for row in (await connection.execute(text(query))).all()]
    finally:
        await engine.dispose()


def _file(url: str) -> Path | None:
    place = make_url(url)
    return Path(place.database or "") if place.get_backend_name() == "sqlite" else None
