"""What a customer's message is about, as far as its words say. Whoever reads it may think otherwise."""

import re

from models.speaking.replies import Meaning, plain
from models.tickets.ticket import Topic

_BY_MEANING = {
    Meaning.DISPUTE: Topic.BILLING,
    Meaning.PAID: Topic.BILLING,
    Meaning.PROMISE: Topic.BILLING,
    Meaning.INVOICE: Topic.INVOICE,
}
_WORDS = (
    (
        Topic.ACCESS,
        r"\b(acceso|acceder|entrar|iniciar sesion|bloque\w*|suspend\w*|no (me )?(deja|abre|funciona)|contrasena)\b|"
        r"\b(access|log in|login|blocked|locked|suspended|password)\b",
    ),
    (Topic.INVOICE, r"\b(factura\w*|cfdi|rfc|xml|invoice)\b"),
    (
        Topic.BILLING,
        r"\b(pag\w+|cobr\w+|cargo\w*|tarjeta|precio|reembols\w*|devol\w*|charge\w*|card|refund|price|bill\w*|paid|pay)\b",
    ),
)


def topic_of(meaning: Meaning, text: str) -> Topic:
    """The topic that a message's meaning names, else the first that its words point to."""
    if meaning in _BY_MEANING:
        return _BY_MEANING[meaning]
    said = plain(text)
    return next((topic for topic, words in _WORDS if re.search(words, said)), Topic.OTHER)
