"""How a business looks: every field checked at the door, every wrong one named with its remedy."""

from typing import Any

import pytest

from models.look.brand import ACCENT, PRIMARY, brand, differences, neutral
from models.people import FieldInvalid
from models.speaking.notices import Language
from tests.pictures import acuario

WRONG = [
    ("name", "", "name your customers know"),
    ("name", " \n ", "name your customers know"),
    ("name", "--- !", "name your customers know"),
    ("name", "x" * 61, "write 60 at most"),
    ("name", "Acua\u202erio", "cannot be shown"),
    ("legal_line", "x" * 201, "write 200 at most"),
    ("primary", "blue", "six hexadecimal digits"),
    ("accent", "#12345", "six hexadecimal digits"),
    ("phone", "call us", "ten digits"),
    ("whatsapp", "12", "ten digits"),
    ("email", "acuario.mx", "not an e-mail"),
    ("website", "acuario.mx", "with https://"),
    ("website", "http://acuario.mx", "with https://"),
    ("terms_url", "javascript:alert(1)", "with https://"),
    ("terms_url", "https://user@acuario.mx/", "no user"),
    ("privacy_url", "https://10.0.0.1/", "no user, no port, no IP"),
    ("privacy_url", "https://localhost/", "host name"),
    ("privacy_url", "https://acuario.mx:8443/", "no user, no port"),
    ("privacy_url", 'https://acuario.mx/"><script>', "not a web address"),
    ("privacy_url", "https://acuario.mx/a b", "not a web address"),
    ("website", "https://" + "a" * 300 + ".mx", "not a web address"),
]


@pytest.mark.parametrize(("which", "value", "why"), WRONG)
def test_what_is_wrong_is_named_with_its_remedy(which: str, value: str, why: str) -> None:
    with pytest.raises(FieldInvalid, match=why) as caught:
        brand(**{"tenant": "acme", "name": "Acuario", which: value})
    assert caught.value.field == which


def test_what_is_given_is_kept_in_one_form() -> None:
    made = acuario(name="  Acuario \t& Cía ").brand
    assert (made.name, made.initial) == ("Acuario & Cía", "A")
    assert (made.support.phone, made.support.whatsapp) == ("+525512345678", "+525587654321")
    assert [(way.label, way.address, way.shown) for way in made.support.ways(Language.ES)] == [
        ("WhatsApp", "https://wa.me/525587654321", "+52 55 8765 4321"),
        ("Teléfono", "tel:+525512345678", "+52 55 1234 5678"),
        ("Correo", "mailto:ayuda@acuario.mx", "ayuda@acuario.mx"),
    ]
    assert [way.label for way in made.pages(Language.EN)] == ["Website", "Terms and conditions", "Privacy notice"]


def test_who_sets_nothing_looks_decent_and_shows_no_empty_places() -> None:
    plain = neutral("acme", "Acme")
    assert plain == brand(tenant="acme", name="Acme")
    assert (plain.primary, plain.accent, plain.corrections) == (PRIMARY, ACCENT, ())
    assert (plain.support.ways(Language.ES), plain.pages(Language.ES), plain.logo_path) == ((), (), "")


def test_colours_that_cannot_be_read_are_shown_otherwise_and_the_reason_is_told() -> None:
    assert acuario(accent="#805500").brand.corrections == ()
    pale: Any = acuario(primary="#ffcc00", accent="#cccccc").brand.corrections
    assert [told.partition(":")[0] for told in pale] == ["primary", "accent", "primary"]
    assert "#ffcc00 on white has a contrast of 1.5:1, less than the 4.5:1 of WCAG AA" in pale[0]
    assert "buttons have dark letters" in pale[2]


def test_another_picture_has_another_address_and_a_change_is_told_without_its_values() -> None:
    before = acuario().brand
    assert before.logo_path == f"/brand/acme/logo?v={before.logo.digest if before.logo else ''}"
    assert differences(before, before) == ()
    assert differences(before, acuario(name="Otro", phone="").brand) == ("name", "support")
