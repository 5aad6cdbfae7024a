"""The storm: deliveries of paid charges (hundreds with `make storm`) through crashes, lost replies, outages and garbage. One stamp each.

Real sealing, real HTTP to the sandbox PAC, real SQL; chance is seeded, so a failure can be run again.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.composing import Links
from activities.dossier import DocumentRef
from activities.drafting import SealOrder
from activities.failures import Passing
from activities.fiscal import Fiscal
from activities.gateways.store_sql import SqlStore
from models.cfdi.documents import DocumentFile, DocumentState
from models.money import Money
from models.periods import Calendar
from models.speaking.notices import NoticeKind, NoticeRequest
from models.subscribing.invoices import Charge, Funding
from tests.databases import migrated
from tests.fakes.mail import FakeFiscalMail
from tests.fakes.processes import FakeProcesses
from tests.fakes.renderer import FakeRenderer
from tests.fakes.store import FakeFiscalStore
from tests.fiscal_world import TENANT, FiscalWorld, draft, open_world
from tests.keys import KEYRING, LINK_SECRET

DELIVERIES = 3  # a webhook comes again, and a worker dies and another takes over
CALENDAR = Calendar()


class Crash(Exception):
    """The process is gone: whatever it had begun stays as it is."""


class Flaky:
    """A port behind which the process may die, before the effect or right after it."""

    def __init__(self, behind: Any, chance: random.Random, share: float = 0.08) -> None:
        self._behind, self._chance, self._share = behind, chance, share

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._behind, name)

        async def perhaps(*given: Any, **named: Any) -> Any:
            if self._chance.random() < self._share / 2:
                raise Crash(name)
            done = await verb(*given, **named)
            if self._chance.random() < self._share / 2:
                raise Crash(name)
            return done

        return perhaps


class FlakyPac(Flaky):
    """A PAC behind a line like that, everybody's only one."""

    async def account(self, tenant: str, name: str = "") -> "FlakyPac":
        return self

    async def second(self, tenant: str) -> None:
        return None

    @property
    def name(self) -> str:
        return str(self._behind.name)

    seals = False


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[FiscalWorld]:
    async with open_world(tmp_path) as opened:
        yield opened


@pytest.fixture
async def sql(database: str) -> AsyncIterator[SqlStore]:
    await migrated(database)
    store = SqlStore(database, KEYRING)
    yield store
    await store.close()


async def deliver(fiscal: Fiscal, charge: Charge) -> None:
    """What the process does for one charge, as its history would be carried on by another worker after each crash."""
    now = charge.created + timedelta(minutes=5)
    order = SealOrder(tenant=TENANT, subscription="s_1", source=charge.id, charge=charge, version=1, now=now)
    for _ in range(60):
        try:
            standing = await fiscal.seal_invoice(order)
            ref = DocumentRef(TENANT, standing.key)
            standing = await fiscal.stamp_invoice(ref)
            assert standing.uuid, standing
            if standing.state in (DocumentState.STAMPED, DocumentState.SENDING):
                await fiscal.render_invoice(ref)
            notice = NoticeRequest(
                tenant=TENANT,
                key=f"{charge.id}/cfdi",
                kind=NoticeKind.TAX_INVOICE,
                subscription="s_1",
                calendar=CALENDAR,
                amount=charge.amount,
                document=standing.key,
            )
            await fiscal.deliver_invoice(notice)
        except (Crash, Passing):
            continue
        return
    pytest.fail(f"{charge.id} never arrived")


async def test_deliveries_through_a_storm_make_one_stamp_each(world: FiscalWorld, sql: SqlStore, in_full: bool) -> None:
    chance, many = random.Random(20261121), 80 if in_full else 24
    kinds = ["drop_after"] * 4 + ["drop_before", "garbage", "unavailable", "silent_prior"]
    for _ in range(many):
        await world.fault(chance.choice(kinds))
    store, mail = FakeFiscalStore(), FakeFiscalMail()
    fiscal = Fiscal(
        store=Flaky(store, chance, 0.02),
        documents=Flaky(sql, chance),
        sealer=Flaky(world.sealer, chance),
        pac=FlakyPac(world.pac, chance, 0.2),
        renderer=FakeRenderer(),
        mail=mail,
        processes=FakeProcesses(),
        links=Links("https://perdura.test", LINK_SECRET),
    )
    now = datetime.now(UTC) - timedelta(hours=1)
    charges = [
        Charge(f"ch_{n:04d}", Money(chance.randint(100, 500_000)), now + timedelta(seconds=n), Funding.CREDIT)
        for n in range(many)
    ]
    tickets = charges * DELIVERIES
    chance.shuffle(tickets)
    for batch in (tickets[n : n + 12] for n in range(0, len(tickets), 12)):
        await asyncio.gather(*(deliver(fiscal, charge) for charge in batch))

    stamps = {stamp["seal"]: stamp for stamp in await world.stamps()}
    assert len(await world.stamps()) == many
    for charge in charges:
        (document,) = await sql.documents_of(TENANT, charge.id)
        assert document.uuid == stamps[document.seal]["uuid"]
        assert stamps[document.seal]["total"] == f"{charge.amount.centavos / 100:.2f}"
        xml = await sql.file(TENANT, document.key, DocumentFile.XML)
        kept = await world.http.get(f"/_sandbox/pac/stamps/{document.uuid}.xml")
        assert xml == kept.content


async def test_without_the_layers_the_same_storm_stamps_twice(world: FiscalWorld, sql: SqlStore) -> None:
    """The control: a document dated and keyed anew at each try, as a naive integration does, is stamped more than once."""
    charge = Charge("ch_1", Money(14_900), datetime.now(UTC) - timedelta(hours=1), Funding.CREDIT)
    for attempt in range(3):
        await world.fault("drop_after")
        sealed = await world.sealer.build_and_seal(
            TENANT, replace(draft(charge.amount.centavos), folio=f"ch_1-{attempt}")
        )
        with pytest.raises(Passing):
            await world.pac.stamp(sealed.xml, f"ch_1/{attempt}")
    assert len(await world.stamps()) == 3
