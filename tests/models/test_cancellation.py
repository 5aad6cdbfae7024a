"""What a cancellation needs, and what the SAT's words make of it."""

from datetime import timedelta

import pytest

from models.cancellation import Motive, SatWord, next_look, outcome, wrong_request
from models.documents import DocumentState


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
