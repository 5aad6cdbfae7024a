"""A catalogue as people write it: YAML with a published JSON Schema. Amounts are pesos with centavos in quotes, "149.00".

The words for what is wrong stand in the types, so that a file and a request to the API are corrected alike.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from models.money import PESOS, of_pesos
from models.selling.plans import DEFAULT_PRODUCT, DEFAULT_UNIT, TrialEnd

LONGEST_CODE = 48  # leaves room for `-anual`, and Stripe's lookup keys end at 200 letters
UNLIMITED = "unlimited"
YEARLY = "-anual"  # what the code of a plan paid by the year ends in


def _wrong(told: Any, remedy: str) -> PydanticCustomError:
    return PydanticCustomError("catalog", "'{told}' {remedy}", {"told": str(told)[:60], "remedy": remedy})


def _matching(pattern: str, remedy: str) -> Any:
    """Text of a pattern, and what to write instead of what is not."""

    def check(told: Any) -> Any:
        if not isinstance(told, str) or not re.fullmatch(pattern, told):
            raise _wrong(told, remedy)
        return told

    return BeforeValidator(check)


def _amount(told: Any) -> Any:
    try:
        of_pesos(told if isinstance(told, str) else "")
    except ValueError:
        raise _wrong(told, 'is no amount; write pesos with centavos in quotes, e.g. "149.00"') from None
    return told


def _words(told: Any) -> Any:
    return {"es": told} if isinstance(told, str) else told


def _limit(told: Any) -> Any:
    if told != UNLIMITED and (isinstance(told, bool) or not isinstance(told, int) or not 0 <= told <= 10**12):
        raise _wrong(told, f"is no limit; write a whole number, or {UNLIMITED}")
    return told


_CODE_PATTERN = rf"[A-Za-z0-9_-]{{1,{LONGEST_CODE}}}"
_Code = Annotated[
    str,
    _matching(_CODE_PATTERN, f"is no code; use 1 to {LONGEST_CODE} letters, digits, - and _"),
    WithJsonSchema({"type": "string", "pattern": f"^{_CODE_PATTERN}$"}),
]
_Amount = Annotated[
    str, BeforeValidator(_amount), WithJsonSchema({"type": "string", "pattern": PESOS, "examples": ["149.00"]})
]
_Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=300)]
_Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f|]+$", max_length=100)]  # the SAT takes no pipe
_Group = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f|/]+$", max_length=30)]
_Limit = Annotated[
    int | Literal["unlimited"],
    BeforeValidator(_limit),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0, "maximum": 10**12}, {"const": UNLIMITED}]}),
]
_Instalments = Annotated[
    list[Annotated[int, Field(ge=2, le=12)]],
    BeforeValidator(lambda told: [told] if isinstance(told, int) else told, json_schema_input_type=int | list[int]),
]
_WEIGHT_PATTERN = r"\d{1,3}-(\d{1,3}|up)"


class Page(BaseModel):
    """A part of the page: unknown fields are refused, for a misspelt one would be without effect."""

    model_config = ConfigDict(extra="forbid")


class WordsPage(Page):
    """Text for customers: Spanish, and English where there is any. A text alone is Spanish."""

    es: _Text = Field(min_length=1)
    en: _Text = ""


_Words = Annotated[WordsPage, BeforeValidator(_words, json_schema_input_type=WordsPage | _Text)]


class LimitPage(WordsPage):
    """A thing of which plans allow so much."""

    per: Literal["month"] | None = Field(default=None, description="month: counted anew each month; left out: in use")
    unit: _Text = Field(default="", max_length=20, description="what it is counted in, e.g. GB; left out: pieces")


_LimitWords = Annotated[LimitPage, BeforeValidator(_words, json_schema_input_type=LimitPage | _Text)]


class FiscalPage(Page):
    """How it stands on a tax invoice (CFDI 4.0)."""

    product_key: Annotated[
        str,
        _matching(r"\d{8}", "is no key; write the 8 digits of SAT c_ClaveProdServ in quotes"),
        WithJsonSchema({"type": "string", "pattern": r"^\d{8}$"}),
    ] = DEFAULT_PRODUCT
    unit_key: Annotated[
        str,
        _matching(r"[A-Z0-9]{2,3}", "is no key; write SAT c_ClaveUnidad, e.g. E48 (service), H87 (piece), DAY"),
        WithJsonSchema({"type": "string", "pattern": r"^[A-Z0-9]{2,3}$"}),
    ] = DEFAULT_UNIT
    vat: (
        Annotated[
            str,
            _matching(r"16|8|0|exempt", 'is no VAT of Mexico; write "16", "8" (border), "0" or exempt'),
            WithJsonSchema({"type": "string", "enum": ["16", "8", "0", "exempt"]}),
        ]
        | None
    ) = Field(default=None, description="of services and products; left out: as the issuer's other sales")


class RangePage(Page):
    """A price that is agreed when it is sold, between two amounts."""

    from_: _Amount = Field(alias="from")
    to: _Amount


Cost = str | RangePage
_Cost = Annotated[
    Annotated[_Amount, Tag("amount")] | Annotated[RangePage, Tag("range")],
    Discriminator(lambda told: "range" if isinstance(told, dict | RangePage) else "amount"),
]


class PricesPage(Page):
    """Prices with VAT. Each interval is a plan of its own: `pro`, and `pro-anual` by the year."""

    month: _Cost | None = None
    year: _Cost | None = None


class TrialPage(Page):
    """Days before the first charge."""

    days: int = Field(ge=1, le=730)
    card: bool = Field(default=True, description="whether it begins with a card on file")
    without_card: TrialEnd = Field(
        default=TrialEnd.PAUSE,
        description="where it needs none and none was given by its end: pause (until there is one), or cancel",
    )


class _Sold(Page):
    code: _Code
    name: _Name
    fiscal: FiscalPage | None = Field(default=None, description="left out: the catalogue's")


class PlanPage(_Sold):
    """A plan: so much of what is limited, and what it can do."""

    description: _Words | None = None
    prices: PricesPage
    trial: TrialPage | None = None
    extends: _Code | None = Field(
        default=None, description="a plan above it: its features are had too, and its limits where none are given"
    )
    limits: dict[_Code, _Limit] = {}
    features: list[_Code] = []


class BenefitPage(Page):
    """What a package gives on a service."""

    service: _Code = Field(description="code of one of the services")
    name: _Words | None = Field(default=None, description="left out: the service's")
    units: int | None = Field(
        default=None, ge=1, le=10_000, description="so often in each period; left out: as often as needed"
    )
    percent_off: int = Field(default=100, ge=1, le=100, description="100: included; less: paid, that much cheaper")


class PackagePage(_Sold):
    """A package: units of services, counted down as they are used. A price range is sold at its lower end."""

    description: _Words | None = None
    prices: PricesPage
    includes: list[BenefitPage] = Field(min_length=1)
    instalments: _Instalments = Field(
        default=[], description="the yearly price may be paid in so many monthly parts, e.g. 12 or [3, 6, 12]"
    )


class RatePage(Page):
    """What it costs for some animals."""

    species: _Group | None = None
    sex: _Group | None = None
    weight: (
        Annotated[
            str,
            _matching(_WEIGHT_PATTERN, 'is no weight; write kilograms, e.g. "0-10" or "40-up"'),
            WithJsonSchema({"type": "string", "pattern": f"^{_WEIGHT_PATTERN}$", "examples": ["0-10", "40-up"]}),
        ]
        | None
    ) = None
    price: _Cost


class ItemPage(_Sold):
    """A service or a product. Without price and rates its price is said when it is sold."""

    note: _Words | None = None
    price: _Cost | None = None
    rates: list[RatePage] = Field(default=[], description="where the price depends on the animal")


class CatalogPage(Page):
    """What may stand on the page."""

    currency: Annotated[
        str,
        _matching(r"[A-Z]{3}", "is no currency; write its three letters (ISO 4217), e.g. MXN"),
        WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"}),
    ] = "MXN"
    fiscal: FiscalPage = Field(default_factory=FiscalPage)
    limits: dict[_Code, _LimitWords] = {}
    features: dict[_Code, _Words] = {}
    plans: list[PlanPage] = []
    packages: list[PackagePage] = []
    services: list[ItemPage] = []
    products: list[ItemPage] = []


# What may stand under which name, for whoever wrote something else there.
UNDER: dict[str, type[Page]] = {
    "": CatalogPage,
    "fiscal": FiscalPage,
    "plans": PlanPage,
    "packages": PackagePage,
    "services": ItemPage,
    "products": ItemPage,
    "prices": PricesPage,
    "month": RangePage,
    "year": RangePage,
    "price": RangePage,
    "trial": TrialPage,
    "includes": BenefitPage,
    "rates": RatePage,
    "limits": LimitPage,
    "features": WordsPage,
    "description": WordsPage,
    "note": WordsPage,
    "name": WordsPage,
}
