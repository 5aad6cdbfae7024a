"""What we hold of a customer, as files that they can read: JSON, CSV, and their tax invoices as they were issued."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from models.bills import Bill
from models.notices import Language
from models.pets import Pet
from models.records import AuditEntry, CaseRecord, Customer, NoticeRecord, Payment, SubscriptionRecord

_STAMP = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say: the same content makes the same file
_ABOUT = {
    Language.ES: (
        "LEEME.txt",
        "Estos son los datos que guarda la cobranza de {brand} sobre ti al {at} (UTC).\n\n"
        "cliente.json         quién eres para nosotros\nsuscripciones.json   qué contrataste, y lo que usaste\n"
        "cobros.json          lo que se te cobró por una sola vez\n"
        "pagos.csv            lo que pagaste (centavos)\nadeudos.json         los cobros que no pasaron\n"
        "mensajes.json        lo que te escribimos\nhistoria.json        lo que pasó con tu cuenta\n"
        "facturas/            tus CFDI, XML y PDF\n",
    ),
    Language.EN: (
        "README.txt",
        "This is what the billing of {brand} holds about you as of {at} (UTC).\n\n"
        "cliente.json         who you are to us\nsuscripciones.json   what you subscribed to, and what you used\n"
        "cobros.json          what you were billed once\n"
        "pagos.csv            what you paid (centavos)\nadeudos.json         charges that did not go through\n"
        "mensajes.json        what we wrote to you\nhistoria.json        what happened to your account\n"
        "facturas/            your tax invoices (CFDI), XML and PDF\n",
    ),
}


@dataclass(frozen=True, slots=True)
class Holding:
    """All that is held of one customer. `files` are tax invoices by name; `used` what was used, by subscription, meter and window."""

    brand: str
    at: datetime
    customer: Customer
    subscriptions: Sequence[SubscriptionRecord] = ()
    bills: Sequence[Bill] = ()
    payments: Sequence[Payment] = ()
    cases: Sequence[CaseRecord] = ()
    notices: Sequence[NoticeRecord] = ()
    history: Sequence[AuditEntry] = ()
    pets: Sequence[Pet] = ()
    used: Mapping[str, Mapping[tuple[str, str], int]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


def bundled(held: Holding) -> bytes:
    """A zip of it. Who of the business did what is not in it: that is about them."""
    name, about = _ABOUT[held.customer.language]
    used = [
        {"subscription": subscription, "meter": meter, "window": window, "used": count}
        for subscription, counts in held.used.items()
        for (meter, window), count in counts.items()
    ]
    files = {
        name: about.format(brand=held.brand, at=f"{held.at:%Y-%m-%d %H:%M}").encode(),
        "cliente.json": _json({**_plain(held.customer), "pets": [_plain(each) for each in held.pets]}),
        "suscripciones.json": _json({"subscriptions": [_plain(s) for s in held.subscriptions], "used": used}),
        "cobros.json": _json([{name: v for name, v in _plain(each).items() if name != "actor"} for each in held.bills]),
        "pagos.csv": _payments(held.payments),
        "adeudos.json": _json([_plain(each) for each in held.cases]),
        "mensajes.json": _json(
            [
                {"kind": n.kind, "channel": n.channel, "at": n.requested_at, "delivery": n.delivery, "text": n.body}
                for n in held.notices
            ]
        ),
        "historia.json": _json([{"at": e.at, "what": e.action, "detail": e.detail} for e in held.history]),
        **{f"facturas/{each}": content for each, content in held.files.items()},
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for each, content in files.items():
            made.writestr(zipfile.ZipInfo(each, _STAMP), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _payments(payments: Sequence[Payment]) -> bytes:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["paid_at", "invoice", "charge", "centavos", "currency", "funding", "subscription"])
    for each in payments:
        money = each.amount
        rows.writerow(
            [
                _said(each.paid_at),
                each.invoice,
                each.charge,
                money.centavos,
                money.currency,
                each.funding,
                each.subscription,
            ]
        )
    return out.getvalue().encode()


def _plain(value: Any) -> dict[str, Any]:
    return {name: each for name, each in asdict(value).items() if name != "tenant"}


def _json(value: Any) -> bytes:
    return json.dumps(value, default=_said, ensure_ascii=False, indent=1).encode()


def _said(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
