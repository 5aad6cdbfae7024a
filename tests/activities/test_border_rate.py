"""A business on the border charges 8 % (stimulus decrees): sale, refund and global invoice carry it, and the books agree.

Real sealing, real HTTP to the sandbox PAC, real SQL.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from activities.composing import Links
from activities.dossier import DocumentRef
from activities.drafting import SealOrder
from activities.fiscal import Fiscal
from activities.gateways.fiscal_schema import checked
from activities.gateways.fiscal_sw import SwPac
from activities.gateways.store_sql import SqlStore
from activities.general_public import GlobalOrder, GlobalRef
from models.bookkeeping.books import trial_balance
from models.bookkeeping.ledger import Account, Fact, Kind
from models.cfdi.documents import DocumentFile, DocumentKind, DocumentState
from models.cfdi.global_invoice import Month
from models.cfdi.postal_zones import zone_of
from models.cfdi.taxes import BORDER_IVA, split
from models.money import Money
from models.records import Customer, Payment, SubscriptionRecord, Tenant
from models.selling.plans import Plan
from models.subscribing.invoices import Charge, Funding
from models.subscribing.subscriptions import Status
from sandbox.pki import issue_csd
from tests.databases import migrated
from tests.fakes.mail import FakeFiscalMail
from tests.fakes.processes import FakeProcesses
from tests.fakes.renderer import FakeRenderer
from tests.fiscal_world import TENANT, FiscalWorld, open_world
from tests.keys import KEYRING, LINK_SECRET
from tests.samples import ANA, ISSUER

TIJUANA = replace(ISSUER, postal_code="22000", vat=BORDER_IVA)
SOLD = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
NAMED, UNNAMED, BACK = Money(9_902), Money(9_970), Money(4_904)  # of the first two base x 8 % would miss the total


class OnePac:
    """Everybody's only PAC."""

    def __init__(self, pac: SwPac) -> None:
        self._pac = pac

    async def account(self, tenant: str, name: str = "") -> SwPac:
        return self._pac

    async def second(self, tenant: str) -> None:
        return None


@dataclass
class Border:
    """A tenant in Tijuana with two customers: Ana (s_1) gave an RFC, Beto (s_2) did not."""

    world: FiscalWorld
    books: SqlStore
    fiscal: Fiscal

    async def sells(self, account: str, amount: Money) -> Charge:
        charge = Charge(f"ch_{account}", amount, SOLD, Funding.CREDIT)
        invoice = f"in_{account}"
        await self.books.post(Fact(TENANT, account, Kind.ISSUED, invoice, amount, SOLD, invoice))
        await self.books.record_payment(
            Payment(TENANT, charge.id, invoice, account, amount, charge.funding, charge.created)
        )
        return charge

    async def stamped(self, order: SealOrder) -> tuple[str, dict[str, Decimal]]:
        """The document's key and what its XML states of VAT, by rate."""
        standing = await self.fiscal.seal_invoice(order)
        assert standing.state is DocumentState.SEALED, standing
        standing = await self.fiscal.stamp_invoice(DocumentRef(TENANT, standing.key))
        assert standing.uuid, standing
        xml = await self.books.file(TENANT, standing.key, DocumentFile.XML)
        assert xml is not None
        root = checked(xml)
        space = {"cfdi": "http://www.sat.gob.mx/cfd/4"}
        total = Decimal(root.get("SubTotal", "")) + Decimal(
            root.find("cfdi:Impuestos", space).get("TotalImpuestosTrasladados")
        )
        assert Decimal(root.get("Total", "")) == total, "nothing but base and VAT"
        stated = root.findall("cfdi:Impuestos/cfdi:Traslados/cfdi:Traslado", space)
        return standing.key, {each.get("TasaOCuota"): Decimal(each.get("Importe")) for each in stated}

    async def payable(self, account: str) -> int:
        """Centavos of VAT that the books owe to the SAT for an account; what they hold must balance."""
        nets = {each.account: each.net for each in trial_balance(await self.books.ledger(TENANT, subscription=account))}
        assert sum(nets.values()) == 0
        assert nets.get(Account.VAT_UNCOLLECTED, 0) == 0
        return -nets[Account.VAT_PAYABLE]


@pytest.fixture
async def border(tmp_path: Path, database: str) -> AsyncIterator[Border]:
    await migrated(database)
    books = SqlStore(database, KEYRING)
    await books.create_tenant(Tenant(TENANT, "Acuario Tijuana", zone="America/Tijuana"))
    await books.save_issuer(TENANT, TIJUANA)
    await books.save_plan(Plan(TENANT, "pro", "Pro", NAMED))
    for number, receiver in ((1, ANA), (2, None)):
        one = Customer(TENANT, f"c_{number}", f"u_{number}", "Ana", f"c{number}@cliente.test", f"+52664000000{number}")
        record = SubscriptionRecord(TENANT, f"s_{number}", one.id, "pro", Status.ACTIVE, SOLD, SOLD)
        await books.sign_up(replace(one, receiver=receiver), record)
    issue_csd(tmp_path / "csd", TENANT, TIJUANA, tmp_path / "authority")
    async with open_world(tmp_path) as world:
        fiscal = Fiscal(
            store=books,
            documents=books,
            sealer=world.sealer,
            pac=OnePac(world.pac),
            renderer=FakeRenderer(),
            mail=FakeFiscalMail(),
            processes=FakeProcesses(),
            links=Links("https://perdura.test", LINK_SECRET),
        )
        yield Border(world, books, fiscal)
    await books.close()


def _pesos(centavos: int) -> Decimal:
    return Decimal(centavos) / 100


async def test_eight_per_cent_from_the_charge_to_the_books_by_name_and_back(border: Border) -> None:
    charge = await border.sells("s_1", NAMED)
    now = SOLD + timedelta(minutes=5)
    order = SealOrder(TENANT, "s_1", charge.id, charge, 1, now, invoice="in_s_1")
    _, stated = await border.stamped(order)
    sold, back = (split(amount.centavos, BORDER_IVA).vat for amount in (NAMED, BACK))
    assert stated == {"0.080000": _pesos(sold)}
    assert await border.payable("s_1") == sold

    refund = Charge("re_1", BACK, now, Funding.CREDIT)
    await border.books.post(Fact(TENANT, "s_1", Kind.REFUNDED, "re_1", BACK, now, "in_s_1", charge.id))
    credit = replace(order, source="re_1", charge=refund, kind=DocumentKind.CREDIT, original=charge.id)
    _, stated = await border.stamped(credit)
    assert stated == {"0.080000": _pesos(back)}
    assert await border.payable("s_1") == sold - back
    assert await border.books.verify_chain(TENANT) is None


async def test_eight_per_cent_of_a_sale_without_rfc_is_in_the_global_invoice_and_in_the_books(border: Border) -> None:
    charge = await border.sells("s_2", UNNAMED)
    now = SOLD + timedelta(minutes=5)
    sale = await border.fiscal.seal_invoice(SealOrder(TENANT, "s_2", charge.id, charge, 1, now, invoice="in_s_2"))
    assert sale.state is DocumentState.GENERAL_PUBLIC
    local = SOLD.astimezone(zone_of(TIJUANA.postal_code))
    gathered = await border.fiscal.gather_sales(GlobalOrder(TENANT, now, Month(local.year, local.month)))
    assert (gathered.total, gathered.sales) == (UNNAMED, 1)
    whole = Charge(gathered.source, gathered.total, now)
    order = SealOrder(TENANT, "", gathered.source, whole, 1, now, kind=DocumentKind.GLOBAL)
    key, stated = await border.stamped(order)
    vat = split(UNNAMED.centavos, BORDER_IVA).vat
    assert stated == {"0.080000": _pesos(vat)}
    await border.fiscal.settle_sales(GlobalRef(TENANT, gathered.source))
    (told,) = await border.books.documents_of(TENANT, charge.id)
    assert (told.state, told.replaces) == (DocumentState.IN_GLOBAL, key)
    assert await border.payable("s_2") == vat
    assert len(await border.world.stamps()) == 1
