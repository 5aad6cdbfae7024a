"""What a charge was for, line by line: concepts whose base, discount, VAT and total add up to the charge to the centavo.

Each line is split by itself, as a single charge is; so the sums are exact whatever the lines are, and nothing is left to spread.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from models.cfdi.taxes import Split, Terms, apportioned
from models.subscribing.invoices import ChargeLine


@dataclass(frozen=True, slots=True)
class Concept:
    """A line of the invoice. `discount` in centavos without tax; Importe is the base of `amount` and the discount."""

    description: str
    amount: Split
    discount: int
    product: str = ""  # where the line says it
    unit: str = ""


def concepts(lines: Sequence[ChargeLine], total: int, terms: Terms) -> list[Concept] | None:
    """The concepts of a charge of `total` centavos; None where its lines do not come to it, or cannot be taken apart.

    A CFDI has no negative concept: what a line gives back (unused time, a credit) is a discount on the others, in
    proportion to what is left of them. A line of which nothing is left has no concept (the SAT wants a base above zero).
    """
    sold = [line for line in lines if line.amount > 0]
    left = [line.amount - line.discount for line in sold]
    back = -sum(line.amount - line.discount for line in lines if line.amount <= 0)
    if not sold or total <= 0 or back < 0 or min(left) < 0 or sum(left) - back != total:
        return None
    made = []
    try:
        for line, share, given in zip(sold, left, apportioned(left, back), strict=True):
            if share == given:
                continue
            own = line.terms or terms
            amount = own.split(share - given)
            whole = amount if share - given == line.amount else own.split(line.amount)
            made.append(Concept(line.description, amount, whole.base - amount.base, line.product, line.unit))
    except ValueError:
        return None
    return made
