"""Cancelling over real HTTP: signed requests, the SAT's codes, acceptance, and the enquiry service."""

import base64
import copy
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from lxml import etree

from activities.failures import Refused, Throttled, Unavailable
from activities.gateways.fiscal_sw import SwPac
from models.cfdi.cancellation import Motive, outcome
from models.cfdi.documents import DocumentKind, DocumentState, Relation, Stamp
from models.cfdi.fiscal import Issuer
from sandbox.cancellations import DS, next_business_day
from sandbox.pki import issue_csd
from tests.fiscal_world import TENANT, FiscalWorld, draft, open_world
from tests.samples import ANA, ISSUER

OTHER = "5F95471D-DD39-4C21-94CC-AAD40F927E56"


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FiscalWorld]:
    async with open_world(tmp_path_factory.mktemp("fiscal")) as opened:
        yield opened


async def stamped(world: FiscalWorld, total: int, **changes: object) -> Stamp:
    sealed = await world.sealer.build_and_seal(TENANT, draft(total, **changes))
    return await world.pac.stamp(sealed.xml, "")


async def request(
    world: FiscalWorld, uuid: str, motive: Motive = Motive.ERROR, substitute: str = "", tenant: str = TENANT
) -> bytes:
    return await world.sealer.sign_cancellation(
        tenant, uuid=uuid, motive=motive, substitute=substitute, at=datetime.now(UTC)
    )


async def standing(world: FiscalWorld, stamp: Stamp) -> DocumentState:
    root = etree.fromstring(stamp.xml)
    word = await world.pac.enquire(
        uuid=stamp.uuid, issuer=ISSUER.rfc, receiver=ANA.rfc, total=root.get("Total"), seal=root.get("Sello")
    )
    return outcome(word)


async def test_up_to_1_000_pesos_it_is_cancelled_at_once_and_once(world: FiscalWorld) -> None:
    stamp = await stamped(world, 14_900)
    asked = await request(world, stamp.uuid)
    first = await world.pac.cancel(asked)
    assert (first.code, stamp.uuid.encode() in first.xml) == ("201", True)
    assert (await world.pac.cancel(asked)).code == "202"
    assert await standing(world, stamp) is DocumentState.CANCELLED


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("Cancelado con aceptación", DocumentState.CANCELLED),
        ("Plazo vencido", DocumentState.CANCELLED),
        ("Solicitud rechazada", DocumentState.REFUSED),
    ],
)
async def test_above_it_the_receiver_is_asked(world: FiscalWorld, answer: str, state: DocumentState) -> None:
    stamp = await stamped(world, 120_000, folio=answer)
    await world.http.put("/_sandbox/pac/calendar", json={"days": 14})
    await world.pac.cancel(await request(world, stamp.uuid))
    assert await standing(world, stamp) is DocumentState.IN_PROCESS
    await world.http.put("/_sandbox/pac/calendar", json={"days": 0})
    said = await world.http.post(f"/_sandbox/pac/cancellations/{stamp.uuid}", json={"answer": answer})
    assert said.status_code == 204
    assert await standing(world, stamp) is state


async def test_a_living_credit_note_holds_its_invoice_and_a_substitute_does_not(world: FiscalWorld) -> None:
    first = await stamped(world, 20_000)
    credit = await stamped(world, 5_000, kind=DocumentKind.CREDIT, use="G02", related=(Relation("01", first.uuid),))
    with pytest.raises(Refused) as refused:
        await world.pac.cancel(await request(world, first.uuid))
    assert refused.value.code == "204"
    await world.pac.cancel(await request(world, credit.uuid))
    second = await stamped(world, 20_000, folio="substitute", related=(Relation("04", first.uuid),))
    asked = await request(world, first.uuid, Motive.SUBSTITUTED, second.uuid)
    assert (await world.pac.cancel(asked)).code == "201"
    assert await standing(world, first) is DocumentState.CANCELLED


async def test_what_the_sat_does_not_take(world: FiscalWorld) -> None:
    stamp = await stamped(world, 30_000)
    issue_csd(
        world.directory / "csd", "other", Issuer("AAA010101AAA", "OTRA", "601", "06600"), world.directory / "authority"
    )
    for asked, code in (
        (await request(world, stamp.uuid, tenant="other"), "203"),
        (await request(world, stamp.uuid, Motive.SUBSTITUTED, OTHER), "208"),
        (await request(world, stamp.uuid, Motive.ERROR, OTHER), "209"),
        ((await request(world, stamp.uuid)).replace(b'Motivo="02"', b'Motivo="03"'), "302"),
    ):
        with pytest.raises(Refused) as refused:
            await world.pac.cancel(asked)
        assert refused.value.code == code
    assert await standing(world, stamp) is DocumentState.CANCEL_REQUESTED  # nothing was requested: still valid


async def test_a_document_the_sat_does_not_know_yet_is_asked_for_later(world: FiscalWorld) -> None:
    stamp = await stamped(world, 40_000)
    await world.http.put("/_sandbox/pac/lag", json={"requests": 1})
    asked = await request(world, stamp.uuid)
    with pytest.raises(Throttled) as throttled:
        await world.pac.cancel(asked)
    assert throttled.value.retry_after == 300.0
    assert (await world.pac.cancel(asked)).code == "201"


async def test_a_cancellation_outlives_a_restart(tmp_path: Path) -> None:
    async with open_world(tmp_path) as before:
        stamp = await stamped(before, 60_000)
        await before.pac.cancel(await request(before, stamp.uuid))
    async with open_world(tmp_path) as after:
        assert await standing(after, stamp) is DocumentState.CANCELLED


async def test_an_unknown_document_is_not_found(world: FiscalWorld) -> None:
    stamp = await stamped(world, 50_000)
    assert await standing(world, replace(stamp, uuid=OTHER)) is DocumentState.CANCEL_REQUESTED


async def test_a_silent_enquiry_service_is_unavailable(world: FiscalWorld) -> None:
    pac = SwPac("http://127.0.0.1:9", "token")
    with pytest.raises(Unavailable):
        await pac.enquire(uuid=OTHER, issuer="A", receiver="B", total="1.00", seal="x" * 8)
    await pac.aclose()


async def test_until_the_next_business_day_nobody_need_agree(world: FiscalWorld) -> None:
    stamp = await stamped(world, 250_000)
    await world.pac.cancel(await request(world, stamp.uuid))
    assert await standing(world, stamp) is DocumentState.CANCELLED


@pytest.mark.parametrize(
    ("day", "following"),
    [
        ("2026-11-20", "2026-11-23"),  # a Friday
        ("2026-11-13", "2026-11-17"),  # Revolution Day is kept on the Monday
        ("2026-12-31", "2027-01-04"),
        ("2026-11-18", "2026-11-19"),
    ],
)
def test_the_next_business_day(day: str, following: str) -> None:
    assert next_business_day(date.fromisoformat(day)) == date.fromisoformat(following)


async def test_the_signature_of_a_request_verifies_with_openssl(world: FiscalWorld, tmp_path: Path) -> None:
    root = etree.fromstring(await request(world, OTHER))
    signature = root.find(f"{DS}Signature")
    (tmp_path / "cer").write_bytes(base64.b64decode(signature.findtext(f".//{DS}X509Certificate")))
    (tmp_path / "sig").write_bytes(base64.b64decode(signature.findtext(f"{DS}SignatureValue")))
    info = signature.find(f"{DS}SignedInfo")
    # Inclusive canonicalisation of the element where it stands: it sees its ancestors' namespaces.
    (tmp_path / "info").write_bytes(canonical(info, root))
    key = ["openssl", "x509", "-inform", "DER", "-in", "cer", "-pubkey", "-noout", "-out", "pub"]
    subprocess.run(key, cwd=tmp_path, check=True)
    check = ["openssl", "dgst", "-sha1", "-verify", "pub", "-signature", "sig", "info"]
    said = subprocess.run(check, cwd=tmp_path, capture_output=True, check=False)
    assert said.stdout.strip() == b"Verified OK"
    root.remove(signature)
    (tmp_path / "request").write_bytes(etree.tostring(root, method="c14n"))
    digest = subprocess.run(
        ["openssl", "dgst", "-sha1", "-binary", "request"], cwd=tmp_path, capture_output=True, check=True
    )
    assert base64.b64encode(digest.stdout).decode() == info.findtext(f".//{DS}DigestValue")


def canonical(element: etree._Element, root: etree._Element) -> bytes:
    """An element as inclusive canonicalisation writes it within its document, made apart from the product's own code."""
    alone = etree.Element(element.tag, nsmap={**{k: v for k, v in root.nsmap.items() if k}, None: DS[1:-1]})
    alone.extend(copy.deepcopy(child) for child in element)
    written: bytes = etree.tostring(alone, method="c14n")
    return written
