"""What is advised: the most urgent first, never without a reason, in both languages."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.crm.advice import Advice, recommendations
from models.crm.opportunities import Opportunity, Stage, checked
from models.crm.standing import Standing
from models.crm.words import asked, plain, terms_asked, terms_of, words_of
from models.money import Money
from models.people import FieldInvalid
from models.speaking.notices import Language
from models.subscribing.subscriptions import Status
from tests.models.crm.people import DAY, NOW, debt, held, sale, standing

MANY = tuple(sale(number, ago=30 * (12 - number) + 1) for number in range(12))
DEAL = Opportunity("acme", "op_1", "c_1", "Proyecto A", Money(4_500_000), 65, date(2026, 12, 20))


@pytest.mark.parametrize(
    ("who", "advised"),
    [
        (standing(held=(held(),), sales=MANY[:2]), [Advice.NOTHING]),
        (standing(), [Advice.FOLLOW_UP]),
        (standing(opportunities=(DEAL,)), [Advice.CLOSE_OPPORTUNITY]),
        (standing(held=(held(Status.PAST_DUE),), debts=(debt(12),), opportunities=(DEAL,)), [Advice.COLLECT, Advice.CLOSE_OPPORTUNITY]),
        (standing(held=(held(ending=True),), sales=MANY), [Advice.RETAIN]),
        (standing(held=(held(Status.TRIALING, trial_end=NOW + DAY),)), [Advice.CONVERT]),
        (standing(held=(held(),), sales=MANY), [Advice.UPSELL]),
        (standing(held=(held(Status.CANCELED),), sales=MANY), [Advice.WIN_BACK]),
        (standing(held=(held(),), sales=MANY[:2], spoken_at=NOW - 200 * DAY), [Advice.SPEAK]),
        (standing(held=(held(),), sales=MANY[:2], opportunities=(replace(DEAL, stage=Stage.LOST),)), [Advice.NOTHING]),
    ],
)  # fmt: skip
def test_what_is_advised(who: Standing, advised: list[Advice]) -> None:
    told = recommendations(who, NOW)
    assert [each.advice for each in told] == advised
    for each in told:
        assert all((each.recommendation(say), each.action(say), each.because.words(say)) for say in Language)


def test_an_opportunity_is_called_by_its_name() -> None:
    (told,) = recommendations(standing(opportunities=(DEAL,)), NOW)
    assert told.recommendation(Language.ES) == "Cerrar «Proyecto A»"
    assert told.because.words(Language.ES) == "Oportunidad abierta de $45,000.00 MXN al 65 %"
    assert told.opportunity == "op_1"


@pytest.mark.parametrize(
    ("changes", "field"), [({"name": " "}, "name"), ({"amount": Money(0)}, "amount"), ({"probability": 101}, "probability")]
)  # fmt: skip
def test_a_wrong_opportunity_names_its_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(FieldInvalid) as fault:
        checked(replace(DEAL, **changes))  # type: ignore[arg-type]
    assert fault.value.field == field


class TestWords:
    KNOWN = words_of(
        ["Clínica Peña-López, S.A.", "user-1042"], "Ana.Lopez@Example.mx", "+52 55 1234 5678", "XIA190128J61"
    )

    @pytest.mark.parametrize(
        "question",
        [
            "pena", "PEÑ", "lop cli", "ana.lopez@example.mx", "xia190128j61", "xia1", "5512345678", "+52 55 1234-5678",
            "5678", "user-1042", "clínica",
        ],
    )  # fmt: skip
    def test_somebody_is_found(self, question: str) -> None:
        assert self._found(question)

    @pytest.mark.parametrize("question", ["perez", "lop perez", "xia190128j62", "5512345679", "1234", "xyz"])
    def test_and_somebody_else_is_not(self, question: str) -> None:
        assert not self._found(question)

    @given(st.text(max_size=300))
    @example("\U0001d400na")
    def test_any_text_is_few_plain_words(self, text: str) -> None:
        found = asked(text)
        assert len(found) <= 5
        assert all(word == plain(word) and len(word) >= 2 for word in found)

    def _found(self, question: str) -> bool:
        kept = terms_of(self.KNOWN)
        return all(kept & set(terms_asked(word)) for word in asked(question))
