"""WhatsApp templates: what each must be for our notices to go out by it. Outside the 24 hours after a customer's own message WhatsApp
takes nothing else (Twilio error 63016).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from models.speaking.notices import ANSWERS, BY_MAIL, CHASING, CONFIRMING, TRIALS, WITH_DOCUMENT, Language, NoticeKind
from models.speaking.rendering import link_in
from models.speaking.wording import VARIABLES
from models.watching.attention import Finding, Rule

APPROVED = "approved"  # Twilio's word; others: unsubmitted, received, pending, rejected, paused, disabled
ALERT = "alert"  # carries what a business's own people are alerted of: no notice to a customer, one variable, its line
ABSENT = "absent"  # ours: Twilio has no template of this id

_ONLY_IN: dict[str, frozenset[str]] = {
    "debts": CHASING,
    "options": TRIALS,
    "changes": CONFIRMING,
    "answer": frozenset({NoticeKind.TICKET_REPLY}),
}

# An answer leaves within the 24 hours, where any text may.
NEEDED = tuple(f"{kind}:{language}" for language in Language for kind in NoticeKind if kind not in ANSWERS | BY_MAIL)


@dataclass(frozen=True, slots=True)
class Template:
    """One content template at Twilio, as configured for a kind of notice and a language (`suspended:es-MX`)."""

    name: str
    sid: str
    status: str
    body: str = ""
    reason: str = ""  # why WhatsApp rejected it

    @property
    def kind(self) -> str:
        return self.name.partition(":")[0]

    @property
    def variables(self) -> tuple[int, ...]:
        """The numbers of the variables in its text, in order."""
        return tuple(sorted({int(number) for number in re.findall(r"\{\{(\d+)\}\}", self.body)}))


def faults(template: Template) -> list[str]:
    """What keeps a template from carrying its notice, each with its remedy."""
    found = []
    if template.name not in [f"{kind}:{language}" for kind in (*NoticeKind, ALERT) for language in Language]:
        return [f"'{template.name}' is no notice: write kind:language, e.g. suspended:es-MX"]
    if template.status == ABSENT:
        return [f"Twilio has no template {template.sid}: correct PERDURA_TWILIO_TEMPLATES"]
    if template.status != APPROVED:
        why = f" ({template.reason})" if template.reason else ""
        found.append(f"WhatsApp has not approved it: {template.status}{why}")
    if template.kind == ALERT:
        return [*found, *([] if template.variables == (1,) else ["its text has one variable, {{1}}: the alert's line"])]
    given = {
        number: name
        for number, name in enumerate(VARIABLES, start=1)
        if template.kind in _ONLY_IN.get(name, frozenset([template.kind]))
    }
    if strange := [number for number in template.variables if number not in given]:
        known = ", ".join(f"{number} {name}" for number, name in given.items())
        found.append(f"variables {strange} are not given to it; there are {known}")
    if odd := re.findall(r"\{\{\s*(?!\d+\}\})([^}]*)\}\}", template.body):
        found.append(f"variables {odd} have names: number them, {{{{1}}}} is {VARIABLES[0]}")
    needs_link = link_in(NoticeKind(template.kind)) and template.kind not in WITH_DOCUMENT
    link = VARIABLES.index("link") + 1
    if needs_link and link not in template.variables:
        found.append(f"its text lacks the link, {{{{{link}}}}}")
    return found


def missing(templates: Sequence[Template]) -> list[Finding]:
    """One finding a language: the kinds that WhatsApp will refuse outside the 24 hours. They go by the next channel."""
    good = {template.name for template in templates if not faults(template)}
    found = []
    for language in Language:
        lacking = [n.partition(":")[0] for n in NEEDED if n.endswith(f":{language}") and n not in good]
        if lacking:
            text = f"no approved template in {language} for {', '.join(lacking)}"
            found.append(Finding("", Rule.TEMPLATE_MISSING, f"whatsapp/{language}", text))
    return found
