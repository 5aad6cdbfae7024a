"""Bills through the API: priced by the catalogue, less what packages give; paid, ordered about and invoiced on request."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from activities.ports.processes import ProcessesUnavailable
from models import shipped
from models.billing.bill_news import BillState
from models.billing.bills import BillStanding, BillStatus, InvoiceWish
from models.bookkeeping.ledger import Fact, Kind
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.commands import BillCommand
from models.messages import BillStart, Command, ExternalPayment
from models.money import Money
from models.records import Payment
from models.speaking.links import Purpose, link
from models.subscribing.invoices import Funding
from models.subscribing.subscriptions import Status
from tests.api.conftest import LINK_KEY, NOW, PUBLIC, World, unpaid
from tests.api.test_pets import LUNA, OWNER

VISIT = {"code": "consulta", "price": 40_000}
TAX_DATA = {
    "tax_id": "XIA190128J61",
    "legal_name": "XENON INDUSTRIAL ARTICLES",
    "tax_regime": "601",
    "postal_code": "76343",
    "cfdi_use": "G03",
}


@pytest.fixture
async def clinic(world: World) -> World:
    """A clinic with its price list, and an owner with a pet."""
    page = yaml.safe_load(shipped.page("catalogs", "clinica-veterinaria") or "")
    assert (await world.put("/v1/catalog", {"catalog": page})).json()["applied"]
    assert (await world.post("/v1/customers", OWNER)).status_code == 201
    return world


async def luna(world: World) -> str:
    return str((await world.post("/v1/customers/dueno-7/pets", LUNA)).json()["id"])


async def wellness(world: World, pet: str, code: str = "adulto-anual") -> str:
    """A wellness plan that runs; the id of its subscription."""
    subscription = str(
        (
            await world.post("/v1/subscriptions", OWNER | {"plan": code, "pet": pet, "payment_method": "pm_card_visa"})
        ).json()["id"]
    )
    record = await world.store.subscription("acme", subscription)
    assert record is not None
    await world.store.save_subscription(replace(record, period_start=NOW, status=Status.ACTIVE))
    return subscription


async def billed(world: World, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"customer_reference": "dueno-7", "lines": list(lines or (VISIT,))} | more
    answer = await world.post("/v1/bills", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_bill_is_priced_issued_and_shown(clinic: World) -> None:
    vaccine = {"description": "Vacuna quíntuple", "price": 25_000, "product_key": "51201600", "vat": "0"}
    bill = await billed(clinic, VISIT, vaccine | {"quantity": 2}, days_until_due=3)
    assert (bill["status"], bill["total"]["centavos"]) == ("open", 90_000)
    assert bill["pay_url"].startswith(PUBLIC)
    assert [line["total"]["centavos"] for line in bill["lines"]] == [40_000, 50_000]
    (start,) = clinic.door.bills
    assert (start.subscription, start.amount, start.days, start.named) == (bill["id"], Money(90_000), 3, False)
    assert (await clinic.get(f"/v1/bills/{bill['id']}")).json() == bill
    listed = (await clinic.get("/v1/bills?customer_reference=dueno-7&status=open")).json()
    assert [each["id"] for each in listed["data"]] == [bill["id"]]
    assert (await clinic.get("/v1/subscriptions")).json()["data"] == [], "a bill is no subscription"
    assert (await clinic.get(f"/v1/subscriptions/{bill['id']}")).status_code == 404
    assert (await clinic.get(f"/v1/subscriptions/{bill['id']}/timeline")).status_code == 200


async def test_a_bill_is_not_taken_for_a_subscription(clinic: World) -> None:
    bill = (await billed(clinic))["id"]
    use = {"subscription": bill, "meter": "consulta", "key": "k", "quantity": 1}
    for answer in (
        await clinic.get(f"/v1/billing/subscription?subscription={bill}"),
        await clinic.post("/v1/billing/subscription/refresh", {"subscription": bill, "actor": "ana"}),
        await clinic.post("/v1/usage", use),
    ):
        assert answer.status_code == 404, answer.text
        assert f"/v1/bills/{bill}" in answer.json()["detail"]
    assert clinic.door.orders == []
    about = await clinic.post("/v1/tickets", {"subscription": bill, "text": "¿Por qué dos consultas?"})
    assert (about.status_code, about.json()["subscription"]) == (201, bill), "a ticket may be about it"


async def test_a_new_customer_is_entered_with_the_bill(world: World) -> None:
    new = OWNER | {"customer_reference": "dueno-8", "email": "luis@example.mx"}
    answer = await world.post("/v1/bills", {"customer": new, "lines": [{"description": "Baño", "price": 30_000}]})
    assert (answer.status_code, answer.json()["customer_reference"]) == (201, "dueno-8")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lines": [{"code": "consulta", "price": 50_001}]}, "lines.0.price"),
        ({"lines": [VISIT, {"code": "esterilizacion", "price": 90_000}]}, "lines.1.pet"),
        ({"lines": [VISIT, {"code": "nada"}]}, "lines.1.code"),
        ({"lines": [{"description": "x"}]}, "lines.0.price"),
        ({"lines": [VISIT | {"discount": 40_001}]}, "lines.0.discount"),
        ({"lines": [VISIT | {"product_key": "70122009"}]}, "lines.0.product_key"),
        ({"lines": [VISIT | {"discount": 39_001}]}, "lines"),
        ({"lines": [VISIT | {"quantity": 1_000}] * 3}, "lines"),
        ({"customer_reference": "nobody"}, "customer_reference"),
        ({"pet": "pet_of_nobody"}, "pet"),
        ({"customer": OWNER}, "customer_reference"),
    ],
)
async def test_every_mistake_is_named_by_its_line(clinic: World, change: dict[str, Any], field: str) -> None:
    answer = await clinic.post("/v1/bills", {"customer_reference": "dueno-7", "lines": [VISIT]} | change)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text
    assert clinic.door.bills == []


async def test_the_pet_says_which_rate_counts(clinic: World) -> None:
    bill = await billed(clinic, {"code": "esterilizacion", "price": 250_000}, pet=await luna(clinic))
    assert bill["total"]["centavos"] == 250_000
    cat = {"species": "gato"}
    other = await clinic.post(
        "/v1/bills",
        {"customer_reference": "dueno-7", "animal": cat, "lines": [{"code": "esterilizacion", "price": 250_000}]},
    )
    assert other.json()["errors"][0]["field"] == "lines.0.price"


async def test_packages_give_by_themselves_and_get_back_what_was_voided(clinic: World) -> None:
    pet = await luna(clinic)
    subscription = await wellness(clinic, pet)
    first = await billed(clinic, VISIT | {"quantity": 3}, {"code": "limpieza-dental", "price": 100_000}, pet=pet)
    assert [line["total"]["centavos"] for line in first["lines"]] == [40_000, 80_000], (
        "two visits, a fifth of the dental"
    )
    assert [each["units"] for each in first["lines"][0]["packages"]] == [2]
    assert (await billed(clinic, VISIT, pet=pet))["total"]["centavos"] == 40_000, "none is left"
    assert (await billed(clinic))["total"]["centavos"] == 40_000, "and it is Luna's alone"
    found = await clinic.store.bill("acme", first["id"])
    assert found is not None
    for _ in range(2):
        await clinic.store.give_units_back(found, datetime.now(UTC))
    used = await clinic.store.used("acme", subscription)
    assert {meter: count for (meter, _), count in used.items()} == {"consulta": 0, "limpieza-dental": 0}
    assert (await billed(clinic, VISIT, pet=pet))["total"]["centavos"] == 0


async def test_a_repeated_order_is_one_bill(clinic: World) -> None:
    pet = await luna(clinic)
    await wellness(clinic, pet)
    headers = {"Authorization": f"Bearer {clinic.key}", "Idempotency-Key": "visit-17"}
    body = {"customer_reference": "dueno-7", "pet": pet, "lines": [VISIT]}
    answers = [await clinic.http.post("/v1/bills", json=body, headers=headers) for _ in range(2)]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert len((await clinic.get("/v1/bills")).json()["data"]) == 1


async def test_a_bill_whose_process_could_not_be_started_is_promised_not_refused(
    clinic: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(_: BillStart, *, again: bool = False) -> BillState | None:
        raise ProcessesUnavailable("away; nothing was done, try again")

    monkeypatch.setattr(clinic.door, "start_bill", gone)
    answer = await clinic.post("/v1/bills", {"customer_reference": "dueno-7", "lines": [VISIT]})
    assert (answer.status_code, answer.json()["status"]) == (202, "draft"), answer.text
    (kept,) = (await clinic.get("/v1/bills")).json()["data"]
    assert answer.headers["Location"] == f"/v1/bills/{kept['id']}"


async def left(
    clinic: World, monkeypatch: pytest.MonkeyPatch, *, customer: str = "dueno-7", line: Mapping[str, Any] = VISIT
) -> str:
    """A bill whose order met an outage: drawn up, never issued."""

    async def gone(_: BillStart) -> BillState | None:
        raise ProcessesUnavailable("away; nothing was done, try again")

    with monkeypatch.context() as outage:
        outage.setattr(clinic.door, "start_bill", gone)
        answer = await clinic.post("/v1/bills", {"customer_reference": customer, "lines": [line]})
    assert answer.json()["status"] == "draft", answer.text
    return str(answer.json()["id"])


async def test_a_bill_that_was_left_is_issued_by_order_once(clinic: World, monkeypatch: pytest.MonkeyPatch) -> None:
    bill = await left(clinic, monkeypatch)
    order = {"actor": "ana", "reason": "they did not bill it anew"}
    answer = await clinic.post(f"/v1/bills/{bill}/issue", order)
    assert (answer.status_code, answer.json()["status"]) == (200, "open"), answer.text
    assert [(each.subscription, each.void) for each in clinic.door.bills] == [(bill, None)]
    told = [(entry.action, entry.actor, entry.reason) for entry in await clinic.store.audit_trail("acme", bill)]
    assert ("issue ordered", "api/ana", "they did not bill it anew") in told
    again = await clinic.post(f"/v1/bills/{bill}/issue", order)
    assert (again.status_code, again.json()["code"]) == (409, "bill_issued"), again.text
    assert len(clinic.door.bills) == 1


async def test_a_bill_that_is_still_being_issued_says_where_and_when_to_look_again(
    clinic: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = await left(clinic, monkeypatch)

    async def slow(_: BillStart, *, again: bool = False) -> BillState | None:
        return None

    monkeypatch.setattr(clinic.door, "start_bill", slow)
    ordered = await clinic.post(f"/v1/bills/{bill}/issue", {"actor": "ana", "reason": "not billed anew"})
    made = await clinic.post("/v1/bills", {"customer_reference": "dueno-7", "lines": [VISIT]})
    for answer in (ordered, made):
        assert (answer.status_code, answer.json()["status"]) == (202, "draft"), answer.text
        assert answer.headers["Location"] == f"/v1/bills/{answer.json()['id']}"
        assert answer.headers["Retry-After"] == "2"


async def test_a_bill_that_was_left_is_taken_back_without_a_word_to_its_customer(
    clinic: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = await left(clinic, monkeypatch)
    answer = await clinic.post(f"/v1/bills/{bill}/void", {"actor": "ana", "reason": "billed anew"})
    assert answer.status_code == 200, answer.text
    order = Command("api/ana", "billed anew")
    assert [(each.subscription, each.void) for each in clinic.door.bills] == [(bill, order)], "one order, not two"
    assert clinic.door.orders == [(bill, BillCommand.VOID, order)]


async def test_a_bill_that_was_issued_is_voided_by_the_process_it_has(clinic: World) -> None:
    bill = await billed(clinic)
    before = len(clinic.door.bills)
    assert (await clinic.post(f"/v1/bills/{bill['id']}/void", {"actor": "ana", "reason": "twice"})).status_code == 200
    assert len(clinic.door.bills) == before


async def test_another_tenants_bill_is_not_there(clinic: World) -> None:
    bill = await billed(clinic)
    other = {"Authorization": f"Bearer {await clinic.store.issue_key('other')}"}
    order = {"actor": "eva", "reason": "no"}
    for method, path in (
        ("GET", ""),
        ("POST", "/issue"),
        ("POST", "/void"),
        ("POST", "/write_off"),
        ("POST", "/refund"),
        ("POST", "/refresh"),
    ):
        answer = await clinic.http.request(
            method, f"/v1/bills/{bill['id']}{path}", json=order if method == "POST" else None, headers=other
        )
        assert answer.status_code == 404, path
    theirs = await clinic.http.post(
        "/v1/bills", json={"customer_reference": "dueno-7", "lines": [{"description": "x", "price": 1}]}, headers=other
    )
    assert theirs.json()["errors"][0]["field"] == "customer_reference"


async def test_orders_are_signed_and_go_to_its_process(clinic: World) -> None:
    bill = await billed(clinic)
    cash = {"actor": "ana", "reason": "paid at the counter", "method": "cash", "reference": "R-17"}
    assert (await clinic.post(f"/v1/bills/{bill['id']}/record_payment", cash)).status_code == 200
    (process, command, order) = clinic.door.orders[-1]
    assert (process, command) == (bill["id"], BillCommand.RECORD_PAYMENT)
    assert isinstance(order, ExternalPayment)
    assert (order.method, order.reference) == ("cash", "R-17")
    nothing = await clinic.post(f"/v1/bills/{bill['id']}/refund", {"actor": "ana", "reason": "unhappy"})
    assert nothing.status_code == 409, "nothing was paid by card"


async def test_the_tenant_says_how_it_usually_bills(clinic: World) -> None:
    assert (await clinic.put("/v1/bills/terms", {"days_until_due": 15, "cfdi": "always"})).status_code == 200
    bill = await billed(clinic)
    assert (clinic.door.bills[-1].days, clinic.door.bills[-1].named, bill["cfdi"]) == (15, True, "always")


async def test_its_pay_page_says_until_when_and_how(clinic: World) -> None:
    bill = await billed(clinic)
    invoice = f"in_{bill['id']}"
    clinic.payments.invoices[invoice] = unpaid(invoice, total=Money(40_000), due=Money(40_000), attempted=False)
    token = bill["pay_url"].rpartition("/")[2]
    page = await clinic.http.get(f"/pagar/{token}")
    assert page.status_code == 200
    for words in ("$400.00 MXN", "Págalo a más tardar", "Consulta general", "OXXO", "Necesito factura"):
        assert words in page.text
    assert "suspendido" not in page.text


async def paid(world: World, bill: str, state: DocumentState = DocumentState.GENERAL_PUBLIC) -> TaxDocument:
    """As its process writes down a payment by card, and the tax invoice's the sale to everybody."""
    found = await world.store.bill("acme", bill)
    assert found is not None
    await world.store.save_bill(BillStanding("acme", bill, BillStatus.PAID, NOW, Money(0), found.invoice))
    await world.store.record_payment(
        Payment("acme", f"ch_{bill}", found.invoice, bill, found.total, Funding.CREDIT, NOW)
    )
    document = TaxDocument("acme", f"ch_{bill}", DocumentKind.INCOME, 1, bill, state, found.total, NOW, NOW, NOW)
    await world.store.save_document(document)
    return document


async def test_an_owner_asks_for_an_invoice_before_and_after_paying(clinic: World) -> None:
    bill = (await billed(clinic))["id"]
    token = link(PUBLIC, LINK_KEY, Purpose.INVOICE, "acme", bill).rpartition("/")[2]
    assert (await clinic.http.get(f"/go/{token}")).headers["location"] == f"/factura/{token}"
    assert "Pide tu factura" in (await clinic.http.get(f"/factura/{token}")).text
    wrong = await clinic.http.post(f"/factura/{token}", data=TAX_DATA | {"tax_id": "no"})
    assert wrong.status_code == 422
    before = await clinic.http.post(f"/factura/{token}", data=TAX_DATA)
    assert "En cuanto recibamos tu pago" in before.text
    assert clinic.door.orders[-1][:2] == (bill, BillCommand.INVOICE)
    known = await clinic.store.bill("acme", bill)
    assert known is not None
    assert known.invoicing is InvoiceWish.ALWAYS
    document = await paid(clinic, bill)
    after = await clinic.http.post(f"/factura/{token}", data=TAX_DATA)
    assert "Tu factura llega" in after.text
    (claim,) = clinic.door.claims
    assert (claim.document, claim.order.actor) == (document.key, "customer")
    await clinic.store.save_document(replace(document, state=DocumentState.DELIVERED, uuid="A" * 36))
    assert "ya fue facturada" in (await clinic.http.get(f"/factura/{token}")).text
    assert (await clinic.http.get("/factura/nonsense")).status_code == 404


async def test_a_paid_bill_is_given_back(clinic: World) -> None:
    bill = (await billed(clinic))["id"]
    await paid(clinic, bill)
    answer = await clinic.post(f"/v1/bills/{bill}/refund", {"actor": "ana", "reason": "billed twice"})
    assert (answer.status_code, clinic.payments.given_back) == (202, [f"ch_{bill}"])
    assert clinic.door.refunds == [("acme", bill, f"re_ch_{bill}")]
    events = [event.type for event, _ in await clinic.store.events("acme", subscription=bill)]
    assert events == ["bill.issued", "bill.paid", "invoice.paid"]


async def test_news_of_a_customer_reaches_all_that_they_owe(clinic: World) -> None:
    subscription = await wellness(clinic, await luna(clinic))
    bill = (await billed(clinic))["id"]
    customer = await clinic.store.customer_by_reference("acme", "dueno-7")
    assert customer is not None
    await clinic.store.save_provider_customer("acme", customer.id, "cus_ana")
    told = {"id": "pi_1", "object": "payment_intent", "customer": "cus_ana", "metadata": {}}
    await clinic.stripe({"id": "evt_1", "type": "payment_intent.requires_action", "data": {"object": told}})
    await clinic.settled()
    assert {heard for _, heard, _ in clinic.door.news} == {subscription, bill}


async def test_a_year_is_sold_in_the_parts_the_catalogue_names(clinic: World) -> None:
    pet = await luna(clinic)
    signup = OWNER | {"plan": "cachorro-anual", "pet": pet, "payment_method": "pm_card_visa"}
    wrong = await clinic.post("/v1/subscriptions", signup | {"instalments": 5})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "instalments")
    made = await clinic.post("/v1/subscriptions", signup | {"instalments": 12})
    assert (made.status_code, made.json()["instalments"], made.json()["pet"]) == (201, 12, pet)
    record = await clinic.store.subscription("acme", made.json()["id"])
    assert record is not None
    assert (record.instalments, record.price) == (12, Money(350_000))
    order = {"actor": "ana", "reason": "away for a month"}
    paused = await clinic.post(f"/v1/subscriptions/{record.id}/overrides/pause_subscription", order)
    assert (paused.status_code, "instalments" in paused.json()["detail"]) == (409, True)


async def test_the_history_of_an_owner_and_of_a_pet_page_by_page(clinic: World) -> None:
    pet = await luna(clinic)
    subscription = await wellness(clinic, pet)
    lunas = (await billed(clinic, VISIT, {"code": "limpieza-dental", "price": 100_000}, pet=pet))["id"]
    hers = (await billed(clinic))["id"]
    document = await paid(clinic, lunas)
    await clinic.store.post(
        Fact("acme", subscription, Kind.ISSUED, "in_year", Money(200_000), NOW - timedelta(days=1), "in_year")
    )
    whole = (await clinic.get("/v1/customers/dueno-7/history")).json()
    told = {(each["kind"], each["id"], each["what"], each["pet"]) for each in whole["data"]}
    assert told == {
        ("bill", lunas, "paid", pet),
        ("bill", hers, "open", ""),
        ("payment", f"ch_{lunas}", "credit", pet),
        ("document", document.key, "income general_public", pet),
        ("use", f"{lunas}/1.1", "consulta", pet),
        ("use", f"{lunas}/2.1", "limpieza-dental", pet),
        ("invoice", "in_year", "issued", pet),
    }
    assert [each["at"] for each in whole["data"]] == sorted((each["at"] for each in whole["data"]), reverse=True)
    paged, cursor = [], ""
    while cursor is not None:
        page = (await clinic.get(f"/v1/customers/dueno-7/history?limit=2&cursor={cursor}")).json()
        paged += page["data"]
        cursor = page["next_cursor"]
    assert paged == whole["data"]
    of_luna = (await clinic.get(f"/v1/customers/dueno-7/history?pet={pet}")).json()["data"]
    assert {each["id"] for each in of_luna} == {each["id"] for each in whole["data"]} - {hers}
    other = {"Authorization": f"Bearer {await clinic.store.issue_key('other')}"}
    assert (await clinic.http.get("/v1/customers/dueno-7/history", headers=other)).status_code == 404
    assert (await clinic.get("/v1/customers/dueno-7/history?cursor=x")).status_code == 422
