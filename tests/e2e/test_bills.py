"""A clinic's bill on the real stack: issued, reminded of, paid on the hosted page, invoiced by name on request, and in the books."""

import json

import pytest

from models.cfdi.documents import DocumentFile, DocumentKind, DocumentState, TaxDocument
from sandbox.demo.cast import XIMO
from tests.e2e.town import TENANT, Town, subscriber

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


async def test_an_overdue_bill_is_reminded_of_paid_and_invoiced_by_name(town: Town) -> None:
    dora = subscriber("dora-bill", fiscal=XIMO)
    someone = {"customer_reference": dora.reference, "name": dora.name, "email": dora.email, "phone": dora.phone}
    lines = [
        {"description": "Consulta general", "price": 40_000, "product_key": "70122009"},
        {"description": "Antibiótico", "price": 12_345, "quantity": 2, "product_key": "51101500", "vat": "0"},
    ]
    made = await town.api.post("/v1/bills", json={"customer": someone, "lines": lines, "days_until_due": 1})
    assert made.status_code == 201, made.text
    bill = made.json()["id"]
    assert made.json()["total"]["centavos"] == 64_690
    assert "$646.90" in await town.message(dora, "tu cuenta con")
    reminder = await town.link(dora, "aún no recibimos tu pago", days=2)
    assert (await town.api.get(f"/v1/bills/{bill}")).json()["status"] == "overdue"
    await town.pays_by(reminder)

    async def paid() -> bool:
        return str((await town.api.get(f"/v1/bills/{bill}")).json()["status"]) == "paid"

    await town.until(paid)
    sold: list[TaxDocument] = []

    async def everybodys() -> bool:
        sold[:] = await town.store.documents_of_subscription(TENANT, bill)
        return any(each.state is DocumentState.GENERAL_PUBLIC for each in sold)

    await town.until(everybodys)
    form = await town.link(dora, "Si necesitas factura")
    rfc, name, regime, postal_code = XIMO
    page = await town.browser.open(form)
    data = {"tax_id": rfc, "legal_name": name, "tax_regime": regime, "postal_code": postal_code}
    sent = await town.browser.press(page, "Pedir mi factura", **data)
    assert "Tu factura llega" in sent.text

    async def delivered() -> bool:
        sold[:] = await town.store.documents_of_subscription(TENANT, bill)
        return any(each.state is DocumentState.DELIVERED for each in sold)

    await town.until(delivered)
    named = next(each for each in sold if each.state is DocumentState.DELIVERED)
    assert (named.kind, named.receiver_rfc, named.total.centavos) == (DocumentKind.INCOME, rfc, 64_690)
    assert named.taxes.vat == 5_517, "of the visit alone: 400.00 less 344.83"
    xml = await town.store.file(TENANT, named.key, DocumentFile.XML)
    assert xml is not None
    assert xml.count(b"<cfdi:Concepto ") == 2
    _, said = await town.perdura("ledger", "check", "--json")
    (tenant,) = [each for each in json.loads(said)["tenants"] if each["tenant"] == TENANT]
    (payment,) = await town.store.payments(TENANT, bill)
    ours = {payment.charge, payment.invoice, named.key}
    assert not ours & {line["subject"] for line in tenant["differences"]}
    findings = [each for each in await town.store.all_findings() if each.finding.subscription == bill]
    assert findings == []
