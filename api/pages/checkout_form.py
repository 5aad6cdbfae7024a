"""How the signup form looks: what is bought beside what is asked, each mistake beside its field, all that was typed kept."""

from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from api.layout import Frame, Width, laid_out
from api.markup import address, markup, switched
from api.pages.tax_data import CHOICES, FIELD_WORDS
from models.look.brand import Brand
from models.periods import Calendar
from models.records import Tenant
from models.selling.applying import Agreement, first_payments, named
from models.selling.plans import Interval, Plan
from models.speaking.notices import Language

_TAX = ("tax_id", "legal_name", "tax_regime", "postal_code", "cfdi_use")
FIELDS = ("name", "email", "phone", *_TAX, "agreed")

# Label, what is asked, and what to do where it cannot be right.
_WORDS: dict[Language, dict[str, tuple[str, str, str]]] = {
    Language.ES: {
        "name": ("Nombre", "", "Escribe tu nombre."),
        "email": (
            "Correo electrónico",
            "Aquí recibes tus facturas y el enlace a tu cuenta.",
            "Escribe un correo completo, por ejemplo ana@ejemplo.mx.",
        ),
        "phone": (
            "Teléfono con WhatsApp",
            "10 dígitos; solo te escribimos sobre tu suscripción.",
            "Escribe los 10 dígitos, o + y la clave de país, por ejemplo 55 1234 5678.",
        ),
        "agreed": ("", "", "Para continuar, lee y acepta las condiciones."),
    },
    Language.EN: {
        "name": ("Name", "", "Write your name."),
        "email": (
            "E-mail",
            "Your invoices and the link to your account come here.",
            "Write a whole address, for example ana@example.mx.",
        ),
        "phone": (
            "Phone with WhatsApp",
            "10 digits; we only write about your subscription.",
            "Write the 10 digits, or + and the country code, for example +52 55 1234 5678.",
        ),
        "agreed": ("", "", "To go on, read and accept the terms."),
    },
}
_UNFIT = {Language.ES: "Así no puede ser. ", Language.EN: "This cannot be right. "}


class Given(BaseModel):
    """What was typed. Nothing is refused here: what is wrong is said beside its field."""

    nonce: str = ""
    """Of this form: sent twice it is one signup."""
    seen: str = ""
    """The versions of the texts that the form showed."""
    name: str = ""
    email: str = ""
    phone: str = ""
    tax_id: str = ""
    legal_name: str = ""
    tax_regime: str = ""
    postal_code: str = ""
    cfdi_use: str = ""
    agreed: str = ""
    """Anything: the texts are agreed to."""

    @property
    def fiscal(self) -> dict[str, str]:
        """The tax data; empty where an invoice by name is not asked for."""
        told = {field: getattr(self, field) for field in _TAX}
        return told if any(value.strip() for value in told.values()) else {}


@dataclass(frozen=True, slots=True)
class Shown:
    """What is bought, of whom, and what is agreed to."""

    brand: Brand
    tenant: Tenant
    plan: Plan
    language: Language
    agreements: tuple[Agreement, ...]
    calendar: Calendar
    account: str = ""
    """The account's link by which somebody came."""


def drawn(
    shown: Shown, given: Given, *, wrong: frozenset[str] = frozenset(), taken: bool = False, status: int = 200
) -> HTMLResponse:
    """The whole page."""
    language, plan = shown.language, shown.plan
    english = language is Language.EN
    payments = first_payments(plan, datetime.now(UTC), shown.calendar)
    words = {
        **_WORDS[language],
        **{name: (label, hint, _UNFIT[language] + hint) for name, (label, hint) in FIELD_WORDS[language].items()},
    }
    title = {Language.ES: "Contratar {plan}", Language.EN: "Subscribe to {plan}"}[language].format(plan=plan.name)
    tenant, tongue = shown.brand.tenant, "en" if english else ""
    body = markup(
        "checkout.html",
        language,
        title=title,
        plan=plan,
        given=given,
        words=words,
        wrong=[field for field in FIELDS if field in wrong],
        taken=taken,
        tax=_TAX,
        choices=CHOICES,
        agreements=shown.agreements,
        seen=named(shown.agreements),
        payments=payments,
        day=shown.calendar.show_day(payments.on, english=english) if payments.on else "",
        yearly=plan.interval is Interval.YEAR,
        prices=address(f"/planes/{tenant}", interval="year" if plan.interval is Interval.YEAR else "", lang=tongue),
        account=address("/cuenta", tenant=tenant, lang=tongue),
    )
    frame = Frame(
        other=switched(f"/contratar/{tenant}/{plan.code}", language, cuenta=shown.account),
        home=address(f"/planes/{tenant}", lang=tongue),
        width=Width.MIDDLE,
    )
    return laid_out(shown.brand, title=title, body=body, language=language, status=status, frame=frame)
