"""Lines of a bill as somebody asks for them, priced by the catalogue: every mistake named by its line, with the remedy. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from models.billing.bills import Bill, BillLine, Cover
from models.money import Money
from models.people import FieldInvalid
from models.periods import Calendar
from models.records import SubscriptionRecord
from models.refusals import Why
from models.selling.item_prices import price_of
from models.selling.items import Item
from models.selling.pets import Animal
from models.selling.plans import DEFAULT_PRODUCT, DEFAULT_UNIT, Plan
from models.subscribing.subscriptions import Status
from models.subscribing.usage import meters

MOST_LINES, MOST_UNITS = 50, 1_000
LEAST = Money(1_000)  # what can be collected; other currencies have a least of their own, which nobody here knows
MOST = 99_999_999  # minor units, in any currency
_SERVED = frozenset(
    {Status.TRIALING, Status.ACTIVE, Status.PAST_DUE}
)  # while a debt is in its days of grace, packages give


class TotalWhy(Why):
    """What a bill comes to."""

    TOO_LITTLE = (
        "La cuenta suma {total} y lo menos que se puede cobrar son {least}: agrégale algo, o descuéntala toda",
        "the bill comes to {total}, and {least} is the least that can be collected: add something, or take all of it off",
    )
    TOO_MUCH = (
        "La cuenta suma {total} y lo más que se puede cobrar de una vez son {most}: repártela en varias",
        "the bill comes to {total}, and {most} is the most that can be collected at once: make several of it",
    )


@dataclass(frozen=True, slots=True)
class LineOrder:
    """A line asked for: of the catalogue by `code`, or free with a description, a price and keys of its own. Centavos with VAT."""

    code: str = ""
    description: str = ""
    quantity: int = 1
    price: int | None = None
    discount: int = 0
    product_key: str = ""
    unit_key: str = ""
    vat: str = ""
    animal: Animal | None = None  # where it is not the bill's


@dataclass(frozen=True, slots=True)
class LineFault:
    """What is wrong with a line: `lines.0.price`."""

    field: str
    message: str


def priced(
    wanted: Sequence[LineOrder], items: Mapping[str, Item], animal: Animal, currency: str
) -> tuple[tuple[BillLine, ...], tuple[LineFault, ...]]:
    """The lines, or what is wrong with them."""
    lines, faults = [], []
    for number, order in enumerate(wanted):
        try:
            lines.append(_priced(order, items, order.animal or animal, currency))
        except FieldInvalid as fault:
            faults.append(LineFault(f"lines.{number}.{fault.field}", str(fault)))
    return tuple(lines), tuple(faults)


def _priced(order: LineOrder, items: Mapping[str, Item], animal: Animal, currency: str) -> BillLine:
    agreed = None if order.price is None else Money(order.price, currency)
    if order.code:
        item = items.get(order.code)
        if item is None:
            raise FieldInvalid("code", f"'{order.code}' is not sold; GET /v1/catalog lists what is")
        if order.product_key or order.unit_key or order.vat:
            raise FieldInvalid("product_key", "leave the fiscal keys out: those of the catalogue count")
        price = price_of(item, animal, agreed)
        line = BillLine(
            order.description or item.name,
            order.quantity,
            price.centavos,
            item.code,
            order.discount,
            item.product_key,
            item.unit_key,
            item.vat,
        )
    else:
        if not order.description.strip():
            raise FieldInvalid("description", "say what it is, or give the code of something in the catalogue")
        if agreed is None or agreed.centavos <= 0:
            raise FieldInvalid("price", "say what one of it costs, in centavos with VAT")
        line = BillLine(
            " ".join(order.description.split()),
            order.quantity,
            agreed.centavos,
            "",
            order.discount,
            order.product_key or DEFAULT_PRODUCT,
            order.unit_key or DEFAULT_UNIT,
            order.vat,
        )
    if line.discount > line.quantity * line.price:
        raise FieldInvalid("discount", f"is more than the line comes to, {line.quantity * line.price} centavos")
    return line


def with_discounts_left(lines: Sequence[BillLine]) -> tuple[BillLine, ...]:
    """A discount takes no more off than packages have left to pay."""
    return tuple(replace(line, discount=max(0, min(line.discount, line.discount + line.total))) for line in lines)


def insist_on_a_total(bill: Bill) -> None:
    """A bill comes to nothing, or to what the provider can collect at once, after all that packages and discounts take off.

    Stripe takes eight digits at most and 10 MXN at least (docs.stripe.com/currencies, minimum and maximum charge amounts). An invoice
    of more is refused for ever; one of less is marked as paid, and its sum put onto the customer's balance (docs.stripe.com/api/invoices).

    Raises:
        FieldInvalid: `lines`.
    """
    total = bill.total
    if total.centavos > MOST:
        raise FieldInvalid("lines", TotalWhy.TOO_MUCH(total=total, most=Money(MOST, total.currency)))
    if total.currency == LEAST.currency and 0 < total.centavos < LEAST.centavos:
        raise FieldInvalid("lines", TotalWhy.TOO_LITTLE(total=total, least=LEAST))


def covers(
    record: SubscriptionRecord,
    plan: Plan,
    used: Mapping[tuple[str, str], int],
    pet: str,
    now: datetime,
    calendar: Calendar,
) -> tuple[Cover, ...]:
    """What a subscription still gives on a bill for a pet: nothing for another animal's, nor while service is cut."""
    if record.status not in _SERVED or record.degraded or record.pet not in ("", pet):
        return ()
    found = meters(plan, record.period_start, now, calendar)
    return tuple(
        Cover(
            record.id,
            meter.code,
            meter.window,
            meter.percent_off,
            meter.left(used.get((meter.code, meter.window), 0)),
            meter.most,
        )
        for meter in found.values()
        if meter.percent_off
    )
