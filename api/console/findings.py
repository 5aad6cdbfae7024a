"""What needs a person, in their words: each rule's name, and in Spanish what to do; the English is in `models.watching.attention`.

What a business is alerted of is told in the words of its alerts (`models.kpis.alerts`), in the console as in a message.
"""

from collections.abc import Mapping

from models.kpis.alerts import ALERTS
from models.speaking.notices import Language
from models.watching.attention import GUIDANCE, Rule

_LOOK = "Se corrige solo al volver a consultar a Stripe. Si sigue aquí, mira en Temporal qué espera el proceso de la suscripción."

# Spanish name, English name, what to do in Spanish. Of alerts: `ALERTS`.
_WORDS: Mapping[Rule, tuple[str, str, str]] = {
    Rule.BLOCKED_WHILE_PAID: ("Pagó y sigue sin servicio", "Paid, and still without service",
        "Devuélvele el servicio desde su suscripción y averigua por qué no volvió solo."),
    Rule.PAST_DUE_WITHOUT_CASE: ("Debe y nadie le cobra", "Owes, and nobody collects",
        "Pide una conciliación; después abre el proceso de la suscripción."),
    Rule.TWO_CASES_FOR_ONE_INVOICE: ("Dos casos para una factura", "Two cases for one invoice",
        "Pausa uno de los dos casos y averigua de quién es la factura."),
    Rule.CHARGED_TWICE: ("Cobrado dos veces", "Charged twice",
        "Reembolsa uno de los dos cargos en Stripe; su nota de crédito se hace sola."),
    Rule.PERIOD_LONG_OVER: ("Periodo vencido sin renovar", "Period over, not renewed", _LOOK),
    Rule.TIMER_IN_THE_PAST: ("Un paso vencido no se ha dado", "A due step has not been taken",
        "¿Está funcionando el worker? Revisa la actividad pendiente en Temporal."),
    Rule.CHARGE_WITHOUT_CFDI: ("Cobro sin factura", "Charge without tax invoice",
        "Pide una conciliación. Si sigue aquí, revisa el proceso del CFDI y el PAC."),
    Rule.CFDI_HELD: ("Factura detenida", "Tax invoice held",
        "Corrige los datos del receptor o el certificado y luego da la orden de reintentar."),
    Rule.CFDI_UNPAID: ("Factura sin pago", "Tax invoice unpaid",
        "Decide con tu contador si se cancela, o anota que ya se revisó; desaparece cuando ya no se puede cancelar."),
    Rule.PAID_AFTER_END: ("Pagó después de terminar", "Paid after the end",
        "Dale de alta otra vez o reembolsa el cargo en Stripe (su nota de crédito se hace sola); si no, anota que ya se revisó."),
    Rule.SENT_TWICE: ("Mensaje enviado dos veces", "Message sent twice",
        "Compara los dos mensajes y discúlpate si el cliente recibió ambos."),
    Rule.RECONCILIATION_LATE: ("La conciliación va tarde", "Reconciliation is late",
        "¿Está en pausa o atorada? Ejecuta `perdura reconcile`."),
    Rule.LEDGER_UNBALANCED: ("El libro no cuadra", "The ledger does not balance",
        "Ejecuta `perdura ledger check` y compara los asientos que nombra."),
    Rule.CERTIFICATE_ENDING: ("El certificado (CSD) está por vencer", "The certificate (CSD) is ending",
        "Renueva el CSD con CertiSAT Web y agrégalo en Ajustes o con `perdura csd add`."),
    Rule.STAMPS_LOW: ("Quedan pocos timbres", "Few stamps left",
        "Compra timbres al PAC; lo rechazado mientras tanto sigue con la orden de reintentar."),
    Rule.REPLY_WAITING: ("Un cliente espera respuesta", "A customer waits for an answer",
        "Lee su mensaje, contéstale y marca la respuesta como atendida."),
    Rule.TEMPLATE_MISSING: ("Falta una plantilla de WhatsApp", "A WhatsApp template is missing",
        "Estos avisos salen por otro canal: revisa `perdura templates check` y pide la aprobación a WhatsApp."),
    Rule.WEBHOOK_DISABLED: ("Un webhook tuyo está detenido", "A webhook of yours is stopped",
        "Tu sistema no se entera de nada: arréglalo, actívalo de nuevo en Ajustes y reenvía lo que perdió; o quítalo."),
    Rule.PLAN_CHANGE_UNTOLD: ("Un cambio de plan no se ha podido avisar", "A plan change could not be told",
        "Corrige el teléfono o correo del cliente (se reintenta cada día), o deshaz el cambio."),
    Rule.WARNING_UNANSWERED: ("No se sabe si un aviso llegó", "A warning may not have arrived",
        "El servidor de correo no contestó y no se repite: avisa al cliente por otro medio o dale más plazo."),
    Rule.DELETION_STUCK: ("Un borrado de datos espera a una persona", "A deletion waits for a person",
        "Si ningún aviso llegó, corrige su contacto y avisa de nuevo, o cancélalo; si falta que tu producto confirme, consíguelo."),
    Rule.UNKNOWN_SUBSCRIPTION: ("Suscripción en Stripe que no es nuestra", "A subscription at Stripe that is not ours",
        "Cancélala en Stripe si se hizo por error."),
    Rule.TWO_LIVE_SUBSCRIPTIONS: ("El cliente paga dos suscripciones", "The customer pays twice",
        "Cancela una de las dos en Stripe y reembolsa lo que cobró."),
    Rule.LIVE_AFTER_END: ("Stripe sigue cobrando algo terminado", "Stripe still charges what has ended",
        "Su suscripción terminó aquí: cancélala en Stripe."),
    Rule.GONE_AT_PROVIDER: ("Ya no existe en Stripe", "Gone at Stripe", _LOOK),
    Rule.BEHIND_PROVIDER: ("Atrasada respecto a Stripe", "Behind Stripe", _LOOK),
    Rule.PROCESS_MISSING: ("Falta su proceso", "Its process is missing",
        "Se vuelve a iniciar solo. Si sigue aquí, mira por qué se rechaza el inicio."),
    Rule.BILL_NOT_ISSUED: ("Cuenta que no se emitió", "Bill never issued",
        "Emítela o anúlala en su página: mientras tanto, lo que dieron los planes en ella cuenta como usado."),
    Rule.PROCESS_DISAGREES: ("El proceso y el registro difieren", "Process and record disagree", _LOOK),
    Rule.INVOICE_NOT_CHASED: ("Factura vencida sin cobranza", "Overdue invoice not chased", _LOOK),
    Rule.INVOICE_NOT_BOOKED: ("Factura que no estaba en los libros", "Invoice not booked",
        "Se anota sola, pero nadie la cobra porque su suscripción terminó: anúlala en Stripe o envía su enlace al cliente."),
    Rule.CASE_OF_CLOSED_INVOICE: ("Caso abierto de una factura cerrada", "Open case of a closed invoice", _LOOK),
    Rule.CASE_WITHOUT_PROCESS: ("Caso sin proceso", "Case without process",
        "Alguien terminó su proceso: reinícialo en Temporal, o cobra o anula la factura en Stripe."),
    Rule.CHARGE_WITHOUT_SUBSCRIPTION: ("Dinero que nadie pidió", "Money nobody asked for",
        "Averigua de quién es, o reembólsalo en Stripe."),
    Rule.AMOUNT_DIFFERS: ("El monto no coincide", "The amount differs",
        "Compara el cargo en Stripe con el pago registrado aquí."),
    Rule.CHARGE_NOT_RECORDED: ("Cobro sin registrar", "Charge not recorded",
        "Se registra solo. Si sigue aquí, revisa el registro del worker."),
    Rule.CHARGE_NOT_INVOICED: ("Cobro sin facturar", "Charge not invoiced",
        "Su factura se inicia sola. Si sigue aquí, revisa el proceso del CFDI."),
    Rule.REFUND_NOT_CREDITED: ("Reembolso sin nota de crédito", "Refund without credit note",
        "Su nota de crédito se inicia sola. Si sigue aquí, revisa el proceso del reembolso."),
    Rule.SUBSCRIPTION_LOST: ("Suscripción que se había perdido", "A subscription that was lost",
        "Se captura de nuevo desde Stripe. Si sigue aquí, su correo o referencia ya es de otro cliente."),
    Rule.SIGNUP_REBUILT: ("Alta reconstruida desde Stripe", "Signup rebuilt from Stripe",
        "Revisa nombre y teléfono y pide los datos fiscales al cliente; desaparece cuando se conozcan."),
    Rule.CHARGE_DISPUTED: ("Contracargo", "Charge disputed",
        "Respóndelo en Stripe con pruebas antes de que venza, o acéptalo ahí; el libro se ajusta solo."),
    Rule.DISPUTED_AND_CHASED: ("En disputa y en cobranza", "Disputed and chased",
        "Su caso se detiene solo. Si sigue aquí, páusalo; reanúdalo cuando la disputa se resuelva."),
    Rule.ALERT_UNDELIVERED: ("Las alertas no llegan", "Alerts do not arrive",
        "Corrige la dirección a la que se envían; se reintenta solo."),
}  # fmt: skip


def rule_name(rule: Rule, language: Language) -> str:
    """The rule's name, as a heading."""
    if rule in ALERTS:
        return ALERTS[rule].title.in_(language)
    spanish, english, _ = _WORDS[rule]
    return english if language is Language.EN else spanish


def remedy(rule: Rule, language: Language) -> str:
    """What a person does about it."""
    if rule in ALERTS:
        return _sentence(ALERTS[rule].remedy.in_(language))
    return _sentence(GUIDANCE[rule].remedy) if language is Language.EN else _WORDS[rule][2]


def _sentence(told: str) -> str:
    first = next((place for place, letter in enumerate(told) if letter.isalpha()), 0)
    return f"{told[:first]}{told[first].upper()}{told[first + 1 :]}."
