"""What a log must not hold is taken out, and what an operator needs stays."""

from collections.abc import Callable

import pytest

from models.access.sessions import fresh_invitation, fresh_refresh_token
from models.safekeeping.redaction import Redaction

NET = Redaction.of(["correct horse battery staple", "correct horse", "x"])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("mail to ana.lopez+2@clinica.example.mx bounced", "mail to [e-mail] bounced"),
        ("whatsapp:+5215512345678 refused", "whatsapp:[phone] refused"),
        ("call +52 55 1234 5678 now", "call [phone] now"),
        ("dialled 55 1234 5678", "dialled [phone]"),
        ("dialled 5512345678", "dialled [phone]"),
        ("dialled (55) 1234-5678", "dialled [phone]"),
        ("receiver XAXX010101000", "receiver [RFC]"),
        ("receiver GODE561231GR8, gode561231gr8", "receiver [RFC], [RFC]"),
        ("receiver Ñ&A010101AB1", "receiver [RFC]"),
        ("CURP GODE561231HDFRRN09", "CURP [CURP]"),
        ("card 4242 4242 4242 4242", "card [card]"),
        ("card 4000-0000-0000-0002", "card [card]"),
        ("key sk_test_51AbC_9 and whsec_x1 and pk_live_Ab-9", "key [key] and [key] and [key]"),
        ("intent pi_3Abc_secret_9xY", "intent [key]"),
        ("Authorization: Bearer abc.def-1", "Authorization: Bearer [token]"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_", "token [token]"),
        ("smtp://cobros:hunter2@mail.example:587", "smtp://[credentials]@mail.example:587"),
        ("GET /go/cGF5OmFjbWU6c18x.Zm9v HTTP", "GET /go/[token] HTTP"),
        ("POST /codec/abcdef0123456789/decode", "POST /codec/[token]/decode"),
        ("POST /codec/decode, /codec/operator/decode", "POST /codec/decode, /codec/operator/decode"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", "[key]"),
        ("said correct horse battery staple, then correct horse", "said [secret], then [secret]"),
        ("keys k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "keys [key]"),
    ],
)
def test_what_is_secret_or_personal_is_taken_out(text: str, left: str) -> None:
    assert NET.text(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "event evt_1PgafTB7WZ01zgkW stays pending: Unavailable",
        "sub:acme:s_8fede582a1b2c3d4",
        "invoice in_1Pgc6tB7WZ01zgkW charge ch_3PgafTB7WZ01zgkW, 14900 centavos",
        "in_1MtHbELkdIwHu7ixl4OzzPMv/attempt-2",
        "2026-11-21T05:46:37.302Z",
        "run 01a1fca2-2ab8-7e70-bfbc-8169edce9645",
        "D+3 suspend; next at 2026-11-24 12:00:00",
        "listening on http://127.0.0.1:8400",
        "order 1234567890123",  # thirteen digits that are no card
        "UUID 6128396f-c09b-4ec6-8699-43c5f7e3b230",
    ],
)
def test_what_an_operator_needs_stays(text: str) -> None:
    assert NET.text(text) == text


@pytest.mark.parametrize("fresh", [fresh_refresh_token, fresh_invitation])
def test_what_lets_somebody_in_is_taken_out(fresh: Callable[[], str]) -> None:
    assert NET.text(f"shown {fresh()}.") == "shown [token]."


def test_a_field_is_known_by_its_name_however_deep() -> None:
    told = NET.fields(
        {
            "event": "request",
            "route": "/v1/plans",
            "status": 200,
            "ms": 3.2,
            "tenant": "acme",
            "quiet": True,
            "nothing": None,
            "customer_name": "Ana",
            "to": "Ana",
            "stripe_key": "abc",
            "reason": "viaja el viernes",
            "phone": 1,
            "inner": {"email": "x", "tax_id": "x", "deep": [{"password": "x", "plan": "pro"}]},
        }
    )
    assert told == {
        "event": "request",
        "route": "/v1/plans",
        "status": 200,
        "ms": 3.2,
        "tenant": "acme",
        "quiet": True,
        "nothing": None,
        "customer_name": "[removed]",
        "to": "[removed]",
        "stripe_key": "[removed]",
        "reason": "[removed]",
        "phone": "[removed]",
        "inner": {"email": "[removed]", "tax_id": "[removed]", "deep": [{"password": "[removed]", "plan": "pro"}]},
    }


def test_a_value_is_known_by_its_look_whatever_it_is() -> None:
    class Odd:
        def __str__(self) -> str:
            return "Odd(ana@example.mx)"

    told = NET.fields({"said": Odd(), "card_or_not": 4242424242424242, "count": 12, "all": ("5512345678", 7)})
    assert told == {"said": "Odd([e-mail])", "card_or_not": "[removed]", "count": 12, "all": ["[phone]", 7]}


def test_a_known_secret_that_is_no_more_than_a_word_is_not_looked_for() -> None:
    assert NET.known == ("correct horse battery staple", "correct horse")
    assert "horse" not in repr(NET)
