"""A round of evidence (source document S2): what was so, which cases were critical, the figures and the decisions, in one file.

Pure: the same facts make the same bytes. Nobody is named: customers, subscriptions, invoices and people stand under keyed pseudonyms
that are the same throughout a round and others in the next, and what people wrote is rid of what looks personal.
"""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from models.analytics.recovery import Collected
from models.collecting.cases import Outcome
from models.kpis.definitions import DEFINITIONS
from models.kpis.figures import Figure, shown
from models.records import CaseRecord
from models.safekeeping.keyring import Keyring
from models.safekeeping.redaction import Redaction
from models.spreadsheet import harmless
from models.watching.decisions import Decision

NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"  # of a round: `2026-w47`, `alpha-1`
PERSISTS = timedelta(hours=72)  # the runbook's: past due for longer, and a person must see to it
LOST = frozenset({Outcome.EXHAUSTED, Outcome.WRITTEN_OFF})
_WHEN = (1980, 1, 1, 0, 0, 0)  # a zip knows no earlier day: what it says of time would differ with each making
_OURS = re.compile(r"\b(?:s|b|c|in|ch|re|u|t|pc|pet|d)_[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Round:
    """A round as it is kept. Unique by (tenant, name). Days are the tenant's, both inside."""

    tenant: str
    name: str
    since: date
    until: date
    made_at: datetime
    made_by: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Line:
    """A subscription's status on the round's last day."""

    subscription: str
    status: str
    plan: str
    price_centavos: int
    currency: str
    interval: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that goes into a round. `as_of` says what the statuses are of; `known` are words that would name somebody."""

    tenant: str
    name: str
    since: date
    until: date
    as_of: str
    statuses: Sequence[Line]
    cases: Sequence[tuple[Collected, str]]  # each with the customer's id
    figures: Sequence[Figure]
    decisions: Sequence[Decision]
    known: frozenset[str] = frozenset()


class Pseudonyms:
    """What stands for an id in one round of one tenant; nobody without the key can tell which it is."""

    def __init__(self, keyring: Keyring, tenant: str, round: str) -> None:
        self._keyring = keyring
        self._context = f"evidence\0{tenant}\0{round}"

    def of(self, kind: str, id: str) -> str:
        """`customer-1f2e3d4c5b6a`; empty for nothing."""
        return f"{kind}-{self._keyring.fingerprints(id, context=self._context)[0][:12]}" if id else ""


def why_critical(case: CaseRecord, begins: datetime, ends: datetime) -> tuple[str, ...]:
    """Why a case was critical in [begins, ends) (UTC); nothing where it was not."""
    if case.opened_at >= ends or (case.closed_at is not None and case.closed_at < begins):
        return ()
    until = min(case.closed_at or ends, ends)
    told = {
        "past due for over 72 h": until - case.opened_at > PERSISTS,
        "escalated": case.escalated_at is not None and begins <= case.escalated_at < ends,
        "lost": case.outcome in LOST and case.closed_at is not None and case.closed_at < ends,
    }
    return tuple(why for why, so in told.items() if so)


def packed(evidence: Evidence, names: Pseudonyms, begins: datetime, ends: datetime) -> bytes:
    """The round as a zip. `begins`, `ends`: the instants (UTC) of the first day's beginning and the last one's end."""
    said = Redaction.of(())
    words = re.compile("|".join(rf"\b{re.escape(w)}\b" for w in sorted(evidence.known, key=len, reverse=True)), re.I)

    def free(text: str) -> str:
        text = said.text(text)
        hidden = words.sub("[name]", text) if evidence.known else text
        return _OURS.sub(lambda id: names.of("id", id[0]), hidden)

    tables = {
        "statuses.csv": [
            {
                "subscription": names.of("subscription", each.subscription),
                "status": each.status,
                "plan": each.plan,
                "price_centavos": each.price_centavos,
                "currency": each.currency,
                "interval": each.interval,
            }
            for each in evidence.statuses
        ],
        "critical_cases.csv": [
            _case(each, customer, names, why, ends)
            for each, customer in evidence.cases
            if (why := why_critical(each.record, begins, ends))
        ],
        "scorecard.csv": [_score(each) for each in evidence.figures],
        "decisions.csv": [
            {
                "at": _told(each.at),
                "kind": each.kind,
                "subscription": names.of("subscription", each.subscription),
                "what": free(each.what),
                "responsible": names.of("person", each.responsible)
                if each.responsible.startswith("u_")
                else free(each.responsible),
                "channel": each.channel,
                "evidence": free(each.evidence),
                "outcome": free(each.outcome),
                "outcome_at": _told(each.outcome_at),
            }
            for each in evidence.decisions
        ],
    }
    files = {name: _csv(rows, _COLUMNS[name]) for name, rows in tables.items()}
    manifest = {
        "round": evidence.name,
        "tenant": evidence.tenant,
        "since": evidence.since.isoformat(),
        "until": evidence.until.isoformat(),
        "statuses_as_of": evidence.as_of,
        "critical": "a dunning case that was open for over 72 h, escalated, or lost in these days",
        "pseudonyms": "the same within this round, others in every other; the tenant's key tells whose they are",
        "files": {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content), "rows": len(tables[name])}
            for name, content in files.items()
        },
    }
    told = json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n"
    return _zip(files | {"manifest.json": told})


def _case(each: Collected, customer: str, names: Pseudonyms, why: tuple[str, ...], ends: datetime) -> dict[str, Any]:
    case = each.record
    return {
        "customer": names.of("customer", customer),
        "subscription": names.of("subscription", case.subscription),
        "invoice": names.of("invoice", case.invoice),
        "plan": each.plan,
        "amount_centavos": case.amount.centavos,
        "currency": case.amount.currency,
        "why": "; ".join(why),
        "opened_at": _told(case.opened_at),
        "days_open": (min(case.closed_at or ends, ends) - case.opened_at).days,
        "stage": case.stage,
        "decline": case.first_decline or case.decline,
        "retries": case.attempts,
        "last_step": case.last_step,
        "channel": each.channel,
        "promises": case.promises,
        "broken_promises": case.broken_promises,
        "escalated_at": _told(case.escalated_at),
        "outcome": case.outcome or "",
        "closed_at": _told(case.closed_at),
    }


def _score(figure: Figure) -> dict[str, Any]:
    definition = DEFINITIONS[figure.kpi]
    return {
        "kpi": figure.kpi,
        "day": figure.day.isoformat(),
        "value": shown(figure),
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "currency": figure.currency,
        "since": figure.since.isoformat() if figure.since else "",
        "nombre": definition.name.es,
        "numerador": definition.numerator.es,
        "denominador": definition.denominator.es,
        "ventana": definition.window.es,
        "name": definition.name.en,
        "numerator_means": definition.numerator.en,
        "denominator_means": definition.denominator.en,
        "window": definition.window.en,
    }


_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "statuses.csv": ("subscription", "status", "plan", "price_centavos", "currency", "interval"),
    "critical_cases.csv": (
        *(
            "customer",
            "subscription",
            "invoice",
            "plan",
            "amount_centavos",
            "currency",
            "why",
            "opened_at",
            "days_open",
        ),
        *("stage", "decline", "retries", "last_step", "channel", "promises", "broken_promises", "escalated_at"),
        *("outcome", "closed_at"),
    ),
    "scorecard.csv": (
        *("kpi", "day", "value", "numerator", "denominator", "currency", "since", "nombre", "numerador", "denominador"),
        *("ventana", "name", "numerator_means", "denominator_means", "window"),
    ),
    "decisions.csv": (
        *("at", "kind", "subscription", "what", "responsible", "channel", "evidence", "outcome", "outcome_at"),
    ),
}


def _told(at: datetime | None) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""


def _csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    written = io.StringIO()
    writer = csv.DictWriter(written, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: harmless(value) if isinstance(value, str) else value for name, value in row.items()} for row in rows
    )
    return written.getvalue().encode()


def _zip(files: Mapping[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(entry, files[name])
    return written.getvalue()
