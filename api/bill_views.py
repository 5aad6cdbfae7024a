"""What is said to and of bills through the API. Amounts are integer centavos with VAT."""

from datetime import datetime

from pydantic import Field

from api.views import Body, MoneyView, View
from models.billing.bill_lines import MOST, MOST_UNITS, LineOrder
from models.billing.bills import Bill, BillLine, BillStatus, InvoiceWish
from models.money import Money
from models.records import Customer
from models.selling.pets import Animal
from models.settings import Settings
from models.speaking.links import Purpose, link


class AnimalBody(Body):
    """What a price may depend on."""

    species: str = Field(default="", max_length=30, examples=["perro"])
    sex: str = Field(default="", max_length=30, examples=["hembra"])
    weight_grams: int | None = Field(default=None, gt=0, le=2_000_000, examples=[12_500])

    def animal(self) -> Animal:
        return Animal(self.species.casefold(), self.sex.casefold(), self.weight_grams)


class LineBody(Body):
    """A line: something of the catalogue by its code, or something else with a description, a price and fiscal keys of its own."""

    code: str = Field(default="", max_length=48, examples=["consulta"])
    description: str = Field(default="", max_length=300, description="of a free line; of the catalogue's: its name")
    quantity: int = Field(default=1, ge=1, le=MOST_UNITS)
    price: int | None = Field(
        default=None,
        ge=0,
        le=MOST,
        description="centavos for one, with VAT; where the catalogue has a range: as agreed, inside it",
        examples=[40_000],
    )
    discount: int = Field(default=0, ge=0, le=MOST, description="centavos off the line")
    product_key: str = Field(default="", pattern=r"^$|^\d{8}$", description="of a free line: SAT c_ClaveProdServ")
    unit_key: str = Field(default="", pattern=r"^$|^[A-Z0-9]{2,3}$", description="of a free line: SAT c_ClaveUnidad")
    vat: str = Field(default="", pattern=r"^$|^(16|8|0|exempt)$", description="of a free line; left out: as usual")
    animal: AnimalBody | None = Field(default=None, description="where it is for another animal than the bill")

    def order(self) -> LineOrder:
        return LineOrder(
            self.code,
            self.description,
            self.quantity,
            self.price,
            self.discount,
            self.product_key,
            self.unit_key,
            self.vat,
            self.animal.animal() if self.animal else None,
        )


class GivenView(View):
    """What a package gave on a line."""

    subscription: str = Field(examples=["s_8Kq2nR4xYw1Z"])
    units: int
    percent_off: int
    off: MoneyView


class LineView(View):
    """A line as it was billed."""

    code: str
    description: str
    quantity: int
    price: MoneyView
    discount: MoneyView
    packages: list[GivenView]
    total: MoneyView

    @classmethod
    def of(cls, line: BillLine, currency: str) -> "LineView":
        def money(centavos: int) -> MoneyView:
            return MoneyView.of(Money(centavos, currency))

        return cls(
            code=line.code,
            description=line.description,
            quantity=line.quantity,
            price=money(line.price),
            discount=money(line.discount),
            packages=[
                GivenView(
                    subscription=each.subscription, units=each.units, percent_off=each.percent_off, off=money(each.off)
                )
                for each in line.applied
            ],
            total=money(line.total),
        )


class BillView(View):
    """Where a bill stands."""

    id: str = Field(examples=["b_8Kq2nR4xYw1Z"])
    customer_reference: str = Field(examples=["dueno-1042"])
    pet: str
    status: BillStatus
    total: MoneyView
    lines: list[LineView]
    cfdi: InvoiceWish
    """When it is invoiced (CFDI) by name."""
    created_at: datetime
    issued_at: datetime | None
    due_at: datetime | None
    settled_at: datetime | None
    pay_url: str
    """Where the customer pays it: our page, good as long as the bill is."""
    stripe_invoice: str = Field(examples=["in_1Pgc6tB7WZ01zgkW"])

    @classmethod
    def of(cls, bill: Bill, customer: Customer, settings: Settings) -> "BillView":
        key = settings.link_secret
        payable = bill.status in (BillStatus.OPEN, BillStatus.OVERDUE)
        return cls(
            id=bill.id,
            customer_reference=customer.reference,
            pet=bill.pet,
            status=bill.status,
            total=MoneyView.of(bill.total),
            lines=[LineView.of(line, bill.currency) for line in bill.lines],
            cfdi=bill.invoicing,
            created_at=bill.created_at,
            issued_at=bill.issued_at,
            due_at=bill.due_at,
            settled_at=bill.settled_at,
            pay_url=link(settings.public_url, key, Purpose.PAY, bill.tenant, bill.id) if payable else "",
            stripe_invoice=bill.invoice,
        )


class BillPage(View):
    """Some bills, newest first."""

    data: list[BillView]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last one."""
