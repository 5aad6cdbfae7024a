"""Where an invoice stands, who must act, and which deadline comes next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.cfdi.documents import DocumentState
from models.cfdi.invoicing import Invoicing, Standing, lapse, next_deadline, ordered, renewed

CHARGED = datetime(2026, 11, 20, 18, tzinfo=UTC)


def standing(state: DocumentState, **known: str) -> Standing:
    return Standing("ch_1/income/v1", state, CHARGED, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "known", "held", "says"),
    [
        (DocumentState.SEALED, {}, False, "stamp"),
        (DocumentState.SENDING, {}, False, "stamp"),
        (DocumentState.STAMPED, {"uuid": "U1"}, False, "render"),
        (DocumentState.RENDERED, {"uuid": "U1"}, False, "deliver"),
        (DocumentState.DELIVERED, {"uuid": "U1"}, False, ""),
        (DocumentState.GENERAL_PUBLIC, {}, False, "global invoice"),
        (DocumentState.REJECTED, {"field": "postal_code", "code": "CFDI40147"}, True, "correct `postal_code`"),
        (DocumentState.REJECTED, {"code": "718"}, True, "PAC account, then `retry`"),
        (DocumentState.WAITING_DATA, {"field": "tax_id"}, True, "decides on `tax_id`"),
        (DocumentState.WAITING_DATA, {"code": "csd"}, True, "certificate (CSD)"),
        (DocumentState.NEEDS_RECONCILIATION, {"code": "307"}, True, "compare"),
    ],
)
def test_every_state_says_what_comes_next_and_whether_a_person_must_act(
    state: DocumentState, known: dict[str, str], held: bool, says: str
) -> None:
    invoicing = Invoicing(standing=standing(state, **known))
    assert invoicing.held is held
    assert says in invoicing.next_action
    assert bool(invoicing.next_action) is bool(says)


def test_before_anything_it_is_being_sealed() -> None:
    assert (Invoicing().where, Invoicing().next_action, Invoicing().deadline) == ("being sealed", "seal", None)


def test_a_refusal_is_told_with_its_field_and_code() -> None:
    refused = Invoicing(standing=standing(DocumentState.REJECTED, field="legal_name", code="CFDI40145"))
    assert refused.where == "rejected (legal_name, CFDI40145)"


def test_a_mailbox_that_refuses_holds_a_stamped_invoice() -> None:
    stuck = Invoicing(standing=standing(DocumentState.RENDERED, uuid="U1"), undeliverable=True)
    assert (stuck.stamped, stuck.held, stuck.correctable) == (True, True, False)
    assert "e-mail address" in stuck.next_action


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(0, timedelta(hours=24)), (23.9, timedelta(hours=24)), (24, timedelta(hours=70)), (70, None), (200, None)],
)
def test_the_law_s_deadlines_come_one_after_the_other(hours: float, expected: timedelta | None) -> None:
    found = next_deadline(CHARGED, standing(DocumentState.SENDING), CHARGED + timedelta(hours=hours))
    assert (found[0] - CHARGED if found else None) == expected


def test_only_what_is_yet_to_be_stamped_has_a_deadline() -> None:
    assert Invoicing(standing=standing(DocumentState.SENDING)).deadline == CHARGED + timedelta(hours=70)
    assert Invoicing(standing=standing(DocumentState.STAMPED, uuid="U1")).deadline is None


def test_corrected_data_make_a_new_version_and_a_retry_the_same_one() -> None:
    refused = Invoicing(standing=standing(DocumentState.REJECTED, field="tax_id"))
    corrected = ordered(replace(refused, order="correct_receiver"))
    assert (corrected.version, corrected.standing, corrected.order) == (2, None, "")
    again = ordered(replace(refused, order="retry"))
    assert (again.version, again.standing) == (1, refused.standing)


def test_what_was_never_sent_keeps_its_version() -> None:
    waiting = Invoicing(standing=standing(DocumentState.WAITING_DATA, field="tax_id"), order="correct_receiver")
    assert ordered(waiting).version == 1
    assert renewed(waiting).version == 2


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-20T18:00:00+00:00", "2026-12-01T06:00:00+00:00"),  # the month's end in Mexico City
        ("2026-12-01T05:59:00+00:00", "2026-12-01T06:00:00+00:00"),
        ("2026-12-01T06:00:00+00:00", "2026-12-04T06:00:00+00:00"),  # the month is over: 72 h more
    ],
)
def test_refused_data_may_be_corrected_while_the_month_lasts(now: str, until: str) -> None:
    issued = datetime.fromisoformat("2026-11-20T12:00:00+00:00")
    assert lapse(issued, datetime.fromisoformat(now), "America/Mexico_City") == datetime.fromisoformat(until)
