"""The printed form says what the invoice says, and says so when it has no validity."""

import base64
import re
import time
import zlib
from collections.abc import AsyncIterator

import pytest
from lxml import etree

from activities.gateways.fiscal_pdf import ReportlabRenderer, draw, has_validity
from models.cfdi.documents import Line
from models.cfdi.taxes import split
from models.look.brand import Letterhead, neutral
from tests.fiscal_world import TENANT, FiscalWorld, certificate, draft, open_world
from tests.pictures import RED, acuario

ACME = acuario()


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FiscalWorld]:
    async with open_world(tmp_path_factory.mktemp("fiscal")) as opened:
        yield opened


def unpacked(stream: bytes) -> bytes:
    return zlib.decompress(base64.a85decode(stream.strip().removesuffix(b"~>")))


def words(pdf: bytes) -> str:
    """The text drawn, in order, as far as the standard fonts write it plainly."""
    drawn = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        page = unpacked(stream).decode("latin-1")
        for part in re.findall(r"\((.*?)(?<!\\)\) Tj", page):
            drawn.append(re.sub(r"\\(\d{3}|.)", lambda m: chr(int(m[1], 8)) if m[1].isdigit() else m[1], part))
    return " ".join(drawn)


async def test_it_names_everyone_and_every_amount(world: FiscalWorld) -> None:
    stamp = await world.pac.stamp((await world.sealer.build_and_seal(TENANT, draft())).xml, "acme:pdf")
    pdf = await ReportlabRenderer().pdf(stamp.xml, Letterhead(neutral(TENANT, "Clínica <Acme> & Cía")))
    text = words(pdf)
    for expected in (
        "Clínica <Acme> & Cía",
        stamp.uuid,
        "EKU9003173C9",
        "ANA CRUZ SOLORZANO",
        "CUSC850516316",
        "612 Personas Físicas con Actividades Empresariales y Profesionales",
        "G03 Gastos en general.",
        "04 Tarjeta de crédito",
        "Suscripción PRO",
        "81112500",
        "$128.45",
        "$20.55",
        "$149.00",
        "IVA 16 %",
        "SIN VALIDEZ FISCAL",
        "representación impresa de un CFDI 4.0",
    ):
        assert expected.replace(" ", "") in text.replace(" ", ""), expected  # runs of one sentence are drawn apart


async def test_the_same_invoice_prints_the_same_bytes(world: FiscalWorld) -> None:
    stamp = await world.pac.stamp((await world.sealer.build_and_seal(TENANT, draft(200))).xml, "acme:same")
    assert draw(stamp.xml, ACME) == draw(stamp.xml, ACME)


async def test_it_takes_less_than_half_a_second_of_processor(world: FiscalWorld) -> None:
    stamp = await world.pac.stamp((await world.sealer.build_and_seal(TENANT, draft(300))).xml, "acme:cpu")
    draw(stamp.xml, ACME)
    before = time.process_time()
    draw(stamp.xml, ACME)
    assert time.process_time() - before < 0.5


async def test_many_lines_flow_over_pages(world: FiscalWorld) -> None:
    lines = tuple(Line("81112500", "E48", f"Asiento número {n}", split(9_900)) for n in range(120))
    stamp = await world.pac.stamp((await world.sealer.build_and_seal(TENANT, draft(lines=lines))).xml, "acme:long")
    pdf = draw(stamp.xml, ACME)
    text = words(pdf)
    assert "Asiento número 0" in text
    assert "Asiento número 119" in text
    assert text.count("SIN VALIDEZ FISCAL") >= 3


async def test_only_the_sat_s_own_certificates_give_validity(world: FiscalWorld) -> None:
    certificate(world.directory, "real", issuer="SERVICIO DE ADMINISTRACION TRIBUTARIA")
    certificate(world.directory, "test", issuer="AC UAT SERVICIO DE ADMINISTRACION TRIBUTARIA")

    def sealed(tenant: str) -> etree._Element:
        return etree.fromstring(world.sealed_as(lambda _: None, tenant=tenant))

    assert has_validity(sealed("real"))
    assert not has_validity(sealed("test"))
    assert not has_validity(sealed(TENANT))


async def test_it_wears_the_business_s_logo_colours_and_contact(world: FiscalWorld) -> None:
    stamp = await world.pac.stamp((await world.sealer.build_and_seal(TENANT, draft(400))).xml, "acme:worn")
    pdf = draw(stamp.xml, ACME)
    (worn,) = re.findall(rb"/Subtype /Image.*?stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    assert unpacked(worn)[:3] == bytes(RED), "the logo's own first pixel"
    brand = ACME.brand
    pages = "".join(unpacked(s).decode("latin-1") for s in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL))
    for colour in (brand.primary, brand.accent):
        filled = " ".join(f"{round(c / 255, 6):g}".replace("0.", ".") for c in (colour.red, colour.green, colour.blue))
        assert f"{filled} rg" in pages, colour
    text = words(pdf).replace(" ", "")
    for told in ("Servicios Acuario, S.A. de C.V.", "+52 55 8765 4321", "ayuda@acuario.mx", "acuario.mx", "Página 1"):
        assert told.replace(" ", "") in text, told

    plain = draw(stamp.xml, Letterhead(neutral(TENANT, "Acme")))
    assert b"/Subtype /Image" not in plain
    assert "Acme" in words(plain)
