"""What a step changed in the record, for the audit: the fields that differ, before and after, as JSON without personal data."""

import json
from datetime import datetime
from typing import Any

from models.money import Money
from models.records import CaseRecord, SubscriptionRecord

# Only these: links, names and texts for a person are none of the audit's business, and times of writing would always differ.
_SUBSCRIPTION = (
    "plan",
    "status",
    "provider_id",
    "period_start",
    "period_end",
    "trial_end",
    "cancel_at_period_end",
    "amount_due",
    "grace_until",
    "refusal",
)
_CASE = (
    "amount",
    "stage",
    "policy",
    "attempts",
    "decline",
    "next_step",
    "next_step_at",
    "suspends_at",
    "paused",
    "outcome",
    "paid_at",
)


def subscription_changes(before: SubscriptionRecord | None, after: SubscriptionRecord) -> tuple[str, str]:
    """The changed fields of a subscription before and after; both empty when nothing of note changed."""
    return _changes(before, after, _SUBSCRIPTION)


def case_changes(before: CaseRecord | None, after: CaseRecord) -> tuple[str, str]:
    """The changed fields of a dunning case before and after; a case that opens has no before."""
    return _changes(before, after, _CASE)


def _changes(before: object | None, after: object, fields: tuple[str, ...]) -> tuple[str, str]:
    old = {name: _plain(getattr(before, name)) for name in fields} if before is not None else {}
    new = {name: _plain(getattr(after, name)) for name in fields}
    changed = [name for name in fields if old.get(name) != new[name]]
    return _json({n: old[n] for n in changed if n in old}), _json({n: new[n] for n in changed})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Money):
        return {"centavos": value.centavos, "currency": value.currency}
    return value if value is None or isinstance(value, bool | int) else str(value)


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, separators=(",", ":")) if values else ""
