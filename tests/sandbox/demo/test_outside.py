"""What the bank is asked."""

import httpx

from sandbox.demo.outside import Outside


async def test_an_invoice_charged_twice_is_told_though_each_charge_has_a_payment_intent_of_its_own() -> None:
    charges = [
        {"id": f"ch_{n}", "payment_intent": pi, "status": status, "created": n, "amount": 100}
        for n, (pi, status) in enumerate((("pi_1", "succeeded"), ("pi_2", "succeeded"), ("pi_3", "failed")))
    ]
    held = {
        "/v1/customers": [{"id": "cus_1"}],
        "/v1/charges": charges,
        "/v1/invoice_payments": [{"invoice": "in_1"}],
        "/v1/subscriptions": [{"status": "active"}],
    }
    outside = Outside("http://stripe.test", "sk_test_x")
    await outside._http.aclose()
    outside._http = httpx.AsyncClient(
        base_url="http://stripe.test",
        transport=httpx.MockTransport(lambda asked: httpx.Response(200, json={"data": held[asked.url.path]})),
    )
    bank = await outside.bank("ana@cliente.example")
    await outside.close()
    assert (bank.paid, bank.refused, bank.twice) == (2, 1, ("in_1",))
