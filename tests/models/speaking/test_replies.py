"""What customers' words are taken for, as people in Mexico write them; and whose a phone is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.phones import canonical
from models.speaking.replies import Meaning, meaning

TABLE = {
    Meaning.STOP: (
        "BAJA",
        "baja.",
        "Alto",
        "STOP",
        "stop!!",
        "Baja por favor",
        "hola, baja porfa, gracias",
        "ALTO YA",
        "Ya no me escriban",
        "dejen de mandarme mensajes",
        "Quiero darme de baja",
        "no quiero más mensajes",
        "unsubscribe",
    ),
    Meaning.START: ("ALTA", "alta gracias", "START", "Quiero recibir mensajes"),
    Meaning.PAID: (
        "Ya pagué",
        "ya pague!!",
        "YA PAGUE POR SPEI",
        "Hola, ya les pagué ayer",
        "ya quedó pagado",
        "Ya hice el pago",
        "ya realicé la transferencia",
        "acabo de pagar en el OXXO",
        "pago realizado",
        "Ya está pagado, revisen",
        "I already paid",
        "I've paid",
    ),
    Meaning.PROMISE: (
        "mañana pago",
        "Pago mañana sin falta",
        "pago el viernes",
        "el viernes les pago",
        "les pago en la quincena",
        "Pagaré a fin de mes",
        "cuando me paguen",
        "¿me esperan unos días?",
        "voy a pagar el lunes",
        "aún no he pagado, pago mañana",
        "I will pay on Friday",
        "ya mañana pago",
        "pago el 15 de diciembre",
    ),
    Meaning.DISPUTE: (
        "No reconozco este cargo",
        "no reconozco",
        "Es un cargo indebido",
        "esto es fraude",
        "yo no contraté eso",
        "I don't recognize this",
    ),
    Meaning.INVOICE: ("factura", "¿Me mandan mi factura?", "necesito el CFDI", "quiero facturar", "mi RFC cambió"),
    Meaning.OTHER: (
        "",
        "hola",
        "¿quién es?",
        "quiero dar de baja mi suscripción",  # of the plan, not of the messages: a person answers
        "cancelar",
        "no he pagado",
        "está muy alto el precio",
        "👍",
        "gracias",
    ),
    Meaning.PERSON: (
        "quiero hablar con alguien",
        "¿Puedo hablar con un asesor?",
        "pásame con una persona por favor",
        "necesito un agente",
        "¿me pueden llamar?",
        "I want to talk to a real person",
        "please call me",
    ),
}


@pytest.mark.parametrize(("text", "taken"), [(text, kind) for kind, texts in TABLE.items() for text in texts])
def test_words_are_taken_for_what_they_mean(text: str, taken: Meaning) -> None:
    assert meaning(text) is taken


@given(st.text())
def test_whatever_is_written_is_taken_for_something(text: str) -> None:
    assert meaning(text) in Meaning
    assert meaning(f"  {text.upper()} ") in Meaning


@pytest.mark.parametrize(
    ("phone", "same"),
    [
        ("whatsapp:+5215512345678", "+525512345678"),
        ("+525512345678", "+525512345678"),
        ("+52 55 1234 5678", "+525512345678"),
        ("+14155238886", "+14155238886"),
        ("+5211234567", "+5211234567"),
    ],
)
def test_one_person_has_one_number(phone: str, same: str) -> None:
    assert canonical(phone) == same
