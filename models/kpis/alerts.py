"""What a business is alerted of: the rules over its figures, and how each alert reads. Pure: told the figures and the instant.

An alert is a finding of `attention`: raised once, acknowledged by a person, gone by itself when its condition ends, and raised anew
after that. Its text is figures and days, which read alike in every language; what it means and what to do is said in both.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from models.kpis.figures import Figure, shown
from models.kpis.traffic import Traffic
from models.periods import Calendar
from models.tickets.ticket import Ticket
from models.watching.attention import Finding, Rule
from models.words import Words


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From when on. Shares in per cent; a figure must lie above them, not at them."""

    past_due_percent: int = 8  # the runbook's
    past_due_days: int = 2
    idle_days: int = 7
    late_days: int = 25  # overdue: early enough to act before a customer is 30 days late
    error_percent: int = 1
    latency_ms: int = 2_000
    database_percent: int = 90


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """When a tenant is alerted, and where: e-mails, phones (E.164, by WhatsApp), and its webhooks. `off`: never of these."""

    tenant: str
    thresholds: Thresholds = field(default_factory=Thresholds)
    emails: tuple[str, ...] = field(default=(), repr=False)
    phones: tuple[str, ...] = field(default=(), repr=False)
    webhook: bool = True
    off: frozenset[Rule] = frozenset()


@dataclass(frozen=True, slots=True)
class Owing:
    """A customer who owes since an instant (UTC), by their oldest open case."""

    tenant: str
    customer: str
    subscription: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """How an alert reads: what it is, and what to do about it."""

    title: Words
    remedy: Words


# In the order in which they are shown.
ALERTS: Mapping[Rule, Told] = {
    Rule.PAST_DUE_HIGH: Told(
        Words("La cartera vencida pasa del límite", "The past due share is over its limit"),
        Words(
            "mira por qué se rechazan los cobros (Reportes, recuperación por rechazo) y revisa los casos abiertos",
            "see why charges fail (reports, recovery by decline) and look at the open cases",
        ),
    ),
    Rule.TICKET_MISSED: Told(
        Words("Un ticket pasó su plazo de primera respuesta", "A ticket has missed its first response"),
        Words("contéstalo o asígnalo a alguien", "answer it, or assign it to somebody"),
    ),
    Rule.NEARLY_LATE: Told(
        Words("Un cliente está por cumplir 30 días de atraso", "A customer is about to be 30 days late"),
        Words("llámale hoy: ofrece una promesa o parcialidades", "call them today: offer a promise or instalments"),
    ),
    Rule.INBOX_STUCK: Told(
        Words("Hay eventos del proveedor sin procesar", "Provider events wait unprocessed"),
        Words(
            "¿responde Temporal y corre un worker? Después: perdura inbox replay",
            "is Temporal reachable, does a worker run? Then perdura inbox replay",
        ),
    ),
    Rule.TENANT_IDLE: Told(
        Words("Un negocio lleva días sin actividad", "A business has been idle for days"),
        Words("pregúntale si necesita ayuda", "ask whether they need help"),
    ),
    Rule.ERRORS_HIGH: Told(
        Words("Fallan demasiadas solicitudes", "Too many requests fail"),
        Words("el registro de la API tiene una línea por cada una", "the API's log has a line for each of them"),
    ),
    Rule.ANSWERS_SLOW: Told(
        Words("Las respuestas tardan demasiado", "Answers take too long"),
        Words("revisa la base de datos y el estado de Stripe", "look at the database and at Stripe's own state"),
    ),
    Rule.DATABASE_FULL: Told(
        Words("La base de datos está casi llena", "The database is nearly full"),
        Words("dale espacio o borra lo que ya no haga falta", "give it room, or delete what is not needed any more"),
    ),
}
# Of the whole installation: told to the business that runs it.
HOUSE = frozenset({Rule.INBOX_STUCK, Rule.TENANT_IDLE, Rule.ERRORS_HIGH, Rule.ANSWERS_SLOW, Rule.DATABASE_FULL})


def past_due(tenant: str, days: Sequence[Figure], thresholds: Thresholds, *, raised: bool) -> Finding | None:
    """Above the limit on so many days one after the other, the newest of them last kept. Raised, it stays until the newest is not above."""
    above = [figure for figure in days if (figure.value or 0) > Fraction(thresholds.past_due_percent, 100)]
    if not days or not above or above[-1] is not days[-1]:
        return None
    run = 1
    for before, after in zip(reversed(above[:-1]), reversed(above), strict=False):
        if after.day - before.day != timedelta(days=1):
            break
        run += 1
    if run < thresholds.past_due_days and not raised:
        return None
    told = ", ".join(f"{figure.day}: {shown(figure)}" for figure in above[-max(run, 1) :][-thresholds.past_due_days :])
    return Finding(tenant, Rule.PAST_DUE_HIGH, "past_due", f"{told} (> {thresholds.past_due_percent} %)")


def nearly_late(debtors: Iterable[Owing], now: datetime, calendar: Calendar, thresholds: Thresholds) -> list[Finding]:
    """Customers who have owed for so many days that they will soon be 30 days late. Who is later still stays told of."""
    return [
        Finding(
            each.tenant,
            Rule.NEARLY_LATE,
            each.customer,
            f"{int(calendar.days_between(each.since, now))} d ({calendar.local(each.since):%Y-%m-%d})",
            each.subscription,
        )
        for each in debtors
        if calendar.days_between(each.since, now) >= thresholds.late_days
    ]


def missed(tickets: Iterable[Ticket], calendar: Calendar) -> list[Finding]:
    """Tickets whose first response is owed and late. It was due at an instant of the business's clock."""
    return [
        Finding(each.tenant, Rule.TICKET_MISSED, each.id, calendar.show(each.due_at), each.subscription)
        for each in tickets
    ]


def idle(last_seen: Mapping[str, datetime], now: datetime, calendar: Calendar, thresholds: Thresholds) -> list[Finding]:
    """Businesses of which nobody has logged in, no program has asked and no money has come for so long."""
    return [
        Finding("", Rule.TENANT_IDLE, tenant, f"{tenant}: {int(calendar.days_between(at, now))} d ({at:%Y-%m-%d})")
        for tenant, at in sorted(last_seen.items())
        if calendar.days_between(at, now) >= thresholds.idle_days
    ]


def failing(traffic: Traffic, thresholds: Thresholds) -> Finding | None:
    """Over so many per cent of requests were answered with 5xx."""
    if not traffic.enough or traffic.errors * 100 <= traffic.requests * thresholds.error_percent:
        return None
    share = Fraction(traffic.errors * 1000, traffic.requests)
    told = (
        f"{int(share) // 10}.{int(share) % 10} % ({traffic.errors} / {traffic.requests}) > {thresholds.error_percent} %"
    )
    return Finding("", Rule.ERRORS_HIGH, "api", told)


def slow(traffic: Traffic, thresholds: Thresholds) -> Finding | None:
    """One answer in twenty took longer than so long."""
    p95 = traffic.quantile(0.95)
    if not traffic.enough or p95 is None or p95 * 1000 <= thresholds.latency_ms:
        return None
    return Finding("", Rule.ANSWERS_SLOW, "api", f"p95 {p95:.1f} s > {thresholds.latency_ms / 1000:.1f} s")


def nearly_full(used: int, limit: int, thresholds: Thresholds) -> Finding | None:
    """Bytes in use of those there are; no limit, no alert."""
    if not limit or used * 100 <= limit * thresholds.database_percent:
        return None
    told = f"{used * 100 // limit} % ({used // 2**20} / {limit // 2**20} MiB)"
    return Finding("", Rule.DATABASE_FULL, "database", told)


def undelivered(tenant: str, failures: Sequence[str], tried: int) -> Finding | None:
    """An alert that has not reached an address of the tenant's after several tries. `failures`: what each address answered last."""
    if not failures:
        return None
    why = ", ".join(sorted(set(failures)))
    return Finding(
        tenant, Rule.ALERT_UNDELIVERED, "alerts", f"{len(failures)} not delivered after {tried} tries: {why}"
    )


def written(name: str, findings: Collection[Finding]) -> tuple[str, str]:
    """Subject and body of the message about some alerts of one business, Spanish first."""
    first = min(findings, key=lambda each: (list(ALERTS).index(each.rule), each.subject))
    more = len(findings) - 1
    subject = f"{name}: {ALERTS[first.rule].title.es}" + (f" (+{more})" if more else "")
    return subject, "\n\n".join([_told(findings, english=False), "—", _told(findings, english=True)])


MOST = 20  # alerts written out in one message


def _told(findings: Collection[Finding], *, english: bool) -> str:
    lines = []
    for rule, told in ALERTS.items():
        mine = sorted((each for each in findings if each.rule is rule), key=lambda each: each.subject)
        if not mine:
            continue
        lines.append(told.title.en if english else told.title.es)
        lines += [f"  · {each.text} [{each.subject}]" for each in mine[:MOST]]
        if len(mine) > MOST:
            lines.append(f"  · + {len(mine) - MOST}")
        lines.append(f"  {'To do' if english else 'Qué hacer'}: {told.remedy.en if english else told.remedy.es}")
    return "\n".join(lines)
