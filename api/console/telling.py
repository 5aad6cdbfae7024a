"""How the console says amounts, days and states: pesos with tabular figures, the business's clock in words, a pill with a word in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from markupsafe import Markup

from api.console.act_words import act_said
from api.console.findings import remedy, rule_name
from api.console.words import STATES
from models.money import Money, pesos
from models.periods import Calendar
from models.speaking.notices import Language
from models.watching.attention import Rule

_DAYS = {
    Language.ES: ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    Language.EN: ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    Language.ES: ("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
    Language.EN: ("January February March April May June July August September October November December"),
}
_NEAR = {
    Language.ES: {-1: "ayer", 0: "hoy", 1: "mañana"},
    Language.EN: {-1: "yesterday", 0: "today", 1: "tomorrow"},
}


@dataclass(frozen=True, slots=True)
class Teller:
    """Speaks to one reader, now. What it answers may be put into a template as it is."""

    language: Language
    calendar: Calendar
    now: datetime

    def money(self, amount: Money | int) -> Markup:
        """`$1,234.50`; another currency than pesos is named. Centavos are integers."""
        whole = amount if isinstance(amount, Money) else Money(amount)
        text = str(whole).removesuffix(" MXN").replace("-", "−")
        return Markup('<span class="sum">{}</span>').format(text)

    def day(self, instant: datetime | None) -> Markup:
        """`hoy`, `mañana`, `21 nov`, `21 nov 2027`."""
        return self._time(instant, self._day(instant)) if instant else _NOTHING

    def moment(self, instant: datetime | None) -> Markup:
        """`hoy, 14:05`, `21 nov, 14:05`; with seconds where a day lasts less than an hour."""
        if instant is None:
            return _NOTHING
        return self._time(instant, f"{self._day(instant)}, {self.calendar.local(instant):{self._clock}}")

    def ago(self, instant: datetime | None) -> Markup:
        """`hace 5 min`, `en 3 h`, `hace 2 días`."""
        if instant is None:
            return _NOTHING
        span = instant - self.now
        text = self._span(abs(span))
        spanish = f"en {text}" if span > timedelta() else f"hace {text}"
        english = f"in {text}" if span > timedelta() else f"{text} ago"
        return self._time(instant, english if self.language is Language.EN else spanish)

    def plain(self, centavos: int) -> str:
        """`1,234.50`: where the currency is named beside it."""
        return pesos(centavos)

    def whole_day(self) -> str:
        """`sábado 21 de noviembre`: today, on the business's clock."""
        local = self.calendar.local(self.now)
        day, month = _DAYS[self.language][local.weekday()], _MONTHS[self.language].split()[local.month - 1]
        return f"{day}, {local.day} {month}" if self.language is Language.EN else f"{day} {local.day} de {month}"

    def pill(self, state: StrEnum | str) -> Markup:
        """A state in a word, and a colour that says the same."""
        known: Mapping[str, tuple[str, str, str]] = STATES.get(type(state), {})
        spanish, english, mood = known.get(str(state), (str(state), str(state), "wait"))
        word = english if self.language is Language.EN else spanish
        return Markup('<span class="pill {}">{}</span>').format(mood, word)

    def word(self, state: StrEnum) -> str:
        """The word alone."""
        spanish, english, _ = STATES.get(type(state), {}).get(str(state), (str(state), str(state), ""))
        return english if self.language is Language.EN else spanish

    def choices(self, states: Iterable[StrEnum]) -> list[tuple[str, str]]:
        """States as the lines of a select: value and word, those with the same word once."""
        words: dict[str, str] = {}
        for state in states:
            words.setdefault(self.word(state), str(state))
        return [(value, word) for word, value in words.items()]

    def act(self, what: str) -> str:
        """What a process does next, in words."""
        return act_said(what, self.language)

    def rule(self, rule: Rule) -> str:
        """The name of what must never be so."""
        return rule_name(rule, self.language)

    def remedy(self, rule: Rule) -> str:
        """What a person does about it."""
        return remedy(rule, self.language)

    @property
    def _clock(self) -> str:
        return "%H:%M" if self.calendar.day_seconds >= 3600 else "%H:%M:%S"

    def _day(self, instant: datetime) -> str:
        local, today = self.calendar.local(instant), self.calendar.local(self.now)
        if near := _NEAR[self.language].get((local.date() - today.date()).days):
            return near
        whole = self.calendar.show_day(instant, english=self.language is Language.EN)
        return whole if local.year != today.year else whole.removesuffix(f" {local.year}")

    def _time(self, instant: datetime, text: str) -> Markup:
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            instant.isoformat(timespec="seconds"), self.calendar.show(instant), text
        )

    def _span(self, span: timedelta) -> str:
        minutes = int(span.total_seconds() // 60)
        if minutes < 60:
            return f"{minutes} min"
        if minutes < 48 * 60:
            return f"{minutes // 60} h"
        return f"{minutes // 1440} {'days' if self.language is Language.EN else 'días'}"


_NOTHING = Markup('<span class="none">–</span>')
