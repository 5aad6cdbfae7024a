"""A message as an e-mail: the same words in HTML and text, its link a button, nothing in it that could run or break out."""

import re
from html.parser import HTMLParser

import pytest

from models.look.brand import neutral
from models.look.colours import AA, WHITE, Colour
from models.speaking.letter import action, headed, plain, rich
from models.speaking.notices import Language, NoticeKind
from models.speaking.wording import Text
from tests.pictures import acuario

BODY = "Ana, paga aquí: https://p.mx/go/x?a=1&b=2 Debes 2 pagos.\n\nSegundo <párrafo>\ncon https://q.mx/y"


class Words(HTMLParser):
    """What is read of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.read, self.skipped = "", 0
        self.links: list[str | None] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skipped += tag == "head"
        if tag == "a":
            self.links.append(dict(attrs)["href"])
        if tag == "br":
            self.read += " "

    def handle_endtag(self, tag: str) -> None:
        self.skipped -= tag == "head"

    def handle_data(self, data: str) -> None:
        self.read += "" if self.skipped else f"{data} "


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", NoticeKind)
def test_every_kind_has_words_for_its_button(kind: NoticeKind, language: Language) -> None:
    assert 4 <= len(action(kind, language)) <= 24
    assert action(kind, Language.ES) != action(kind, Language.EN)


def test_the_first_link_is_a_button_and_no_word_is_lost() -> None:
    page = Words(rich(BODY, acuario().brand, Language.ES, subject="Aviso", action="Pagar ahora"))
    assert page.links[:2] == ["https://p.mx/go/x?a=1&b=2", "https://q.mx/y"]
    told = " ".join(page.read.split())
    assert "Ana, paga aquí: Pagar ahora Debes 2 pagos. Segundo <párrafo> con https://q.mx/y" in told
    assert "+52 55 8765 4321" in told
    assert "tel:+525512345678" in page.links


def test_without_a_brand_or_a_button_it_is_the_text_with_its_links() -> None:
    page = Words(rich(BODY, None, Language.EN, subject="Alert"))
    assert page.links == ["https://p.mx/go/x?a=1&b=2", "https://q.mx/y"]
    assert plain(BODY, None, Language.EN) == BODY
    assert plain("Hola", neutral("acme", "Acme"), Language.ES) == "Hola\n\n-- \nAcme\n"


def test_nothing_a_business_or_a_customer_is_called_becomes_markup() -> None:
    evil = acuario(name='"><script>alert(1)</script>', legal_line="<img src=x onerror=1>").brand
    page = rich('<b>Ana</b> https://p.mx/"onclick=1', evil, Language.ES, subject="</title><script>", action="Abrir")
    assert not re.search("<script|<img src=x|<b>Ana|<[^>]*onclick", page)


@pytest.mark.parametrize("primary", ["#ffe000", "#e50085", "#0b5fa5", "#ffffff", "#000000"])
def test_whatever_the_colour_the_button_and_the_links_can_be_read(primary: str) -> None:
    page = rich(BODY, acuario(primary=primary).brand, Language.ES, subject="Aviso", action="Pagar")
    (ground,) = re.findall(r"background:(#\w{6});border:2px", page)
    (ink,) = re.findall(r"color:(#\w{6})\">Pagar", page)
    (link,) = re.findall(r"color:(#\w{6});overflow-wrap", page)
    assert Colour.parse(ground).against(Colour.parse(ink)) >= AA
    assert Colour.parse(link).against(WHITE) >= AA


def test_the_head_of_a_whatsapp_is_one_bold_line() -> None:
    assert headed(Text("s", "Hola"), " La *Sirena*\n ").body == "*La Sirena*\nHola"
