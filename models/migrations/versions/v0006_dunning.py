"""What dunning remembers beyond one case: policies by version, attempts on cards, wishes and replies."""

import sqlalchemy as sa
import yaml
from alembic import context, op

from models.migrations.run import KeyringNeeded
from models.safekeeping.keyring import Keyring
from models.tables.sealed import CONTACT, phone_print_of

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BATCH = 500


def upgrade() -> None:
    policies = op.create_table(
        "dunning_policies",
        sa.Column("tenant_id", sa.String(), sa.ForeignKey("tenants.tenant_id"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", "version"),
    )
    assignments = op.create_table(
        "policy_assignments",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("plan_code", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("experiment", sa.String(), nullable=False),
        sa.Column("rival", sa.String(), nullable=False),
        sa.Column("rival_version", sa.Integer(), nullable=False),
        sa.Column("rival_share", sa.Integer(), nullable=False),
        sa.Column("assigned_at", _INSTANT, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "policy", "version"],
            ["dunning_policies.tenant_id", "dunning_policies.name", "dunning_policies.version"],
        ),
        sa.PrimaryKeyConstraint("tenant_id", "plan_code"),
    )
    op.create_table(
        "card_attempts",
        sa.Column("tenant_id", sa.String(), sa.ForeignKey("tenants.tenant_id"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("invoice", sa.String(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key"),
    )
    op.create_index("ix_attempts_card", "card_attempts", ["tenant_id", "card", "at"])
    customer = sa.ForeignKeyConstraint(["tenant_id", "customer_id"], ["customers.tenant_id", "customers.id"])
    op.create_table(
        "opt_outs",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        customer,
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", "channel"),
    )
    op.create_table(
        "customer_replies",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("meaning", sa.String(), nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("settled_at", _INSTANT, nullable=True),
        sa.Column("settled_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "customer_id"], ["customers.tenant_id", "customers.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("ix_replies_customer", "customer_replies", ["tenant_id", "customer_id", "received_at"])
    with op.batch_alter_table("dunning_cases") as cases:
        cases.add_column(sa.Column("hold", sa.String(), nullable=False, server_default=""))
        cases.add_column(sa.Column("hold_until", _INSTANT, nullable=True))
        cases.add_column(sa.Column("first_decline", sa.String(), nullable=False, server_default=""))
        cases.add_column(sa.Column("last_step", sa.String(), nullable=False, server_default=""))
        cases.add_column(sa.Column("escalated_at", _INSTANT, nullable=True))
        cases.add_column(sa.Column("deletion_asked_at", _INSTANT, nullable=True))
        cases.add_column(sa.Column("experiment", sa.String(), nullable=False, server_default=""))
        cases.add_column(sa.Column("promises", sa.Integer(), nullable=False, server_default="0"))
        cases.add_column(sa.Column("broken_promises", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("dunning_cases") as cases:
        for column in ("hold", "first_decline", "last_step", "experiment", "promises", "broken_promises"):
            cases.alter_column(column, server_default=None)
    with op.batch_alter_table("subscriptions") as subscriptions:
        subscriptions.add_column(sa.Column("degraded", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("subscriptions") as subscriptions:
        subscriptions.alter_column("degraded", server_default=None)
    op.execute("UPDATE dunning_cases SET first_decline = decline")
    with op.batch_alter_table("customers") as customers:
        customers.add_column(sa.Column("phone_print", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("customers") as customers:
        customers.alter_column("phone_print", server_default=None)
    _print_phones()
    op.create_index("ix_customers_phone", "customers", ["phone_print"])
    _carry_policies(policies, assignments)
    with op.batch_alter_table("tenants") as tenants:
        tenants.drop_column("policy")


def _print_phones() -> None:
    """Customers get the fingerprint of their phone, by which a message of theirs finds them."""
    customers = sa.table("customers", *(sa.column(name) for name in ("tenant_id", "id", "contact", "phone_print")))
    here = customers.c
    query = sa.select(here.tenant_id, here.id, here.contact).order_by(here.tenant_id, here.id).limit(_BATCH)
    connection = op.get_bind()
    rows = connection.execute(query).all()
    while rows:
        for tenant, customer, sealed in rows:
            if sealed:
                keyring = context.config.attributes.get("keyring")
                if not isinstance(keyring, Keyring):
                    raise KeyringNeeded
                contact = CONTACT.open(keyring, sealed, (tenant, customer))
                mine = (here.tenant_id == tenant) & (here.id == customer)
                connection.execute(
                    sa.update(customers).where(mine).values(phone_print=phone_print_of(keyring, contact))
                )
        after = sa.tuple_(here.tenant_id, here.id) > sa.tuple_(rows[-1].tenant_id, rows[-1].id)
        rows = connection.execute(query.where(after)).all()


def _carry_policies(policies: sa.Table, assignments: sa.Table) -> None:
    """A tenant's one policy becomes its first version, and that of every plan."""
    tenants = sa.table("tenants", sa.column("tenant_id"), sa.column("policy"), sa.column("created_at", _INSTANT))
    for tenant, page, since in op.get_bind().execute(sa.select(tenants)).all():
        if not page.strip():
            continue
        try:
            told = yaml.safe_load(page)
            name, version = str(told["name"]), int(told.get("version", 1))
        except (yaml.YAMLError, TypeError, KeyError, ValueError):
            name, version = "unreadable", 1  # kept, and refused when a case opens, as it was before
        row = {
            "tenant_id": tenant,
            "name": name,
            "version": version,
            "page": page,
            "created_at": since,
            "actor": "perdura",
        }
        op.bulk_insert(policies, [row])
        op.bulk_insert(
            assignments,
            [
                {
                    "tenant_id": tenant,
                    "plan_code": "",
                    "policy": name,
                    "version": version,
                    "experiment": "",
                    "rival": "",
                    "rival_version": 0,
                    "rival_share": 0,
                    "assigned_at": since,
                    "actor": "perdura",
                }
            ],
        )


def downgrade() -> None:
    op.drop_index("ix_customers_phone", "customers")
    with op.batch_alter_table("customers") as customers:
        customers.drop_column("phone_print")
    with op.batch_alter_table("tenants") as tenants:
        tenants.add_column(sa.Column("policy", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("tenants") as tenants:
        tenants.alter_column("policy", server_default=None)
    op.execute(
        "UPDATE tenants SET policy = COALESCE((SELECT p.page FROM policy_assignments a JOIN dunning_policies p"
        " ON p.tenant_id = a.tenant_id AND p.name = a.policy AND p.version = a.version"
        " WHERE a.tenant_id = tenants.tenant_id AND a.plan_code = ''), '')"
    )
    with op.batch_alter_table("subscriptions") as subscriptions:
        subscriptions.drop_column("degraded")
    with op.batch_alter_table("dunning_cases") as cases:
        for column in (
            "hold",
            "hold_until",
            "first_decline",
            "last_step",
            "escalated_at",
            "deletion_asked_at",
            "experiment",
            "promises",
            "broken_promises",
        ):
            cases.drop_column(column)
    for table in (
        "customer_replies",
        "opt_outs",
        "card_attempts",
        "policy_assignments",
        "dunning_policies",
    ):
        op.drop_table(table)
