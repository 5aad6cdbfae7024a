"""What is said of a bill: here it is, it is overdue, it was paid. Mexican Spanish first, English second."""

from models.speaking.notices import NoticeKind
from models.speaking.wording import Spoken, Wording

TEXTS: dict[NoticeKind, Wording] = {
    NoticeKind.BILL_ISSUED: Wording(
        Spoken(
            "Tu cuenta de {brand} por {amount}",
            "Hola {name}: tu cuenta con {brand} es de {amount} ({plan}). Tienes hasta el {date} para pagarla con tarjeta, en "
            "OXXO o por SPEI aquí: {link}",
        ),
        Spoken(
            "Your {brand} bill for {amount}",
            "Hi {name}: your bill from {brand} comes to {amount} ({plan}). Pay it by {date} by card, at OXXO or by SPEI here: "
            "{link}",
        ),
    ),
    NoticeKind.BILL_OVERDUE: Wording(
        Spoken(
            "Recordatorio: tu cuenta de {brand} por {amount} está vencida",
            "Hola {name}: aún no recibimos tu pago de {amount} a {brand} ({plan}). Puedes pagar aquí con tarjeta, en OXXO o por "
            "SPEI: {link} Si ya pagaste, no hagas caso de este mensaje.",
        ),
        Spoken(
            "Reminder: your {brand} bill for {amount} is overdue",
            "Hi {name}: we have not received your payment of {amount} to {brand} ({plan}) yet. Pay here by card, at OXXO or by "
            "SPEI: {link} If you have paid already, please ignore this message.",
        ),
    ),
    NoticeKind.BILL_PAID: Wording(
        Spoken(
            "Recibimos tu pago de {amount}",
            "¡Gracias, {name}! {brand} recibió tu pago de {amount} ({plan}). Si necesitas factura (CFDI) a tu nombre, pídela "
            "aquí: {link}",
        ),
        Spoken(
            "We received your payment of {amount}",
            "Thank you, {name}! {brand} received your payment of {amount} ({plan}). If you need a tax invoice (CFDI) in your "
            "name, ask for it here: {link}",
        ),
    ),
}
