"""The console's words: every state has its own in both languages, and dates and amounts are told as people say them."""

from datetime import UTC, datetime, timedelta

import pytest

from api.console.act_words import act_said
from api.console.case_words import action_said, condition_said, detail_said
from api.console.crm_words import activity_said
from api.console.fault_words import fault_said
from api.console.findings import remedy, rule_name
from api.console.forms import wrong
from api.console.telling import Teller
from api.console.words import STATES
from api.problems import FieldError, Problem, invalid
from models.crm.following import of_reply
from models.money import Money
from models.periods import Calendar
from models.policies.policy import When
from models.records import AuditEntry
from models.speaking.notices import Channel, Language, NoticeKind
from models.speaking.replies import Meaning, Reply
from models.subscribing.subscription_acts import Act, Next
from models.tickets.ticket import Priority
from models.watching.attention import Rule

NOON = datetime(2026, 11, 21, 18, tzinfo=UTC)  # 12:00 in Mexico City
ES, EN = (Teller(language, Calendar(), NOON) for language in Language)


@pytest.mark.parametrize("kind", STATES)
def test_every_state_of_a_kind_has_its_words(kind: type) -> None:
    assert set(STATES[kind]) == set(kind)  # type: ignore[call-overload]
    assert all(mood in {"good", "warn", "bad", "info", "wait"} for _, _, mood in STATES[kind].values())


@pytest.mark.parametrize("meaning", Meaning)
def test_what_a_customer_replied_is_told_whatever_it_means(meaning: Meaning) -> None:
    told = activity_said(of_reply(Reply("acme", "SM1", "c_1", Channel.WHATSAPP, "", meaning, NOON)), Language.ES)
    assert told.removeprefix("Respondió por WhatsApp: ").strip()
    assert told.startswith("Respondió por WhatsApp: ")


def test_every_rule_has_a_name_and_a_remedy_in_both_languages() -> None:
    for language in Language:
        assert len({rule_name(rule, language) for rule in Rule}) == len(Rule)
        assert all(remedy(rule, language).endswith(".") for rule in Rule)


def test_days_are_told_as_people_say_them_on_the_clock_of_the_business() -> None:
    told = {
        0: ("hoy, 12:00", "today, 12:00"),
        -1: ("ayer, 12:00", "yesterday, 12:00"),
        1: ("mañana, 12:00", "tomorrow, 12:00"),
        5: ("26 nov, 12:00", "26 Nov, 12:00"),
        60: ("20 ene 2027, 12:00", "20 Jan 2027, 12:00"),
    }
    for days, words in told.items():
        for teller, text in zip((ES, EN), words, strict=True):
            assert f">{text}</time>" in teller.moment(NOON + timedelta(days=days))
    assert ES.whole_day() == "sábado 21 de noviembre"
    assert EN.whole_day() == "Saturday, 21 November"
    assert ">hace 5 min<" in ES.ago(NOON - timedelta(minutes=5))
    assert ">in 3 h<" in EN.ago(NOON + timedelta(hours=3))
    assert "–" in ES.day(None)


def test_a_case_handed_to_a_person_is_told_in_words() -> None:
    handed = AuditEntry("acme", "s_1", "in_1/e", NOON, "ana", "escalated", detail=f"priority {Priority.HIGH}")
    assert (action_said("escalated", Language.ES), detail_said(handed, Language.ES)) == (
        "Pasó a una persona",
        "Prioridad: Alta",
    )
    assert detail_said(handed, Language.EN) == "Priority: High"


def test_the_sums_of_a_condition_are_exact_to_the_centavo() -> None:
    whole = 900_719_925_474_099_301  # centavos; a float holds no such sum
    assert condition_said(When(at_least=50_000, at_most=whole), Language.ES) == (
        "solo si debe al menos $500.00 y debe como máximo $9,007,199,254,740,993.01"
    )


def test_why_a_field_cannot_be_taken_is_said_in_spanish() -> None:
    for field, message, words in (
        ("late_days", "Input should be greater than or equal to 1", "Escribe 1 o más"),
        ("email", "not an e-mail address: no @", "Escribe un correo válido, como ana@ejemplo.mx"),
        (
            "email",
            "belongs to customer 'c_1': use their record, or correct it",
            "Es del cliente c_1: usa su registro, o corrígelo",
        ),
        ("", "12000 rows: give 5000 at a time", "Son 12000 filas: manda hasta 5000 por archivo"),
        ("series", "something new", "Revisa este dato (something new)"),
    ):
        assert fault_said(field, message, Language.ES) == words
        assert fault_said(field, message, Language.EN) == message
    errors = [FieldError(field="emails.0", message="not an e-mail address: no @")]
    assert wrong(Problem(422, "", errors=errors), {}, Language.ES).get("emails").startswith("Escribe un correo")


def test_amounts_are_pesos_unless_another_currency_is_named() -> None:
    assert ES.money(123_456) == '<span class="sum">$1,234.56</span>'
    assert "−$5.00" in ES.money(-500)
    assert "$1.00 USD" in ES.money(Money(100, "USD"))


def test_what_a_process_does_next_is_told_in_words() -> None:
    known = [Next(each).words for each in Act if each not in (Act.NOTIFY, Act.END)]
    known += [Next(Act.NOTIFY, notice=kind).words for kind in NoticeKind]
    known += ["D+3 suspend", "D+8h retry", "D0 warn deletion", "D-3 notify"]
    for what in known:
        assert act_said(what, Language.ES) != act_said(what, Language.EN), what
    assert act_said("D+3 suspend", Language.ES) == "D+3: Suspensión del servicio"
    assert act_said("something new", Language.EN) == "something new"


def test_each_fault_of_a_field_is_told_once() -> None:
    said = [("days", "first"), ("days", "second"), ("days", "first"), ("emails.0", "no"), ("emails.1", "no")]
    found = wrong(invalid([FieldError(field=field, message=message) for field, message in said]), {}, Language.EN)
    assert found.fields == {"days": "first; second", "emails": "no"}
