"""Customers at the console: found by their names, why they are at risk is read, and what people write is on the page at once."""

from datetime import timedelta

import pytest

from models.access.permissions import Role
from models.bookkeeping.ledger import Fact, Kind
from models.collecting.cases import Stage
from models.money import Money
from models.records import CaseRecord
from tests.api.conftest import NOW, World
from tests.api.console.browsing import Browser, signed_in

LIST = "/console/customers"


@pytest.fixture
async def mine(world: World) -> str:
    """Ana, who owes since twenty days; her page."""
    subscription = await world.signed_up()
    await world.store.post(Fact("acme", subscription, Kind.ISSUED, "in_1", Money(14_900), NOW, "in_1"))
    opened = NOW - timedelta(days=20)
    await world.store.save_case(
        CaseRecord("acme", "in_1", subscription, Money(14_900), Stage.GRACE, "ruthless v1", opened, attempts=2)
    )
    record = await world.store.subscription("acme", subscription)
    assert record is not None
    return f"{LIST}/{record.customer}"


@pytest.fixture
async def support(world: World, mine: str) -> Browser:
    return await signed_in(world, Role.SUPPORT)


async def test_somebody_is_found_and_it_is_said_why_they_are_at_risk(support: Browser, mine: str) -> None:
    for english, words in (
        (False, ("Riesgo de impago", "Debe $149.00 MXN; días de atraso: ", "Llamar a quien autoriza los pagos")),
        (True, ("Risk of not paying", "Owes $149.00 MXN; days late: ", "Call whoever authorises payments")),
    ):
        listed = await support.page(f"{LIST}?q=lop", english=english)
        assert mine in listed
        page = await support.page(mine, english=english)
        assert all(each in page for each in words), words
    assert "Ningún cliente así" in await support.page(f"{LIST}?q=nadie")
    rows = await support.get(f"{LIST}?q=ana&state=past_due&sort=risk", headers={"HX-Request": "true"})
    assert mine in rows.text
    assert "<html" not in rows.text
    found = await support.get("/console/search?q=lopez")
    assert mine in (found.text + found.headers.get("location", ""))


async def test_what_is_written_is_on_the_page(support: Browser, mine: str) -> None:
    for path, form, words in (
        ("activities", {"kind": "call", "text": "Pide\r\ncambios", "minutes": "30", "direction": "in"}, "Pide cambios"),
        (
            "contacts",
            {"name": "María Ruiz", "role": "accountant", "email": "", "phone": "55 3333 4444"},
            "+525533334444",
        ),
        (
            "opportunities",
            {
                "deal": "Proyecto A",
                "amount": "45,000",
                "probability": "65",
                "closes": "2026-12-20",
                "stage": "proposal",
            },
            "$29,250.00",
        ),
        ("tasks", {"task": "Llamar el viernes", "due": "2026-12-01"}, "Llamar el viernes"),
    ):
        answer = await support.send(f"{mine}/{path}", form, of=mine)
        assert (answer.status_code, answer.headers["location"]) == (303, mine), answer.text
        assert words in await support.page(mine)
    page = await support.page(mine)
    deal, task = (page.split(f"{mine}/{each}/")[1].partition('"')[0] for each in ("opportunities", "tasks"))
    assert (await support.send(f"{mine}/opportunities/{deal}", {"stage": "won"}, of=mine)).status_code == 303
    assert (await support.send(f"{mine}/tasks/{task}", of=mine)).status_code == 303
    page = await support.page(mine)
    assert "Ganada" in page
    assert "Llamar el viernes" not in page


@pytest.mark.parametrize(
    ("path", "form", "field"),
    [
        ("activities", {"kind": "call", "text": " "}, "text"),
        ("contacts", {"name": "María", "role": "other", "phone": "12"}, "phone"),
        ("opportunities", {"deal": "A", "amount": "mucho", "probability": "5", "closes": "2026-12-20"}, "amount"),
        ("opportunities", {"deal": "A", "amount": "1.²", "probability": "5", "closes": "2026-12-20"}, "amount"),
        ("opportunities", {"deal": "A", "amount": "5", "probability": "500", "closes": "2026-12-20"}, "probability"),
        ("tasks", {"task": "x", "due": "mañana"}, "due"),
        ("tasks", {"task": "x", "due": "9999-12-31"}, "due"),
        ("tasks", {"task": "x", "due": "0001-01-01"}, "due"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field(
    support: Browser, mine: str, path: str, form: dict[str, str], field: str
) -> None:
    answer = await support.send(f"{mine}/{path}", form, of=mine)
    assert answer.status_code == 422
    assert f'id="{field}-why"' in answer.text


async def test_a_role_that_is_none_is_refused(support: Browser, mine: str) -> None:
    assert (await support.send(f"{mine}/contacts", {"name": "María", "role": "x"}, of=mine)).status_code == 422


async def test_who_may_only_read_is_offered_no_form(world: World, mine: str) -> None:
    viewer = await signed_in(world, Role.VIEWER)
    assert "Guardar contacto" not in await viewer.page(mine)
    assert (await viewer.send(f"{mine}/contacts", {"name": "Eva"}, of="/console")).status_code == 403


async def test_the_whole_history_goes_on_page_by_page(world: World, support: Browser, mine: str) -> None:
    subscription = (await world.store.subscriptions_of("acme", mine.rpartition("/")[2]))[0].id
    await world.store.post(
        *(
            Fact("acme", subscription, Kind.ISSUED, f"in_x{n}", Money(100 + n), NOW - timedelta(days=n), f"in_x{n}")
            for n in range(60)
        )
    )
    assert "Todo el historial" in await support.page(mine)
    first = await support.page(f"{mine}/history")
    onward = first.split("history?cursor=")[1].partition('"')[0]
    assert "$1.59" in await support.page(f"{mine}/history?cursor={onward}")
