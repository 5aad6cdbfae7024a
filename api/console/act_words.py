"""What a process does next by itself, as its own name for it says (a subscription's act, a ladder's `D+3 suspend`), in both languages."""

import re
from collections.abc import Mapping

from api.console.case_words import ACTIONS
from api.console.notice_words import NOTICES
from models.policies.policy import Action
from models.speaking.notices import Language, NoticeKind
from models.words import Words

_ACTS: Mapping[str, Words] = {
    "ask the provider about the next invoice": Words("Cobro de la renovación", "Renewal is charged"),
    "plan change summary": Words("Resumen del cambio de plan", "Plan change summary"),
    "arrange the plan change": Words("Cambio de plan con Stripe", "Plan change at Stripe"),
    "the signup to be finished": Words("Falta terminar el alta", "Signup to be finished"),
    "overdue, if it is not paid": Words("Vence, si no se paga", "Overdue, if it is not paid"),
    "dunning": Words("Cobranza", "Collection"),
    "": Words("Cobranza", "Collection"),
}
_STEP = re.compile(r"(D[+-]?\d*h?) (.+)")


def act_said(what: str, language: Language) -> str:
    """`D+3: Suspensión del servicio`; a name that is not known as it is."""
    if known := _ACTS.get(what):
        return known.in_(language)
    step, kind = _STEP.fullmatch(what), what.removesuffix(" notice")
    if step and (name := step[2].replace(" ", "_")) in set(Action):
        return f"{step[1]}: {ACTIONS[Action(name)].in_(language)}"
    if kind in set(NoticeKind):
        about = NOTICES[NoticeKind(kind)].in_(language)
        return f"Notice: {about}" if language is Language.EN else f"Aviso: {about}"
    return what
