"""What a cancellation needs, and what the SAT's words make of it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from models.cfdi.cancellation import Motive, SatWord, last_day, next_look, outcome, wrong_request
from models.cfdi.documents import DocumentState
from models.cfdi.fiscal import Issuer


@pytest.mark.parametrize(
    ("word", "state"),
    [
        (SatWord("Cancelado", "", "Cancelado sin aceptación"), DocumentState.CANCELLED),
        (SatWord("Cancelado", "", "Plazo vencido"), DocumentState.CANCELLED),
        (SatWord("Vigente", "Cancelable con aceptación", "En proceso"), DocumentState.IN_PROCESS),
        (SatWord("Vigente", "Cancelable con aceptación", "Solicitud rechazada"), DocumentState.REFUSED),
        (SatWord("Vigente", "Cancelable sin aceptación", ""), DocumentState.CANCEL_REQUESTED),
        (SatWord("No Encontrado"), DocumentState.CANCEL_REQUESTED),
    ],
)
def test_the_sat_s_word(word: SatWord, state: DocumentState) -> None:
    assert outcome(word) is state


@pytest.mark.parametrize(
    ("state", "uuid", "motive", "substitute", "field"),
    [
        (DocumentState.DELIVERED, "U1", Motive.ERROR, "", None),
        (DocumentState.DELIVERED, "U1", Motive.SUBSTITUTED, "U2", None),
        (DocumentState.DELIVERED, "U1", Motive.SUBSTITUTED, "", "substitute"),
        (DocumentState.DELIVERED, "U1", Motive.NOT_CARRIED_OUT, "U2", "substitute"),
        (DocumentState.REJECTED, "", Motive.ERROR, "", "document"),
        (DocumentState.CANCELLED, "U1", Motive.ERROR, "", "document"),
    ],
)
def test_what_cannot_be_requested(
    state: DocumentState, uuid: str, motive: Motive, substitute: str, field: str | None
) -> None:
    wrong = wrong_request(state, uuid, motive, substitute)
    assert (wrong[0] if wrong else None) == field


def test_the_sat_is_asked_soon_and_then_seldom() -> None:
    assert [next_look(n) for n in (0, 3, 4, 40)] == [
        timedelta(minutes=1),
        timedelta(hours=1),
        timedelta(hours=6),
        timedelta(hours=6),
    ]


@pytest.mark.parametrize(
    ("rfc", "issued", "until"),
    [
        ("EKU9003173C9", datetime(2026, 5, 1, tzinfo=UTC), date(2027, 3, 31)),
        ("CUSC850516316", datetime(2026, 5, 1, tzinfo=UTC), date(2027, 4, 30)),
        # Six in the morning on the first of January in UTC: in Tijuana it is the old year still.
        ("EKU9003173C9", datetime(2027, 1, 1, 6, tzinfo=UTC), date(2027, 3, 31)),
    ],
)
def test_a_document_may_be_cancelled_until_the_annual_return_of_its_year(
    rfc: str, issued: datetime, until: date
) -> None:
    assert last_day(issued, Issuer(rfc, "X", "601", "22000")) == until
