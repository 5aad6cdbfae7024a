"""Finkok over its SOAP: the same typed outcomes as any PAC, and it can be asked without stamping."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activities.failures import Expired, Refused, Rejected, Throttled, Unavailable
from activities.gateways.fiscal_finkok import FinkokPac
from activities.gateways.fiscal_satcfdi import SatcfdiSealer
from models.cfdi.cancellation import Motive
from sandbox.pki import issue_csd
from sandbox.taxpayers import Taxpayer
from tests.activities.gateways.pac_servers import PacServer, finkok, served
from tests.fiscal_world import TENANT, draft
from tests.samples import ANA, ISSUER


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("pac")
    issue_csd(here / "csd", TENANT, ISSUER, here / "authority")
    return here


@pytest.fixture
async def server(place: Path, tmp_path: Path) -> AsyncIterator[PacServer]:
    made = PacServer(place, tmp_path)
    async with served(finkok(made), made):
        yield made


@pytest.fixture
async def pac(server: PacServer) -> AsyncIterator[FinkokPac]:
    async with aclosing(FinkokPac(server.url, "ana@acme.mx", "secret", ISSUER.rfc)) as opened:
        yield opened


@pytest.fixture
async def sealed(server: PacServer) -> bytes:
    return (await SatcfdiSealer(server.directory / "csd").build_and_seal(TENANT, draft())).xml


async def test_a_document_is_stamped_and_kept_byte_for_byte(server: PacServer, pac: FinkokPac, sealed: bytes) -> None:
    stamp = await pac.stamp(sealed, "k")
    (kept,) = server.stamps.all()
    assert (stamp.uuid, stamp.xml, stamp.prior) == (kept.uuid, kept.xml.encode(), False)


async def test_the_same_bytes_again_bring_the_same_invoice_also_after_a_lost_answer(
    server: PacServer, pac: FinkokPac, sealed: bytes
) -> None:
    server.script = ["lost"]
    with pytest.raises(Unavailable):
        await pac.stamp(sealed, "k")
    again = await pac.stamp(sealed, "k")
    assert (again.prior, len(server.stamps.all())) == (True, 1)


async def test_a_307_without_the_document_is_looked_up_and_waited_for_where_the_list_lags(
    server: PacServer, pac: FinkokPac, sealed: bytes
) -> None:
    first = await pac.stamp(sealed, "k")
    server.script = ["silent"]
    assert (await pac.stamp(sealed, "k")).uuid == first.uuid
    server.script = ["silent", "slow_list"]
    with pytest.raises(Unavailable):
        await pac.stamp(sealed, "k")
    assert len(server.stamps.all()) == 1


async def test_a_stamp_whose_answer_and_row_were_lost_is_handed_out_by_its_folio_fiscal(
    server: PacServer, pac: FinkokPac, sealed: bytes
) -> None:
    server.script = ["lost"]
    with pytest.raises(Unavailable):
        await pac.stamp(sealed, "k")
    (stamped,) = server.stamps.all()
    kept = await pac.fetch(stamped.uuid, "k")
    assert (kept.stamp.uuid, kept.stamp.xml, kept.receiver.rfc) == (stamped.uuid, stamped.xml.encode(), ANA.rfc)
    assert kept.stamp.seal.encode() in sealed
    assert server.asked == ["stamp", "get_xml"]
    with pytest.raises(Unavailable):
        await pac.fetch("00000000-0000-4000-8000-000000000000", "k")


async def test_it_can_be_asked_without_stamping(server: PacServer, pac: FinkokPac, sealed: bytes) -> None:
    assert await pac.look_up(sealed, "k") is None
    assert server.stamps.all() == []
    stamp = await pac.stamp(sealed, "k")
    found = await pac.look_up(sealed, "k")
    assert found is not None
    assert found.uuid == stamp.uuid
    server.script = ["slow_list"]
    with pytest.raises(Unavailable):
        await pac.look_up(sealed, "k")


@pytest.mark.parametrize("trouble", ["unavailable", "page", "709"])
async def test_what_says_nothing_of_the_document_is_asked_again(
    server: PacServer, pac: FinkokPac, sealed: bytes, trouble: str
) -> None:
    server.script = [trouble]
    with pytest.raises(Unavailable):
        await pac.stamp(sealed, "k")


@pytest.mark.parametrize("code", ["718", "702", "305"])
async def test_a_refusal_of_ours_keeps_its_code(server: PacServer, pac: FinkokPac, sealed: bytes, code: str) -> None:
    server.script = [code]
    with pytest.raises(Refused) as told:
        await pac.stamp(sealed, "k")
    assert (type(told.value), told.value.code) == (Refused, code)


async def test_a_wrong_password_is_the_account_s(server: PacServer, sealed: bytes) -> None:
    async with aclosing(FinkokPac(server.url, "ana@acme.mx", "wrong")) as pac:
        with pytest.raises(Refused) as told:
            await pac.stamp(sealed, "k")
    assert told.value.code == "300"


async def test_a_name_the_sat_does_not_know_names_its_field(server: PacServer, pac: FinkokPac, sealed: bytes) -> None:
    server.taxpayers.put(Taxpayer(ANA.rfc, name="OTRO NOMBRE"))
    with pytest.raises(Rejected) as told:
        await pac.stamp(sealed, "k")
    assert (told.value.field, told.value.code) == ("legal_name", "CFDI40145")


async def test_too_old_is_told_as_never_stamped(server: PacServer, pac: FinkokPac) -> None:
    old = replace(draft(), issued=(datetime.now(UTC) - timedelta(hours=90)).replace(tzinfo=None, microsecond=0))
    xml = (await SatcfdiSealer(server.directory / "csd").build_and_seal(TENANT, old)).xml
    with pytest.raises(Expired):
        await pac.stamp(xml, "k")


async def test_a_cancellation_its_status_and_what_is_left(server: PacServer, pac: FinkokPac, sealed: bytes) -> None:
    stamp = await pac.stamp(sealed, "k")
    sealer = SatcfdiSealer(server.directory / "csd")
    request = await sealer.sign_cancellation(
        TENANT, uuid=stamp.uuid, motive=Motive.ERROR, substitute="", at=datetime.now(UTC)
    )
    acknowledged = await pac.cancel(request)
    assert (acknowledged.code, acknowledged.xml) == ("201", b"<Acuse/>")
    server.script = ["205"]
    with pytest.raises(Throttled):
        await pac.cancel(request)
    word = await pac.enquire(uuid=stamp.uuid, issuer=ISSUER.rfc, receiver=ANA.rfc, total="149.00", seal="x")
    assert (word.state, word.process) == ("Vigente", "En proceso")
    assert await pac.balance() == 12
    server.credit = -1
    assert await pac.balance() is None


async def test_nobody_there_is_no_answer(sealed: bytes) -> None:
    async with aclosing(FinkokPac("http://127.0.0.1:9", "a", "b")) as pac:
        with pytest.raises(Unavailable):
            await pac.stamp(sealed, "k")
