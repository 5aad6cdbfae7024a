"""A refusal in plain words: in both languages, for every code that is known and for those that are not."""

import pytest

from models.collecting.decline_words import plainly
from models.collecting.declines import AUTHENTICATION_CODES, HARD_CODES, PENDING_CODES, SOFT_CODES
from models.speaking.notices import Language


@pytest.mark.parametrize("code", sorted(HARD_CODES | AUTHENTICATION_CODES | PENDING_CODES | SOFT_CODES))
def test_every_code_is_told_twice_and_never_by_its_name(code: str) -> None:
    spanish, english = plainly(code).in_(Language.ES), plainly(code).in_(Language.EN)
    assert spanish != english
    assert "_" not in spanish + english


def test_a_code_that_is_new_is_told_by_its_class_and_nothing_is_made_up() -> None:
    assert plainly("strange_new_code").es == "El cargo no pasó; no sabemos por qué"
    assert plainly("insufficient_funds").en == "The card does not have enough funds"
    assert "otra" in plainly("expired_card").es
