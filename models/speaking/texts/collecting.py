"""What is said to whoever owes: a charge failed, what follows, the money came. Mexican Spanish first, English second."""

from models.speaking.notices import NoticeKind
from models.speaking.wording import Spoken, Wording

TEXTS: dict[NoticeKind, Wording] = {
    NoticeKind.PAYMENT_FAILED: Wording(
        Spoken(
            "No pudimos cobrar tu suscripción a {brand}",
            "Hola {name}: no pudimos cobrar {amount} de tu plan {plan}. {why} Revisa tu tarjeta aquí: {link}",
        ),
        Spoken(
            "We could not charge your {brand} subscription",
            "Hi {name}: we could not charge {amount} for your {plan} plan. {why} Check your card here: {link}",
        ),
    ),
    NoticeKind.UPDATE_CARD: Wording(
        Spoken(
            "Actualiza tu tarjeta: tu servicio de {brand} se suspende el {date}",
            "Hola {name}: tu pago de {amount} sigue pendiente. Actualiza tu tarjeta aquí: {link} Si no recibimos el pago, tu "
            "servicio se suspende el {date}.",
        ),
        Spoken(
            "Update your card: your {brand} service stops on {date}",
            "Hi {name}: your payment of {amount} is still due. Update your card here: {link} If we do not receive it, your "
            "service stops on {date}.",
        ),
    ),
    NoticeKind.AUTHENTICATE: Wording(
        Spoken(
            "Autoriza tu pago de {brand}",
            "Hola {name}: tu banco pide que autorices tú mismo el cargo de {amount} de tu plan {plan}. Hazlo aquí, toma un "
            "minuto: {link}",
        ),
        Spoken(
            "Approve your {brand} payment",
            "Hi {name}: your bank asks you to approve the charge of {amount} for your {plan} plan yourself. Do it here, it "
            "takes a minute: {link}",
        ),
    ),
    NoticeKind.DEGRADED: Wording(
        Spoken(
            "Tu servicio de {brand} está limitado",
            "{name}, por falta de pago de {amount} tu servicio de {brand} quedó en modo de solo consulta. Paga aquí y vuelve "
            "completo en segundos: {link}",
        ),
        Spoken(
            "Your {brand} service is limited",
            "{name}, because {amount} is unpaid your {brand} service is now read-only. Pay here and it is whole again in "
            "seconds: {link}",
        ),
    ),
    NoticeKind.SUSPENDED: Wording(
        Spoken(
            "Servicio suspendido: paga para reactivarlo",
            "{name}, tu servicio de {brand} está suspendido por falta de pago de {amount}. Paga aquí y se reactiva en "
            "segundos: {link}",
        ),
        Spoken(
            "Service suspended: pay to restore it",
            "{name}, your {brand} service is suspended because {amount} is unpaid. Pay here and it is back in seconds: {link}",
        ),
    ),
    NoticeKind.DELETION_WARNING: Wording(
        Spoken(
            "Aviso: tus datos en {brand} se eliminarán",
            "{name}, tu servicio de {brand} sigue suspendido. Si no recibimos {amount} antes del {date}, cancelaremos tu "
            "cuenta y tus datos podrán eliminarse. Paga aquí para conservarlos: {link}",
        ),
        Spoken(
            "Warning: your {brand} data will be deleted",
            "{name}, your {brand} service is still suspended. If we do not receive {amount} by {date} we will cancel your "
            "account and your data may be deleted. Pay here to keep it: {link}",
        ),
    ),
    NoticeKind.PAYMENT_RECEIVED: Wording(
        Spoken(
            "Pago recibido: tu servicio de {brand} está activo",
            "¡Gracias, {name}! Recibimos tu pago de {amount} y tu servicio está activo. Tu factura llega en unos minutos.",
        ),
        Spoken(
            "Payment received: your {brand} service is active",
            "Thank you, {name}! We received your payment of {amount} and your service is active. Your invoice follows in a "
            "few minutes.",
        ),
    ),
}
