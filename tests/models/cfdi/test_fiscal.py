"""Receivers at the door, and the rules that choose a document's codes."""

from datetime import UTC, datetime, timedelta

import pytest

from models.cfdi.fiscal import (
    Person,
    Receiver,
    form_of_payment,
    issue_date,
    issuer,
    legal_name,
    person,
    receiver,
    tax_id,
    use_of,
    uses_for,
)
from models.people import FieldInvalid
from models.subscribing.invoices import Funding

GOOD = {"rfc": "CUSC850516316", "name": "César Osbaldo Cruz Solórzano", "regime": "612", "postal_code": "45638"}


def test_a_receiver_is_normalised_as_the_constancia_writes_it() -> None:
    found = receiver(rfc=" cusc-850516-316 ", name="  César  Osbaldo Cruz Solórzano", regime="612", postal_code="45638")
    assert found == Receiver("CUSC850516316", "CÉSAR OSBALDO CRUZ SOLÓRZANO", "612", "45638", "")


@pytest.mark.parametrize(
    ("change", "field", "remedy"),
    [
        ({"rfc": "CUSC8505163"}, "tax_id", "12 characters (company) or 13"),
        ({"rfc": "CUSC851316316"}, "tax_id", "no calendar date"),
        ({"rfc": "CUSC850230316"}, "tax_id", "no calendar date"),
        ({"rfc": "XAXX010101000", "name": ""}, "tax_id", "generic"),
        ({"rfc": "XAXX010101000", "name": "Público en general"}, "legal_name", "everybody"),
        ({"rfc": "XEXX010101000"}, "tax_id", "generic"),
        ({"name": ""}, "legal_name", "constancia"),
        ({"name": "A|B"}, "legal_name", "constancia"),
        ({"name": "X" * 301}, "legal_name", "constancia"),
        ({"regime": "999"}, "tax_regime", "601"),
        ({"regime": "601"}, "tax_regime", "persona fisica"),
        ({"postal_code": "4563"}, "postal_code", "five digits"),
        ({"postal_code": "00100"}, "postal_code", "five digits"),
        ({"use": "G99"}, "cfdi_use", "G03"),
        ({"use": "CN01"}, "cfdi_use", "does not go with"),
        ({"regime": "605", "use": "G03"}, "cfdi_use", "S01"),
        ({"rfc": "EKU9003173C9", "regime": "601", "use": "D01"}, "cfdi_use", "G03"),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(change: dict[str, str], field: str, remedy: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        receiver(**{**GOOD, **change})
    assert refused.value.field == field
    assert remedy in str(refused.value)


@pytest.mark.parametrize("rfc", ["EKU9003173C9", "CUSC850516316", "ÑAÑ&000229AB1", "L&O950913MSA"])
def test_real_patterns_of_rfc_are_taken(rfc: str) -> None:
    assert tax_id(rfc) == rfc


def test_the_length_of_the_rfc_tells_the_kind_of_person() -> None:
    assert person("EKU9003173C9") is Person.MORAL
    assert person("CUSC850516316") is Person.FISICA


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Escuela Kemper Urgate SA de CV", "ESCUELA KEMPER URGATE"),
        ("Escuela Kemper Urgate, S.A. de C.V.", "ESCUELA KEMPER URGATE"),
        ("Ñandú & Hijos S de RL de CV", "ÑANDÚ & HIJOS"),
        ("Lácteos del Sur SPR de RL", "LÁCTEOS DEL SUR"),
        ("Instituto Sasa", "INSTITUTO SASA"),
        ("SAS", "SAS"),
    ],
)
def test_a_company_s_name_loses_its_corporate_form(written: str, expected: str) -> None:
    assert legal_name(written, Person.MORAL) == expected


def test_a_person_s_name_keeps_all_its_words() -> None:
    assert legal_name("Ana Sa", Person.FISICA) == "ANA SA"


@pytest.mark.parametrize(
    ("rfc", "regime", "asked", "chosen"),
    [
        ("CUSC850516316", "612", "", "G03"),
        ("CUSC850516316", "605", "", "S01"),  # every salaried employee: G03 would be refused (CFDI40161)
        ("CUSC850516316", "616", "", "S01"),
        ("CUSC850516316", "626", "", "G03"),
        ("CUSC850516316", "612", "I04", "I04"),
        ("CUSC850516316", "605", "D10", "D10"),
        ("EKU9003173C9", "601", "D10", "G03"),
        ("EKU9003173C9", "610", "", "S01"),
    ],
)
def test_the_use_is_the_receiver_s_where_allowed_else_g03_else_s01(
    rfc: str, regime: str, asked: str, chosen: str
) -> None:
    assert use_of(Receiver(rfc, "X", regime, "06600", asked)) == chosen


def test_a_refund_s_use_falls_back_as_well() -> None:
    assert use_of(Receiver("CUSC850516316", "X", "612", "06600"), "G02") == "G02"
    assert use_of(Receiver("CUSC850516316", "X", "605", "06600"), "G02") == "S01"


def test_payroll_and_payment_uses_are_never_offered() -> None:
    assert not {"CP01", "CN01"} & set(uses_for(Person.FISICA, "605"))


def test_every_way_of_paying_has_its_form() -> None:
    assert {f: form_of_payment(f) for f in Funding} == {
        Funding.CREDIT: "04",
        Funding.DEBIT: "28",
        Funding.PREPAID: "28",
        Funding.UNKNOWN: "04",
        Funding.SPEI: "03",
        Funding.CASH: "01",
    }


CHARGED = datetime(2027, 1, 1, 5, 30, 15, 999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("postal_code", "expected"),
    [
        ("06600", "2026-12-31T23:30:15"),
        ("77500", "2027-01-01T00:30:15"),
        ("23000", "2026-12-31T22:30:15"),
        ("22000", "2026-12-31T21:30:15"),
        ("88000", "2026-12-31T23:30:15"),
        ("32000", "2026-12-31T22:30:15"),
    ],
)
def test_the_date_is_the_charge_s_on_the_issuer_s_clock(postal_code: str, expected: str) -> None:
    assert issue_date(CHARGED, CHARGED + timedelta(hours=69), postal_code).isoformat() == expected


def test_a_charge_too_old_to_be_stamped_is_dated_now() -> None:
    now = CHARGED + timedelta(hours=70)
    assert issue_date(CHARGED, now, "06600").isoformat() == "2027-01-03T21:30:15"


def test_somebody_without_rfc_is_named_all_the_same() -> None:
    named = receiver(rfc="XAXX010101000", name="  José  Peña ", regime="612", postal_code="45638")
    assert named == Receiver("XAXX010101000", "JOSÉ PEÑA", "616", "", "S01")


def test_nobody_issues_under_a_generic_rfc() -> None:
    with pytest.raises(FieldInvalid, match="generic"):
        issuer(rfc="XAXX010101000", name="ANA", regime="612", postal_code="45638")
