"""What customers write back, and what we take it for. A phrase that is not known is for a person to read."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.speaking.notices import Channel


class Meaning(StrEnum):
    """What a reply is taken for."""

    STOP = "stop"  # no more messages on this channel
    START = "start"
    PAID = "paid"
    PROMISE = "promise"
    DISPUTE = "dispute"
    INVOICE = "invoice"
    PERSON = "person"  # they want to speak to one
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Reply:
    """One message of a customer's. `id` is the provider's; unique by (tenant, id). Settled: nobody need read it any more."""

    tenant: str
    id: str
    customer: str
    channel: Channel
    body: str
    meaning: Meaning
    received_at: datetime
    settled_at: datetime | None = None
    settled_by: str = ""


@dataclass(frozen=True, slots=True)
class Correspondent:
    """A customer whose phone a message came from, the subscription it is likely about, and when we last wrote to them (UTC)."""

    tenant: str
    customer: str
    subscription: str
    written_at: datetime | None = None


# The whole message, but for courtesies: within a sentence these words mean other things ("dar de baja mi plan").
_WORDS = {
    Meaning.STOP: (
        r"(baja|alto|stop|stopall|unsubscribe|parar|basta|no molestar|quitar|"
        r"(quiero )?darme de baja|ya no (me )?(escriban|escribas|manden mensajes|mandes mensajes)( mas)?|"
        r"(dejen|deja) de (escribirme|mandarme mensajes)|no (quiero|deseo) (recibir )?(mas )?mensajes)"
    ),
    Meaning.START: r"(alta|start|unstop|reanudar|activar mensajes|(si )?quiero (recibir )?mensajes)",
}
_COURTESY = r"(hola|buen dia|buenos dias|buenas tardes|por favor|porfa|porfavor|pls|please|gracias|ya|now)"

# Found anywhere in it; the first that is decides.
_DAYS = r"(manana|hoy|pasado manana|lunes|martes|miercoles|jueves|viernes|sabado|domingo|quincena|fin de mes|semana|dia \d+|\d{1,2} de \w+)"
_ENGLISH_DAYS = r"(tomorrow|today|tonight|monday|tuesday|wednesday|thursday|friday|saturday|sunday|next week|payday|end of the month)"
_PHRASES = (
    (
        Meaning.DISPUTE,
        r"no (lo |la )?(reconozco|reconoci)|no reconocid[oa]|(cargo|cobro) (indebido|duplicado|doble)|fraude|contracargo|"
        r"no (he |hice |)(contratado|contrate|autorice|autorizado)|no les debo|no debo nada|"
        r"do not recogni[sz]e|don t recogni[sz]e|dispute|chargeback|fraud",
    ),
    (
        Meaning.PAID,
        r"\bya (les |te |lo |la |se |los |esta |quedo |fue |hice |realice )*(pague|pagado|pagada|deposite|transferi|abone|liquide|pago|"
        r"el pago|la transferencia|el deposito|el spei)\b(?! (manana|el|la|en|cuando))|acabo de (pagar|depositar|transferir)|"
        r"pago (realizado|hecho|efectuado|listo)|(hice|realice) (el|la|mi) (pago|transferencia|deposito)|ya esta pagad|"
        r"\b(i|i ve|have) (already |just )?paid\b|\balready paid\b|payment (made|done|sent)",
    ),
    (
        Meaning.PROMISE,
        rf"\b(pago|pagare|pagamos|deposito|liquido|transfiero|abono)\b.{{0,24}}\b{_DAYS}\b|"
        rf"\b{_DAYS}\b.{{0,24}}\b(pago|pagare|pagamos|deposito|liquido|transfiero|abono|les pago|te pago)\b|"
        r"\b(voy a|vamos a|prometo|puedo) pagar|\bpagare\b|cuando me (paguen|depositen|caiga)|(denme|dame) (unos dias|chance|tiempo)|"
        r"me (esperan|espera|das chance|dan chance)|\bprorroga\b|"
        rf"\b(i ll|i will|will|can|going to) pay\b|\bpay\b.{{0,16}}\b{_ENGLISH_DAYS}\b",
    ),
    (
        Meaning.PERSON,
        r"(hablar|comunicarme|platicar|contactar|atienda|atender) .{0,12}(persona|alguien|asesor|agente|humano|ejecutivo|soporte|gerente)|"
        r"(quiero|necesito|pasame|paseme|comunicame|comuniqueme)( con)? (a |con )?(un |una |algun )?"
        r"(persona|asesor|agente|humano|ejecutivo)|"
        r"(me pueden|me puedes|podrian|pueden) (llamar|marcar)|"
        r"\b(talk|speak|chat) (to|with) (a |an |some )?(real )?(person|human|agent|someone|somebody|one|representative|support)\b|"
        r"\bcall me\b",
    ),
    (Meaning.INVOICE, r"\bfactur|\bcfdi\b|\bxml\b|\brfc\b|\binvoice\b|\breceipt\b"),
)
_NOT_PAID = re.compile(
    r"\b(no|aun no|todavia no|not|n t|haven t) (he |la he |lo he |have |yet |ya )*(pague|pagado|pago|paid)\b"
)


def meaning(text: str) -> Meaning:
    """What a message is taken for, whatever its accents, capitals and punctuation."""
    said, bare = plain(text), _bare(text)
    for kind, words in _WORDS.items():
        if re.fullmatch(words, bare) or re.fullmatch(words, said):
            return kind
    for kind, phrases in _PHRASES:
        if kind is Meaning.PAID and _NOT_PAID.search(said):
            continue
        if re.search(phrases, said):
            return kind
    return Meaning.OTHER


def courteous(text: str) -> bool:
    """Whether it says nothing but hello or thanks: nobody need answer that."""
    return not _bare(text)


def _bare(text: str) -> str:
    """Without courtesies."""
    return re.sub(r"\s+", " ", re.sub(rf"\b{_COURTESY}\b", " ", plain(text))).strip()


def plain(text: str) -> str:
    """Lower case, without accents or punctuation, words one space apart."""
    letters = unicodedata.normalize("NFD", text.casefold())
    return " ".join(re.sub(r"[^a-z0-9ñ]+", " ", "".join(c for c in letters if not unicodedata.combining(c))).split())
