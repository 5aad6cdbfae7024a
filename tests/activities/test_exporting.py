"""A customer's copy: all that is sealed of them is in it, and every table that knows a customer is in it or left out for a reason."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import SQLModel

from activities import exporting
from activities.exporting import Exporting
from activities.gateways.store_sql import SqlStore
from models.access.provisioning import Acceptance
from models.agreements.legal import LegalKind
from models.billing.bills import Bill, BillLine
from models.crm.activities import Activity, ActivityKind
from models.crm.contacts import Person
from models.crm.opportunities import Opportunity
from models.crm.tasks import Task
from models.money import Money
from models.periods import Calendar
from models.records import AuditEntry
from models.selling.pets import Animal, Pet
from models.speaking.notices import Channel
from models.speaking.replies import Meaning, Reply
from models.tables.sealed import SEALED
from models.tickets import desk
from models.tickets.desk import Asked
from models.tickets.terms import Terms
from models.tickets.thread import Entry, EntryKind, Event
from models.tickets.ticket import Origin, Topic
from tests.activities.gateways.sql.lived import GRACIELA, NOW, fill
from tests.databases import migrated
from tests.keys import KEYRING

# Where each sealed column of a customer's is found in their copy, and by what it is known there.
CARRIED = {
    "customers.contact": ("cliente.json", GRACIELA.email),
    "customers.fiscal": ("cliente.json", "GRACIELA FUENTES NOLASCO"),
    "acceptances.address": ("cliente.json", "203.0.113.7"),
    "pets.profile": ("cliente.json", "Luna"),
    "bills.lines": ("cobros.json", "Esterilización"),
    "notices.body": ("mensajes.json", "Hola Graciela"),
    "customer_replies.body": ("respuestas.json", "ya pagué ayer"),
    "ticket_entries.text": ("tickets.json", "me cobraron dos veces"),
    "customer_contacts.details": ("contactos.json", "ramiro@cliente.test"),
    "customer_activities.text": ("interacciones.json", "prefiere que le llamen"),
    "customer_opportunities.name": ("oportunidades.json", "Proyecto Norte"),
    "customer_tasks.text": ("tareas.json", "mandar cotización"),
    "tax_documents.receiver_rfc": ("facturas.json", "FUNK671228PH6"),
    "tax_documents.message": ("facturas.json", "GRACIELA FUENTES NOLASCO"),
    "document_files.content": ("facturas/AD662D33-6934-459C-A128-BDF0393F0F44.xml", "<cfdi FUNK671228PH6/>"),
}
LEFT_OUT = {
    "inbox_events.payload": "a provider's event as it came: what followed from it is in the other files",
    "deletions.address": "filled only between an erasure and its certificate, when no copy is made any more",
    "certificates.sealed": "the business's own",
    "pac_accounts.sealed": "the business's own",
    "webhook_endpoints.secret": "the business's own",
    "webhook_endpoints.previous_secret": "the business's own",
    "alert_settings.addresses": "the business's own",
    "users.email": "people of the business",
    "requests.answer": "answers kept for a day, to be given once more: of what is in the other files",
    "signups.email": "businesses that open an account",
    "signups.contact": "businesses that open an account",
}
# Tables that know a customer or an account of theirs and hold nothing sealed.
COUNTED = {
    "audit_entries": "historia.json",
    "dunning_cases": "adeudos.json",
    "opt_outs": "cliente.json",
    "payments": "pagos.csv",
    "plan_changes": "suscripciones.json",
    "subscriptions": "suscripciones.json",
    "tickets": "tickets.json",
    "usage_counters": "suscripciones.json",
}
NOT_COUNTED = {
    "attention_findings": "what the business must look at; it names accounts alone",
    "customer_profiles": "reckoned from the other files",
    "customer_search_terms": "digests of what is in cliente.json",
    "decisions": "the business's log of what it decided",
    "events": "what the business's own systems were told, of what is in the other files",
    "ledger_entries": "the double entries of what is in pagos.csv and adeudos.json",
    "provider_sightings": "what the payments provider showed in the last comparison",
    "status_spans": "counted by day; when each status began is in historia.json",
    "usage_events": "the keys by which usage counts once; the counts are in suscripciones.json",
}


def test_every_sealed_column_and_every_table_that_knows_a_customer_is_accounted_for() -> None:
    sealed = {f"{column.table}.{column.column}" for column in SEALED}
    assert sealed == set(CARRIED) | set(LEFT_OUT)
    assert not set(CARRIED) & set(LEFT_OUT)
    knowing = {
        name
        for name, table in SQLModel.metadata.tables.items()
        if {"customer_id", "subscription_id"} & set(table.columns.keys())
    }
    plain = knowing - {column.table for column in SEALED}
    assert plain == set(COUNTED) | set(NOT_COUNTED)


async def lived(store: SqlStore) -> None:
    """Graciela with a line in every table that may have one of hers."""
    await fill(store)
    address = Acceptance("acme", "c_1", LegalKind.TERMS, "1", NOW, "203.0.113.7")
    await store.keep_acceptance(address)
    await store.keep_acceptance(replace(address, subject="c_2", address="203.0.113.99"))
    await store.save_pet(Pet("acme", "p_1", "c_1", "Luna", Animal("cat")))
    await store.enter_bill(Bill("acme", "b_1", "c_1", (BillLine("Esterilización", 1, 90_000),), NOW, actor="u_vera"))
    reply = Reply("acme", "SM2", "c_1", Channel.WHATSAPP, "ya pagué ayer", Meaning.PAID, NOW)
    await store.add_reply(reply)
    await store.opt_out("acme", "c_1", Channel.EMAIL, at=NOW, word="baja")
    for number in range(2):
        asked = Asked("acme", f"tk_{number}", "c_1", Topic.BILLING, Origin.PERSON, "u_vera", subscription="s_1")
        said = Entry("acme", asked.id, "te_1", EntryKind.NOTE, NOW, "u_vera", text=f"{number}: me cobraron dos veces")
        await store.draft_entry(said, "c_1")
        ticket = desk.opened(asked, Terms(), Calendar(), NOW + timedelta(minutes=number))
        to = Entry("acme", asked.id, "te_2", EntryKind.EVENT, NOW, "u_vera", 2, Event.ASSIGNED, detail="u_vera")
        await store.save_ticket(replace(ticket, number=2), [replace(said, number=1), to], NOW)
        story = f"{asked.id}: u_vera"
        key = f"{asked.id}/1/assigned"
        await store.audit(AuditEntry("acme", "s_1", key, NOW, "u_vera", "ticket assigned", detail=story))
    await store.save_contact(Person("acme", "p_r", "c_1", "Ramiro", email="ramiro@cliente.test"), NOW)
    for number in range(3):
        text = f"{number}: prefiere que le llamen"
        at = NOW + timedelta(minutes=number)
        await store.add_activity(Activity("acme", f"x_{number}", "c_1", ActivityKind.CALL, at, "u_vera", text=text))
    await store.save_opportunity(
        Opportunity("acme", "o_1", "c_1", "Proyecto Norte", Money(1_000_000), 40, NOW.date(), author="u_vera")
    )
    for number in range(3):
        done = NOW if number else None
        await store.save_task(
            Task("acme", f"t_{number}", "c_1", "mandar cotización", NOW, "u_vera", "u_vera", NOW, done_at=done)
        )


async def test_a_copy_has_all_that_is_sealed_and_nothing_of_others(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrated(database)
    store = SqlStore(database, KEYRING)
    await lived(store)
    monkeypatch.setattr(exporting, "PAGE", 2)  # pages end within what is held
    content = await Exporting(store).bundle("acme", "c_1")
    with zipfile.ZipFile(io.BytesIO(content)) as held:
        files = {name: held.read(name).decode(errors="replace") for name in held.namelist()}
    for column, (name, marked) in CARRIED.items():
        assert marked in files[name], column
    assert set(COUNTED.values()) <= set(files)
    assert len(json.loads(files["interacciones.json"])) >= 3
    assert [len(json.loads(files[f"{each}.json"])) for each in ("tickets", "tareas", "facturas")] == [2, 3, 1]
    assert json.loads(files["cliente.json"])["no_messages_on"] == ["email"]
    assert [len(each["thread"]) for each in json.loads(files["tickets.json"])] == [2, 2], (
        "that it was assigned is theirs"
    )
    everything = "".join(files.values())
    for stranger in ("u_vera", "otto@cliente.test", "203.0.113.99"):
        assert stranger not in everything
    for name in files:
        assert name.partition("/")[0] in files["LEEME.txt"] or name == "LEEME.txt"
    await store.close()
