"""Customers in as a sheet, looked at before anything is written; and out again."""

import pytest

from models.records import Customer
from models.watching.overview import AuditFilter
from tests.api.conftest import World

HOME = "/api/clientes"
SHEET = (
    "reference,name,email,phone,language,tax_id,legal_name,tax_regime,postal_code,cfdi_use\n"
    "luz,=Luz López,luz@cliente.mx,55 1111 2222,,XIA190128J61,XENON INDUSTRIAL ARTICLES,601,76343,\n"
    "eva,Eva,eva@cliente.mx,,,,,,,\n"
    "bad,Bad,nothing,,,,,,,\n"
)


async def test_nothing_is_written_until_it_is_confirmed_and_then_once(world: World) -> None:
    look = (await world.post(f"{HOME}/importacion", {"csv": SHEET})).json()
    assert (look["rows"], look["new"], look["known"], look["entered"]) == (3, 2, 0, 0)
    assert [(each["row"], each["field"]) for each in look["errors"]] == [(4, "email")]
    assert (await world.get(HOME)).json()["data"] == []
    wrong = await world.post(f"{HOME}/importacion", {"csv": SHEET + " ", "confirm": look["digest"]})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "confirm")
    done = (await world.post(f"{HOME}/importacion", {"csv": SHEET, "confirm": look["digest"]})).json()
    assert (done["entered"], len(done["errors"])) == (2, 1)
    again = (await world.post(f"{HOME}/importacion", {"csv": SHEET, "confirm": look["digest"]})).json()
    assert (again["entered"], again["known"], again["new"]) == (0, 2, 0)
    assert len((await world.get(HOME)).json()["data"]) == 2
    other = SHEET.replace("luz,", "lucia,").replace("luz@", "lucia@")
    clash = (await world.post(f"{HOME}/importacion", {"csv": other})).json()
    assert [(each["row"], each["field"]) for each in clash["errors"]] == [(2, "tax_id"), (4, "email")]


async def test_it_is_audited_before_anybody_is_entered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    look = (await world.post(f"{HOME}/importacion", {"csv": SHEET})).json()
    known: list[str] = []
    enter = world.store.enter_prospect

    async def entered(customer: Customer) -> bool:
        known.extend(each.entry.action for each in await world.store.audit_page("acme", AuditFilter(), limit=9))
        return await enter(customer)

    monkeypatch.setattr(world.store, "enter_prospect", entered)
    await world.post(f"{HOME}/importacion", {"csv": SHEET, "confirm": look["digest"]})
    assert known == ["import of 2 customers"] * 2


async def test_what_goes_out_can_come_in_again(world: World) -> None:
    look = (await world.post(f"{HOME}/importacion", {"csv": SHEET})).json()
    await world.post(f"{HOME}/importacion", {"csv": SHEET, "confirm": look["digest"]})
    answer = await world.get(f"{HOME}/exportacion")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "'=Luz López" in answer.text
    assert "'+525511112222" in answer.text
    again = (await world.post(f"{HOME}/importacion", {"csv": answer.text})).json()
    assert (again["rows"], again["known"], again["errors"]) == (2, 2, [])
