"""(g) The customers' pages on PostgreSQL, over real HTTP: the list, a search as somebody types, and one customer as a whole.

The database is filled in bulk: names, search terms, interactions and opportunities as the product writes them, and a year of invoices in
the ledger for those whose page is asked for. Its chain is not sealed: nothing here reads it.
"""

import json
import random
import statistics
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Integer, String, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

from activities.gateways.sql.customer_rows import customer_row
from activities.gateways.sql.database import values
from activities.gateways.store_sql import SqlStore
from bench.figures import Report, quantile
from bench.ground import RECORDS, ground
from bench.stand_ins import PLAN, TENANT
from bench.wire import got, send
from models.crm.words import terms_of, words_of
from models.migrations.run import upgrade
from models.records import Customer, Tenant
from models.tables.sealed import OPPORTUNITY, term_numbers
from tests.databases import new_database, serving

AIM = "median 200 ms or less"
_FIRST = ("María", "José", "Luz", "Ana", "Juan", "Rosa", "Pedro", "Elena", "Hugo", "Inés", "Raúl", "Sofía")
_LAST = (
    "García",
    "Hernández",
    "López",
    "Martínez",
    "Peña",
    "Ríos",
    "Fuentes",
    "Ibarra",
    "Luna",
    "Mora",
    "Zamora",
    "Vega",
)
_KINDS = (("sale", "issued", "none"), ("payment", "paid", "none"), ("message", "renewal", "out"), ("call", "", "in"))
_BATCH = 5_000
_YEARLY = 12  # invoices of a customer whose page is asked for
_HAVE_BOOKS = 200
Rows = Iterator[dict[str, Any]]


async def fill(url: str, customers: int, activities: int, now: datetime) -> None:
    """Fill a migrated database (PostgreSQL or SQLite) with so many customers and interactions of one tenant, always the same ones."""
    store, engine = SqlStore(url, RECORDS), create_async_engine(url)
    await store.create_tenant(Tenant(TENANT, "Acme"))
    await store.save_plan(PLAN)
    chance = random.Random(8)
    for start in range(0, customers, _BATCH):
        people = [_customer(n) for n in range(start, min(start + _BATCH, customers))]
        await _put(engine, "customers", (values(customer_row(each, RECORDS)) for each in people))
        await _put(engine, "subscriptions", (_subscription(each, now) for each in people))
        await _put(engine, "customer_profiles", (_profile(each, chance, now) for each in people))
        await _put(engine, "customer_search_terms", (row for each in people for row in _terms(each)))
        await _put(engine, "customer_opportunities", (_deal(each, now) for each in people[::10]))
    for start in range(0, activities, _BATCH):
        made = (_activity(n, customers, now) for n in range(start, min(start + _BATCH, activities)))
        await _put(engine, "customer_activities", made)
    await _put(engine, "ledger_entries", (row for n in range(min(_HAVE_BOOKS, customers)) for row in _books(n, now)))
    if engine.dialect.name == "postgresql":
        async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            await connection.execute(text("VACUUM ANALYZE"))
    await engine.dispose()
    await store.close()


async def measure(report: Report, *, customers: int, questions: int) -> None:
    """Add the figures of section (g), with ten interactions for each customer; each page is asked for one at a time."""
    with tempfile.TemporaryDirectory(prefix="perdura-bench-pg-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        with serving(Path(home)) as server:
            url = new_database(server)
            await upgrade(url)
            await fill(url, customers, customers * 10, datetime.now(UTC))
            store = SqlStore(url, RECORDS)
            key = await store.issue_key(TENANT)
            await store.close()
            async with ground() as under:
                (under.state / "ledger").mkdir()
                await under.part("customers-api", str(under.ports.api), url)
                await _asked(report, under.ports.api, key, customers, questions)


async def _asked(report: Report, port: int, key: str, customers: int, questions: int) -> None:
    chance = random.Random(21)
    size = f"{customers:,} customers, {customers * 10:,} interactions"
    orders = ("value", "risk", "last_activity", "next_invoice")
    typed = [f"{chance.choice(_FIRST)[:4]} {chance.choice(_LAST)[:4]}" for _ in range(questions)]
    one = [f"c_{chance.randrange(min(_HAVE_BOOKS, customers)):07d}" for _ in range(questions)]
    pages = {
        "console: list of customers": [f"/console/customers?sort={orders[n % 4]}" for n in range(questions)],
        "console: search as one types": [
            f"/console/customers?q={each.replace(' ', '+')}" for each in map(_ascii, typed)
        ],
        "console: one customer": [f"/console/customers/{each}" for each in one],
        "API: list of customers": [f"/api/clientes?limit=50&sort={orders[n % 4]}" for n in range(questions)],
        "API: the whole customer": [f"/api/clientes/{each}" for each in one],
    }
    for name, paths in pages.items():
        requests = [got(path, key) for path in paths]
        await send(port, requests[:5], 1)  # the first ones prepare statements
        _, waits = await send(port, requests, 1)
        report.alone("g", f"{name}, p50 ({size})", "ms", statistics.median(waits) * 1e3, AIM)
        report.alone("g", "… p95", "ms", quantile(waits, 0.95) * 1e3)


def _ascii(typed: str) -> str:
    return "".join({"á": "a", "é": "e", "í": "i", "ó": "o", "ú": "u", "ñ": "n"}.get(c, c) for c in typed.lower())


def _customer(number: int) -> Customer:
    first, last = _FIRST[number % len(_FIRST)], _LAST[number // len(_FIRST) % len(_LAST)]
    name = f"{first} {last} {_LAST[(number * 7) % len(_LAST)]}"
    return Customer(
        TENANT, f"c_{number:07d}", f"user-{number}", name, f"n{number}@cliente.mx", f"+5255{number % 10**8:08d}"
    )


def _subscription(customer: Customer, now: datetime) -> dict[str, Any]:
    return {
        **_empty("subscriptions"),
        "tenant_id": TENANT,
        "id": f"s_{customer.id}",
        "customer_id": customer.id,
        "plan_code": PLAN.code,
        "status": "active",
        "created_at": now - timedelta(days=400),
        "updated_at": now,
        "period_start": now - timedelta(days=20),
        "period_end": now + timedelta(days=10),
        "price_centavos": 14_900,
        "card_required": True,
        "kind": "subscription",
        "currency": "MXN",
    }


def _profile(customer: Customer, chance: random.Random, now: datetime) -> dict[str, Any]:
    unpaid, leaving = chance.randrange(100), chance.randrange(100)
    return {
        **_empty("customer_profiles"),
        "tenant_id": TENANT,
        "customer_id": customer.id,
        "since": now - timedelta(days=400),
        "state": "past_due" if unpaid >= 90 else "active",
        "currency": "MXN",
        "worth_centavos": chance.randrange(10_000_000),
        "invoices": 12,
        "average_centavos": 14_900,
        "next_invoice_at": now + timedelta(minutes=chance.randrange(43_200)),
        "next_invoice_centavos": 14_900,
        "health": 100 - (unpaid + leaving) // 2,
        "default_risk": unpaid,
        "churn_risk": leaving,
        "risk": "high" if unpaid >= 60 else "medium" if unpaid >= 30 else "low",
        "advice": "upsell",
        "review_at": now + timedelta(days=7),
        "last_activity_at": now - timedelta(minutes=chance.randrange(43_200)),
        "key_id": RECORDS.current,
    }


def _terms(customer: Customer) -> Rows:
    kept = terms_of(words_of([customer.name, customer.reference], customer.email, customer.phone))
    for number in {term_numbers(RECORDS, TENANT, term)[0] for term in kept}:
        yield {"tenant_id": TENANT, "term": number, "customer_id": customer.id}


def _deal(customer: Customer, now: datetime) -> dict[str, Any]:
    key = (TENANT, f"op_{customer.id}")
    return {
        "tenant_id": TENANT,
        "id": key[1],
        "customer_id": customer.id,
        "name": OPPORTUNITY.seal(RECORDS, "Proyecto A", key),
        "amount_centavos": 4_500_000,
        "currency": "MXN",
        "probability": 65,
        "closes": date(now.year, 12, 31),
        "stage": "proposal",
        "author": "u_1",
        "created_at": now,
        "closed_at": None,
    }


def _activity(number: int, customers: int, now: datetime) -> dict[str, Any]:
    customer, (kind, what, direction) = f"c_{number % customers:07d}", _KINDS[number // customers % len(_KINDS)]
    detail = {"account": f"s_{customer}", "invoice": f"in_{number}", "centavos": 14_900, "currency": "MXN"}
    if kind == "message":
        detail = {"account": f"s_{customer}", "channel": "whatsapp", "delivery": "delivered"}
    return {
        "tenant_id": TENANT,
        "id": f"x{number}",
        "customer_id": customer,
        "kind": kind,
        "at": now - timedelta(minutes=number % 400_000),
        "author": "perdura",
        "direction": direction,
        "minutes": 0,
        "what": what,
        "detail": json.dumps({} if kind == "call" else detail),
        "text": "",
    }


def _books(number: int, now: datetime) -> Rows:
    for month in range(_YEARLY):
        invoice, at = f"in_{number}_{month}", now - timedelta(days=30 * month + 20)
        moved = (("issued", "receivable", "revenue", at), ("paid", "provider", "receivable", at + timedelta(hours=1)))
        for line, (kind, debit, credit, when) in enumerate(moved):
            yield {
                **_empty("ledger_entries"),
                "tenant_id": TENANT,
                "seq": (number * _YEARLY + month) * 2 + line + 1,
                "fact": f"{invoice}/{kind}",
                "line": 0,
                "kind": kind,
                "subject": invoice,
                "subscription_id": f"s_c_{number:07d}",
                "invoice": invoice,
                "debit": debit,
                "credit": credit,
                "centavos": 14_900,
                "currency": "MXN",
                "at": when,
                "recorded_at": when,
            }


def _empty(table: str) -> dict[str, Any]:
    """Every column with what it holds where nothing is known."""
    filled: dict[str, Any] = {}
    for column in SQLModel.metadata.tables[table].columns:
        kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
        known = (
            ""
            if isinstance(kind, String)
            else False
            if isinstance(kind, Boolean)
            else 0
            if isinstance(kind, Integer)
            else None
        )
        filled[column.name] = None if column.nullable else known
    return filled


async def _put(engine: AsyncEngine, table: str, rows: Rows) -> None:
    """In bulk: by PostgreSQL's COPY, else by one statement for all."""
    made = list(rows)
    if not made:
        return
    names = list(made[0])
    async with engine.begin() as connection:
        if engine.dialect.name != "postgresql":
            await connection.execute(SQLModel.metadata.tables[table].insert(), made)
            return
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.copy_records_to_table(
            table, records=[tuple(row[name] for name in names) for row in made], columns=names
        )
