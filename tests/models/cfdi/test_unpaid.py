"""What becomes of a PPD invoice for which no money will come: which go by themselves, and what a person is told of the others."""

from datetime import UTC, datetime

import pytest

from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.cfdi.unpaid import Unpaid, taken_back, unpaid
from models.collecting.cases import Outcome
from models.money import Money
from models.watching.attention import Rule

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def invoice(
    centavos: int = 24_900, currency: str = "MXN", state: DocumentState = DocumentState.DELIVERED
) -> TaxDocument:
    total = Money(centavos, currency)
    return TaxDocument("acme", "in_1", DocumentKind.DEFERRED, 1, "s_1", state, total, NOW, NOW, NOW, uuid="UUID-1")


SMALL, LARGE, DOLLARS = invoice(1_000_00), invoice(1_000_01), invoice(100_00, "USD")
REFUSED = invoice(state=DocumentState.REFUSED)


@pytest.mark.parametrize(
    ("given", "by_itself", "told"),
    [
        (Unpaid(SMALL, voided=True), True, "the SAT did not take its cancellation"),
        (Unpaid(SMALL, Outcome.VOIDED), True, "the SAT did not take its cancellation"),
        (Unpaid(LARGE, voided=True), False, "the receiver must agree"),
        (Unpaid(DOLLARS, voided=True), False, "the receiver must agree"),
        (Unpaid(SMALL, Outcome.REPLACED, voided=True), False, "with motive 02"),
        (Unpaid(REFUSED, voided=True), False, "its receiver refused the cancellation"),
        (Unpaid(SMALL, written_off=True), False, "written off. Keep it where the service was rendered"),
        (Unpaid(SMALL, Outcome.WRITTEN_OFF), False, "written off. Keep it where the service was rendered"),
        (Unpaid(SMALL, Outcome.EXHAUSTED), False, "Void the invoice at Stripe"),
        (Unpaid(SMALL, Outcome.CANCELED), False, "Void the invoice at Stripe"),
        (Unpaid(SMALL), False, "Void the invoice at Stripe"),
    ],
)
def test_only_a_voided_one_that_needs_no_acceptance_goes_by_itself(given: Unpaid, by_itself: bool, told: str) -> None:
    assert taken_back(given) is by_itself
    finding = unpaid(given)
    assert (finding.rule, finding.subject, told in finding.text) == (Rule.CFDI_UNPAID, "in_1/deferred/v1", True)
