"""Alembic's entry: runs the versions on the connection that `models.migrations.run` opened."""

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

from models.tables import (  # noqa: F401 - they fill the metadata
    attention,
    catalog,
    clinic,
    crm,
    documents,
    dunning,
    fiscal,
    journal,
    kpis,
    ledger,
    legal,
    outgoing,
    parties,
    people,
    plan_changes,
    signups,
    subscriptions,
    tickets,
)

connection = context.config.attributes.get("connection")
if not isinstance(connection, Connection):
    raise SystemExit("run migrations with `perdura` or models.migrations.run.upgrade(url)")

# Batch mode: SQLite cannot alter a column in place.
context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
context.run_migrations()
