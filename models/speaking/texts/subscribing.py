"""What is said about a subscription that is not in arrears: its trial, its renewal, its end. Mexican Spanish first, English second."""

from models.speaking.notices import NoticeKind
from models.speaking.wording import Spoken, Wording

TEXTS: dict[NoticeKind, Wording] = {
    NoticeKind.TRIAL_ENDING: Wording(
        Spoken(
            "Tu prueba de {brand} termina el {date}",
            "Hola {name}: tu prueba del plan {plan} termina el {date}. Ese día cargaremos {amount} a tu tarjeta. {options} "
            "¿Prefieres otro plan o cancelar? Hazlo aquí: {link}",
        ),
        Spoken(
            "Your {brand} trial ends on {date}",
            "Hi {name}: your trial of the {plan} plan ends on {date}. That day we will charge {amount} to your card. {options} "
            "Another plan, or cancel? Do it here: {link}",
        ),
    ),
    NoticeKind.TRIAL_WITHOUT_CARD: Wording(
        Spoken(
            "Tu prueba de {brand} termina el {date}: agrega una tarjeta para seguir",
            "Hola {name}: tu prueba del plan {plan} termina el {date} y aún no tenemos tarjeta. Si quieres seguir por {amount}, "
            "agrégala aquí: {link} Si no, ese día se detiene tu servicio y no te cobraremos nada. {options}",
        ),
        Spoken(
            "Your {brand} trial ends on {date}: add a card to go on",
            "Hi {name}: your trial of the {plan} plan ends on {date} and we have no card yet. To go on for {amount}, add one "
            "here: {link} If not, your service stops that day and nothing is charged. {options}",
        ),
    ),
    NoticeKind.TRIAL_ENDED: Wording(
        Spoken(
            "Tu prueba de {brand} terminó",
            "Hola {name}: tu prueba del plan {plan} terminó y tu servicio está en pausa; no te cobramos nada. Si agregas una "
            "tarjeta aquí, cargaremos {amount} y tu servicio vuelve en seguida: {link}",
        ),
        Spoken(
            "Your {brand} trial has ended",
            "Hi {name}: your trial of the {plan} plan has ended and your service is paused; nothing was charged. If you add a "
            "card here, we will charge {amount} and your service is back at once: {link}",
        ),
    ),
    NoticeKind.CHECKOUT_ABANDONED: Wording(
        Spoken(
            "¿Terminamos tu alta en {brand}?",
            "Hola {name}: tu alta en el plan {plan} quedó a medias y no se cobró nada. Si aún lo quieres, aquí tienes una página "
            "nueva: {link} No te escribiremos más por esto.",
        ),
        Spoken(
            "Shall we finish your {brand} signup?",
            "Hi {name}: your signup to the {plan} plan was left half-way and nothing was charged. If you still want it, here is a "
            "fresh page: {link} We will not write to you about it again.",
        ),
    ),
    NoticeKind.RENEWAL: Wording(
        Spoken(
            "Tu suscripción a {brand} se renueva el {date}",
            "Hola {name}: tu plan {plan} se renueva el {date} por {amount}. Asegúrate de tener saldo en tu tarjeta, o "
            "cámbiala aquí: {link}",
        ),
        Spoken(
            "Your {brand} subscription renews on {date}",
            "Hi {name}: your {plan} plan renews on {date} for {amount}. Please make sure your card has funds, or change it "
            "here: {link}",
        ),
    ),
    NoticeKind.PLAN_CHANGE_SUMMARY: Wording(
        Spoken(
            "Así cambia tu plan de {brand} el {date}",
            "Hola {name}: el {date} pasas al plan {plan} por {amount}. {changes} Si prefieres quedarte como estás, deshazlo antes "
            "de esa fecha aquí: {link}",
        ),
        Spoken(
            "How your {brand} plan changes on {date}",
            "Hi {name}: on {date} you move to the {plan} plan for {amount}. {changes} If you would rather stay as you are, undo it "
            "before that day here: {link}",
        ),
    ),
    NoticeKind.USAGE_NEAR: Wording(
        Spoken(
            "Ya usaste el 80 % de tu plan de {brand}",
            "Hola {name}: ya usaste más del 80 % de lo que incluye tu plan {plan} ({usage}). Para que nada se detenga, mira tu "
            "consumo y los planes con más aquí: {link}",
        ),
        Spoken(
            "You have used 80% of your {brand} plan",
            "Hi {name}: you have used more than 80% of what your {plan} plan includes ({usage}). So that nothing stops, see your "
            "usage and the plans with more here: {link}",
        ),
    ),
    NoticeKind.USAGE_REACHED: Wording(
        Spoken(
            "Llegaste al límite de tu plan de {brand}",
            "Hola {name}: llegaste al límite de tu plan {plan} ({usage}). Cambia a un plan con más y sigue de inmediato: {link}",
        ),
        Spoken(
            "You have reached the limit of your {brand} plan",
            "Hi {name}: you have reached the limit of your {plan} plan ({usage}). Change to a plan with more and go on at once: {link}",
        ),
    ),
    NoticeKind.CANCELED: Wording(
        Spoken(
            "Tu suscripción a {brand} fue cancelada",
            "{name}, cancelamos tu plan {plan} y ya no haremos más cargos. Cuando quieras volver, aquí estamos.",
        ),
        Spoken(
            "Your {brand} subscription was canceled",
            "{name}, we canceled your {plan} plan and will make no more charges. You are welcome back any time.",
        ),
    ),
}
