"""What a customer may use now, and what the product should show. The product polls it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.periods import Calendar
from models.speaking.notices import Language
from models.subscribing.subscriptions import Status


class Access(StrEnum):
    """full: all of it. grace: all of it, with a warning. read_only: look, change nothing. blocked: nothing but the way to pay."""

    FULL = "full"
    GRACE = "grace"
    READ_ONLY = "read_only"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """The access, the banner to show (empty: none) and where its button leads."""

    access: Access
    banner: str = ""
    link: str = ""


_BANNERS = {
    Status.PAST_DUE: (
        "No pudimos cobrar tu suscripción. Actualiza tu tarjeta{before} para no perder el servicio.",
        "We could not charge your subscription. Update your card{before} to keep your service.",
    ),
    Status.SUSPENDED: (
        "Servicio suspendido: paga aquí para reactivarlo.",
        "Service suspended: pay here to restore it.",
    ),
    Status.PAUSED: ("Tu suscripción está en pausa.", "Your subscription is paused."),
    Status.INCOMPLETE: ("Termina tu registro para activar el servicio.", "Finish signing up to activate your service."),
    Status.CANCELED: ("Tu suscripción fue cancelada.", "Your subscription was canceled."),
}


_READ_ONLY = (
    "Servicio limitado a consulta por falta de pago. Paga aquí{before} para recuperarlo completo.",
    "Your service is read-only because a payment is missing. Pay here{before} to have it whole again.",
)


def entitlement(
    status: Status,
    language: Language,
    calendar: Calendar,
    *,
    grace_until: datetime | None = None,
    degraded: bool = False,
    link: str = "",
) -> Entitlement:
    """The entitlement that follows from a subscription's status. Nobody in grace is cut; nobody suspended gets in."""
    match status:
        case Status.TRIALING | Status.ACTIVE:
            return Entitlement(Access.FULL)
        case Status.PAST_DUE:
            access = Access.READ_ONLY if degraded else Access.GRACE
        case _:
            access = Access.BLOCKED
    spanish, english = _READ_ONLY if degraded else _BANNERS[status]
    in_english = language is Language.EN
    before = ""  # unknown until the case has reported
    if grace_until is not None:
        day = calendar.show_day(grace_until, english=in_english)
        before = f" before {day}" if in_english else f" antes del {day}"
    return Entitlement(access, (english if in_english else spanish).format(before=before), link)
