"""Tax documents found, and a month of them for the accountant."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.cfdi.documents import DocumentFile, DocumentState
from tests.api.conftest import NOW, PUBLIC, World
from tests.api.tax_documents import XENON, rejected, stamped

MIDNIGHT = datetime(2026, 12, 1, 6, tzinfo=UTC)  # the first instant of December in Mexico City


async def test_a_month_in_one_zip_ends_on_the_issuer_s_clock(world: World) -> None:
    await stamped(
        world,
        {"issued_at": MIDNIGHT - timedelta(seconds=1)},
        {"issued_at": MIDNIGHT},
        {"issued_at": MIDNIGHT - timedelta(days=1), "state": DocumentState.CANCELLED},
    )
    await world.store.save_document(replace(rejected("s_x"), source="ch_9", issued_at=MIDNIGHT - timedelta(days=2)))
    answer = await world.get("/v1/documents/export?month=2026-11")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    box = zipfile.ZipFile(io.BytesIO(answer.content))
    one, three = (f"0000000{n}-6F0E-4A73-9A35-1F4D6B1F9B11" for n in (1, 3))
    assert sorted(box.namelist()) == [
        f"cancelled/{three}.pdf",
        f"cancelled/{three}.xml",
        "documents.csv",
        f"income/{one}.pdf",
        f"income/{one}.xml",
    ]
    assert box.read(f"income/{one}.xml") == b"<xml 1/>"
    lines = box.read("documents.csv").decode().splitlines()
    assert lines[2] == f"{one},income,ch_1,2026-11-30T23:59:59,{XENON['tax_id']},149.00,MXN,delivered,"


async def test_documents_are_found_by_folio_fiscal_rfc_and_month(world: World) -> None:
    await stamped(
        world, {"issued_at": MIDNIGHT}, {"issued_at": NOW, "receiver_rfc": "CUSC850516316"}, {"issued_at": NOW}
    )

    async def found(query: str) -> list[str]:
        answer = await world.get(f"/v1/documents/search?{query}")
        assert answer.status_code == 200, answer.text
        return [each["key"].partition("/")[0] for each in answer.json()]

    assert await found("uuid=00000002-6f0e-4a73-9a35-1f4d6b1f9b11") == ["ch_2"]
    assert await found("uuid=00000009-6f0e-4a73-9a35-1f4d6b1f9b11") == []
    assert await found("month=2026-12") == ["ch_1"]
    assert await found("rfc=cusc850516316") == ["ch_2"]
    assert await found(f"rfc={XENON['tax_id']}&month=2026-12") == ["ch_1"]


@pytest.mark.parametrize("query", ["search", "search?month=2026-13", "search?month=november", "export?month=1999-01"])
async def test_a_month_that_is_none_is_named(world: World, query: str) -> None:
    answer = await world.get(f"/v1/documents/{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["month"]


@pytest.mark.parametrize("uuid", ["%00", "not-one", "00000002-6f0e-4a73-9a35-1f4d6b1f9b1%00"])
async def test_a_folio_fiscal_that_is_none_is_named(world: World, uuid: str) -> None:
    answer = await world.get(f"/v1/documents/search?uuid={uuid}")  # PostgreSQL can hold no NUL, not even in a question
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, ["uuid"])


async def test_another_tenant_s_documents_are_not_found(world: World) -> None:
    await stamped(world, {"tenant": "other", "issued_at": MIDNIGHT})
    assert (await world.get("/v1/documents/search?month=2026-12")).json() == []
    assert (await world.get("/v1/documents/search?uuid=00000001-6F0E-4A73-9A35-1F4D6B1F9B11")).json() == []


async def test_the_acknowledgement_of_a_cancellation_can_be_opened(world: World) -> None:
    subscription = await stamped(world, {"state": DocumentState.CANCELLED})
    await world.store.save_file("acme", "ch_1/income/v1", DocumentFile.ACKNOWLEDGEMENT, b"<acuse/>")
    (view,) = (await world.get(f"/v1/documents?subscription={subscription}")).json()
    opened = await world.http.get(view["acknowledgement_url"].removeprefix(PUBLIC))
    assert (opened.status_code, opened.content) == (200, b"<acuse/>")
