"""Invoices issued before they are paid (PPD) and the complements of their payments, through the strict PAC."""

from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from activities.cancelling import CancelOrder
from activities.composing import Links
from activities.dossier import DocumentRef
from activities.drafting import SealOrder
from activities.failures import Missing
from activities.fiscal import Fiscal
from activities.gateways.fiscal_document import build
from activities.gateways.fiscal_pdf import draw
from models.cfdi.cancellation import Motive
from models.cfdi.documents import DocumentFile, DocumentKind, DocumentState, TaxDocument
from models.cfdi.drafts import payment
from models.cfdi.fiscal import Issuer, Receiver, complement_due
from models.cfdi.invoicing import Standing
from models.cfdi.taxes import PaymentMethod, Withholding
from models.look.brand import Letterhead, neutral
from models.money import Money
from models.subscribing.invoices import Charge, Funding
from sandbox.certification import parsed, schema
from sandbox.complements import PAGO, wrong_payment
from tests.fakes.documents import FakeDocuments
from tests.fakes.mail import FakeFiscalMail
from tests.fakes.processes import FakeProcesses
from tests.fakes.renderer import FakeRenderer
from tests.fakes.store import FakeFiscalStore
from tests.fiscal_world import TENANT, FiscalWorld, open_world
from tests.keys import LINK_SECRET

UUID = "5A5C7B4E-0F2A-4B55-9E47-1D2C3B4A5F60"
CFDI = "{http://www.sat.gob.mx/cfd/4}"


@dataclass
class Desk:
    """The activities over real sealing and the sandbox's PAC, with records in memory."""

    world: FiscalWorld
    store: FakeFiscalStore
    documents: FakeDocuments
    fiscal: Fiscal

    async def make(self, source: str, centavos: int, **more: Any) -> Standing:
        created = more.pop("created", datetime.now(UTC) - timedelta(minutes=1))
        charge = Charge(source, Money(centavos), created, more.pop("funding", Funding.UNKNOWN))
        version = more.pop("version", 1)
        order = SealOrder(
            tenant=TENANT,
            subscription="s_1",
            source=source,
            charge=charge,
            version=version,
            now=datetime.now(UTC),
            **more,
        )
        standing = await self.fiscal.seal_invoice(order)
        if standing.state is DocumentState.SEALED:
            stamped = await self.fiscal.stamp_invoice(DocumentRef(TENANT, standing.key))
            return replace(stamped, due=standing.due)
        return standing

    def xml(self, key: str) -> etree._Element:
        root = parsed(self.documents.files[key, DocumentFile.XML])
        assert schema().validate(root), schema().error_log
        return root


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_world(tmp_path) as world:
        store, documents = FakeFiscalStore(), FakeDocuments()
        fiscal = Fiscal(
            store=store,
            documents=documents,
            sealer=world.sealer,
            pac=world.pac,
            renderer=FakeRenderer(),
            mail=FakeFiscalMail(),
            processes=FakeProcesses(),
            links=Links("https://perdura.test", LINK_SECRET),
        )
        yield Desk(world, store, documents, fiscal)


async def deferred(desk: Desk, centavos: int = 24_900) -> Standing:
    return await desk.make("in_1", centavos, kind=DocumentKind.DEFERRED, invoice="in_1")


async def test_an_invoice_to_be_paid_is_ppd_with_its_form_still_open(desk: Desk) -> None:
    standing = await deferred(desk)
    root = desk.xml(standing.key)
    assert (root.get("MetodoPago"), root.get("FormaPago"), root.get("Total")) == ("PPD", "99", "249.00")
    assert standing.key == "in_1/deferred/v1"


@pytest.mark.parametrize(("funding", "form"), [(Funding.SPEI, "03"), (Funding.CASH, "01"), (Funding.CREDIT, "04")])
async def test_each_payment_has_its_complement_with_form_balances_and_taxes(
    desk: Desk, funding: Funding, form: str
) -> None:
    invoice = await deferred(desk)
    first = await desk.make("ch_1", 10_000, invoice="in_1", funding=funding)
    second = await desk.make("ch_2", 14_900, invoice="in_1", funding=funding)
    assert first.key == "ch_1/payment/v1"

    said = []
    for standing in (first, second):
        root = desk.xml(standing.key)
        assert (root.get("Total"), root.get("Moneda"), root.get("MetodoPago")) == ("0", "XXX", None)
        assert next(root.iter(f"{PAGO}Pago")).get("FormaDePagoP") == form
        paid = next(root.iter(f"{PAGO}DoctoRelacionado"))
        assert paid.get("IdDocumento") == invoice.uuid
        said.append(tuple(paid.get(n) for n in ("NumParcialidad", "ImpSaldoAnt", "ImpPagado", "ImpSaldoInsoluto")))
        tax = next(root.iter(f"{PAGO}TrasladoDR"))
        said.append((tax.get("BaseDR"), tax.get("ImporteDR")))
        assert draw(
            desk.documents.files[standing.key, DocumentFile.XML], Letterhead(neutral(TENANT, "Acme"))
        ).startswith(b"%PDF")
    assert said == [
        ("1", "249.00", "100.00", "149.00"),
        ("86.21", "13.79"),
        ("2", "149.00", "149.00", "0.00"),
        ("128.45", "20.55"),
    ]


async def test_a_complement_is_due_on_the_5th_of_the_next_month(desk: Desk) -> None:
    await deferred(desk)
    created = datetime.now(UTC) - timedelta(hours=1)
    standing = await desk.make("ch_1", 24_900, invoice="in_1", created=created)
    assert standing.due == complement_due(created, "06600")


@pytest.mark.parametrize(
    ("paid", "due"),
    [
        ("2026-11-20T18:00:00+00:00", "2026-12-06T06:00:00+00:00"),
        ("2027-01-01T05:59:00+00:00", "2027-01-06T06:00:00+00:00"),  # still 2026 in Mexico City
        ("2027-01-01T06:00:00+00:00", "2027-02-06T06:00:00+00:00"),
    ],
)
def test_the_month_of_a_payment_is_the_issuers(paid: str, due: str) -> None:
    assert complement_due(datetime.fromisoformat(paid), "06600") == datetime.fromisoformat(due)


async def test_a_payment_waits_for_the_invoice_it_pays(desk: Desk) -> None:
    await desk.world.file_taxpayer(rfc="CUSC850516316", name="OTRO NOMBRE")
    assert (await deferred(desk)).state is DocumentState.REJECTED
    with pytest.raises(Missing, match="not stamped yet"):
        await desk.make("ch_1", 24_900, invoice="in_1")


async def test_more_than_is_owed_is_held_for_a_person(desk: Desk) -> None:
    await deferred(desk)
    standing = await desk.make("ch_1", 24_901, invoice="in_1")
    assert (standing.state, standing.field) == (DocumentState.WAITING_DATA, "amount")


async def test_without_rfc_nothing_is_issued_before_the_money_and_the_sale_is_everybodys(desk: Desk) -> None:
    desk.store.receiver = None
    assert (await deferred(desk)).state is DocumentState.GENERAL_PUBLIC
    assert not desk.documents.rows
    standing = await desk.make("ch_1", 24_900, invoice="in_1")
    assert standing.key == "ch_1/income/v1"


async def test_a_refund_credits_the_invoice_and_not_its_complement(desk: Desk) -> None:
    invoice = await deferred(desk)
    await desk.make("ch_1", 24_900, invoice="in_1", funding=Funding.SPEI)
    refund = await desk.make("re_1", 5_000, kind=DocumentKind.CREDIT, original="ch_1", funding=Funding.SPEI)
    root = desk.xml(refund.key)
    assert next(root.iter(f"{CFDI}CfdiRelacionado")).get("UUID") == invoice.uuid
    again = await desk.make("re_2", 20_000, kind=DocumentKind.CREDIT, original="ch_1")
    assert (again.state, again.field) == (DocumentState.WAITING_DATA, "amount")


async def test_the_invoice_cannot_go_before_its_complement(desk: Desk) -> None:
    invoice = await deferred(desk)
    paid = await desk.make("ch_1", 24_900, invoice="in_1")

    async def cancel(key: str) -> Standing:
        return await desk.fiscal.request_cancellation(CancelOrder(TENANT, key, Motive.NOT_CARRIED_OUT))

    assert (await cancel(invoice.key)).code == "204"
    assert (await cancel(paid.key)).state is DocumentState.CANCEL_REQUESTED
    followed = await desk.fiscal.follow_cancellation(DocumentRef(TENANT, paid.key))
    assert followed.state is DocumentState.CANCELLED
    assert (await cancel(invoice.key)).state is DocumentState.CANCEL_REQUESTED


async def test_a_complement_made_in_a_cancelled_ones_place_counts_anew(desk: Desk) -> None:
    await deferred(desk)
    first = await desk.make("ch_1", 24_900, invoice="in_1")
    row = desk.documents.rows[first.key]
    desk.documents.rows[first.key] = replace(row, state=DocumentState.CANCELLED)
    root = desk.xml((await desk.make("ch_2", 24_900, invoice="in_1")).key)
    assert next(root.iter(f"{PAGO}DoctoRelacionado")).get("NumParcialidad") == "1"


async def test_a_complement_made_in_the_place_of_an_earlier_one_keeps_its_turn(desk: Desk) -> None:
    await deferred(desk)
    first = await desk.make("ch_1", 10_000, invoice="in_1")
    await desk.make("ch_2", 14_900, invoice="in_1")
    again = {"kind": DocumentKind.PAYMENT, "version": 2, "substitutes": first.uuid, "invoice": "in_1"}
    root = desk.xml((await desk.make("ch_1", 10_000, **again)).key)
    paid = next(root.iter(f"{PAGO}DoctoRelacionado"))
    assert [paid.get(n) for n in ("NumParcialidad", "ImpSaldoAnt", "ImpSaldoInsoluto")] == ["1", "249.00", "149.00"]
    assert next(root.iter(f"{CFDI}CfdiRelacionado")).get("UUID") == first.uuid


@pytest.mark.parametrize("method", PaymentMethod)
async def test_only_an_issuer_that_says_so_invoices_before_payment(
    desk: Desk, method: PaymentMethod, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def issuer(tenant: str) -> Issuer:
        return Issuer("EKU9003173C9", "ESCUELA KEMPER URGATE", "601", "06600", payment_method=method)

    monkeypatch.setattr(desk.world.sealer, "issuer", issuer)
    assert await desk.fiscal.invoices_before_payment(TENANT) is (method is PaymentMethod.PPD)


async def test_an_issuer_that_is_not_known_invoices_nothing_before_payment(desk: Desk) -> None:
    assert not await desk.fiscal.invoices_before_payment("nobody")


CHANGES = {
    "ImpSaldoInsoluto": ("DoctoRelacionado", "ImpSaldoInsoluto", "1.00"),
    "FormaDePagoP": ("Pago", "FormaDePagoP", "99"),
    "Monto": ("Pago", "Monto", "248.99"),
    "TipoCambioP": ("Pago", "TipoCambioP", "1.01"),
    "EquivalenciaDR": ("DoctoRelacionado", "EquivalenciaDR", "2"),
    "ImporteDR": ("TrasladoDR", "ImporteDR", "34.36"),
    "BaseP": ("TrasladoP", "BaseP", "214.67"),
    "ImporteP": ("TrasladoP", "ImporteP", "34.35"),
    "TotalTrasladosImpuestoIVA16": ("Totales", "TotalTrasladosImpuestoIVA16", "34.35"),
    "ObjetoImpDR": ("DoctoRelacionado", "ObjetoImpDR", "01"),
}


async def test_the_pac_notices_what_is_wrong_in_a_complement(desk: Desk) -> None:
    await deferred(desk)
    good = desk.xml((await desk.make("ch_1", 24_900, invoice="in_1")).key)
    assert list(wrong_payment(good)) == []
    for change, (node, name, value) in CHANGES.items():
        root = deepcopy(good)
        next(root.iter(f"{PAGO}{node}")).set(name, value)
        assert list(wrong_payment(root)), change


@pytest.mark.parametrize(
    ("vat", "withholding"),
    [
        (16, Withholding.NONE),
        (8, Withholding.NONE),
        (0, Withholding.NONE),
        (None, Withholding.NONE),
        (16, Withholding.RESICO),
        (16, Withholding.PROFESSIONAL),
    ],
)
@pytest.mark.parametrize("centavos", [1_00, 99_99, 5_000_01, 10_000_00])
def test_a_complement_adds_up_at_every_rate_and_withholding(
    vat: int | None, withholding: Withholding, centavos: int
) -> None:
    now = datetime(2026, 11, 20, 18, tzinfo=UTC)
    local = datetime.fromisoformat("2026-11-20T12:00:00")
    invoice = TaxDocument(
        TENANT,
        "in_1",
        DocumentKind.DEFERRED,
        1,
        "s_1",
        DocumentState.STAMPED,
        Money(10_000_00),
        now,
        now,
        now,
        uuid=UUID,
    )
    draft = payment(
        issuer=Issuer("CUSC850516316", "ANA CRUZ SOLORZANO", "626", "06600", vat=vat, withholding=withholding),
        receiver=Receiver("XIA190128J61", "XENON INDUSTRIAL ARTICLES", "601", "76343"),
        invoice=invoice,
        earlier=[],
        charge=Charge("ch_1", Money(centavos), now, Funding.SPEI),
        paid_at=local,
        issued=local,
        version=1,
    )
    root = parsed(build(draft).xml_bytes())
    assert list(wrong_payment(root)) == []
    kept = [tax.get("ImpuestoDR") for tax in root.iter(f"{PAGO}RetencionDR")]
    assert kept == {"none": [], "resico": ["001"], "professional": ["001", "002"]}[withholding]
