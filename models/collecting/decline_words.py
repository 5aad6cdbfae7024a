"""Why a bank said no, in plain words for whoever serves the customer: what happened, and what helps. Mexican Spanish and English.

What each code means: Stripe "Decline codes" (docs.stripe.com/declines/codes). A code that is not here is told by its class.
"""

from models.collecting.declines import Decline, DeclineClass
from models.words import Words

_SAID: dict[str, Words] = {
    "approve_with_id": Words(
        "El banco no autorizó el cargo; conviene reintentar", "The bank did not approve; worth trying again"
    ),
    "authentication_required": Words(
        "El banco pide que el titular autorice el cargo", "The bank wants the holder to approve the charge"
    ),
    "call_issuer": Words("El banco pide que el titular lo llame", "The bank wants the holder to call it"),
    "card_declined": Words("El banco rechazó el cargo sin decir por qué", "The bank refused without saying why"),
    "card_not_supported": Words(
        "La tarjeta no acepta este tipo de cargos: hace falta otra",
        "The card does not take such charges: another is needed",
    ),
    "card_velocity_exceeded": Words("Se pasó del límite de la tarjeta", "Over the card's limit"),
    "currency_not_supported": Words(
        "La tarjeta no acepta esta moneda: hace falta otra", "The card does not take this currency: another is needed"
    ),
    "do_not_honor": Words(
        "El banco rechazó el cargo sin decir por qué; el titular puede llamarle",
        "The bank refused without saying why; the holder may call it",
    ),
    "do_not_try_again": Words(
        "El banco no aceptará más cargos a esta tarjeta: hace falta otra",
        "The bank will take no more charges on this card: another is needed",
    ),
    "duplicate_transaction": Words("Acababa de hacerse un cargo igual", "An identical charge had just been made"),
    "expired_card": Words("La tarjeta está vencida: hace falta otra", "The card has expired: another is needed"),
    "fraudulent": Words(
        "El cargo parece fraude: hace falta otra tarjeta", "The charge looks like fraud: another card is needed"
    ),
    "generic_decline": Words("El banco rechazó el cargo sin decir por qué", "The bank refused without saying why"),
    "highest_risk_level": Words(
        "El cargo parece fraude: hace falta otra tarjeta", "The charge looks like fraud: another card is needed"
    ),
    "incorrect_number": Words(
        "El número de la tarjeta está mal: hace falta otra", "The card number is wrong: another is needed"
    ),
    "insufficient_funds": Words("La tarjeta no tiene saldo suficiente", "The card does not have enough funds"),
    "invalid_account": Words(
        "La cuenta de la tarjeta no es válida: hace falta otra", "The card's account is not valid: another is needed"
    ),
    "issuer_not_available": Words(
        "El banco no respondió; conviene reintentar", "The bank did not answer; worth trying again"
    ),
    "lost_card": Words(
        "La tarjeta está reportada como perdida: hace falta otra", "The card is reported lost: another is needed"
    ),
    "missing_payment_method": Words("No hay tarjeta registrada", "There is no card on file"),
    "new_account_information_available": Words(
        "La tarjeta fue reemplazada: hace falta la nueva", "The card was replaced: the new one is needed"
    ),
    "not_permitted": Words(
        "El banco no permite este cargo: hace falta otra tarjeta",
        "The bank does not allow this charge: another card is needed",
    ),
    "payment_intent_payment_attempt_expired": Words("Nadie pagó la ficha a tiempo", "Nobody paid the voucher in time"),
    "payment_pending": Words("El pago va en camino", "The payment is on its way"),
    "pickup_card": Words("La tarjeta está reportada: hace falta otra", "The card is reported: another is needed"),
    "processing_error": Words("Falló el procesamiento; conviene reintentar", "Processing failed; worth trying again"),
    "reenter_transaction": Words("El banco pide intentar otra vez", "The bank asks to try again"),
    "restricted_card": Words("La tarjeta está bloqueada: hace falta otra", "The card is blocked: another is needed"),
    "revocation_of_all_authorizations": Words(
        "El titular pidió a su banco no aceptar más cargos", "The holder told the bank to take no more charges"
    ),
    "revocation_of_authorization": Words(
        "El titular pidió a su banco no aceptar este cargo", "The holder told the bank not to take this charge"
    ),
    "stolen_card": Words(
        "La tarjeta está reportada como robada: hace falta otra", "The card is reported stolen: another is needed"
    ),
    "stop_payment_order": Words(
        "El titular pidió a su banco detener el cargo", "The holder told the bank to stop the charge"
    ),
    "transaction_not_allowed": Words(
        "El banco no permite este cargo: hace falta otra tarjeta",
        "The bank does not allow this charge: another card is needed",
    ),
    "try_again_later": Words("El banco pide intentar más tarde", "The bank asks to try later"),
    "withdrawal_count_limit_exceeded": Words("Se pasó del límite de la tarjeta", "Over the card's limit"),
}

_CLASSES: dict[DeclineClass, Words] = {
    DeclineClass.HARD: Words(
        "El banco no aceptará cargos a esta tarjeta: hace falta otra",
        "The bank will not take charges on this card: another is needed",
    ),
    DeclineClass.SOFT: Words(
        "El banco rechazó el cargo por ahora; conviene reintentar", "The bank refused for now; worth trying again"
    ),
    DeclineClass.AUTHENTICATION: Words(
        "El banco pide que el titular autorice el cargo", "The bank wants the holder to approve the charge"
    ),
    DeclineClass.PENDING: Words("El banco todavía no decide", "The bank has not decided yet"),
    DeclineClass.UNKNOWN: Words(
        "El cargo no pasó; no sabemos por qué", "The charge did not go through; we do not know why"
    ),
}


def plainly(code: str) -> Words:
    """Why a charge was refused."""
    return _SAID.get(code) or _CLASSES[Decline(code).kind]
