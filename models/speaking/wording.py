"""The parts of a notice's text: what it mentions, how it reads in each language, and what becomes of both."""

from dataclasses import dataclass

from models.collecting.declines import DeclineClass
from models.speaking.notices import Language


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text in one language, with the names of `Facts` in braces (`{name}`), and `{why}` for what a decline means."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Wording:
    """A text in both languages."""

    spanish: Spoken
    english: Spoken

    def spoken(self, language: Language) -> Spoken:
        """In the reader's."""
        return self.english if language is Language.EN else self.spanish


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text mentions. All are ready to print: amounts and dates are already in the customer's terms."""

    name: str
    brand: str
    plan: str
    amount: str = ""
    date: str = ""
    link: str = ""
    decline: DeclineClass | None = None
    debts: str = ""  # all that is owed, in one sentence; only where money is asked for
    usage: str = ""  # how much of what the plan allows: `1,000 documentos`
    options: str = ""  # the plans above, in one sentence; only where a trial ends
    changes: str = ""  # all that another plan changes, in one sentence; only where one was ordered
    answer: str = ""  # what a person wrote in a ticket


@dataclass(frozen=True, slots=True)
class Text:
    """A rendered notice: `body` goes by WhatsApp as it is and by e-mail under `subject`.

    `variables` are the same facts in order, for a template approved by WhatsApp: those of `VARIABLES`.
    """

    subject: str
    body: str
    variables: tuple[str, ...] = ()

    @property
    def link(self) -> str:
        """Where it leads."""
        return self.variables[VARIABLES.index("link")] if self.variables else ""


# Of a template, in the order of their numbers, from 1. `debts` is given where money is asked for (`CHASING`), `options` where a trial
# ends (`TRIALS`), `changes` where a change of plan is confirmed (`CONFIRMING`), `answer` where a person answers. Each is on one line:
# Twilio takes no line breaks in a variable (its error 21656).
VARIABLES = ("name", "brand", "plan", "amount", "date", "link", "debts", "options", "changes", "answer")
