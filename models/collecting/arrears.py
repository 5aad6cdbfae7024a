"""All that a customer owes, for messages that speak of it in one voice: oldest first, each amount and the total."""

from collections.abc import Iterable
from dataclasses import replace

from models.money import Money
from models.periods import Calendar
from models.records import CaseRecord
from models.speaking.notices import Language


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


MOST = 6  # debts told one by one: a message has an end, WhatsApp's after 1,024 characters


def listed(cases: Iterable[CaseRecord], language: Language, calendar: Calendar) -> str:
    """The debts in a sentence: `Debes 2 pagos: $149.00 MXN (21 oct 2026) y …. Total: $298.00 MXN.` Empty where nothing is owed."""
    open_cases = owed(cases)
    if not open_cases:
        return ""
    english = language is Language.EN
    each = [f"{case.amount} ({calendar.show_day(case.opened_at, english=english)})" for case in open_cases[:MOST]]
    if more := len(open_cases) - MOST if len(open_cases) > MOST else 0:
        each.append(f"{more} more" if english else f"{more} más")
    debts = f" {'and' if english else 'y'} ".join(filter(None, (", ".join(each[:-1]), each[-1])))
    whole, count = total(open_cases), len(open_cases)
    summed = f" Total: {whole}." if whole and count > 1 else ""
    payments = ("payment" if english else "pago") + ("s" if count > 1 else "")
    return f"{'You owe' if english else 'Debes'} {count} {payments}: {debts}.{summed}"
