"""A PAC that is out over midnight on the 31st: which month a sale is told in, and that the record says so."""

from datetime import UTC, datetime, timedelta

import pytest

from activities.composing import Links
from activities.dossier import DocumentRef
from activities.drafting import SealOrder
from activities.failures import Unavailable
from activities.fiscal import Fiscal
from models.cfdi.documents import DocumentState
from models.money import Money
from models.subscribing.invoices import Charge, Funding
from tests.fakes.documents import FakeDocuments
from tests.fakes.mail import FakeFiscalMail
from tests.fakes.pac import FakePac
from tests.fakes.processes import FakeProcesses
from tests.fakes.renderer import FakeRenderer
from tests.fakes.sealer import FakeSealer
from tests.fakes.store import FakeFiscalStore
from tests.keys import LINK_SECRET

CHARGED = datetime(2026, 11, 1, 5, 58, tzinfo=UTC)  # 31 October, 23:58, in Mexico City
CHARGE = Charge("ch_1", Money(14_900), CHARGED, Funding.CREDIT)


class Office:
    """The activities of tax invoices with fakes at their ports."""

    def __init__(self) -> None:
        self.store, self.documents, self.sealer, self.pac = (
            FakeFiscalStore(),
            FakeDocuments(),
            FakeSealer(),
            FakePac(),
        )
        self.fiscal = Fiscal(
            store=self.store,
            documents=self.documents,
            sealer=self.sealer,
            pac=self.pac,
            renderer=FakeRenderer(),
            mail=FakeFiscalMail(),
            processes=FakeProcesses(),
            links=Links("https://perdura.test", LINK_SECRET),
        )

    async def seal(self, after: timedelta, version: int = 1) -> str:
        order = SealOrder(
            tenant="acme",
            subscription="s_1",
            source="ch_1",
            charge=CHARGE,
            version=version,
            now=CHARGED + after,
        )
        return (await self.fiscal.seal_invoice(order)).key

    def told(self) -> list[str]:
        return [e.detail for e in self.store.entries.values() if e.action == "tax invoice dated in another month"]


@pytest.fixture
def office() -> Office:
    return Office()


async def test_a_sale_stays_in_its_month_while_the_pac_is_out_over_midnight(office: Office) -> None:
    key = await office.seal(timedelta(seconds=5))
    office.pac.script = [Unavailable("out"), Unavailable("out"), Unavailable("out")]
    for _ in range(3):
        with pytest.raises(Unavailable):
            await office.fiscal.stamp_invoice(DocumentRef("acme", key))
    assert (await office.fiscal.stamp_invoice(DocumentRef("acme", key))).state is DocumentState.STAMPED
    assert [d.issued.isoformat() for d in office.sealer.drafts] == ["2026-10-31T23:58:00"]
    assert len({sealed for _, sealed in office.pac.asked}) == 1
    assert office.told() == []


@pytest.mark.parametrize("hours", [1, 24, 48, 69])
async def test_a_version_made_within_70_hours_is_dated_in_the_month_of_the_sale(office: Office, hours: int) -> None:
    await office.seal(timedelta(hours=hours))
    assert [d.issued.isoformat() for d in office.sealer.drafts] == ["2026-10-31T23:58:00"]
    assert office.told() == []


async def test_after_that_it_is_dated_now_and_the_record_names_both_months(office: Office) -> None:
    await office.seal(timedelta(hours=71), version=2)
    assert [d.issued.isoformat() for d in office.sealer.drafts] == ["2026-11-03T22:58:00"]
    assert office.told() == ["charged in 2026-10, dated 2026-11-03: not stamped within 72 h of the charge"]
