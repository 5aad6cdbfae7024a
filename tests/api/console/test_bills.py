"""Bills in the console: listed as they stand, told in full, and ordered about as the API's routes allow."""

from html import unescape

import pytest

from activities.ports.processes import CommandRefused
from models.access.permissions import Role
from models.billing.bills import BillStanding, BillStatus
from models.commands import BillCommand
from models.money import Money
from models.records import Payment
from models.refusals import OrderWhy
from models.subscribing.invoices import Funding
from tests.api.conftest import NOW, PUBLIC, World
from tests.api.console.browsing import HIDDEN, Browser, signed_in
from tests.api.test_bills import left

HERE = "/console/bills"
BATH = {"customer_reference": "user-1042", "lines": [{"description": "Baño", "price": 30_000, "quantity": 2}]}
ORDERS = ("issue", "record_payment", "write_off", "void", "refund")


@pytest.fixture
async def bill(world: World) -> str:
    """One to be paid."""
    await world.signed_up()
    return str((await world.post("/v1/bills", BATH)).json()["id"])


async def stands(world: World, bill: str, status: BillStatus, *charges: str) -> None:
    """Its process has written so."""
    await world.store.save_bill(BillStanding("acme", bill, status, NOW, Money(60_000), f"in_{bill}"))
    for charge in charges:
        await world.store.record_payment(
            Payment("acme", charge, f"in_{bill}", bill, Money(60_000), Funding.CREDIT, NOW)
        )


async def offered(browser: Browser, bill: str) -> set[str]:
    page = await browser.page(f"{HERE}/{bill}")
    return {order for order in ORDERS if f'/{order}">' in page}


async def test_they_are_listed_as_they_stand_with_whom_and_how_much(world: World, bill: str) -> None:
    browser = await signed_in(world)
    page = await browser.page(HERE)
    assert f"{HERE}/{bill}" in page
    assert "2 × Baño" in page
    assert "Ana" in page
    assert "600.00" in page
    assert bill in await browser.page(f"{HERE}?status=open")
    assert bill not in await browser.page(f"{HERE}?status=paid")
    assert "Ninguna cuenta así" in await browser.page(f"{HERE}?status=paid")
    assert bill in await browser.page(f"{HERE}?status=nonsense"), "what is no status is no filter"
    assert bill in (await browser.get(f"{HERE}/list?status=open")).text


async def test_older_ones_are_a_page_away(world: World, bill: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.console.bills.PAGE", 1)
    newer = (await world.post("/v1/bills", BATH)).json()["id"]
    browser = await signed_in(world)
    first = await browser.page(HERE)
    assert f"{HERE}/{newer}" in first
    assert f"{HERE}/{bill}" not in first
    onward = first.partition("cursor=")[2].partition('"')[0]
    second = await browser.page(f"{HERE}?cursor={onward}")
    assert f"{HERE}/{bill}" in second
    assert f"{HERE}/{newer}" not in second


async def test_one_tells_what_was_sold_to_whom_and_what_happened(world: World, bill: str) -> None:
    browser = await signed_in(world)
    await stands(world, bill, BillStatus.PAID, "ch_1")
    page = await browser.page(f"{HERE}/{bill}")
    for words in ("2 × Baño", "Ana", "Pagada", "600.00", "/console/customers/"):
        assert words in page
    assert "Paid" in await browser.page(f"{HERE}/{bill}", english=True)
    assert (await browser.get(f"{HERE}/b_nothing")).status_code == 404


async def test_the_search_box_leads_to_one(world: World, bill: str) -> None:
    browser = await signed_in(world)
    answer = await browser.get("/console/search", params={"q": bill})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HERE}/{bill}")


async def test_what_can_be_ordered_is_what_the_bill_and_the_role_allow(world: World, bill: str) -> None:
    owner, support, viewer = [await signed_in(world, role) for role in Role]
    owed = {"record_payment", "write_off", "void"}
    assert [await offered(each, bill) for each in (owner, support, viewer)] == [owed, set(), set()]
    await stands(world, bill, BillStatus.PAID)
    assert await offered(owner, bill) == set(), "cash is given back at the counter"
    await stands(world, bill, BillStatus.PAID, "ch_1")
    assert await offered(owner, bill) == {"refund"}
    refused = await support.send(f"{HERE}/{bill}/money/void", {"reason": "x"})
    assert refused.status_code == 403


async def test_one_that_was_never_issued_is_issued_or_taken_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.signed_up()
    draft = await left(world, monkeypatch, customer="user-1042", line={"description": "Baño", "price": 30_000})
    owner, support = await signed_in(world), await signed_in(world, Role.SUPPORT)
    assert await offered(owner, draft) == {"issue", "void"}
    assert await offered(support, draft) == {"issue"}
    where = f"{HERE}/{draft}"
    answer = await support.send(f"{where}/order/issue", {"reason": "hubo una falla"}, of=where)
    assert (answer.status_code, answer.headers["location"]) == (303, where)
    assert world.door.bills[-1].subscription == draft
    again = await support.send(f"{where}/order/issue", {"reason": "otra vez"}, of=where)
    assert again.status_code == 409


async def test_an_order_is_given_once_with_its_reason(world: World, bill: str) -> None:
    browser = await signed_in(world)
    where = f"{HERE}/{bill}"
    paid = {"reason": "pagó al salir", "method": "cash", "reference": "R-12"}
    answer = await browser.send(f"{where}/money/record_payment", paid, of=where)
    assert (answer.status_code, answer.headers["location"]) == (303, where)
    ((about, command, order),) = world.door.orders
    assert (about, command) == (bill, BillCommand.RECORD_PAYMENT)
    assert (order.actor, order.reason, order.method, order.reference) == (
        browser.user.id,
        "pagó al salir",
        "cash",
        "R-12",
    )
    assert world.door.updates[0]
    for name in ("void", "write_off"):
        await browser.send(f"{where}/money/{name}", {"reason": "x"}, of=where)
    assert [command for _, command, _ in world.door.orders[1:]] == [BillCommand.VOID, BillCommand.WRITE_OFF]
    await stands(world, bill, BillStatus.PAID, "ch_1")
    await browser.send(f"{where}/money/refund", {"reason": "no quedó contenta"}, of=where)
    assert world.door.refunds == [("acme", bill, "re_ch_1")]


async def test_what_is_wrong_stands_at_its_field_and_what_was_written_stays(world: World, bill: str) -> None:
    browser = await signed_in(world)
    where = f"{HERE}/{bill}"
    answer = await browser.send(f"{where}/money/record_payment", {"reason": "pagó", "method": "cash"}, of=where)
    assert answer.status_code == 422
    assert 'aria-describedby="reference-why"' in answer.text
    assert 'value="pagó"' in answer.text
    assert "<details open>" in answer.text
    world.door.refusal = CommandRefused(OrderWhy.BILL_PAID())
    answer = await browser.send(f"{where}/money/void", {"reason": "otra vez"}, of=where)
    assert answer.status_code == 409
    assert "Ya está pagada" in answer.text
    answer = await browser.send(f"{where}/money/refund", {"reason": "no quedó contenta"}, of=where)
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert (await browser.send(f"{where}/money/nothing", {"reason": "x"}, of=where)).status_code == 404


async def test_nothing_of_another_business_is_listed_or_ordered(world: World, bill: str) -> None:
    other = await signed_in(world, tenant="other")
    assert bill not in await other.page(HERE)
    assert (await other.get(f"{HERE}/{bill}")).status_code == 404
    assert (await other.send(f"{HERE}/{bill}/money/void", {"reason": "x"})).status_code == 404
    assert world.door.orders == []


async def test_one_press_is_one_order_and_other_words_or_another_button_are_another(world: World, bill: str) -> None:
    browser = await signed_in(world)
    page = await browser.get(f"{HERE}/{bill}")
    hidden = {name: unescape(value) for name, value in HIDDEN.findall(page.text)}
    cash = {"reason": "at the counter", "method": "cash", "reference": "R-1"}
    for path, form in (
        ("record_payment", cash),
        ("record_payment", cash),
        ("record_payment", cash | {"reference": "R-2"}),
        ("void", {"reason": "at the counter"}),
    ):
        answer = await browser.http.post(f"{HERE}/{bill}/money/{path}", data=hidden | form, headers={"Origin": PUBLIC})
        assert answer.status_code == 303, answer.text
    first, again, corrected, other = world.door.updates
    assert first == again
    assert len({first, corrected, other}) == 3
