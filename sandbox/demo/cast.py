"""Who takes part in the demo, and how each story must end."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.selling.plans import Plan
from models.speaking.notices import Language, NoticeKind
from models.subscribing.entitlements import Access
from models.subscribing.subscriptions import Status
from sandbox.shop import AT_ONCE, MONTHLY, PLUS, WELLNESS, YEARLY

N = NoticeKind


@dataclass(frozen=True, slots=True)
class Ending:
    """How a story must end: what the API, Stripe, the mailbox and the PAC must show.

    `paid` and `refused` count charges at the bank; `notices` come by WhatsApp, each exactly so often; `documents` are
    stamped tax invoices, each mailed once with its XML and PDF; `visited` are statuses passed through, in order;
    `opened` says that Stripe ever held a subscription; `used` counts the units of a package, by service; `plan` is theirs at the end where
    they changed it, and `last` what they paid last, in centavos.
    """

    status: Status
    access: Access
    paid: int = 0
    refused: int = 0
    documents: int = 0
    notices: Mapping[NoticeKind, int] = field(default_factory=dict)
    visited: tuple[Status, ...] = ()
    opened: bool = True
    used: Mapping[str, int] = field(default_factory=dict)
    plan: str = ""
    last: int = 0


@dataclass(frozen=True, slots=True)
class Role:
    """One subscriber. `fiscal` is RFC, name, régimen and postal code as on the constancia; `arrives` the day of the signup."""

    reference: str
    name: str
    story: str
    plan: Plan
    card: str
    fiscal: tuple[str, str, str, str]
    ending: Ending
    language: Language = Language.ES
    arrives: float = 0.0

    @property
    def email(self) -> str:
        return f"{self.reference}@cliente.example"

    @property
    def phone(self) -> str:
        """A number of its own, from the reference."""
        return f"+525510{sum(ord(c) * 31**n for n, c in enumerate(self.reference)) % 10**6:06d}"


GOOD, BROKE = "pm_card_visa", "pm_card_chargeCustomerFail_insufficient_funds"
XENON = ("XIA190128J61", "XENON INDUSTRIAL ARTICLES", "601", "76343")
ROBOTICA = ("URE180429TM6", "UNIVERSIDAD ROBOTICA ESPAÑOLA", "601", "86991")
ZAPATERIA = ("ZUÑ920208KL4", "ZAPATERIA URTADO ÑERI", "601", "77060")
CASAS = ("CACX7605101P8", "XOCHILT CASAS CHAVEZ", "605", "36257")
JUAREZ = ("JUFA7608212V6", "ADRIANA JUAREZ FERNANDEZ", "605", "01160")
MIRANDA = ("MISC491214B86", "CECILIA MIRANDA SANCHEZ", "605", "01010")
KALA = ("KAHO641101B39", "OSCAR KALA HAAK", "605", "38983")
FUENTE = ("FUNK671228PH6", "KARLA FUENTE NOLASCO", "605", "01160")
CRUZ = ("CUSC850516316", "CESAR OSBALDO CRUZ SOLORZANO", "605", "45638")
ANDRADE = ("AABF800614HI0", "FELIX MANUEL ANDRADE BALLADO", "605", "86400")
XIMO = ("XIQB891116QE4", "BERENICE XIMO QUEZADA", "605", "01219")

_GRACE = (Status.TRIALING, Status.PAST_DUE, Status.ACTIVE)
_CUT = (Status.TRIALING, Status.PAST_DUE, Status.SUSPENDED)
_CHASED = {N.TRIAL_ENDING: 1, N.PAYMENT_FAILED: 1, N.UPDATE_CARD: 1}
_SETTLED = {N.PAYMENT_RECEIVED: 1, N.TAX_INVOICE: 1}

CAST = (
    Role(
        "ana",
        "Ana",
        "trial, first charge, renewal",
        MONTHLY,
        "pm_card_visa_debit",
        CASAS,
        Ending(
            Status.ACTIVE,
            Access.FULL,
            paid=2,
            documents=2,
            notices={N.TRIAL_ENDING: 1, N.RENEWAL: 1, N.TAX_INVOICE: 2},
            visited=(Status.TRIALING, Status.ACTIVE),
        ),
    ),
    Role(
        "bruno",
        "Bruno",
        "pays on the second retry",
        YEARLY,
        GOOD,
        XENON,
        Ending(
            Status.ACTIVE,
            Access.FULL,
            paid=1,
            refused=2,
            documents=1,
            notices={N.TRIAL_ENDING: 1, N.PAYMENT_FAILED: 1, **_SETTLED},
            visited=_GRACE,
        ),
        arrives=1.5,
    ),
    Role(
        "carla",
        "Carla",
        "suspended, pays by the link",
        YEARLY,
        BROKE,
        JUAREZ,
        Ending(
            Status.ACTIVE,
            Access.FULL,
            paid=1,
            refused=4,
            documents=1,
            notices={**_CHASED, N.SUSPENDED: 1, **_SETTLED},
            visited=(*_CUT, Status.ACTIVE),
        ),
        arrives=3,
    ),
    Role(
        "diego",
        "Diego",
        "never pays",
        YEARLY,
        "pm_card_chargeCustomerFail",
        MIRANDA,
        Ending(
            Status.CANCELED,
            Access.BLOCKED,
            refused=4,
            notices={**_CHASED, N.SUSPENDED: 1, N.DELETION_WARNING: 1, N.CANCELED: 1},
            visited=(*_CUT, Status.CANCELED),
        ),
    ),
    Role(
        "elena",
        "Elena",
        "lost card, gives another one",
        YEARLY,
        "pm_card_chargeCustomerFail_lost_card",
        ROBOTICA,
        Ending(
            Status.ACTIVE,
            Access.FULL,
            paid=1,
            refused=1,
            documents=1,
            notices={**_CHASED, N.SUSPENDED: 1, **_SETTLED},
            visited=(*_CUT, Status.ACTIVE),
        ),
        Language.EN,
        arrives=4.5,
    ),
    Role(
        "fabian",
        "Fabián",
        "more grace, then pays by SPEI",
        YEARLY,
        BROKE,
        KALA,
        Ending(
            Status.ACTIVE,
            Access.FULL,
            refused=4,
            documents=1,
            notices={**_CHASED, **_SETTLED},
            visited=_GRACE,
        ),
        arrives=6,
    ),
    Role(
        "gabi",
        "Gabi",
        "checkout page, cancels in the trial",
        YEARLY,
        GOOD,
        FUENTE,
        Ending(
            Status.CANCELED,
            Access.BLOCKED,
            notices={N.CANCELED: 1},
            visited=(Status.TRIALING, Status.CANCELED),
        ),
        arrives=7,
    ),
    Role(
        "hugo",
        "Hugo",
        "card refused at signup",
        AT_ONCE,
        BROKE,
        XIMO,
        Ending(Status.CANCELED, Access.BLOCKED, visited=(Status.CANCELED,), opened=False),
        arrives=8,
    ),
    Role(
        "ines",
        "Inés",
        "pays while the PAC is down",
        AT_ONCE,
        "pm_card_mastercard",
        ZAPATERIA,
        Ending(
            Status.ACTIVE,
            Access.FULL,
            paid=1,
            documents=1,
            notices={N.TAX_INVOICE: 1},
            visited=(Status.ACTIVE,),
        ),
        arrives=0.5,
    ),
    Role(
        "julia",
        "Julia",
        "wellness plan: two check-ups, not three",
        WELLNESS,
        GOOD,
        ANDRADE,
        Ending(
            Status.ACTIVE,
            Access.FULL,
            paid=1,
            documents=1,
            notices={N.TAX_INVOICE: 1},
            visited=(Status.ACTIVE,),
            used={"consulta": 2, "vacunacion": 1},
        ),
        arrives=2,
    ),
    Role(
        "karla",
        "Karla",
        "downgrades with the period's end",
        PLUS,
        GOOD,
        CRUZ,
        Ending(
            Status.ACTIVE,
            Access.FULL,
            paid=2,
            documents=2,
            notices={N.PLAN_CHANGE_SUMMARY: 1, N.RENEWAL: 1, N.TAX_INVOICE: 2},
            visited=(Status.ACTIVE,),
            plan=MONTHLY.code,
            last=MONTHLY.price.centavos,
        ),
        arrives=0.2,
    ),
)
