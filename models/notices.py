"""What we write to customers: the kinds of notice and their texts, Mexican Spanish first, English second."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from models.contact import ANYTIME, Contact
from models.declines import DeclineClass
from models.money import Money
from models.periods import REAL_DAY, Calendar


class NoticeKind(StrEnum):
    """One kind, one text per language."""

    TRIAL_ENDING = "trial_ending"
    RENEWAL = "renewal"
    PAYMENT_FAILED = "payment_failed"
    UPDATE_CARD = "update_card"
    AUTHENTICATE = "authenticate"
    DEGRADED = "degraded"
    SUSPENDED = "suspended"
    DELETION_WARNING = "deletion_warning"
    CANCELED = "canceled"
    PAYMENT_RECEIVED = "payment_received"
    TAX_INVOICE = "tax_invoice"
    CREDIT_NOTE = "credit_note"
    TAX_DATA = "tax_data"
    STOPPED = "stopped"
    RESUMED = "resumed"
    PROMISE_LINK = "promise_link"


class Channel(StrEnum):
    """How a message travels. A notice that names none goes by WhatsApp, and where that fails by SMS or e-mail (`models.fallback`)."""

    WHATSAPP = "whatsapp"
    SMS = "sms"
    EMAIL = "email"


class Language(StrEnum):
    """Languages a notice is written in."""

    ES = "es-MX"
    EN = "en"


# A notice that asks for money must not go out once the money is there.
CHASING = frozenset(
    {
        NoticeKind.PAYMENT_FAILED,
        NoticeKind.UPDATE_CARD,
        NoticeKind.AUTHENTICATE,
        NoticeKind.DEGRADED,
        NoticeKind.SUSPENDED,
        NoticeKind.DELETION_WARNING,
    }
)

# What announces or names a consequence: never held back by a cap on reminders.
WARNINGS = frozenset({NoticeKind.DEGRADED, NoticeKind.SUSPENDED, NoticeKind.DELETION_WARNING})

# What chases and announces nothing: these are what caps on reminders count.
REMINDERS = CHASING - WARNINGS

# What announces a day: after it nobody is helped by it.
ANNOUNCING = frozenset({NoticeKind.TRIAL_ENDING, NoticeKind.RENEWAL})

# What answers a customer's own message, on the channel it came by and whatever they said of that channel before.
ANSWERS = frozenset({NoticeKind.STOPPED, NoticeKind.RESUMED, NoticeKind.PROMISE_LINK})

# What carries a CFDI: its link leads to the PDF, which goes by WhatsApp too.
WITH_DOCUMENT = frozenset({NoticeKind.TAX_INVOICE, NoticeKind.CREDIT_NOTE})


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text mentions. All are ready to print: amounts and dates are already in the customer's terms."""

    name: str
    brand: str
    plan: str
    amount: str = ""
    date: str = ""
    link: str = ""
    decline: DeclineClass | None = None
    debts: str = ""  # all that is owed, in one sentence; only where money is asked for


@dataclass(frozen=True, slots=True)
class Text:
    """A rendered notice: `body` goes by WhatsApp as it is and by e-mail under `subject`.

    `variables` are the same facts in order, for a template approved by WhatsApp: those of `VARIABLES`.
    """

    subject: str
    body: str
    variables: tuple[str, ...] = ()

    @property
    def link(self) -> str:
        """Where it leads."""
        return self.variables[VARIABLES.index("link")] if self.variables else ""


# Of a template, in the order of their numbers, from 1. `debts` is given where money is asked for (`CHASING`), and is one sentence:
# Twilio takes no line breaks in a variable (its error 21656).
VARIABLES = ("name", "brand", "plan", "amount", "date", "link", "debts")


_WHY = {
    Language.ES: {
        DeclineClass.HARD: "Tu banco ya no acepta cargos a esa tarjeta, así que no volveremos a intentarlo: necesitamos otra.",
        DeclineClass.AUTHENTICATION: "Tu banco pide que autorices el cargo tú mismo.",
    },
    Language.EN: {
        DeclineClass.HARD: "Your bank no longer accepts charges to that card, so we will not try it again: please use another one.",
        DeclineClass.AUTHENTICATION: "Your bank asks you to approve the charge yourself.",
    },
}
_WHY_OTHERWISE = {
    Language.ES: "Lo volveremos a intentar en las próximas 24 horas.",
    Language.EN: "We will try again within the next 24 hours.",
}

_TEXTS: dict[Language, dict[NoticeKind, tuple[str, str]]] = {
    Language.ES: {
        NoticeKind.TRIAL_ENDING: (
            "Tu prueba de {brand} termina el {date}",
            "Hola {name}: tu prueba del plan {plan} termina el {date}. Ese día cargaremos {amount} a tu tarjeta. "
            "¿Prefieres otro plan o cancelar? Hazlo aquí: {link}",
        ),
        NoticeKind.RENEWAL: (
            "Tu suscripción a {brand} se renueva el {date}",
            "Hola {name}: tu plan {plan} se renueva el {date} por {amount}. Asegúrate de tener saldo en tu tarjeta, "
            "o cámbiala aquí: {link}",
        ),
        NoticeKind.PAYMENT_FAILED: (
            "No pudimos cobrar tu suscripción a {brand}",
            "Hola {name}: no pudimos cobrar {amount} de tu plan {plan}. {why} Revisa tu tarjeta aquí: {link}",
        ),
        NoticeKind.UPDATE_CARD: (
            "Actualiza tu tarjeta: tu servicio de {brand} se suspende el {date}",
            "Hola {name}: tu pago de {amount} sigue pendiente. Actualiza tu tarjeta aquí: {link} "
            "Si no recibimos el pago, tu servicio se suspende el {date}.",
        ),
        NoticeKind.AUTHENTICATE: (
            "Autoriza tu pago de {brand}",
            "Hola {name}: tu banco pide que autorices tú mismo el cargo de {amount} de tu plan {plan}. "
            "Hazlo aquí, toma un minuto: {link}",
        ),
        NoticeKind.DEGRADED: (
            "Tu servicio de {brand} está limitado",
            "{name}, por falta de pago de {amount} tu servicio de {brand} quedó en modo de solo consulta. "
            "Paga aquí y vuelve completo en segundos: {link}",
        ),
        NoticeKind.SUSPENDED: (
            "Servicio suspendido: paga para reactivarlo",
            "{name}, tu servicio de {brand} está suspendido por falta de pago de {amount}. "
            "Paga aquí y se reactiva en segundos: {link}",
        ),
        NoticeKind.DELETION_WARNING: (
            "Aviso: tus datos en {brand} se eliminarán",
            "{name}, tu servicio de {brand} sigue suspendido. Si no recibimos {amount} antes del {date}, cancelaremos tu cuenta "
            "y tus datos podrán eliminarse. Paga aquí para conservarlos: {link}",
        ),
        NoticeKind.CANCELED: (
            "Tu suscripción a {brand} fue cancelada",
            "{name}, cancelamos tu plan {plan} y ya no haremos más cargos. Cuando quieras volver, aquí estamos.",
        ),
        NoticeKind.PAYMENT_RECEIVED: (
            "Pago recibido: tu servicio de {brand} está activo",
            "¡Gracias, {name}! Recibimos tu pago de {amount} y tu servicio está activo. Tu factura llega en unos minutos.",
        ),
        NoticeKind.TAX_INVOICE: (
            "Tu factura (CFDI) de {brand} por {amount}",
            "Hola {name}: esta es la factura de tu plan {plan} por {amount}. El XML y el PDF van por correo; aquí puedes verla: {link}",
        ),
        NoticeKind.CREDIT_NOTE: (
            "Tu nota de crédito (CFDI de egreso) de {brand} por {amount}",
            "Hola {name}: te devolvimos {amount} de tu plan {plan} y esta es la nota de crédito (CFDI de egreso). "
            "El XML y el PDF van por correo; aquí puedes verla: {link}",
        ),
        NoticeKind.TAX_DATA: (
            "Corrige tus datos fiscales para recibir tu factura de {brand}",
            "Hola {name}: el SAT no reconoce los datos fiscales con los que haríamos la factura de tu plan {plan} por {amount}. "
            "Revísalos con tu Constancia de Situación Fiscal y corrígelos aquí; tu factura saldrá en seguida: {link}",
        ),
        NoticeKind.STOPPED: (
            "Ya no te escribiremos por ese medio",
            "{name}, listo: {brand} ya no te escribirá por este medio. Lo que debas saber de tu cuenta te llegará por correo. "
            "Si cambias de opinión, responde ALTA.",
        ),
        NoticeKind.RESUMED: (
            "Volveremos a escribirte",
            "{name}, listo: {brand} volverá a avisarte por este medio. Para dejar de recibir mensajes, responde BAJA.",
        ),
        NoticeKind.PROMISE_LINK: (
            "¿Cuándo prefieres pagar a {brand}?",
            "Gracias por avisarnos, {name}. Elige aquí el día en que pagarás tu plan {plan} y esperaremos hasta entonces: {link}",
        ),
    },
    Language.EN: {
        NoticeKind.TRIAL_ENDING: (
            "Your {brand} trial ends on {date}",
            "Hi {name}: your trial of the {plan} plan ends on {date}. That day we will charge {amount} to your card. "
            "Another plan, or cancel? Do it here: {link}",
        ),
        NoticeKind.RENEWAL: (
            "Your {brand} subscription renews on {date}",
            "Hi {name}: your {plan} plan renews on {date} for {amount}. Please make sure your card has funds, or change it here: {link}",
        ),
        NoticeKind.PAYMENT_FAILED: (
            "We could not charge your {brand} subscription",
            "Hi {name}: we could not charge {amount} for your {plan} plan. {why} Check your card here: {link}",
        ),
        NoticeKind.UPDATE_CARD: (
            "Update your card: your {brand} service stops on {date}",
            "Hi {name}: your payment of {amount} is still due. Update your card here: {link} "
            "If we do not receive it, your service stops on {date}.",
        ),
        NoticeKind.AUTHENTICATE: (
            "Approve your {brand} payment",
            "Hi {name}: your bank asks you to approve the charge of {amount} for your {plan} plan yourself. "
            "Do it here, it takes a minute: {link}",
        ),
        NoticeKind.DEGRADED: (
            "Your {brand} service is limited",
            "{name}, because {amount} is unpaid your {brand} service is now read-only. Pay here and it is whole again in seconds: {link}",
        ),
        NoticeKind.SUSPENDED: (
            "Service suspended: pay to restore it",
            "{name}, your {brand} service is suspended because {amount} is unpaid. Pay here and it is back in seconds: {link}",
        ),
        NoticeKind.DELETION_WARNING: (
            "Warning: your {brand} data will be deleted",
            "{name}, your {brand} service is still suspended. If we do not receive {amount} by {date} we will cancel your account "
            "and your data may be deleted. Pay here to keep it: {link}",
        ),
        NoticeKind.CANCELED: (
            "Your {brand} subscription was canceled",
            "{name}, we canceled your {plan} plan and will make no more charges. You are welcome back any time.",
        ),
        NoticeKind.PAYMENT_RECEIVED: (
            "Payment received: your {brand} service is active",
            "Thank you, {name}! We received your payment of {amount} and your service is active. Your invoice follows in a few minutes.",
        ),
        NoticeKind.TAX_INVOICE: (
            "Your {brand} tax invoice (CFDI) for {amount}",
            "Hi {name}: this is the tax invoice for your {plan} plan, {amount}. XML and PDF come by e-mail; see it here: {link}",
        ),
        NoticeKind.CREDIT_NOTE: (
            "Your {brand} credit note (CFDI de egreso) for {amount}",
            "Hi {name}: we gave back {amount} of your {plan} plan; this is the credit note (CFDI de egreso). "
            "XML and PDF come by e-mail; see it here: {link}",
        ),
        NoticeKind.TAX_DATA: (
            "Correct your tax data to get your {brand} tax invoice",
            "Hi {name}: the SAT does not recognize the tax data for the invoice of your {plan} plan, {amount}. "
            "Compare them with your Constancia de Situación Fiscal and correct them here; the invoice follows at once: {link}",
        ),
        NoticeKind.STOPPED: (
            "We will not write to you there any more",
            "{name}, done: {brand} will not write to you here any more. What you must know about your account comes by e-mail. "
            "If you change your mind, reply START.",
        ),
        NoticeKind.RESUMED: (
            "We will write to you again",
            "{name}, done: {brand} will write to you here again. To stop messages, reply STOP.",
        ),
        NoticeKind.PROMISE_LINK: (
            "When would you rather pay {brand}?",
            "Thank you for telling us, {name}. Choose here the day you will pay for your {plan} plan and we will wait until then: {link}",
        ),
    },
}


def link_in(kind: NoticeKind) -> bool:
    """Whether a notice of this kind leads anywhere."""
    return "{link}" in _TEXTS[Language.ES][kind][1]


def render(kind: NoticeKind, language: Language, facts: Facts) -> Text:
    """The text of one notice."""
    why = _WHY[language].get(facts.decline, _WHY_OTHERWISE[language]) if facts.decline else _WHY_OTHERWISE[language]
    subject, body = _TEXTS[language][kind]
    words = {**asdict(facts), "why": why}
    variables = tuple(str(words[name]) for name in VARIABLES)
    return Text(subject.format(**words), body.format(**words), variables)


@dataclass(frozen=True, slots=True)
class NoticeRequest:
    """A message to be sent once. `key` is unique in the tenant and names the cause (`in_…/suspended`); no personal data travels here.

    `invoice` is looked at again before a chasing notice goes out. `on` is the instant the text mentions (UTC).
    """

    tenant: str
    key: str
    kind: NoticeKind
    subscription: str
    calendar: Calendar
    invoice: str = ""
    amount: Money | None = None
    on: datetime | None = None
    decline: DeclineClass | None = None
    document: str = ""  # the tax document that travels with it
    contact: Contact | None = None  # when it may leave, as its policy says; None: no policy speaks for it
    channel: Channel | None = None  # by this one alone; None: WhatsApp, then what `models.fallback` says
    warning: bool = False  # exempt from the caps on reminders

    @property
    def hours(self) -> Contact:
        """When it may leave. What no policy speaks for keeps the usual hours; what answers a customer's own message leaves at once."""
        if self.contact is not None:
            return self.contact
        shortened = self.calendar.day_seconds != REAL_DAY  # such a day has no nights
        return ANYTIME if shortened or self.kind in ANSWERS else Contact()

    @property
    def latest(self) -> datetime | None:
        """The instant (UTC) after which it would tell of what is past: the renewal or the end of a trial that it announces."""
        return self.on if self.kind in ANNOUNCING else None

    @property
    def counted(self) -> bool:
        """Whether it must keep its distance from other reminders to the same customer."""
        capped = self.contact is not None and (self.contact.per_week is not None or bool(self.contact.apart))
        return capped and self.kind in REMINDERS and not self.warning
