"""A bill: services and products sold once to a customer. It owes as a subscription's invoice does, and there is no service to cut."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from models.cfdi.taxes import Share, Terms, vat_of
from models.money import Money
from models.selling.plans import DEFAULT_PRODUCT, DEFAULT_UNIT
from models.subscribing.invoices import ChargeLine
from models.subscribing.subscriptions import Status

PREFIX = "b_"  # begins the id of a bill, as `s_` does a subscription's: by it processes and addresses are told apart


class BillStatus(StrEnum):
    """Where a bill stands."""

    DRAFT = "draft"  # drawn up, not with the provider yet
    OPEN = "open"
    OVERDUE = "overdue"
    PAID = "paid"
    VOID = "void"
    WRITTEN_OFF = "written_off"

    @property
    def over(self) -> bool:
        """Nothing more is asked for."""
        return self in (BillStatus.PAID, BillStatus.VOID, BillStatus.WRITTEN_OFF)

    @property
    def account(self) -> Status:
        """The same as the account's status, in the words of whatever owes."""
        if self.over:
            return Status.CANCELED
        return {BillStatus.DRAFT: Status.INCOMPLETE, BillStatus.OVERDUE: Status.PAST_DUE}.get(self, Status.ACTIVE)


class InvoiceWish(StrEnum):
    """When a bill that was paid is invoiced (CFDI) by name: by itself, or once its customer asks. Until then it is everybody's sale."""

    ON_REQUEST = "on_request"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class BillTerms:
    """How a tenant bills, where a bill says nothing else: calendar days to pay, and when it is invoiced by name."""

    days: int = 7
    invoicing: InvoiceWish = InvoiceWish.ON_REQUEST


@dataclass(frozen=True, slots=True)
class Applied:
    """What a package gave on a line: so many units of a service, `off` centavos less in all."""

    subscription: str
    service: str
    window: str
    units: int
    percent_off: int
    off: int
    most: int | None = None  # how many the package includes in that window


@dataclass(frozen=True, slots=True)
class BillLine:
    """A line. `price` is that of one, centavos with VAT; `discount` is taken off the whole line.

    `vat` is `16`, `8`, `0` or `exempt`; empty: as the issuer's other sales are taxed.
    """

    description: str
    quantity: int
    price: int
    code: str = ""  # of the catalogue; empty for a free line
    discount: int = 0
    product_key: str = DEFAULT_PRODUCT
    unit_key: str = DEFAULT_UNIT
    vat: str = ""
    applied: tuple[Applied, ...] = ()

    @property
    def off(self) -> int:
        """Centavos that packages and the discount take off it."""
        return self.discount + sum(each.off for each in self.applied)

    @property
    def total(self) -> int:
        """Centavos to pay for it."""
        return self.quantity * self.price - self.off

    @property
    def told(self) -> str:
        """`2 × Consulta general`."""
        return self.description if self.quantity == 1 else f"{self.quantity} × {self.description}"


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill of one customer, perhaps for one pet. `id` is that of its account, `invoice` the provider's."""

    tenant: str
    id: str
    customer: str
    lines: tuple[BillLine, ...]
    created_at: datetime
    currency: str = "MXN"
    pet: str = ""
    days: int = 7
    invoicing: InvoiceWish = InvoiceWish.ON_REQUEST
    status: BillStatus = BillStatus.DRAFT
    invoice: str = ""
    issued_at: datetime | None = None
    due_at: datetime | None = None
    settled_at: datetime | None = None  # when it was paid, voided or written off
    pay_url: str = ""
    actor: str = ""

    @property
    def total(self) -> Money:
        """What is to be paid, VAT included."""
        return Money(sum(line.total for line in self.lines), self.currency)

    @property
    def title(self) -> str:
        """What it is for, in a few words: `Consulta general y 2 más`. Spanish, as the catalogue's names are."""
        first = self.lines[0].told if self.lines else ""
        return first if len(self.lines) < 2 else f"{first} y {len(self.lines) - 1} más"


@dataclass(frozen=True, slots=True)
class BillStanding:
    """What a bill's process writes: where it stands, and what comes next."""

    tenant: str
    id: str
    status: BillStatus
    at: datetime
    due: Money
    invoice: str = ""
    pay_url: str = ""
    issued_at: datetime | None = None
    due_at: datetime | None = None
    settled_at: datetime | None = None
    next_action: str = ""
    next_action_at: datetime | None = None


def is_bill(account: str) -> bool:
    """Whether an account's id is a bill's."""
    return account.startswith(PREFIX)


def taxed(bill: Bill, usual: Terms) -> Terms:
    """How a bill is taxed: as the issuer's sales are, but for lines of which the catalogue says otherwise."""
    shares: dict[int | None, int] = {}
    for line in bill.lines:
        if line.total:
            rate = vat_of(line.vat, usual.rate)
            shares[rate] = shares.get(rate, 0) + line.total
    match tuple(shares.items()):
        case ():
            return usual
        case ((rate, _),):
            return Terms(rate, usual.withholding)
        case found:
            return Terms(found[0][0], usual.withholding, tuple(Share(rate, centavos) for rate, centavos in found))


def charge_lines(bill: Bill, charged: int, usual: Terms, *, plain: bool = False) -> tuple[ChargeLine, ...]:
    """The lines as the tax invoice of a charge tells them; what was not charged (given back before) is a discount on all.

    `plain`: each at what was paid for it, without telling of discounts.
    """
    lines = [
        ChargeLine(
            line.told,
            line.total if plain else line.quantity * line.price,
            0 if plain else line.off,
            line.product_key,
            line.unit_key,
            Terms(vat_of(line.vat, usual.rate), usual.withholding),
        )
        for line in bill.lines
        if (line.total if plain else line.quantity * line.price)
    ]
    missing = bill.total.centavos - charged
    return (*lines, ChargeLine("", -missing)) if missing else tuple(lines)


@dataclass(frozen=True, slots=True)
class Cover:
    """What a package of a customer's still gives on a service. `left` None: as often as it is needed."""

    subscription: str
    service: str
    window: str
    percent_off: int
    left: int | None
    most: int | None = None


def covered(lines: tuple[BillLine, ...], covers: tuple[Cover, ...]) -> tuple[BillLine, ...]:
    """The lines after packages gave what they give: the greatest first, each unit once.

    A part of a price is rounded half up, so that a fifth off 333 centavos is 67.
    """
    left = {(each.subscription, each.service): each.left for each in covers}
    made = []
    for line in lines:
        applied: list[Applied] = []
        units = line.quantity
        for cover in sorted(covers, key=lambda each: (-each.percent_off, each.subscription)):
            name = (cover.subscription, cover.service)
            most = left[name]
            given = units if most is None else min(units, most)
            if cover.service != line.code or given <= 0:
                continue
            left[name] = None if most is None else most - given
            units -= given
            off = (2 * given * line.price * cover.percent_off + 100) // 200
            applied.append(
                Applied(cover.subscription, cover.service, cover.window, given, cover.percent_off, off, cover.most)
            )
        made.append(replace(line, applied=tuple(applied)))
    return tuple(made)
