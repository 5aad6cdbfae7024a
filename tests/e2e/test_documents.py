"""Tax invoices after the sale, seen from outside: money given back, and a document taken back."""

import re
from typing import Any

import pytest
from temporalio.client import Client, ScheduleActionExecutionStartWorkflow

from models.safekeeping.keyring import Keyring
from sandbox.demo.cast import CASAS
from sandbox.shop import AT_ONCE
from tests.e2e.town import GOOD, TENANT, Town, subscriber
from workflows.connection import sealing_converter

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


async def test_a_refund_at_stripe_becomes_a_credit_note_that_support_can_take_back(town: Town) -> None:
    diana = subscriber("diana-refund", AT_ONCE)
    mine = await town.signs_up(diana)

    async def documents() -> dict[str, Any]:
        return {document["kind"]: document for document in await town.shop.documents(mine)}

    async def invoiced() -> bool:
        return {kind: d["state"] for kind, d in (await documents()).items()} == {"income": "delivered"}

    await town.until(invoiced)
    (payment,) = await town.store.payments(TENANT, mine)
    given = {"charge": payment.charge, "amount": "50000"}
    made = await town.sandbox.post("/v1/refunds", data=given, auth=(town.stack.env["PERDURA_STRIPE_KEY"], ""))
    assert made.status_code == 200, made.text

    async def credited() -> bool:
        return bool((await documents()).get("credit", {}).get("state") == "delivered")

    await town.until(credited)
    credit = (await documents())["credit"]
    assert credit["total"]["centavos"] == 50_000
    assert "nota de crédito" in await town.message(diana, "te devolvimos $500.00 MXN")

    order = {"actor": "ana", "reason": "given back by mistake", "motive": "02"}
    address = f"/v1/documents/{made.json()['id']}/cancel"
    answer = await town.api.post(address, json=order)
    assert (answer.status_code, answer.json()["status"]) == (202, "delivered"), answer.text

    async def requested() -> bool:
        return (await documents())["credit"]["state"] in ("cancel_requested", "cancelled")

    await town.until(requested)
    again = await town.api.post(address, json=order)
    assert (again.status_code, again.json()["type"]) == (409, "urn:perdura:refused")
    assert "tax invoice: cancel, motive 02" in await town.told(mine)


async def test_data_that_the_sat_does_not_know_are_corrected_by_the_customer_and_the_invoice_goes_on_by_itself(
    town: Town,
) -> None:
    rfc, name, regime, postal_code = CASAS
    filed = {"rfc": rfc, "name": name, "postal_code": postal_code}
    (await town.sandbox.put("/_sandbox/pac/taxpayers", json=filed)).raise_for_status()
    xochilt = subscriber("xochilt-constancia", AT_ONCE, fiscal=(rfc, "XOCHITL CASA CHAVES", regime, "01000"))
    mine = await town.signs_up(xochilt)

    async def versions() -> dict[str, dict[str, Any]]:
        return {document["key"].rpartition("/")[2]: document for document in await town.shop.documents(mine)}

    page = await town.browser.open(await town.link(xochilt, "el SAT no reconoce los datos fiscales"))
    assert [d["state"] for d in (await versions()).values()] == ["rejected"]
    # The SAT names one field after the other: the first correction is refused as well, and asked for again.
    half = {"tax_id": rfc, "legal_name": name, "tax_regime": regime, "postal_code": "01000"}
    await town.browser.press(page, "Enviar", **half)

    async def asked_again() -> bool:
        found = await versions()
        return found.get("v2", {}).get("state") == "rejected" and len(await town.messages(xochilt)) >= 2

    await town.until(asked_again)
    links = [re.search(r"https?://\S+", text) for text in await town.messages(xochilt)]
    page = await town.browser.open([found[0] for found in links if found][-1])
    await town.browser.press(page, "Enviar", **{**half, "postal_code": postal_code})

    async def delivered() -> bool:
        return (await versions()).get("v3", {}).get("state") == "delivered"

    await town.until(delivered)
    assert {number: d["state"] for number, d in (await versions()).items()} == {
        "v1": "rejected",
        "v2": "rejected",
        "v3": "delivered",
    }


async def test_a_first_sale_without_rfc_puts_the_months_global_invoice_on_the_schedule(town: Town) -> None:
    nobody = {
        "plan": AT_ONCE.code,
        "customer_reference": "nadia-public",
        "name": "Nadia",
        "email": "nadia-public@cliente.example",
        "phone": "+525510998877",
        "payment_method": GOOD,
    }
    answer = await town.api.post("/v1/subscriptions", json=nobody)
    assert answer.status_code == 201, answer.text

    async def held() -> bool:
        found = await town.shop.documents(answer.json()["id"])
        return [document["state"] for document in found] == ["general_public"]

    await town.until(held)
    keyring = Keyring.parse(town.stack.env["PERDURA_ENCRYPTION_KEYS"])
    server, converter = town.stack.server, sealing_converter(keyring)
    temporal = await Client.connect(server.target, namespace=server.namespace, data_converter=converter)
    schedule = temporal.get_schedule_handle(f"schedule:global-invoice:{TENANT}")
    assert (await schedule.describe()).schedule.spec.time_zone_name == "America/Mexico_City"
    await schedule.trigger()
    started: list[str] = []

    async def ran() -> bool:
        actions = [each.action for each in (await schedule.describe()).info.recent_actions]
        started[:] = [each.workflow_id for each in actions if isinstance(each, ScheduleActionExecutionStartWorkflow)]
        return bool(started)

    await town.until(ran)
    # The month before this one had no sales yet.
    assert await temporal.get_workflow_handle(started[0]).result() is None
