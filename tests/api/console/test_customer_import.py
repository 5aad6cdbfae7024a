"""A sheet of customers at the console: looked at, its errors by row, then entered once."""

import re
from html import unescape

from models.access.permissions import Role
from tests.api.conftest import PUBLIC, World
from tests.api.console.browsing import HIDDEN, Browser, signed_in

PAGE = "/console/customers/import"
SHEET = "referencia,nombre,correo\r\nluz,Luz López,luz@cliente.mx\r\nbad,Bad,nada\r\n"


async def send(browser: Browser, page: str, *, file: bytes = b"", sheet: str = "") -> tuple[int, str]:
    told = {name: unescape(value) for name, value in HIDDEN.findall(page)} | {"sheet": sheet}
    files = {"file": ("clientes.csv", file, "text/csv")}
    answer = await browser.http.post(PAGE, data=told, files=files, headers={"Origin": PUBLIC})
    return answer.status_code, answer.text


async def test_a_sheet_is_seen_before_it_is_entered(world: World) -> None:
    support = await signed_in(world, Role.SUPPORT)
    status, looked = await send(support, await support.page(PAGE), file=SHEET.encode())
    assert status == 200
    assert "Escribe un correo válido" in looked
    assert "Ningún cliente así" in await support.page("/console/customers")
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", looked, re.S)
    assert found is not None
    text = unescape(found[1]).removeprefix("\n")
    status, _ = await send(support, looked, sheet=text)
    assert status == 303
    assert "Luz López" in await support.page("/console/customers")


async def test_what_is_no_sheet_says_what_to_do(world: World) -> None:
    support = await signed_in(world, Role.SUPPORT)
    page = await support.page(PAGE)
    for sheet, words in ((b"\xff\xfe", "UTF-8"), (b"", "500 kB"), (b"a,b\n", "faltan: reference")):
        status, text = await send(support, page, file=sheet)
        assert status == 422
        assert words in text
