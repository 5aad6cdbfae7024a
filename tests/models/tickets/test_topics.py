"""What a message is about, by its meaning and its words."""

import pytest

from models.speaking.replies import meaning
from models.tickets.ticket import Topic
from models.tickets.topics import topic_of

TABLE = {
    Topic.BILLING: (
        "no reconozco ese cargo",
        "está muy alto el precio",
        "¿me devuelven mi dinero? me cobraron doble",
        "my card",
    ),
    Topic.ACCESS: ("no puedo entrar a mi cuenta", "¿por qué está suspendido?", "I am locked out: my login fails"),
    Topic.INVOICE: ("necesito mi factura", "el RFC está mal"),
    Topic.OTHER: ("hola", "", "¿quién es?"),
}


@pytest.mark.parametrize(("text", "topic"), [(text, topic) for topic, texts in TABLE.items() for text in texts])
def test_words_point_to_a_topic(text: str, topic: Topic) -> None:
    assert topic_of(meaning(text), text) is topic
