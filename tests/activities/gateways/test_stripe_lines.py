"""The lines of Stripe's invoice, read for the tax invoice."""

from typing import Any

import pytest
import stripe

from activities.gateways.stripe_objects import lines_read
from models.subscribing.invoices import ChargeLine


def invoice(*lines: dict[str, Any], more: bool = False) -> stripe.Invoice:
    data = [{"id": f"il_{n}", "object": "line_item", **line} for n, line in enumerate(lines)]
    listed = {"object": "list", "data": data, "has_more": more}
    return stripe.Invoice.construct_from({"id": "in_1", "object": "invoice", "lines": listed}, "sk_test_x")


PLAN = {"amount": 14_900, "description": "1 × PRO", "discount_amounts": []}
COUPON = {"amount": 14_900, "description": "1 × PRO", "discount_amounts": [{"amount": 2_000}, {"amount": 980}]}
UNUSED = {"amount": -7_450, "description": None, "discount_amounts": []}
NOTHING = {"amount": 0, "description": "Trial", "discount_amounts": []}


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        (invoice(PLAN), ()),
        (invoice(PLAN, NOTHING), ()),
        (invoice(COUPON), (ChargeLine("1 × PRO", 14_900, 2_980),)),
        (invoice(PLAN, UNUSED), (ChargeLine("1 × PRO", 14_900), ChargeLine("", -7_450))),
        (invoice(PLAN, UNUSED, more=True), ()),
    ],
    ids=["one line says no more than the charge", "a line of nothing", "coupons", "unused time", "not all were listed"],
)
def test_lines_are_read_where_they_say_more_than_the_charge(
    found: stripe.Invoice, lines: tuple[ChargeLine, ...]
) -> None:
    assert lines_read(found) == lines
