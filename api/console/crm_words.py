"""How the console tells of customers: what happened with them in a sentence, and the words of roles, stages and risks."""

from collections.abc import Mapping

from api.console.notice_words import NOTICES
from models.bookkeeping.ledger import Kind
from models.collecting.decline_words import plainly
from models.crm.activities import Activity, ActivityKind, Direction
from models.crm.advice import GUIDES, Advice
from models.crm.contacts import ContactRole
from models.crm.opportunities import Stage
from models.crm.profile import Sort
from models.crm.scores import Health, Level
from models.crm.standing import State
from models.money import Money
from models.speaking.notices import Channel, Language, NoticeKind
from models.speaking.replies import Meaning
from models.words import Words

STATES: Mapping[type, Mapping[str, tuple[str, str, str]]] = {
    State: {
        State.PROSPECT: ("Prospecto", "Prospect", "wait"),
        State.TRIAL: ("En prueba", "Trial", "info"),
        State.ACTIVE: ("Cliente activo", "Active", "good"),
        State.PAST_DUE: ("Debe", "Owes", "warn"),
        State.SUSPENDED: ("Suspendido", "Suspended", "bad"),
        State.PAUSED: ("En pausa", "Paused", "wait"),
        State.FORMER: ("Ya no es cliente", "Former", "wait"),
    },
    Level: {
        Level.LOW: ("Bajo", "Low", "good"),
        Level.MEDIUM: ("Medio", "Medium", "warn"),
        Level.HIGH: ("Alto", "High", "bad"),
    },
    Health: {
        Health.EXCELLENT: ("Excelente", "Excellent", "good"),
        Health.GOOD: ("Buena", "Good", "good"),
        Health.FAIR: ("Regular", "Fair", "warn"),
        Health.POOR: ("Mala", "Poor", "bad"),
    },
    Stage: {
        Stage.LEAD: ("Por contactar", "Lead", "wait"),
        Stage.PROPOSAL: ("Propuesta", "Proposal", "info"),
        Stage.NEGOTIATION: ("Negociación", "Negotiation", "info"),
        Stage.WON: ("Ganada", "Won", "good"),
        Stage.LOST: ("Perdida", "Lost", "wait"),
    },
    ContactRole: {
        ContactRole.DIRECTOR: ("Dirección", "Director", "info"),
        ContactRole.ACCOUNTANT: ("Contabilidad: autoriza pagos", "Accountant: authorises payments", "info"),
        ContactRole.TECHNICAL: ("Técnico", "Technical", "wait"),
        ContactRole.BUYER: ("Compras", "Buyer", "wait"),
        ContactRole.OTHER: ("Otro", "Other", "wait"),
    },
    ActivityKind: {
        ActivityKind.CALL: ("Llamada", "Call", "info"),
        ActivityKind.EMAIL: ("Correo", "E-mail", "info"),
        ActivityKind.MEETING: ("Reunión", "Meeting", "info"),
        ActivityKind.NOTE: ("Nota", "Note", "wait"),
        ActivityKind.SALE: ("Venta", "Sale", "good"),
        ActivityKind.PAYMENT: ("Pago", "Payment", "good"),
        ActivityKind.RETURN: ("Devolución", "Return", "warn"),
        ActivityKind.RISK: ("Riesgo", "Risk", "bad"),
        ActivityKind.MESSAGE: ("Mensaje", "Message", "wait"),
        ActivityKind.PLAN_CHANGE: ("Cambio de plan", "Plan change", "info"),
        ActivityKind.TICKET: ("Ticket", "Ticket", "warn"),
    },
    Meaning: {
        Meaning.STOP: ("Ya no quiere mensajes", "Wants no more messages", "warn"),
        Meaning.START: ("Quiere mensajes otra vez", "Wants messages again", "good"),
        Meaning.PAID: ("Dice que ya pagó", "Says it is paid", "info"),
        Meaning.PROMISE: ("Dice cuándo pagará", "Says when they will pay", "info"),
        Meaning.DISPUTE: ("Dice que no lo debe", "Says it is not owed", "warn"),
        Meaning.INVOICE: ("Pide su factura", "Asks for the tax invoice", "info"),
        Meaning.PERSON: ("Pide a una persona", "Asks for a person", "warn"),
        Meaning.OTHER: ("Otra cosa", "Something else", "wait"),
    },
}
SORTS: Mapping[Sort, Words] = {
    Sort.VALUE: Words("Más valiosos", "Most valuable"),
    Sort.NEXT_INVOICE: Words("Próxima factura", "Next invoice"),
    Sort.LAST_ACTIVITY: Words("Actividad reciente", "Latest activity"),
    Sort.RISK: Words("Mayor riesgo de impago", "Riskiest"),
}
_CHANNELS = {Channel.WHATSAPP: "WhatsApp", Channel.SMS: "SMS", Channel.EMAIL: "e-mail"}
_RETURNS: Mapping[str, Words] = {
    Kind.VOIDED: Words("Factura anulada", "Invoice voided"),
    Kind.CREDITED: Words("Nota de crédito", "Credit note"),
    Kind.CREDITED_TO_BALANCE: Words("Saldo a favor", "Credited to the balance"),
    Kind.CREDITED_OUTSIDE: Words("Devuelto por fuera", "Given back outside"),
    Kind.CREDIT_VOIDED: Words("Nota de crédito anulada", "Credit note voided"),
    Kind.REFUNDED: Words("Reembolso", "Refund"),
    Kind.REFUND_RETURNED: Words("Reembolso que regresó", "Refund that came back"),
    Kind.WRITTEN_OFF: Words("Dado por perdido", "Written off"),
    Kind.RECOVERED: Words("Deuda recuperada", "Debt recovered"),
    Kind.WITHDRAWN: Words("Retirado por el banco", "Taken back by the bank"),
    Kind.REINSTATED: Words("Regresado por el banco", "Given back by the bank"),
}


def advice_said(advice: Advice, language: Language) -> str:
    """What is advised in a list, where the opportunity it may be about is not named."""
    if advice is Advice.CLOSE_OPPORTUNITY:
        return Words("Cerrar una oportunidad", "Close an opportunity").in_(language)
    return GUIDES[advice].recommendation.in_(language)


def activity_said(activity: Activity, language: Language) -> str:
    """What happened, in a sentence; of what people wrote, their own words."""
    told, english = activity.detail, language is Language.EN
    match activity.kind:
        case ActivityKind.SALE:
            return f"{'Invoice' if english else 'Factura'}: {_amount(activity)}"
        case ActivityKind.PAYMENT:
            return f"{'Paid' if english else 'Pagó'} {_amount(activity)}"
        case ActivityKind.RETURN:
            return f"{_RETURNS[activity.what].in_(language)}: {_amount(activity)}"
        case ActivityKind.RISK:
            why = plainly(str(told["decline"])).in_(language) if told.get("decline") else ""
            tries = f"{'charge failed' if english else 'cobro sin éxito'} · {max(1, int(told['attempts']))}×"
            return " · ".join(filter(None, (_amount(activity), tries, why)))
        case ActivityKind.MESSAGE:
            channel = _CHANNELS[Channel(str(told["channel"]))]
            if activity.direction is Direction.IN:
                said = STATES[Meaning][activity.what.removeprefix("reply_")][english]
                return f"{'Reply by' if english else 'Respondió por'} {channel}: {said[0].lower()}{said[1:]}"
            return f"{NOTICES[NoticeKind(activity.what)].in_(language)} · {channel}"
        case ActivityKind.PLAN_CHANGE:
            after = told["after"] or ("none" if english else "ninguno")
            return f"{told['before']} → {after}"
        case ActivityKind.TICKET:
            return ""  # its state stands in a pill of its own
        case _:
            return activity.text


def _amount(activity: Activity) -> str:
    money = Money(int(activity.detail["centavos"]), str(activity.detail["currency"]))
    return str(money).removesuffix(" MXN")
