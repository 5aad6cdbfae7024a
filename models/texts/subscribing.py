"""What is said about a subscription that is not in arrears: its trial, its renewal, its end. Mexican Spanish first, English second."""

from models.notices import NoticeKind
from models.wording import Spoken, Wording

TEXTS: dict[NoticeKind, Wording] = {
    NoticeKind.TRIAL_ENDING: Wording(
        Spoken(
            "Tu prueba de {brand} termina el {date}",
            "Hola {name}: tu prueba del plan {plan} termina el {date}. Ese día cargaremos {amount} a tu tarjeta. ¿Prefieres "
            "otro plan o cancelar? Hazlo aquí: {link}",
        ),
        Spoken(
            "Your {brand} trial ends on {date}",
            "Hi {name}: your trial of the {plan} plan ends on {date}. That day we will charge {amount} to your card. Another "
            "plan, or cancel? Do it here: {link}",
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
