"""Personal data sealed at rest, found by fingerprints; who was erased."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from models.migrations.run import KeyringNeeded
from models.safekeeping.keyring import Keyring
from models.tables.columns import UtcDateTime
from models.tables.sealed import BODY, CONTACT, CONTENT, FISCAL, MESSAGE, PAYLOAD, RECEIVER, SealedColumn, email_prints

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BATCH = 500
_IN_PLACE = (BODY, PAYLOAD, RECEIVER, MESSAGE, CONTENT)
_CLEAR = ("name", "email", "phone", "rfc", "legal_name", "postal_code")


def upgrade() -> None:
    with op.batch_alter_table("customers") as batch:
        for name in ("contact", "fiscal"):
            batch.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("email_print", sa.String(), nullable=False, server_default=""))
        batch.add_column(sa.Column("erased_at", UtcDateTime(timezone=True), nullable=True))
    for row in _rows("customers", CONTACT.key, (*CONTACT.key, *_CLEAR)):
        key, keyring = (row["tenant_id"], row["id"]), _keyring()
        contact = {name: row[name] for name in ("name", "email", "phone")}
        fiscal = {"rfc": row["rfc"], "name": row["legal_name"] or "", "postal_code": row["postal_code"] or ""}
        _update(
            CONTACT,
            key,
            contact=CONTACT.seal(keyring, json.dumps(contact), key),
            fiscal=FISCAL.seal(keyring, json.dumps(fiscal), key) if row["rfc"] else "",
            email_print=email_prints(keyring, row["tenant_id"], row["email"])[0],
        )
    with op.batch_alter_table("customers") as batch:
        batch.drop_constraint("uq_customers_email", type_="unique")
        for name in _CLEAR:
            batch.drop_column(name)
        for name in ("contact", "fiscal", "email_print"):
            batch.alter_column(name, server_default=None)
    filled = sa.text("email_print <> ''")
    op.create_index(
        "uq_customers_email",
        "customers",
        ["tenant_id", "email_print"],
        unique=True,
        sqlite_where=filled,
        postgresql_where=filled,
    )
    for column in _IN_PLACE:
        for row in _rows(column.table, column.key, (*column.key, column.column)):
            key = tuple(row[name] for name in column.key)
            if row[column.column]:
                _update(column, key, **{column.column: column.seal(_keyring(), row[column.column], key)})


def downgrade() -> None:
    for column in _IN_PLACE:
        for row in _rows(column.table, column.key, (*column.key, column.column)):
            key = tuple(row[name] for name in column.key)
            if row[column.column]:
                _update(column, key, **{column.column: column.open(_keyring(), row[column.column], key)})
    op.drop_index("uq_customers_email", "customers")
    with op.batch_alter_table("customers") as batch:
        for name in _CLEAR[:3]:
            batch.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        for name in _CLEAR[3:]:
            batch.add_column(sa.Column(name, sa.String(), nullable=True))
    for row in _rows("customers", CONTACT.key, (*CONTACT.key, "contact", "fiscal")):
        key = (row["tenant_id"], row["id"])
        # E-mails are unique again: an erased customer gets an address that is nobody's.
        contact = {"name": "", "email": f"{key[1]}@erased.invalid", "phone": ""}
        if row["contact"]:
            contact = json.loads(CONTACT.open(_keyring(), row["contact"], key))
        clear = {"rfc": None, "legal_name": None, "postal_code": None}
        if row["fiscal"]:
            fiscal = json.loads(FISCAL.open(_keyring(), row["fiscal"], key))
            clear = {"rfc": fiscal["rfc"], "legal_name": fiscal["name"], "postal_code": fiscal["postal_code"]}
        _update(CONTACT, key, **contact, **clear)
    with op.batch_alter_table("customers") as batch:
        for name in ("contact", "fiscal", "email_print", "erased_at"):
            batch.drop_column(name)
        for name in _CLEAR[:3]:
            batch.alter_column(name, server_default=None)
        batch.create_unique_constraint("uq_customers_email", ["tenant_id", "email"])


def _keyring() -> Keyring:
    # What was clear until now must not stay behind in free pages of the file.
    context.config.attributes["tidy"] = True
    keyring = context.config.attributes.get("keyring")
    if not isinstance(keyring, Keyring):
        raise KeyringNeeded
    return keyring


def _rows(table: str, key: tuple[str, ...], columns: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    """All rows, some at a time in the order of their key: they are changed while we go."""
    here = sa.table(table, *(sa.column(name) for name in columns))
    at = [here.c[name] for name in key]
    query, connection = sa.select(here).order_by(*at).limit(_BATCH), op.get_bind()
    found = connection.execute(query).all()
    while found:
        yield from (dict(row._mapping) for row in found)
        last = [found[-1]._mapping[name] for name in key]
        found = connection.execute(query.where(sa.tuple_(*at) > sa.tuple_(*last))).all()


def _update(column: SealedColumn, key: tuple[str, ...], **changes: Any) -> None:
    here = sa.table(column.table, *(sa.column(name) for name in (*column.key, *changes)))
    mine = [here.c[name] == value for name, value in zip(column.key, key, strict=True)]
    op.get_bind().execute(sa.update(here).where(*mine).values(**changes))
