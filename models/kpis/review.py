"""The review of a week (source document S2): funnel, downgrades, avoidable churn, recovered debts, critical cases, open actions.

Pure. A week is the tenant's, Monday to Sunday; its review is made on the Monday after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.analytics.funnel import Trial
from models.analytics.recovery import Collected
from models.changing.change_records import ChangeKind, ChangeState, Followed
from models.kpis.definitions import Kpi
from models.kpis.evidence import why_critical
from models.kpis.figures import Base, Figure, shown
from models.money import Money
from models.speaking.notices import Language
from models.words import Words

HOUR = 8  # of Monday morning, from which it is due
STALE = timedelta(days=3)  # later than that after Monday's hour it is sent no more: the next one comes
AVOIDABLE = Kpi.CHURN_INVOLUNTARY
SHOWN = (Kpi.PAST_DUE_SHARE, Kpi.MRR, Kpi.TRIAL_TO_PAID, Kpi.RECOVERED_IN_7_DAYS, Kpi.DOWNGRADES_RETAINED)


@dataclass(frozen=True, slots=True)
class Week:
    """A calendar week by ISO 8601 (`2026-W47`) on a tenant's clock."""

    name: str
    monday: date
    zone: str

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.monday, time(), ZoneInfo(self.zone))

    @property
    def ends(self) -> datetime:
        return datetime.combine(self.monday + timedelta(days=7), time(), ZoneInfo(self.zone))

    @property
    def due(self) -> datetime:
        """Monday morning after it."""
        return datetime.combine(self.monday + timedelta(days=7), time(HOUR), ZoneInfo(self.zone))


def week_of(day: date, zone: str) -> Week:
    """The week that a day lies in."""
    year, number, weekday = day.isocalendar()
    return Week(f"{year}-W{number:02d}", day - timedelta(days=weekday - 1), zone)


def last_week(now: datetime, zone: str) -> Week:
    """The week that has ended last."""
    return week_of(now.astimezone(ZoneInfo(zone)).date() - timedelta(days=7), zone)


def named(name: str, zone: str) -> Week:
    """The week of a name. Raises ValueError."""
    year, _, number = name.partition("-W")
    return week_of(date.fromisocalendar(int(year), int(number), 1), zone)


def is_due(week: Week, now: datetime, created_at: datetime) -> bool:
    """Whether it is to be sent now, to a tenant that was there in that week."""
    return week.due <= now < week.due + STALE and created_at < week.ends


@dataclass(frozen=True, slots=True)
class Review:
    """What a week came to. `figures` as they were read: name of the figure and text. Amounts in centavos by currency."""

    week: str
    since: date
    until: date
    trials_began: int = 0
    trials_paid: int = 0
    downgrades: int = 0
    offers_taken: int = 0
    left: int = 0
    lost_unpaid: int = 0
    base: int = 0
    opened: int = 0
    recovered: int = 0
    recovered_centavos: dict[str, int] = field(default_factory=dict)
    critical: int = 0
    actions_open: int = 0
    alerts_open: int = 0
    figures: list[tuple[str, str]] = field(default_factory=list)


def reviewed(
    week: Week,
    *,
    trials: Sequence[Trial],
    followed: Sequence[Followed],
    base: Base,
    cases: Sequence[Collected],
    figures: Sequence[Figure],
    actions_open: int,
    alerts_open: int,
) -> Review:
    """The review of a week. `base`: of its first day, and what of it is gone; `figures`: of its last day."""

    def within(at: datetime | None) -> bool:
        return at is not None and week.begins <= at < week.ends

    paid = [c.record for c in cases if c.record.outcome and c.record.outcome.settled and within(c.record.paid_at)]
    money: dict[str, int] = {}
    for record in paid:
        money[record.amount.currency] = money.get(record.amount.currency, 0) + record.amount.centavos
    changes = [each.record for each in followed if within(each.record.effective_at)]
    return Review(
        week=week.name,
        since=week.monday,
        until=week.sunday,
        trials_began=sum(within(each.began_at) for each in trials),
        trials_paid=sum(within(each.paid_at) for each in trials),
        downgrades=sum(c.kind is ChangeKind.DOWNGRADE and c.state is ChangeState.DONE for c in changes),
        offers_taken=sum(c.state is ChangeState.RETAINED for c in changes),
        left=sum(each.count for each in base.lost if not each.unpaid),
        lost_unpaid=sum(each.count for each in base.lost if each.unpaid),
        base=sum(each.count for each in base.standings),
        opened=sum(within(c.record.opened_at) for c in cases),
        recovered=len(paid),
        recovered_centavos=money,
        critical=sum(bool(why_critical(c.record, week.begins, week.ends)) for c in cases),
        actions_open=actions_open,
        alerts_open=alerts_open,
        figures=[(each.kpi.value, shown(each)) for each in figures if each.kpi in SHOWN],
    )


def lines(review: Review) -> list[tuple[Words, str]]:
    """The review as a list of what and how much, in the order in which it is read."""
    money = ", ".join(
        str(Money(centavos, currency)) for currency, centavos in sorted(review.recovered_centavos.items())
    )
    return [
        (Words("Pruebas que comenzaron", "Trials that began"), str(review.trials_began)),
        (Words("Pruebas que pagaron", "Trials that paid"), str(review.trials_paid)),
        (Words("Bajas de plan", "Downgrades"), str(review.downgrades)),
        (Words("Se quedaron por la oferta", "Stayed for the offer"), str(review.offers_taken)),
        (Words("Se fueron por decisión propia", "Left by themselves"), _of(review.left, review.base)),
        (
            Words("Perdidos por falta de pago (evitable)", "Lost unpaid (avoidable)"),
            _of(review.lost_unpaid, review.base),
        ),
        (Words("Casos de cobranza abiertos", "Dunning cases opened"), str(review.opened)),
        (Words("Recuperados", "Recovered"), f"{review.recovered}" + (f" ({money})" if money else "")),
        (Words("Casos críticos", "Critical cases"), str(review.critical)),
        (Words("Decisiones sin resultado", "Decisions without an outcome"), str(review.actions_open)),
        (Words("Alertas abiertas", "Alerts that are open"), str(review.alerts_open)),
    ]


def letter(review: Review, name: str, names: dict[str, Words], link: str) -> tuple[str, str]:
    """Subject and body of the e-mail, Spanish first. `names` of figures by their id; `link` leads to the page."""

    def told(language: Language, heading: str, see: str) -> str:
        rows = [f"{words.in_(language)}: {value}" for words, value in lines(review)]
        rows += [f"{names[kpi].in_(language)}: {text}" for kpi, text in review.figures if kpi in names]
        return "\n".join([f"{heading} {review.since} – {review.until}", "", *rows, "", f"{see}: {link}"])

    spanish = told(Language.ES, f"{name}: la semana", "Verla en la consola")
    english = told(Language.EN, f"{name}: the week", "See it in the console")
    return f"{name}: revisión de la semana {review.week}", f"{spanish}\n\n—\n\n{english}"


def _of(count: int, base: int) -> str:
    return f"{count} / {base}" if base else str(count)
