"""A notice's text, from its kind, the reader's language and the facts."""

from dataclasses import asdict

from models.collecting.declines import DeclineClass
from models.speaking.notices import Language, NoticeKind
from models.speaking.texts import answering, billing, collecting, invoicing, leaving, subscribing
from models.speaking.wording import VARIABLES, Facts, Text, Wording

_TEXTS: dict[NoticeKind, Wording] = {
    **subscribing.TEXTS,
    **collecting.TEXTS,
    **invoicing.TEXTS,
    **answering.TEXTS,
    **leaving.TEXTS,
    **billing.TEXTS,
}

_WHY = {
    Language.ES: {
        DeclineClass.HARD: "Tu banco ya no acepta cargos a esa tarjeta, así que no volveremos a intentarlo: necesitamos otra.",
        DeclineClass.AUTHENTICATION: "Tu banco pide que autorices el cargo tú mismo.",
    },
    Language.EN: {
        DeclineClass.HARD: "Your bank no longer accepts charges to that card, so we will not try it again: please use another one.",
        DeclineClass.AUTHENTICATION: "Your bank asks you to approve the charge yourself.",
    },
}
_WHY_OTHERWISE = {
    Language.ES: "Lo volveremos a intentar en las próximas 24 horas.",
    Language.EN: "We will try again within the next 24 hours.",
}


def link_in(kind: NoticeKind) -> bool:
    """Whether a notice of this kind leads anywhere."""
    return "{link}" in _TEXTS[kind].spanish.body


def render(kind: NoticeKind, language: Language, facts: Facts) -> Text:
    """The text of one notice."""
    why = _WHY[language].get(facts.decline, _WHY_OTHERWISE[language]) if facts.decline else _WHY_OTHERWISE[language]
    spoken = _TEXTS[kind].spoken(language)
    words = {**asdict(facts), "why": why}
    variables = tuple(" ".join(str(words[name]).split()) for name in VARIABLES)
    return Text(spoken.subject.format(**words), spoken.body.format(**words), variables)
