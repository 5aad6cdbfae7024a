"""Legal texts: what may be published, and what a business starts from."""

import pytest

from models.agreements.legal import LONGEST, UNFINISHED, LegalKind, by_path, checked
from models.agreements.starting_texts import starting_text
from models.look.brand import Support, neutral
from models.look.brand import brand as checked_brand
from models.people import FieldInvalid
from models.speaking.notices import Language


def test_lines_are_unix_lines_and_blank_ends_go() -> None:
    assert checked("  uno \r\ndos\rtres\n\n") == "uno\ndos\ntres"
    assert checked(" ", needed=False) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("x" * (LONGEST + 1), "200,001 characters"),
        ("a\x00b", "control characters"),
        ("uno\ndos [COMPLETA: RFC] tres", "line 2 still says [COMPLETA"),
    ],
)
def test_what_cannot_be_published_is_refused_with_the_remedy(text: str, why: str) -> None:
    with pytest.raises(FieldInvalid, match=why.replace("[", r"\[")) as told:
        checked(text, "english")
    assert told.value.field == "english"


@pytest.mark.parametrize("kind", LegalKind)
def test_a_starting_text_names_the_business_and_cannot_go_out_as_it_is(kind: LegalKind) -> None:
    known = checked_brand(
        tenant="acme",
        name="Acuario",
        legal_line="Acuario, S.A.",
        email="ayuda@acuario.mx",
        website="https://acuario.mx",
    )
    text = starting_text(kind, known)
    assert "Acuario" in text
    assert "{" not in text
    assert starting_text(kind, neutral("acme", "Acuario")).count(UNFINISHED) > text.count(UNFINISHED) >= 1
    with pytest.raises(FieldInvalid):
        checked(text)
    finished = "\n".join(line for line in text.splitlines() if UNFINISHED not in line)
    assert checked(finished).startswith("## 1. ")


def test_the_privacy_notice_names_the_law_and_the_authority_of_today() -> None:
    text = starting_text(LegalKind.PRIVACY, neutral("acme", "Acuario"))
    for words in ("20 de marzo de 2025", "Secretaría Anticorrupción y Buen Gobierno", "ARCO", "20 días hábiles"):
        assert words in text


def test_every_text_has_its_own_address_and_name() -> None:
    assert [by_path(kind.path) for kind in LegalKind] == list(LegalKind)
    assert by_path("terms") is None
    assert len({kind.named(language) for kind in LegalKind for language in Language}) == 2 * len(LegalKind)


def test_a_business_s_own_address_of_a_text_comes_before_ours() -> None:
    mine = checked_brand(tenant="acme", name="Acme", terms_url="https://acme.mx/terminos")
    assert mine.support == Support()
    assert mine.text_address(LegalKind.TERMS, Language.EN) == "https://acme.mx/terminos"
    assert mine.text_address(LegalKind.DPA, Language.ES) == ""
