"""All that a customer owes, for messages that speak of it in one voice: oldest first, each amount and the total."""

from collections.abc import Iterable
from dataclasses import replace

from models.money import Money
from models.notices import Language
from models.periods import Calendar
from models.records import CaseRecord


def owed(cases: Iterable[CaseRecord]) -> tuple[CaseRecord, ...]:
    """The cases that are open, the oldest first."""
    return tuple(
        sorted((case for case in cases if case.outcome is None), key=lambda case: (case.opened_at, case.invoice))
    )


def total(cases: Iterable[CaseRecord]) -> Money | None:
    """What they come to; None where there are none, or they are in several currencies, which nobody adds up."""
    amounts = [case.amount for case in cases]
    if not amounts or len({amount.currency for amount in amounts}) > 1:
        return None
    return replace(amounts[0], centavos=sum(amount.centavos for amount in amounts))


def listed(cases: Iterable[CaseRecord], language: Language, calendar: Calendar) -> str:
    """The debts in a sentence, where there are several: `Debes 2 pagos: $149.00 MXN (21 oct 2026) y …. Total: $298.00 MXN.`"""
    open_cases = owed(cases)
    if len(open_cases) < 2:
        return ""
    english = language is Language.EN
    each = [f"{case.amount} ({calendar.show_day(case.opened_at, english=english)})" for case in open_cases]
    debts = f"{', '.join(each[:-1])} {'and' if english else 'y'} {each[-1]}"
    whole = total(open_cases)
    summed = f" Total: {whole}." if whole else ""
    return (
        f"You owe {len(each)} payments: {debts}.{summed}" if english else f"Debes {len(each)} pagos: {debts}.{summed}"
    )
