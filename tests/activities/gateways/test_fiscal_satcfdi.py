"""Sealing: what comes out is valid, signed, exact to the centavo, and the same every time."""

import asyncio
import base64
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from activities.failures import Missing, Refused
from activities.gateways.fiscal_replies import taxes_of
from activities.gateways.fiscal_satcfdi import SatcfdiSealer
from activities.gateways.fiscal_schema import checked, schema
from models.cfdi.documents import DocumentKind, Line, Relation, Settlement
from models.cfdi.fiscal import Issuer
from models.cfdi.taxes import RATES, Terms, Withholding, split
from sandbox.arithmetic import wrong_sums
from sandbox.certification import CHAIN_CFDI, original_chain
from sandbox.pki import issue_csd
from tests.fiscal_world import TENANT, certificate, draft
from tests.samples import ISSUER

CFDI = "{http://www.sat.gob.mx/cfd/4}"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sealing")
    issue_csd(place / "csd", TENANT, ISSUER, place / "authority")
    return place


@pytest.fixture(scope="module")
def sealer(directory: Path) -> SatcfdiSealer:
    return SatcfdiSealer(directory / "csd")


async def test_the_issuer_is_the_tenant_s(sealer: SatcfdiSealer) -> None:
    assert await sealer.issuer(TENANT) == ISSUER


async def test_the_seal_verifies_with_openssl(sealer: SatcfdiSealer, directory: Path, tmp_path: Path) -> None:
    sealed = await sealer.build_and_seal(TENANT, draft())
    root = etree.fromstring(sealed.xml)
    (tmp_path / "chain").write_bytes(original_chain(root, CHAIN_CFDI))
    (tmp_path / "seal").write_bytes(base64.b64decode(sealed.seal))
    (tmp_path / "cer").write_bytes(base64.b64decode(root.get("Certificado")))
    key = subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-in", "cer", "-pubkey", "-noout"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    (tmp_path / "pub").write_bytes(key.stdout)
    said = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "pub", "-signature", "seal", "chain"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert said.stdout.strip() == b"Verified OK"


async def test_a_rebuild_in_another_process_gives_the_same_bytes(
    sealer: SatcfdiSealer, directory: Path, tmp_path: Path
) -> None:
    wanted = draft()
    here = await sealer.build_and_seal(TENANT, wanted)
    script = f"""
import asyncio, sys
from datetime import datetime
from dataclasses import replace
from pathlib import Path
from activities.gateways.fiscal_replies import taxes_of
from activities.gateways.fiscal_satcfdi import SatcfdiSealer
from tests.fiscal_world import draft
wanted = draft(issued=datetime.fromisoformat({wanted.issued.isoformat()!r}))
sealed = asyncio.run(SatcfdiSealer(Path({str(directory / "csd")!r})).build_and_seal({TENANT!r}, wanted))
sys.stdout.buffer.write(sealed.xml)
"""
    there = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, cwd=Path(__file__).parents[3]
    )
    assert there.stdout == here.xml


@pytest.mark.parametrize("total", [100, 9_900, 14_900, 24_900, 120_000, 1_000_000])
async def test_the_total_is_what_was_charged(sealer: SatcfdiSealer, total: int) -> None:
    root = checked((await sealer.build_and_seal(TENANT, draft(total))).xml)
    assert root.get("Total") == f"{total / 100:.2f}"
    assert root.get("MetodoPago") == "PUE"


async def test_several_lines_add_up(sealer: SatcfdiSealer) -> None:
    lines = tuple(Line("81112500", "E48", f"Parte {n}", split(total)) for n, total in enumerate((9_900, 24_900, 333)))
    root = checked((await sealer.build_and_seal(TENANT, draft(lines=lines))).xml)
    assert root.get("Total") == "351.33"


@pytest.mark.parametrize(("rate", "factor", "subtotal"), [(8, "Tasa", "137.96"), (0, "Tasa", "149.00")])
async def test_border_and_zero_rate(sealer: SatcfdiSealer, rate: int, factor: str, subtotal: str) -> None:
    line = Line("81112500", "E48", "Suscripción", split(14_900, rate))
    root = checked((await sealer.build_and_seal(TENANT, draft(lines=(line,)))).xml)
    tax = next(root.iter(f"{CFDI}Traslado"))
    assert (tax.get("TipoFactor"), tax.get("TasaOCuota"), root.get("SubTotal")) == (
        factor,
        f"0.{rate:02d}0000",
        subtotal,
    )


async def test_exempt(sealer: SatcfdiSealer) -> None:
    line = Line("81112500", "E48", "Suscripción", split(14_900, None))
    root = checked((await sealer.build_and_seal(TENANT, draft(lines=(line,)))).xml)
    tax = next(root.iter(f"{CFDI}Traslado"))
    assert (tax.get("TipoFactor"), tax.get("TasaOCuota"), root.get("Total")) == ("Exento", None, "149.00")


async def test_a_refund_relates_to_what_it_refunds(sealer: SatcfdiSealer) -> None:
    uuid = "5F95471D-DD39-4C21-94CC-AAD40F927E56"
    credit = draft(kind=DocumentKind.CREDIT, use="G02", related=(Relation("01", uuid),))
    root = checked((await sealer.build_and_seal(TENANT, credit)).xml)
    relation = root.find(f"{CFDI}CfdiRelacionados")
    assert (root.get("TipoDeComprobante"), relation.get("TipoRelacion"), relation[0].get("UUID")) == ("E", "01", uuid)


async def test_text_that_xml_minds_survives(sealer: SatcfdiSealer) -> None:
    line = Line("81112500", "E48", "Peña & Hijos <PRO> \"ñ\" 'ü'", split(14_900))
    root = checked((await sealer.build_and_seal(TENANT, draft(lines=(line,)))).xml)
    assert next(root.iter(f"{CFDI}Concepto")).get("Descripcion") == line.description


async def test_what_breaks_the_schema_is_ours_to_mend(sealer: SatcfdiSealer) -> None:
    with pytest.raises(Refused) as refused:
        await sealer.build_and_seal(TENANT, draft(form_of_payment="77"))
    assert refused.value.code == "301"
    assert "Ana" not in str(refused.value)


async def test_a_tenant_without_a_certificate_waits_for_one(sealer: SatcfdiSealer) -> None:
    with pytest.raises(Missing, match="CSD"):
        await sealer.issuer("nobody")
    with pytest.raises(Missing, match="CSD"):
        await sealer.build_and_seal("nobody", draft())


@pytest.mark.parametrize("tenant", ["../acme", "a/b", ".."])
async def test_a_tenant_is_no_path(sealer: SatcfdiSealer, tenant: str) -> None:
    with pytest.raises(Refused):
        await sealer.issuer(tenant)


async def test_a_certificate_of_another_rfc_a_fiel_or_a_wrong_password_are_refused(
    sealer: SatcfdiSealer, directory: Path
) -> None:
    certificate(directory, "fiel", issuer="AC", extensions=4)
    with pytest.raises(Refused, match="FIEL"):
        await sealer.build_and_seal("fiel", draft())
    issue_csd(directory / "csd", "other", Issuer("AAA010101AAA", "OTRA", "601", "06600"), directory / "authority")
    with pytest.raises(Refused, match="not issued to the RFC"):
        await sealer.build_and_seal("other", draft())
    issue_csd(directory / "csd", "locked", ISSUER, directory / "authority")
    (directory / "csd" / "locked" / "password").write_text("wrong")
    with pytest.raises(Refused, match="does not open"):
        await sealer.build_and_seal("locked", draft())


async def test_a_renewed_certificate_is_taken_up(sealer: SatcfdiSealer, directory: Path) -> None:
    issue_csd(directory / "csd", "renewing", ISSUER, directory / "authority")
    before = etree.fromstring((await sealer.build_and_seal("renewing", draft())).xml).get("NoCertificado")
    place = directory / "csd" / "renewing"
    (place / "issuer.json").unlink()
    time.sleep(0.01)  # another instant for the file's own clock
    issue_csd(directory / "csd", "renewing", ISSUER, directory / "authority")
    assert etree.fromstring((await sealer.build_and_seal("renewing", draft())).xml).get("NoCertificado") != before


async def test_many_at_once_are_each_their_own(sealer: SatcfdiSealer) -> None:
    totals = range(1_000, 1_060)
    sealed = await asyncio.gather(*(sealer.build_and_seal(TENANT, draft(total)) for total in totals))
    assert [checked(s.xml).get("Total") for s in sealed] == [f"{t / 100:.2f}" for t in totals]


async def test_sealing_is_quick_once_warm(sealer: SatcfdiSealer) -> None:
    wanted = draft()
    await sealer.build_and_seal(TENANT, wanted)
    best = min([await _cpu(sealer, wanted) for _ in range(10)])
    assert best < 0.05  # 3 ms of building and signing and 6 ms of checking on a quiet machine


async def _cpu(sealer: SatcfdiSealer, wanted: object) -> float:
    before = time.process_time()
    await sealer.build_and_seal(TENANT, wanted)  # type: ignore[arg-type]
    return time.process_time() - before


async def test_the_issuer_file_may_name_a_border_rate(directory: Path, sealer: SatcfdiSealer) -> None:
    place = directory / "csd" / "border"
    place.mkdir()
    row = {"rfc": "AAA010101AAA", "name": "FRONTERA", "regime": "601", "postal_code": "22000", "vat": 8}
    (place / "issuer.json").write_text(json.dumps(row))
    assert (await sealer.issuer("border")).vat == 8


def test_the_schema_is_compiled_once() -> None:
    assert schema() is schema()


@pytest.mark.parametrize("total", [100, 9_900, 14_900, 120_000, 999_999])
@pytest.mark.parametrize("withholding", [Withholding.RESICO, Withholding.PROFESSIONAL])
async def test_what_a_company_withholds_is_in_the_document_and_the_sat_s_arithmetic_holds(
    sealer: SatcfdiSealer, total: int, withholding: Withholding
) -> None:
    kept = split(total, 16, withholding)
    line = Line("81112500", "E48", "Suscripción", kept)
    root = checked((await sealer.build_and_seal(TENANT, draft(lines=(line,)))).xml)
    assert list(wrong_sums(root)) == []
    assert root.get("Total") == f"{total / 100:.2f}"
    shares = {tax.get("Impuesto"): tax.get("Importe") for tax in root.iterfind(f".//{CFDI}Concepto//{CFDI}Retencion")}
    assert shares == {share.tax: f"{share.amount / 100:.2f}" for share in kept.withheld}


TOLD_BY_LINES = [
    *((Terms(rate), (14_900, 333)) for rate in RATES),
    (Terms(16, Withholding.RESICO), (14_900, 9_999)),
    (Terms(8, Withholding.PROFESSIONAL), (120_000,)),
]


@pytest.mark.parametrize(("terms", "totals"), TOLD_BY_LINES, ids=lambda given: str(given))
async def test_taxes_are_read_back_from_the_document_as_they_were_meant(
    sealer: SatcfdiSealer, terms: Terms, totals: tuple[int, ...]
) -> None:
    lines = tuple(Line("81112500", "E48", "Suscripción", terms.split(total)) for total in totals)
    meant = draft(lines=lines, terms=terms)
    root = checked((await sealer.build_and_seal(TENANT, meant)).xml)
    assert taxes_of(root) == (terms, meant.taxes)
    paid = Settlement("5F95471D-DD39-4C21-94CC-AAD40F927E56", "P", "1", meant.issued, "04", lines[0].amount, 1, 200_000)
    told = replace(meant, kind=DocumentKind.PAYMENT, use="CP01", lines=(), currency="XXX", payment_method="")
    told = replace(told, form_of_payment="", settles=paid)
    root = checked((await sealer.build_and_seal(TENANT, told)).xml)
    assert taxes_of(root) == (terms, lines[0].amount.taxes) == (terms, told.taxes)


async def test_another_currency_carries_its_exchange_rate(sealer: SatcfdiSealer) -> None:
    root = checked((await sealer.build_and_seal(TENANT, draft(currency="USD", exchange=17_234_500))).xml)
    assert (root.get("Moneda"), root.get("TipoCambio"), root.get("Total")) == ("USD", "17.234500", "149.00")
