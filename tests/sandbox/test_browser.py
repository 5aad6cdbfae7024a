"""A person with a browser, on pages served in this process."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.browser import Browser, PageLost

PAGE = """<html><style>p{color:red}</style><body><p>Total &amp; IVA</p>
<form method=post action="/pay"><input type=hidden name=invoice value="in_1"><input type=checkbox name=save value=on>
<select name=card><option value="bad">Bad</option><option value="good" selected>Good</option></select>
<button name=how value="now">Pagar $1 / Pay</button></form>
<a href="/said?by=card">Pagar con <b>tarjeta</b></a>
<form action="/search"><input name=q value="x"><button>Buscar</button></form></body></html>"""


async def _show(_: Request) -> Response:
    return HTMLResponse(PAGE)


async def _pay(request: Request) -> Response:
    form = await request.form()
    if form["card"] == "bad":
        return HTMLResponse("<p>Tarjeta rechazada</p>", status_code=402)
    return RedirectResponse("/said?" + "&".join(f"{k}={v}" for k, v in form.items()), 303)


async def _said(request: Request) -> Response:
    return HTMLResponse(f"<p>{request.url.query}</p>")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    routes = [
        Route("/", _show),
        Route("/pay", _pay, methods=["POST"]),
        Route("/said", _said),
        Route("/search", _said),
    ]
    browser = Browser()
    await browser.close()
    browser._http = httpx.AsyncClient(
        transport=httpx.ASGITransport(Starlette(routes=routes)), base_url="http://shop", follow_redirects=True
    )
    yield browser
    await browser.close()


async def test_reads_what_a_person_reads(browser: Browser) -> None:
    page = await browser.open("http://shop/")
    assert page.text.startswith("Total & IVA")
    assert "color" not in page.text


async def test_sends_what_the_form_holds_and_what_was_filled_in(browser: Browser) -> None:
    page = await browser.open("http://shop/")
    answered = await browser.press(page, "Pagar")
    assert answered.text == "invoice=in_1&card=good&how=now"
    filled = await browser.press(page, "Pay", save="on", card="amex")
    assert filled.text == "invoice=in_1&card=amex&save=on&how=now"


async def test_the_button_says_which_form(browser: Browser) -> None:
    page = await browser.open("http://shop/")
    assert (await browser.press(page, "Buscar", q="y")).text == "q=y"


async def test_what_the_page_says_is_told_when_it_refuses(browser: Browser) -> None:
    page = await browser.open("http://shop/")
    with pytest.raises(PageLost, match=r"402.*Tarjeta rechazada"):
        await browser.press(page, "Pagar", card="bad")


async def test_a_button_that_is_not_there_is_named(browser: Browser) -> None:
    page = await browser.open("http://shop/")
    with pytest.raises(PageLost, match="no form with 'Cancelar'"):
        await browser.press(page, "Cancelar")


async def test_a_link_is_followed_by_its_words(browser: Browser) -> None:
    page = await browser.open("http://shop/")
    assert (await browser.follow(page, "tarjeta")).text == "by=card"
    with pytest.raises(PageLost, match="no link with 'cheque'"):
        await browser.follow(page, "cheque")
