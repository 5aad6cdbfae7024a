"""Why something that was asked for is refused: a code that stays, and the same reason in Spanish and in English.

A refusal is its English, as the API, the command line and the processes tell it; the console says it in the page's language.
Each set of reasons is an enum made of `Why`, whose members are told with the facts of the moment:

    class TicketWhy(Why):
        CLOSED = ("Este ticket está cerrado: reábrelo primero", "this ticket is closed: reopen it first")

    return TicketWhy.CLOSED()      # falsy is `NONE`: nothing speaks against it
"""

from enum import Enum
from typing import Self

from models.speaking.notices import Language


class Refusal(str):
    """A reason in English; empty where there is none. `code` names it for programs, `spanish` is empty where nobody wrote it."""

    __slots__ = ("code", "spanish")
    code: str
    spanish: str

    def __new__(cls, english: str = "", spanish: str = "", code: str = "") -> Self:
        told = super().__new__(cls, english)
        told.code, told.spanish = code, spanish
        return told

    def in_(self, language: Language) -> str:
        """In the reader's language, else in English."""
        return self.spanish if language is Language.ES and self.spanish else str(self)


NONE = Refusal()


def said(reason: str, language: Language) -> str:
    """A reason in that language, where it is known in it. A provider's own words are as the provider wrote them."""
    return reason.in_(language) if isinstance(reason, Refusal) else reason


def reason(error: Exception) -> str:
    """What an error says, as the refusal it was raised with (`str` of it would be the English alone)."""
    return error.args[0] if error.args and isinstance(error.args[0], Refusal) else str(error)


class Why(Enum):
    """Reasons of one kind: each member is its Spanish and its English, with `{facts}` in braces. Its name is its code."""

    def __call__(self, **facts: object) -> Refusal:
        """The reason with the facts of the moment. The Spanish need not use them all: some are words of the API."""
        spanish, english = self.value
        return Refusal(english.format(**facts), spanish.format(**facts), self.name.lower())


class OrderWhy(Why):
    """Orders to a dunning case, a bill or a subscription."""

    UNSIGNED = ("Di quién eres y por qué: queda en la auditoría", "{field}: say who and why, it goes into the audit")
    DAYS = ("Da un número de días mayor que 0 y hasta {most}", "days: give a number above 0 and up to {most}")
    PROVIDER = ("El proveedor no lo aceptó: {reason}", "{reason}")
    INVOICE_SETTLED = (
        "La factura ya cambió en el proveedor de pagos ({status}): no se hizo nada",
        "the invoice is already {status}: nothing was changed",
    )
    # a dunning case
    CASE_OVER = (
        "Este caso ya terminó: no queda nada que cambiar",
        "this case is over ({outcome}): nothing is left to change",
    )
    CASE_CANCELED = ("La suscripción se canceló", "the subscription was canceled")
    WITHHELD = (
        "El banco o la red de esta tarjeta no permite más intentos por ahora: pide otra tarjeta, o un pago por liga o transferencia",
        "this card's bank or network allows no more attempts for now: ask for another card, or a payment by link or transfer",
    )
    BILLED = (
        "Es una cuenta de algo vendido una vez: el cliente la paga con la liga y no se cobra a ninguna tarjeta",
        "this is a bill: its customer pays it by the link, and no card is charged for it",
    )
    BILL_NO_PARTS = (
        "Es una cuenta de algo vendido una vez: anúlala y cobra las partes, o anota una promesa de pago",
        "this is a bill: void it and bill the parts, or take a promise to pay",
    )
    SERVICE_SUSPENDED = (
        "El servicio ya está suspendido: devuélvelo con «Devolver el servicio»",
        "service is already suspended: use restore_now",
    )
    STEP = (
        "El siguiente paso es el {next} y el último el {last}: elige uno de esos",
        "step: the next step is {next} and the last {last}; give one of those",
    )
    PROMISE_DAY = (
        "Da el día en que va a pagar, en el futuro",
        "until: give the day by which they will pay, in the future",
    )
    PROMISE_LATE = (
        "Como máximo a {days} días, según la política {policy}",
        "until: at most {days} days ahead by policy {policy}",
    )
    PROMISE_AMOUNT = ("Como máximo lo que se debe: {owed}", "centavos: at most what is owed, {centavos}")
    PROMISES_SPENT = (
        "Ya se hicieron {made} promesas; la política {policy} no acepta más",
        "{made} promises were made already; policy {policy} takes no more",
    )
    HELD = ("La cobranza ya está en pausa: reanúdala primero", "dunning is already paused ({hold}): resume it first")
    PAUSED = ("La cobranza ya está en pausa", "dunning is already paused ({hold})")
    NOT_PAUSED = ("La cobranza no está en pausa", "dunning is not paused")
    PARTS = ("Da de 2 a {most} partes", "parts: give 2 to {most} of them")
    PART_AMOUNT = ("Cada parte es mayor que 0", "centavos: every part is above 0")
    PARTS_SUM = (
        "Las partes suman {told} y se deben {due}",
        "centavos: the parts come to {together} and {owed} is owed",
    )
    PARTS_DAYS = (
        "Da a cada parte su día: el primero en el futuro y cada uno después del anterior",
        "due: give each part its day, the first in the future and each later than the one before",
    )
    PARTS_LATE = ("La última parte, como máximo a {days} días", "due: the last part at most {days} days ahead")
    PAYMENT_COMING = (
        "Un pago en efectivo o una transferencia viene en camino: espéralo, o hasta que venza",
        "a voucher or a transfer is on its way: wait for it, or until it has run out",
    )
    NO_POLICY = ("Elige la política", "policy: say which one")
    SAME_POLICY = ("El caso ya usa esta política", "the case runs by this policy already")
    METHOD = ("Elige SPEI o efectivo", "method: use spei or cash")
    REFERENCE = (
        "Da la clave de rastreo del banco o el número del recibo",
        "reference: give the bank's tracking key or the receipt number",
    )
    # a bill
    BILL_ISSUING = (
        "La cuenta se está emitiendo: inténtalo en un momento",
        "the bill is being issued: try again in a moment",
    )
    BILL_ISSUED = ("Ya se emitió", "it was issued already")
    BILL_PAID = ("Ya está pagada: devuelve el dinero en su lugar", "it is paid: give the money back instead")
    BILL_VOID = ("Ya está anulada", "it is void already")
    BILL_WRITTEN_OFF = ("Se dio por incobrable", "it was written off")
    BILL_NOTHING_BACK = (
        "No hay un pago con tarjeta, voucher o transferencia que devolver",
        "there is no payment by card, voucher or transfer to give back",
    )
    # a subscription
    CANCELED = (
        "La suscripción está cancelada: da de alta al cliente otra vez",
        "the subscription is canceled: sign the customer up again",
    )
    OPENING = ("El alta todavía no termina", "the signup is not finished yet")
    ENDING = ("La suscripción ya termina con su periodo", "the subscription already ends with its period")
    ENDING_ALREADY = ("La suscripción ya termina con su periodo", "the subscription ends with its period already")
    NOTHING_TO_CANCEL = (
        "La suscripción no está abierta: no hay nada que cancelar",
        "the subscription is {status}: there is nothing to cancel",
    )
    ALREADY_PAUSED = ("La suscripción ya está en pausa", "the subscription is already paused")
    UNPAID = (
        "Hay una factura sin pagar: pausa su cobranza, o liquídala primero",
        "an invoice is unpaid: pause its dunning, or settle it first",
    )
    NO_CARD = (
        "Su prueba terminó sin tarjeta: sigue en cuanto haya una",
        "its trial ended without a card: it goes on once there is one",
    )
    RUNNING = ("La suscripción no está en pausa", "the subscription is not paused")
    NO_TRIAL = ("No está en periodo de prueba", "it is in no trial (status: {status})")
    TRIAL_ENDED = (
        "Su prueba terminó: el primer cobro viene en camino",
        "its trial has ended: the first charge is on its way",
    )
    NO_CANCELLATION = (
        "Ninguna cancelación espera el fin del periodo: no hay nada que deshacer",
        "no cancellation waits for the period's end: there is nothing to take back",
    )
    UNCONFIRMED = (
        "Mira la vista previa del cambio y confirma esa",
        "confirmation: look at the preview of the change and confirm that",
    )
    OTHER_PLAN = (
        "La suscripción ya está en el plan {plan}: mira otra vez la vista previa",
        "the subscription is on plan {plan} by now: look at the preview again",
    )
    CHANGE_WAITS = (
        "Un cambio al plan {plan} espera el fin del periodo: deshazlo primero",
        "a change to plan {plan} waits for the period's end: undo it first",
    )
    ENDS = (
        "La suscripción termina con su periodo: deshaz primero la cancelación",
        "the subscription ends with its period: take the cancellation back first",
    )
    PAUSED_PLAN = ("La suscripción está en pausa: reanúdala primero", "the subscription is paused: resume it first")
    PAY_FIRST = (
        "Hay una factura sin pagar: que la pague primero, y luego cambia el plan",
        "an invoice is unpaid: pay it first, then change the plan",
    )
    OWED_FIRST = (
        "Debe {owed}: que lo pague primero, y luego cambia el plan",
        "{owed} is unpaid: pay it first, then change the plan",
    )
    NO_CHANGE = (
        "Ningún cambio de plan espera el fin del periodo",
        "no change of plan waits for the period's end",
    )
    NO_PLAN_TO_CHANGE = (
        "La suscripción no está abierta: no hay plan que cambiar",
        "the subscription is {status}: there is no plan to change",
    )
    RESTORE_FIRST = (
        "El servicio está suspendido: devuélvelo primero",
        "the service is suspended: have it restored first",
    )
    NO_OFFER = ("No hay ninguna oferta", "offer: there is none")
    ALREADY_SUSPENDED = ("El servicio ya está suspendido", "the service is already suspended")
    NOT_SUSPENDED = ("El servicio no está suspendido", "the service is not suspended (status: {status})")
