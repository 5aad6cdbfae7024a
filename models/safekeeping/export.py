"""What we hold of a customer, as files that they can read: JSON, CSV, and their tax invoices as they were issued."""

import csv
import io
import json
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any

from models.access.provisioning import Acceptance
from models.billing.bills import Bill
from models.cfdi.documents import TaxDocument
from models.changing.change_records import ChangeRecord
from models.crm.activities import Activity
from models.crm.contacts import Person
from models.crm.opportunities import Opportunity
from models.crm.tasks import Task
from models.records import AuditEntry, CaseRecord, Customer, NoticeRecord, Payment, SubscriptionRecord
from models.safekeeping.deletions import Deletion
from models.selling.pets import Pet
from models.speaking.notices import Channel, Language
from models.speaking.replies import Reply
from models.tickets.thread import Entry, Event
from models.tickets.ticket import Ticket

_STAMP = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say: the same content makes the same file
# The business, and who of it did what: a customer's own word is told by its kind.
_NOT_THEIRS = frozenset(
    {
        *("tenant", "actor", "author", "assignee"),
        *(
            "opened_by",
            "answered_by",
            "resolved_by",
            "settled_by",
            "done_by",
            "requested_by",
            "confirmed_by",
            "closed_by",
        ),
    }
)
_ASSIGNED = f"ticket {Event.ASSIGNED}"  # the line of the story whose detail names one of the business
_ABOUT = {
    Language.ES: (
        "LEEME.txt",
        "Estos son los datos que guarda la cobranza de {brand} sobre ti al {at} (UTC).\n\n"
        "cliente.json         quién eres para nosotros\nsuscripciones.json   qué contrataste, y lo que usaste\n"
        "cobros.json          lo que se te cobró por una sola vez\n"
        "pagos.csv            lo que pagaste (centavos)\nadeudos.json         los cobros que no pasaron\n"
        "mensajes.json        lo que te escribimos\nrespuestas.json      lo que nos escribiste\n"
        "tickets.json         lo que preguntaste y se te contestó, con las notas que se tomaron\n"
        "contactos.json       las personas de tu lado que conocemos\n"
        "interacciones.json   llamadas, correos, reuniones y notas, y lo que anotó el sistema\n"
        "oportunidades.json   lo que creemos que podrías contratar\ntareas.json          lo que quedamos en hacer\n"
        "historia.json        lo que pasó con tu cuenta\n"
        "facturas.json        tus CFDI, en lista\nfacturas/            los mismos, XML y PDF\n",
    ),
    Language.EN: (
        "README.txt",
        "This is what the billing of {brand} holds about you as of {at} (UTC).\n\n"
        "cliente.json         who you are to us\nsuscripciones.json   what you subscribed to, and what you used\n"
        "cobros.json          what you were billed once\n"
        "pagos.csv            what you paid (centavos)\nadeudos.json         charges that did not go through\n"
        "mensajes.json        what we wrote to you\nrespuestas.json      what you wrote to us\n"
        "tickets.json         what you asked and were answered, with the notes taken of it\n"
        "contactos.json       the people on your side whom we know\n"
        "interacciones.json   calls, e-mails, meetings and notes, and what the system wrote down\n"
        "oportunidades.json   what we think you may buy\ntareas.json          what was to be done for you\n"
        "historia.json        what happened to your account\n"
        "facturas.json        your tax invoices (CFDI), as a list\nfacturas/            the same, XML and PDF\n",
    ),
}


@dataclass(frozen=True, slots=True)
class Holding:
    """All that is held of one customer. `files` are tax invoices by name; `used` what was used, by subscription, meter and window.

    `tickets` with their threads; `silent`: the channels on which they want no messages.
    """

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
    replies: Sequence[Reply] = ()
    silent: Collection[Channel] = ()
    tickets: Sequence[tuple[Ticket, Sequence[Entry]]] = ()
    people: Sequence[Person] = ()
    interactions: Sequence[Activity] = ()
    opportunities: Sequence[Opportunity] = ()
    tasks: Sequence[Task] = ()
    changes: Sequence[ChangeRecord] = ()
    accepted: Sequence[Acceptance] = ()
    deletion: Deletion | None = None
    documents: Sequence[TaxDocument] = ()
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
        "cliente.json": _json(
            {
                **_plain(held.customer),
                "pets": _all(held.pets),
                "accepted": _all(held.accepted),
                "no_messages_on": sorted(held.silent),
                "deletion": _plain(held.deletion) if held.deletion else None,
            }
        ),
        "suscripciones.json": _json(
            {"subscriptions": _all(held.subscriptions), "used": used, "changes": _all(held.changes)}
        ),
        "cobros.json": _json(_all(held.bills)),
        "pagos.csv": _payments(held.payments),
        "adeudos.json": _json(_all(held.cases)),
        "respuestas.json": _json(_all(held.replies)),
        "tickets.json": _json(
            [{**_plain(ticket), "thread": _all(map(_unassigned, thread))} for ticket, thread in held.tickets]
        ),
        "contactos.json": _json(_all(held.people)),
        "interacciones.json": _json(_all(held.interactions)),
        "oportunidades.json": _json(_all(held.opportunities)),
        "tareas.json": _json(_all(held.tasks)),
        "facturas.json": _json(_all(held.documents)),
        "mensajes.json": _json(
            [
                {"kind": n.kind, "channel": n.channel, "at": n.requested_at, "delivery": n.delivery, "text": n.body}
                for n in held.notices
            ]
        ),
        "historia.json": _json(
            [{"at": e.at, "what": e.action, "detail": "" if e.action == _ASSIGNED else e.detail} for e in held.history]
        ),
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


def _unassigned(entry: Entry) -> Entry:
    """An entry without the person of the business to whom its ticket went."""
    return replace(entry, detail="") if entry.event is Event.ASSIGNED else entry


def _plain(value: Any) -> dict[str, Any]:
    return {name: each for name, each in asdict(value).items() if name not in _NOT_THEIRS}


def _all(values: Iterable[Any]) -> list[dict[str, Any]]:
    return [_plain(each) for each in values]


def _json(value: Any) -> bytes:
    return json.dumps(value, default=_said, ensure_ascii=False, indent=1).encode()


def _said(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
