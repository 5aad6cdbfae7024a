"""What a customer owes, in one sentence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from models.collecting import arrears
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.periods import Calendar
from models.records import CaseRecord
from models.speaking.notices import Language

OLD = datetime(2026, 10, 21, 18, tzinfo=UTC)
FIRST = CaseRecord("acme", "in_1", "s_1", Money(14_900), Stage.SUSPENDED, "ruthless v1", OLD)
SECOND = replace(FIRST, invoice="in_2", amount=Money(20_000), opened_at=OLD + timedelta(days=31), stage=Stage.GRACE)


def test_several_debts_are_listed_oldest_first_with_each_amount_and_the_total() -> None:
    told = arrears.listed((SECOND, FIRST), Language.ES, Calendar())
    assert told == "Debes 2 pagos: $149.00 MXN (21 oct 2026) y $200.00 MXN (21 nov 2026). Total: $349.00 MXN."
    assert "You owe 2 payments: $149.00 MXN (21 Oct 2026) and" in arrears.listed(
        (FIRST, SECOND), Language.EN, Calendar()
    )


def test_one_debt_is_told_alone_and_an_ended_case_is_none() -> None:
    ended = replace(SECOND, outcome=Outcome.PAID)
    assert arrears.listed((FIRST, ended), Language.ES, Calendar()) == "Debes 1 pago: $149.00 MXN (21 oct 2026)."
    assert arrears.listed((FIRST,), Language.EN, Calendar()) == "You owe 1 payment: $149.00 MXN (21 Oct 2026)."
    assert arrears.listed((ended,), Language.ES, Calendar()) == ""
    assert arrears.owed((ended, FIRST)) == (FIRST,)


def test_currencies_are_not_added_up() -> None:
    assert arrears.total((FIRST, replace(SECOND, amount=Money(100, "USD")))) is None
    assert "Total" not in arrears.listed((FIRST, replace(SECOND, amount=Money(100, "USD"))), Language.ES, Calendar())


def test_of_very_many_debts_the_oldest_are_told_and_the_others_counted() -> None:
    many = [replace(FIRST, invoice=f"in_{n}", opened_at=OLD + timedelta(days=31 * n)) for n in range(9)]
    told = arrears.listed(many, Language.ES, Calendar())
    assert told.startswith("Debes 9 pagos: $149.00 MXN (21 oct 2026), ")
    assert told.endswith(" y 3 más. Total: $1,341.00 MXN.")
    assert told.count("$") == arrears.MOST + 1
    assert " and 3 more. Total" in arrears.listed(many, Language.EN, Calendar())
    assert "\n" not in told
