"""What answers a customer's own message. Mexican Spanish first, English second."""

from models.speaking.notices import NoticeKind
from models.speaking.wording import Spoken, Wording

TEXTS: dict[NoticeKind, Wording] = {
    NoticeKind.STOPPED: Wording(
        Spoken(
            "Ya no te escribiremos por ese medio",
            "{name}, listo: {brand} ya no te escribirá por este medio. Lo que debas saber de tu cuenta te llegará por "
            "correo. Si cambias de opinión, responde ALTA.",
        ),
        Spoken(
            "We will not write to you there any more",
            "{name}, done: {brand} will not write to you here any more. What you must know about your account comes by "
            "e-mail. If you change your mind, reply START.",
        ),
    ),
    NoticeKind.RESUMED: Wording(
        Spoken(
            "Volveremos a escribirte",
            "{name}, listo: {brand} volverá a avisarte por este medio. Para dejar de recibir mensajes, responde BAJA.",
        ),
        Spoken(
            "We will write to you again",
            "{name}, done: {brand} will write to you here again. To stop messages, reply STOP.",
        ),
    ),
    NoticeKind.PROMISE_LINK: Wording(
        Spoken(
            "¿Cuándo prefieres pagar a {brand}?",
            "Gracias por avisarnos, {name}. Elige aquí el día en que pagarás ({plan}) y esperaremos hasta entonces: "
            "{link}",
        ),
        Spoken(
            "When would you rather pay {brand}?",
            "Thank you for telling us, {name}. Choose here the day you will pay ({plan}) and we will wait until "
            "then: {link}",
        ),
    ),
    NoticeKind.ACCOUNT_LINK: Wording(
        Spoken(
            "Tu enlace para entrar a tu cuenta de {brand}",
            "Hola {name}: entra aquí a tu cuenta para ver tu plan, tus facturas y tu forma de pago: {link} "
            "El enlace vale hasta el {date}. Si no lo pediste, no tienes que hacer nada.",
        ),
        Spoken(
            "Your link to your {brand} account",
            "Hi {name}: open your account here to see your plan, your invoices and how you pay: {link} "
            "The link is good until {date}. If you did not ask for it, there is nothing you need to do.",
        ),
    ),
    NoticeKind.TICKET_REPLY: Wording(
        Spoken("{brand} te responde", "{answer}"),
        Spoken("{brand} answers you", "{answer}"),
    ),
}
