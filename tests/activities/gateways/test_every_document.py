"""Every type of document that is made validates against the SAT's XSD and is stamped by the strict PAC: one table."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from activities.gateways.fiscal_schema import checked
from models.cfdi.documents import DocumentKind, DocumentState, Draft, GlobalPeriod, TaxDocument
from models.cfdi.drafts import credit, deferred, everyone, general_public, income, payment
from models.cfdi.fiscal import Issuer, Receiver, issue_date, named_only
from models.cfdi.global_invoice import Receipt
from models.cfdi.taxes import Withholding
from models.money import Money
from models.selling.plans import Plan
from models.subscribing.invoices import Charge, ChargeLine, Funding
from sandbox.certification import parsed, schema
from sandbox.pki import issue_csd
from tests.fiscal_world import TENANT, open_world
from tests.samples import ANA, ISSUER

UUID = "5A5C7B4E-0F2A-4B55-9E47-1D2C3B4A5F60"
PLAN = Plan(TENANT, "pro", "PRO", Money(14_900))
COMPANY = Receiver("XIA190128J61", "XENON INDUSTRIAL ARTICLES", "601", "76343")
PERSON = Issuer("CUSC850516316", "ANA CRUZ SOLORZANO", "626", "06600")
NOW = datetime.now(UTC)
CHARGE = Charge("ch_1", Money(16_920), NOW, Funding.CREDIT)
LINES = (ChargeLine("PRO", 14_900, 2_980), ChargeLine("Complemento", 7_450), ChargeLine("Tiempo no usado", -2_450))


def made(kind: DocumentKind = DocumentKind.INCOME, **more: Any) -> TaxDocument:
    total = more.pop("total", Money(16_920))
    known = TaxDocument(TENANT, "ch_1", kind, 1, "s_1", DocumentState.STAMPED, total, NOW, NOW, NOW, uuid=UUID)
    return replace(known, **more)


def sale(issuer: Issuer = ISSUER, receiver: Receiver = ANA, charge: Charge = CHARGE, **more: Any) -> Draft:
    return income(issuer=issuer, receiver=receiver, plan=PLAN, charge=charge, issued=_issued(), version=1, **more)


def back(receiver: Receiver = ANA, original: TaxDocument | None = None) -> Draft:
    return credit(
        issuer=ISSUER, receiver=receiver, original=original or made(), refund=CHARGE, issued=_issued(), version=1
    )


def paid(issuer: Issuer = ISSUER, receiver: Receiver = ANA, earlier: int = 0) -> Draft:
    return payment(
        issuer=issuer,
        receiver=receiver,
        invoice=made(DocumentKind.DEFERRED, source="in_1", total=Money(50_000)),
        earlier=[made(DocumentKind.PAYMENT)] * earlier,
        charge=CHARGE,
        paid_at=_issued(),
        issued=_issued(),
        version=1,
    )


def month() -> Draft:
    local = _issued()
    receipts = [(Receipt(made(), 16_920), "04"), (Receipt(made(source="ch_2"), 1), "01")]
    period = GlobalPeriod("04", f"{local.month:02d}", local.year)
    return general_public(issuer=ISSUER, receipts=receipts, period=period, issued=local, folio="global-1")


def _issued() -> datetime:
    return issue_date(NOW, NOW, ISSUER.postal_code)


NAMED = replace(named_only("José Peña"), postal_code=ISSUER.postal_code)
TABLE: dict[str, Draft] = {
    "income": sale(),
    "income, several lines, a coupon and unused time": sale(charge=replace(CHARGE, lines=LINES)),
    "income, 8 %": sale(replace(ISSUER, vat=8)),
    "income, 0 %": sale(replace(ISSUER, vat=0)),
    "income, exempt": sale(replace(ISSUER, vat=None)),
    "income, in dollars": replace(
        sale(charge=replace(CHARGE, amount=Money(16_920, "USD"))), exchange=17_234_500, currency="USD"
    ),
    "income, by name without RFC": sale(receiver=NAMED),
    "income, substitute": sale(substitutes=UUID),
    "income, withheld (RESICO)": sale(replace(PERSON, withholding=Withholding.RESICO), COMPANY),
    "income, withheld (professional), several lines": sale(
        replace(PERSON, withholding=Withholding.PROFESSIONAL), COMPANY, replace(CHARGE, lines=LINES)
    ),
    "credit": back(),
    "credit, by name without RFC": back(NAMED),
    "credit, of the global invoice": back(everyone(ISSUER), made(DocumentKind.GLOBAL)),
    "global": month(),
    "deferred (PPD)": deferred(
        issuer=ISSUER, receiver=ANA, plan=PLAN, charge=replace(CHARGE, id="in_1"), issued=_issued(), version=1
    ),
    "payment": paid(),
    "payment, the second": paid(earlier=1),
    "payment, 8 %": paid(replace(ISSUER, vat=8)),
    "payment, exempt": paid(replace(ISSUER, vat=None)),
    "payment, withheld (professional)": paid(replace(PERSON, withholding=Withholding.PROFESSIONAL), COMPANY),
}


def test_every_kind_is_in_the_table() -> None:
    assert {draft.kind for draft in TABLE.values()} == set(DocumentKind)


async def test_every_document_validates_and_is_stamped(tmp_path: Path) -> None:
    issue_csd(tmp_path / "csd", "ana", PERSON, tmp_path / "authority")
    async with open_world(tmp_path) as world:
        for name, draft in TABLE.items():
            tenant = "ana" if draft.issuer.rfc == PERSON.rfc else TENANT
            sealed = await world.sealer.build_and_seal(tenant, replace(draft, folio=f"{len(name)}-{name[-8:].strip()}"))
            checked(sealed.xml)
            stamp = await world.pac.stamp(sealed.xml, name)
            assert schema().validate(parsed(stamp.xml)), f"{name}: {schema().error_log}"
        assert len(await world.stamps()) == len(TABLE)
