"""Facturapi over its REST: it seals for the tenant, makes one invoice for each key, and what comes back is held against what was asked."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from activities.failures import Contested, Refused, Rejected, Throttled, Unavailable
from activities.gateways.fiscal_facturapi import FacturapiPac
from activities.gateways.fiscal_satcfdi import SatcfdiSealer
from models.cfdi.cancellation import Motive
from models.cfdi.documents import Line
from models.cfdi.taxes import Withholding, split
from sandbox.pki import issue_csd
from tests.activities.gateways.pac_servers import PacServer, facturapi, served
from tests.fiscal_world import TENANT, draft
from tests.samples import ISSUER


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("pac")
    issue_csd(here / "csd", TENANT, ISSUER, here / "authority")
    return here


@pytest.fixture
async def server(place: Path, tmp_path: Path) -> AsyncIterator[PacServer]:
    made = PacServer(place, tmp_path)
    async with served(facturapi(made), made):
        yield made


@pytest.fixture
async def pac(server: PacServer) -> AsyncIterator[FacturapiPac]:
    async with aclosing(FacturapiPac(server.url, "sk_test_good")) as opened:
        yield opened


@pytest.fixture
async def asked() -> bytes:
    return (await SatcfdiSealer(None).build(draft())).xml


async def test_what_is_described_comes_back_sealed_and_stamped(
    server: PacServer, pac: FacturapiPac, asked: bytes
) -> None:
    stamp = await pac.stamp(asked, "acme:ch_1/income/v1")
    (kept,) = server.stamps.all()
    assert (stamp.uuid, stamp.xml, stamp.seal) == (kept.uuid, kept.xml.encode(), kept.seal)
    assert etree.fromstring(stamp.xml).get("Total") == "149.00"
    (body,) = server.bodies
    assert (body["idempotency_key"], body["type"], body["payment_method"]) == ("acme:ch_1/income/v1", "I", "PUE")


async def test_a_lost_answer_or_one_still_pending_makes_no_second_invoice(
    server: PacServer, pac: FacturapiPac, asked: bytes
) -> None:
    server.script = ["lost", "pending"]
    for _ in range(2):
        with pytest.raises(Unavailable):
            await pac.stamp(asked, "k")
    stamp = await pac.stamp(asked, "k")
    assert len(server.stamps.all()) == 1
    found = await pac.look_up(asked, "k")
    assert found is not None
    assert (found.uuid, found.prior) == (stamp.uuid, True)
    assert await pac.look_up(asked, "another") is None


async def test_a_stamp_whose_answer_and_row_were_lost_is_handed_out_by_our_key(
    server: PacServer, pac: FacturapiPac, asked: bytes
) -> None:
    server.script = ["lost"]
    with pytest.raises(Unavailable):
        await pac.stamp(asked, "acme:ch_1/income/v1")
    (stamped,) = server.stamps.all()
    kept = await pac.fetch(stamped.uuid, "acme:ch_1/income/v1")
    assert (kept.stamp.uuid, kept.stamp.xml, kept.stamp.seal) == (stamped.uuid, stamped.xml.encode(), stamped.seal)
    for uuid, key in ((stamped.uuid, "acme:ch_2/income/v1"), ("another", "acme:ch_1/income/v1")):
        with pytest.raises(Unavailable):
            await pac.fetch(uuid, key)
    assert len(server.bodies) == 1


async def test_another_total_than_asked_is_for_a_person(server: PacServer, pac: FacturapiPac, asked: bytes) -> None:
    server.script = ["wrong_total"]
    with pytest.raises(Contested):
        await pac.stamp(asked, "k")


@pytest.mark.parametrize(
    ("step", "failure", "field"),
    [
        ("unavailable", Unavailable, ""),
        ("busy", Throttled, ""),
        ("legal_name_mismatch", Rejected, "legal_name"),
        ("invalid", Refused, ""),
    ],
)
async def test_each_answer_has_its_outcome(
    server: PacServer, pac: FacturapiPac, asked: bytes, step: str, failure: type[Exception], field: str
) -> None:
    server.script = [step]
    with pytest.raises(failure) as told:
        await pac.stamp(asked, "k")
    assert type(told.value) is failure
    assert getattr(told.value, "field", "") == field


async def test_a_wrong_key_is_the_account_s(server: PacServer, asked: bytes) -> None:
    async with aclosing(FacturapiPac(server.url, "sk_wrong")) as pac:
        with pytest.raises(Refused) as told:
            await pac.stamp(asked, "k")
    assert told.value.code == "300"


async def test_withholding_is_refused_before_anything_is_sent(server: PacServer, pac: FacturapiPac) -> None:
    kept = Line("81112500", "E48", "Suscripción", split(14_900, 16, Withholding.RESICO))
    asked = (await SatcfdiSealer(None).build(draft(lines=(kept,)))).xml
    with pytest.raises(Refused, match="withholding"):
        await pac.stamp(asked, "k")
    assert server.asked == []


async def test_a_cancellation_is_ordered_by_the_document_s_key(
    server: PacServer, pac: FacturapiPac, asked: bytes
) -> None:
    stamp = await pac.stamp(asked, "k")
    sealer = SatcfdiSealer(server.directory / "csd")
    order = await sealer.order_cancellation(
        TENANT, uuid=stamp.uuid, motive=Motive.NOT_CARRIED_OUT, substitute="", at=datetime.now(UTC)
    )
    assert (await pac.cancel(order, "k")).code == "201"
    assert server.bodies[-1] == ("inv_1", "03", "")
    with pytest.raises(Throttled):
        await pac.cancel(order, "another")
