"""The sandbox PAC stamps what a PAC would stamp, refuses the rest with the SAT's codes, and never stamps twice."""

import base64
import subprocess
from collections.abc import AsyncIterator, Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from models.cfdi.documents import DocumentKind, GlobalPeriod, Relation
from models.cfdi.fiscal import Issuer, Receiver, issue_date
from sandbox.certification import CHAIN_TFD, TFD, original_chain, schema
from sandbox.pki import authority
from tests.fiscal_world import TENANT, FiscalWorld, certificate, draft, open_world
from tests.samples import ANA, ISSUER


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FiscalWorld]:
    async with open_world(tmp_path_factory.mktemp("fiscal")) as opened:
        yield opened


async def refusal(world: FiscalWorld, sealed: bytes) -> str:
    answer = await world.send(sealed)
    assert answer.status_code == 400, answer.text
    said = answer.json()
    assert said["status"] == "error"
    message: str = said["message"]
    return message.partition(" ")[0].rstrip(".")


async def test_a_good_document_is_stamped_and_valid(world: FiscalWorld) -> None:
    sealed = (await world.sealer.build_and_seal(TENANT, draft(100))).xml
    answer = await world.send(sealed, "acme:one")
    assert answer.status_code == 200
    data = answer.json()["data"]
    document = etree.fromstring(data["cfdi"].encode())
    assert schema().validate(document), schema().error_log
    tfd = next(document.iter(TFD))
    assert tfd.get("UUID") == data["uuid"]
    assert tfd.get("SelloCFD") == document.get("Sello") == etree.fromstring(sealed).get("Sello")
    assert "SIN VALIDEZ FISCAL" in tfd.get("Leyenda")


async def test_the_stamp_s_signature_verifies_with_openssl(world: FiscalWorld, tmp_path: Path) -> None:
    answer = await world.send((await world.sealer.build_and_seal(TENANT, draft(200))).xml)
    tfd = deepcopy(next(etree.fromstring(answer.json()["data"]["cfdi"].encode()).iter(TFD)))
    (tmp_path / "chain").write_bytes(original_chain(tfd, CHAIN_TFD))
    (tmp_path / "seal").write_bytes(base64.b64decode(tfd.get("SelloSAT")))
    cer = world.settings.pac_authority / "pac.cer"
    key = subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-in", cer, "-pubkey", "-noout"], check=True, capture_output=True
    )
    (tmp_path / "pub").write_bytes(key.stdout)
    said = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "pub", "-signature", "seal", "chain"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert said.stdout.strip() == b"Verified OK"


def put(*path: Any, value: Any) -> Callable[[Any], None]:
    """A change at a place in the document."""

    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return change


LINE = ("Conceptos", 0)
TAX = ("Impuestos", "Traslados", 0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (put("Exportacion", value="99"), "301"),
        (put("NoCertificado", value="30001000000500009999"), "712"),
        (put("Emisor", "Rfc", value="AAA010101AAA"), "303"),
        (put("Receptor", "RegimenFiscalReceptor", value="601"), "CFDI40158"),
        (put("Receptor", "UsoCFDI", value="CN01"), "CFDI40161"),
        (put("Receptor", "Rfc", value="XAXX010101000"), "CFDI40149"),
        (put("MetodoPago", value="PPD"), "CFDI40105"),
        (put("SubTotal", value=Decimal("128.46")), "CFDI40108"),
        (put("Total", value=Decimal("149.01")), "CFDI40119"),
        (put("Impuestos", "TotalImpuestosTrasladados", value=Decimal("20.56")), "CFDI40205"),
        (put(*TAX, "Importe", value=Decimal("20.56")), "CFDI40221"),
        (put(*LINE, *TAX, "Importe", value=Decimal("20.57")), "CFDI40180"),
        (put(*LINE, "Importe", value=Decimal("128.44")), "CFDI40167"),
        (put(*LINE, "ObjetoImp", value="01"), "CFDI40171"),
        (put(*LINE, "ValorUnitario", value=Decimal("0")), "CFDI40166"),
    ],
)
async def test_what_the_sat_refuses_is_refused_with_its_code(
    world: FiscalWorld, change: Callable[[Any], None], code: str
) -> None:
    assert await refusal(world, world.sealed_as(change)) == code


@pytest.mark.parametrize(
    ("filed", "code"),
    [
        ({"listed": False}, "CFDI40143"),
        ({"name": "ANA CRUZ DE SOLORZANO"}, "CFDI40145"),
        ({"postal_code": "06700"}, "CFDI40147"),
        ({"regime": "626"}, "CFDI40159"),
    ],
)
async def test_a_receiver_must_be_as_the_sat_has_it_on_file(
    world: FiscalWorld, filed: dict[str, Any], code: str
) -> None:
    other = Receiver("GODE561231GR8", ANA.name, ANA.regime, ANA.postal_code)
    await world.file_taxpayer(rfc=other.rfc, **filed)
    sealed = await world.sealer.build_and_seal(TENANT, draft(receiver=other))
    assert await refusal(world, sealed.xml) == code


@pytest.mark.parametrize("content", [b"", b"no xml", b"<a>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"])
async def test_what_is_no_cfdi_is_refused(world: FiscalWorld, content: bytes) -> None:
    assert await refusal(world, content) == "301"


async def test_a_document_changed_after_its_sealing_is_refused(world: FiscalWorld) -> None:
    sealed = (await world.sealer.build_and_seal(TENANT, draft(300))).xml
    assert await refusal(world, sealed.replace(b"ANA CRUZ", b"EVA CRUZ")) == "302"


async def test_a_truncated_document_is_refused(world: FiscalWorld) -> None:
    sealed = (await world.sealer.build_and_seal(TENANT, draft(300))).xml
    assert await refusal(world, sealed[:-40]) == "301"


@pytest.mark.parametrize("postal_code", ["06600", "22000", "83000", "77500", "88000"])
@pytest.mark.parametrize(
    ("age", "stamped"),
    [
        (timedelta(hours=71, minutes=58), True),
        (timedelta(hours=72, minutes=2), False),
        (timedelta(minutes=-4), True),
        (timedelta(minutes=-7), False),
    ],
)
async def test_the_date_lies_in_the_window_on_the_issuer_s_clock(
    world: FiscalWorld, postal_code: str, age: timedelta, stamped: bool
) -> None:
    when = datetime.now(UTC) - age
    place = Issuer(ISSUER.rfc, ISSUER.name, ISSUER.regime, postal_code)
    sealed = await world.sealer.build_and_seal(TENANT, draft(issuer=place, issued=issue_date(when, when, postal_code)))
    answer = await world.send(sealed.xml)
    assert (answer.status_code == 200) is stamped
    if not stamped:
        assert answer.json()["message"].startswith("401.")


async def test_certificates_of_strangers_of_the_real_sat_and_fiels_are_refused(world: FiscalWorld) -> None:
    trusted = authority(world.settings.pac_authority)
    certificate(world.directory, "stranger", issuer="AC DE OTRO")
    certificate(world.directory, "real", issuer="SERVICIO DE ADMINISTRACION TRIBUTARIA")
    certificate(world.directory, "fiel", issuer="AC FIEL", extensions=4, key=trusted.key, by=trusted.certificate)
    for tenant, code in (("stranger", "308"), ("real", "308"), ("fiel", "306")):
        assert await refusal(world, world.sealed_as(lambda _: None, tenant=tenant)) == code


async def test_the_same_document_brings_its_first_stamp_back(world: FiscalWorld) -> None:
    sealed = (await world.sealer.build_and_seal(TENANT, draft(400))).xml
    first = await world.send(sealed, "acme:two")
    again = await world.send(sealed, "acme:two")
    assert again.status_code == 400
    assert again.json()["message"].startswith("307.")
    assert again.json()["data"] == first.json()["data"]


async def test_a_stamped_document_is_not_stamped_again(world: FiscalWorld) -> None:
    sealed = (await world.sealer.build_and_seal(TENANT, draft(450))).xml
    stamped = (await world.send(sealed)).json()["data"]["cfdi"].encode()
    assert await refusal(world, stamped) == "307"


async def test_another_document_under_the_same_customid_is_a_duplicate(world: FiscalWorld) -> None:
    first = await world.send((await world.sealer.build_and_seal(TENANT, draft(500))).xml, "acme:three")
    other = await world.send((await world.sealer.build_and_seal(TENANT, draft(600))).xml, "acme:three")
    assert other.json()["message"].startswith("CFDI3307")
    assert other.json()["data"]["uuid"] == first.json()["data"]["uuid"]


async def test_the_public_at_large_needs_its_period(world: FiscalWorld) -> None:
    everyone = Receiver("XAXX010101000", "PUBLICO EN GENERAL", "616", ISSUER.postal_code)
    now = datetime.now(UTC)
    bare = await world.sealer.build_and_seal(TENANT, draft(receiver=everyone, use="S01"))
    assert await refusal(world, bare.xml) == "CFDI40130"
    monthly = draft(
        700, kind=DocumentKind.GLOBAL, receiver=everyone, use="S01", period=GlobalPeriod("04", "11", now.year)
    )
    answer = await world.send((await world.sealer.build_and_seal(TENANT, monthly)).xml)
    assert answer.status_code == 200
    back = draft(
        500,
        kind=DocumentKind.CREDIT,
        receiver=everyone,
        use="G02",
        related=(Relation("01", answer.json()["data"]["uuid"]),),
    )
    assert (await world.send((await world.sealer.build_and_seal(TENANT, back)).xml)).status_code == 200
    stale = draft(kind=DocumentKind.GLOBAL, receiver=everyone, use="S01", period=GlobalPeriod("04", "11", 2021))
    assert await refusal(world, (await world.sealer.build_and_seal(TENANT, stale)).xml) == "CFDI40136"


async def test_a_wrong_token_gets_nothing(world: FiscalWorld) -> None:
    answer = await world.send(b"<a/>", token="another")
    assert answer.status_code == 401


async def test_the_pac_remembers_over_a_restart(tmp_path: Path) -> None:
    async with open_world(tmp_path) as before:
        sealed = (await before.sealer.build_and_seal(TENANT, draft())).xml
        first = (await before.send(sealed)).json()["data"]["uuid"]
    async with open_world(tmp_path) as after:
        again = await after.send(sealed)
        assert again.json()["data"]["uuid"] == first
        assert len(await after.stamps()) == 1
