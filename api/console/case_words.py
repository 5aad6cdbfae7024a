"""How the console tells of a dunning case: what a step does, what a notice is about, and the lines of its story. Spanish and English."""

import re
from collections.abc import Mapping

from api.console.notice_words import NOTICES
from api.console.words import STATES
from models.collecting.course import Coming, What
from models.collecting.decline_words import plainly
from models.collecting.declines import DeclineClass
from models.money import pesos
from models.policies.policy import Action, Ending, Step, When, when_in_words
from models.records import AuditEntry
from models.speaking.notices import Language, NoticeKind
from models.tickets.ticket import Priority
from models.words import Words

ACTIONS: Mapping[Action, Words] = {
    Action.NOTIFY: Words("Mensaje", "Message"),
    Action.RETRY: Words("Cobro a la tarjeta", "Charge to the card"),
    Action.DEGRADE: Words("Servicio en solo lectura", "Service read only"),
    Action.SUSPEND: Words("Suspensión del servicio", "Service suspended"),
    Action.ESCALATE: Words("Pasa a una persona", "Goes to a person"),
    Action.WARN_DELETION: Words("Aviso de borrado de datos", "Warning of deletion"),
    Action.REQUEST_DELETION: Words("Se pide borrar sus datos", "Deletion of data asked for"),
    Action.CLOSE: Words("Fin de la cobranza", "Collecting ends"),
}
ENDINGS: Mapping[Ending, Words] = {
    Ending.CANCEL: Words("se cancela la suscripción", "the subscription is canceled"),
    Ending.PAUSE: Words("la suscripción queda en pausa", "the subscription is paused"),
    Ending.WRITE_OFF: Words("se perdona la deuda", "the debt is forgiven"),
    Ending.DOWNGRADE: Words("baja de plan", "a smaller plan"),
}
_WHATS: Mapping[What, Words] = {
    What.MESSAGE: Words("mensaje", "message"),
    What.CHARGE: Words("Cobro a la tarjeta", "Charge to the card"),
    What.BLOCK: Words("Corte de servicio", "Service cut"),
    What.ESCALATE: Words("Pasa a una persona", "Goes to a person"),
    What.DELETION: Words("Se pide borrar sus datos", "Deletion of data asked for"),
    What.END: Words("Fin de la cobranza", "Collecting ends"),
}
_DECLINES: Mapping[DeclineClass, Words] = {
    DeclineClass.HARD: Words("la tarjeta ya no sirve", "the card is of no more use"),
    DeclineClass.SOFT: Words("el banco rechazó por ahora", "the bank refused for now"),
    DeclineClass.AUTHENTICATION: Words("falta que el titular autorice", "the holder must approve"),
    DeclineClass.PENDING: Words("el pago va en camino", "the payment is on its way"),
    DeclineClass.UNKNOWN: Words("no se sabe por qué", "nobody knows why"),
}
# What is done by no step, as the case's story writes it: a pattern, and both ways of telling it.
_STORY: tuple[tuple[re.Pattern[str], Words], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"case opened", Words("Empezó la cobranza", "Collecting began")),
        (r"charge paid", Words("Cobro hecho", "Charge collected")),
        (r"charge declined", Words("Cobro rechazado", "Charge declined")),
        (r"charge withheld", Words("Cobro no intentado", "Charge not tried")),
        (r"charge (pending|closed)", Words("Cobro sin resultado", "Charge without a result")),
        (r"charge not possible", Words("El cobro no fue posible", "Charge not possible")),
        (r"payment on its way", Words("Hay un pago en camino", "A payment is on its way")),
        (r"invoice settled", Words("La factura quedó saldada", "Invoice settled")),
        (
            r"ladder moved back",
            Words("La escalera se recorrió por una falla nuestra", "Ladder moved back after an outage of ours"),
        ),
        (r"dunning paused", Words("Cobranza en pausa", "Collecting paused")),
        (r"dunning resumed", Words("La cobranza sigue", "Collecting goes on")),
        (r"dunning held: disputed", Words("En pausa: dice que no lo debe", "Held: the customer disputes it")),
        (
            r"dunning held: an older debt first",
            Words("En pausa: primero una deuda anterior", "Held: an older debt first"),
        ),
        (r"the oldest debt now", Words("Ahora es la deuda más antigua", "The oldest debt now")),
        (r"promise to pay", Words("Promesa de pago", "Promise to pay")),
        (r"instalments agreed", Words("Pago en parcialidades", "Instalments agreed")),
        (r"escalated", Words("Pasó a una persona", "Handed to a person")),
        (r"written off", Words("Deuda dada por perdida", "Debt written off")),
        (r"paid outside by spei", Words("Pagado por transferencia (SPEI)", "Paid by transfer (SPEI)")),
        (r"paid outside by cash", Words("Pagado en efectivo", "Paid in cash")),
        (r"grace extended by (\S+) days", Words(r"\1 días más de gracia", r"\1 more days of grace")),
        (r"service restored for (\S+) days", Words(r"Servicio devuelto por \1 días", r"Service restored for \1 days")),
        (r"moved to step (\d+)", Words(r"Se pasó al paso \1", r"Moved to step \1")),
        (r"policy (.+)", Words(r"Política \1", r"Policy \1")),
        (
            r"case ended: the subscription was canceled",
            Words("Fin: se canceló la suscripción", "Ended: the subscription was canceled"),
        ),
        (r"set_brand", Words("Cambió cómo se ve el negocio", "The business's look changed")),
        (r"user invited as (\S+)", Words(r"Persona invitada (\1)", r"Person invited (\1)")),
        (r"user invited again", Words("Persona invitada otra vez", "Person invited again")),
        (r"user changed: (.+)", Words(r"Persona: \1", r"Person: \1")),
        (r"API key made: (.+)", Words(r"Llave creada: \1", r"API key made: \1")),
        (r"API key rotated: (.+)", Words("Secreto de llave cambiado", "API key rotated")),
        (r"API key revoked", Words("Llave revocada", "API key revoked")),
        (r"issuer set", Words("Datos de quien factura", "Who issues was set")),
        (r"certificate added", Words("Certificado (CSD) agregado", "Certificate (CSD) added")),
        (r"PAC account set", Words("Cuenta del PAC", "PAC account set")),
        (r"webhook endpoint added", Words("Webhook agregado", "Webhook added")),
        (r"webhook endpoint changed", Words("Webhook cambiado", "Webhook changed")),
        (r"webhook endpoint enabled", Words("Webhook activado", "Webhook enabled")),
        (r"webhook endpoint disabled", Words("Webhook detenido", "Webhook disabled")),
        (r"webhook endpoint removed", Words("Webhook quitado", "Webhook removed")),
        (r"webhook secret rotated", Words("Secreto de webhook cambiado", "Webhook secret rotated")),
        (r"issue ordered", Words("Se ordenó emitirla", "Issue ordered")),
        (r"bill issued", Words("Emitida y enviada al cliente", "Issued and sent to the customer")),
        (
            r"bill issued to be taken back: its customer is not told",
            Words(
                "Emitida solo para anularla, sin avisar al cliente",
                "Issued only to be taken back, without a word to the customer",
            ),
        ),
        (
            r"bill of nothing: packages include all of it",
            Words("Nada que pagar: su plan lo incluye", "Nothing to pay"),
        ),
        (r"bill overdue", Words("Venció sin pagarse", "Overdue")),
        (r"bill voided", Words("Anulada", "Voided")),
        (
            r"dunning ended without money: a person decides what becomes of the bill",
            Words(
                "La cobranza terminó sin pago: decide qué hacer con ella",
                "Collecting ended without money: decide what becomes of it",
            ),
        ),
        (r"tax invoice asked for", Words("Pidió su factura", "Tax invoice asked for")),
        (r"refund ordered", Words("Se ordenó devolver el dinero", "Refund ordered")),
        (r"record written again", Words("Registro escrito de nuevo", "Record written again")),
    )
)


def step_said(step: Step, language: Language) -> str:
    """What a step does, in words: `Suspensión del servicio`; of the last one also what becomes of the subscription."""
    said = ACTIONS[step.action].in_(language)
    return f"{said}: {ENDINGS[step.ending].in_(language)}" if step.action is Action.CLOSE else said


def notice_said(kind: str, language: Language) -> str:
    """What a message is about."""
    return NOTICES[NoticeKind(kind)].in_(language) if kind in NOTICES else kind.replace("_", " ")


def comes_said(coming: Coming, language: Language) -> str:
    """Something to come, in words: `Corte de servicio y mensaje «servicio suspendido»`."""
    parts = [_WHATS[what].in_(language) for what in coming.whats if what is not What.MESSAGE]
    if coming.notice:
        opened, closed = ("“", "”") if language is Language.EN else ("«", "»")
        word = _WHATS[What.MESSAGE].in_(language)
        parts.append(f"{word if parts else word.capitalize()} {opened}{notice_said(coming.notice, language)}{closed}")
    joined = " and " if language is Language.EN else " y "
    return joined.join(parts) or action_said(coming.name, language)


def action_said(action: str, language: Language) -> str:
    """A line of a case's story. A step is told by its day and what it does; a line nobody knows stays as it was written."""
    for pattern, words in _STORY:
        if found := pattern.fullmatch(action):
            return found.expand(words.in_(language))
    day, _, rest = action.partition(" ")
    known = next((each for each in Action if each.replace("_", " ") == rest), None)
    return f"{day} · {ACTIONS[known].in_(language)}" if known else action


def detail_said(entry: AuditEntry, language: Language) -> str:
    """What stands beside a line of the story: why a charge was refused, and by which step; how urgently a person was asked for."""
    if entry.action == "escalated":
        priority = STATES[Priority].get(entry.detail.removeprefix("priority "))
        return (
            entry.detail
            if priority is None
            else Words(f"Prioridad: {priority[0]}", f"Priority: {priority[1]}").in_(language)
        )
    step, _, code = entry.detail.partition(": ")
    if entry.action != "charge declined" or not code:
        return entry.detail
    return f"{action_said(step, language)}: {plainly(code).in_(language)}"


def day_said(step: Step) -> str:
    """`D+3`."""
    return when_in_words(step.offset)


def what_said(what: What, language: Language) -> str:
    """What is done to somebody, in a word."""
    return _WHATS[what].in_(language)


def condition_said(when: When, language: Language) -> str:
    """When a step is taken at all, in words: `solo si debe al menos $500.00`."""
    english = language is Language.EN
    parts = []
    if when.decline:
        kinds = [_DECLINES[kind].in_(language) for kind in when.decline]
        parts.append((" or " if english else " o ").join(kinds))
    for centavos, es, en in (
        (when.at_least, "debe al menos", "at least"),
        (when.at_most, "debe como máximo", "at most"),
    ):
        if centavos is not None:
            parts.append(f"{en} ${pesos(centavos)} owed" if english else f"{es} ${pesos(centavos)}")
    if when.plans:
        parts.append(f"plan {(' or ' if english else ' o ').join(when.plans)}")
    if when.customer_for is not None:
        days = when.customer_for.days
        parts.append(f"customer for {days} days" if english else f"es cliente desde hace {days} días")
    for count, es, en in (
        (when.attempts, "cobros intentados o más", "or more charges tried"),
        (when.earlier_cases, "facturas sin pagar antes o más", "or more unpaid invoices before"),
        (when.unpaid_cases, "facturas nunca pagadas o más", "or more never paid before"),
    ):
        if count is not None:
            parts.append(f"{count} {en if english else es}")
    return ("only if " if english else "solo si ") + (" and " if english else " y ").join(parts)
