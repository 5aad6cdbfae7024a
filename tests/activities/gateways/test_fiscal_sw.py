"""The PAC's adapter against the sandbox over real HTTP: every way an answer can fail to come, and what is made of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from lxml import etree

from activities.failures import Contested, Expired, Refused, Rejected, Throttled, Unavailable
from activities.gateways.fiscal_sw import SwPac
from models.cfdi.documents import Stamp
from models.cfdi.fiscal import Receiver, issue_date
from tests.fiscal_world import TENANT, FiscalWorld, draft, open_world
from tests.samples import ANA, ISSUER


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FiscalWorld]:
    async with open_world(tmp_path_factory.mktemp("fiscal")) as opened:
        yield opened


@pytest.fixture
async def sealed(world: FiscalWorld, request: pytest.FixtureRequest) -> bytes:
    # Each test has an invoice of its own.
    return (await world.sealer.build_and_seal(TENANT, draft(folio=str(hash(request.node.name))[-12:]))).xml


async def test_a_stamp_is_the_folio_the_bytes_and_the_instant(world: FiscalWorld, sealed: bytes) -> None:
    stamp = await world.pac.stamp(sealed, "acme:plain")
    assert not stamp.prior
    assert abs(datetime.now(UTC) - stamp.stamped_at) < timedelta(minutes=1)
    assert etree.fromstring(stamp.xml).get("Sello") == etree.fromstring(sealed).get("Sello")
    assert any(s["uuid"] == stamp.uuid for s in await world.stamps())


@pytest.mark.parametrize("kind", ["unavailable", "garbage", "drop_before", "drop_after"])
async def test_an_answer_that_says_nothing_is_asked_for_again(world: FiscalWorld, sealed: bytes, kind: str) -> None:
    await world.fault(kind)
    with pytest.raises(Unavailable):
        await world.pac.stamp(sealed, f"acme:{kind}")
    stamp = await world.pac.stamp(sealed, f"acme:{kind}")
    assert stamp.prior is (kind == "drop_after")
    again = await world.pac.stamp(sealed, f"acme:{kind}")
    assert (again.uuid, again.xml) == (stamp.uuid, stamp.xml)


async def test_a_prior_stamp_that_is_only_named_is_fetched(world: FiscalWorld, sealed: bytes) -> None:
    first = await world.pac.stamp(sealed, "acme:silent")
    await world.fault("silent_prior")
    assert await world.pac.stamp(sealed, "acme:silent") == Stamp(first.uuid, first.xml, first.stamped_at, prior=True)


async def test_a_stamped_document_is_handed_out_again_by_its_folio_fiscal(world: FiscalWorld, sealed: bytes) -> None:
    first = await world.pac.stamp(sealed, "acme:kept")
    kept = await world.pac.fetch(first.uuid, "acme:kept")
    assert (kept.stamp.uuid, kept.stamp.xml, kept.stamp.stamped_at) == (first.uuid, first.xml, first.stamped_at)
    assert kept.stamp.seal
    assert kept.stamp.seal.encode() in sealed
    assert kept.receiver.rfc.encode() in sealed
    with pytest.raises(Unavailable):
        await world.pac.fetch("00000000-0000-4000-8000-000000000000", "acme:kept")


async def test_ten_sends_at_once_make_one_stamp(world: FiscalWorld, sealed: bytes) -> None:
    stamps = await asyncio.gather(*(world.pac.stamp(sealed, "acme:many") for _ in range(10)))
    assert len({(s.uuid, s.xml) for s in stamps}) == 1
    assert [s.prior for s in stamps].count(False) <= 1


async def test_another_document_under_our_key_is_contested(world: FiscalWorld, sealed: bytes) -> None:
    other = (await world.sealer.build_and_seal(TENANT, draft(77_700))).xml
    await world.pac.stamp(other, "acme:shared")
    with pytest.raises(Contested):
        await world.pac.stamp(sealed, "acme:shared")


async def test_a_key_longer_than_the_pac_takes_is_folded(world: FiscalWorld, sealed: bytes) -> None:
    key = "acme:" + "x" * 200
    first = await world.pac.stamp(sealed, key)
    row = next(s for s in await world.stamps() if s["uuid"] == first.uuid)
    assert len(row["custom_id"]) == 64


@pytest.mark.parametrize(
    ("filed", "field"),
    [
        ({"listed": False}, "tax_id"),
        ({"name": "OTRO NOMBRE"}, "legal_name"),
        ({"postal_code": "06700"}, "postal_code"),
        ({"regime": "626"}, "tax_regime"),
    ],
)
async def test_the_receiver_s_wrong_field_is_named(world: FiscalWorld, filed: dict[str, Any], field: str) -> None:
    person = Receiver("GODE561231GR8", ANA.name, ANA.regime, ANA.postal_code)
    await world.file_taxpayer(rfc=person.rfc, **filed)
    document = await world.sealer.build_and_seal(TENANT, draft(receiver=person))
    with pytest.raises(Rejected) as rejected:
        await world.pac.stamp(document.xml, f"acme:{field}")
    assert rejected.value.field == field
    assert rejected.value.code.startswith("CFDI401")
    assert ANA.name not in str(rejected.value)


async def test_a_document_too_old_is_expired_and_one_from_the_future_is_our_clock(world: FiscalWorld) -> None:
    for age, failure in ((timedelta(hours=73), Expired), (timedelta(minutes=-30), Refused)):
        when = datetime.now(UTC) - age
        document = await world.sealer.build_and_seal(TENANT, draft(issued=issue_date(when, when, ISSUER.postal_code)))
        with pytest.raises(failure) as said:
            await world.pac.stamp(document.xml, f"acme:{age}")
        assert type(said.value) is failure
        assert said.value.code == "401"


async def test_a_broken_document_is_ours_to_mend(world: FiscalWorld, sealed: bytes) -> None:
    with pytest.raises(Refused) as refused:
        await world.pac.stamp(sealed.replace(b"ANA CRUZ", b"EVA CRUZ"), "acme:broken")
    assert (type(refused.value), refused.value.code) == (Refused, "302")


async def test_an_account_without_stamps_is_ours_to_fill(world: FiscalWorld, sealed: bytes) -> None:
    await world.fault("no_balance")
    with pytest.raises(Refused) as refused:
        await world.pac.stamp(sealed, "acme:balance")
    assert (type(refused.value), refused.value.code) == (Refused, "718")
    assert not (await world.pac.stamp(sealed, "acme:balance")).prior


async def test_a_slow_pac_is_waited_for(world: FiscalWorld, sealed: bytes) -> None:
    await world.fault("slow", seconds=0.3)
    assert not (await world.pac.stamp(sealed, "acme:slow")).prior


async def test_a_wrong_token_is_told_by_its_setting(world: FiscalWorld, sealed: bytes) -> None:
    pac = SwPac(world.url, "another")
    with pytest.raises(Refused, match="PERDURA_PAC_TOKEN"):
        await pac.stamp(sealed, "acme:token")
    await pac.aclose()


async def test_nobody_there_is_unavailable(sealed: bytes) -> None:
    pac = SwPac("http://127.0.0.1:9", "token")
    with pytest.raises(Unavailable, match="ConnectError"):
        await pac.stamp(sealed, "acme:dark")
    await pac.aclose()


def answering(
    status: int, body: Any, headers: dict[str, str] | None = None
) -> Callable[[httpx.Request], httpx.Response]:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json=body, headers=headers)

    return answer


@pytest.mark.parametrize(
    ("status", "message", "failure", "code"),
    [
        (429, "Too many requests", Throttled, None),
        (400, "CFDI40145 - El campo Nombre del receptor no corresponde", Rejected, "CFDI40145"),
        (400, "CFDI40148 - El campo DomicilioFiscalReceptor no corresponde", Rejected, "CFDI40148"),
        (400, "CFDI40161 - El campo UsoCFDI no corresponde", Rejected, "CFDI40161"),
        (400, "CFDI40180 - Importe de Traslado", Refused, "CFDI40180"),
        (400, "718. No cuenta con timbres disponibles", Refused, "718"),
        (400, "402. RFC del emisor no se encuentra en el régimen de contribuyentes", Refused, "402"),
        (400, "709. Error no clasificado", Unavailable, None),
        (500, "Error interno", Unavailable, None),
        (400, "307. El comprobante contiene un timbre previo.", Unavailable, None),
    ],
)
async def test_each_answer_of_the_pac_has_its_meaning(
    sealed: bytes, monkeypatch: pytest.MonkeyPatch, status: int, message: str, failure: type, code: str | None
) -> None:
    pac = SwPac("http://pac.test", "token")
    await pac._http.aclose()
    reply = answering(status, {"status": "error", "message": message, "data": None}, {"Retry-After": "7"})
    monkeypatch.setattr(
        pac, "_http", httpx.AsyncClient(base_url="http://pac.test", transport=httpx.MockTransport(reply))
    )
    with pytest.raises(failure) as said:
        await pac.stamp(sealed, "acme:x")
    assert type(said.value) is failure
    assert getattr(said.value, "code", None) == code
    if failure is Throttled:
        assert said.value.retry_after == 7.0
    await pac.aclose()


async def test_what_is_left_of_the_stamps_is_told(world: FiscalWorld) -> None:
    assert await world.pac.balance() == world.settings.pac_stamps - len(await world.stamps())


async def test_the_last_stamp_is_the_last(world: FiscalWorld) -> None:
    used = len(await world.stamps())
    world.settings.pac_stamps = used
    try:
        with pytest.raises(Refused) as told:
            await world.pac.stamp((await world.sealer.build_and_seal(TENANT, draft())).xml, "none-left")
    finally:
        world.settings.pac_stamps = 1_000_000
    assert told.value.code == "718"
