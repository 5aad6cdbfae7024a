"""What keeps a WhatsApp template from carrying its notice."""

import pytest

from models.speaking.notices import Language, NoticeKind
from models.speaking.templates import ABSENT, NEEDED, Template, faults, missing
from models.speaking.wording import VARIABLES
from models.watching.attention import Rule

BODY = "{{1}}: tu servicio de {{2}} está suspendido. Paga aquí: {{6}}"
GOOD = Template("suspended:es-MX", "HX1", "approved", BODY)


def test_an_approved_template_with_numbered_variables_and_the_link_is_right() -> None:
    assert faults(GOOD) == []
    assert GOOD.variables == (1, 2, 6)


@pytest.mark.parametrize(
    ("template", "word"),
    [
        (Template("suspended:es-MX", "HX1", "pending", BODY), "pending"),
        (Template("suspended:es-MX", "HX1", "rejected", BODY, "promotional"), "promotional"),
        (Template("suspended:es-MX", "HX1", ABSENT), "PERDURA_TWILIO_TEMPLATES"),
        (Template("suspendido:es-MX", "HX1", "approved", BODY), "kind:language"),
        (Template("suspended:es", "HX1", "approved", BODY), "kind:language"),
        (Template("suspended:es-MX", "HX1", "approved", BODY + " {{8}}"), "[8]"),
        (Template("renewal:es-MX", "HX1", "approved", "{{1}} {{6}} {{7}}"), "[7]"),
        (Template("suspended:es-MX", "HX1", "approved", BODY + " {{name}}"), "name"),
        (Template("suspended:es-MX", "HX1", "approved", "{{1}}, paga"), "lacks the link"),
    ],
)
def test_what_is_wrong_is_told_in_words(template: Template, word: str) -> None:
    (fault,) = faults(template)
    assert word in fault
    assert missing([template])


def test_a_template_that_asks_for_money_may_list_all_that_is_owed() -> None:
    listing = Template("suspended:es-MX", "HX1", "approved", BODY + " {{7}}")
    assert faults(listing) == []
    assert VARIABLES[listing.variables[-1] - 1] == "debts"


def test_a_notice_that_leads_nowhere_needs_no_link() -> None:
    assert faults(Template("canceled:es-MX", "HX1", "approved", "{{1}}, cancelamos tu plan {{3}}")) == []


def test_every_kind_but_answers_needs_a_template_in_each_language() -> None:
    everything = [Template(name, "HX1", "approved", "{{1}} {{6}}") for name in NEEDED]
    assert missing(everything) == []
    (one,) = missing([template for template in everything if template.name != "suspended:en"])
    assert (one.rule, one.subject) == (Rule.TEMPLATE_MISSING, "whatsapp/en")
    assert one.text.endswith("suspended")
    assert len(missing([])) == len(Language)
    assert f"{NoticeKind.STOPPED}:es-MX" not in NEEDED
