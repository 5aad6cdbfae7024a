"""Businesses that open an account by themselves, and what they accepted."""

import json
from datetime import UTC, datetime

from sqlalchemy import delete, select, update

from activities.failures import Missing, Refused
from activities.gateways.sql.database import Database, Duplicate, table_of, values
from activities.ports.register import Taken
from models.access.permissions import Role
from models.access.provisioning import Acceptance, Provision, Signup, SignupState
from models.records import Tenant
from models.safekeeping.keyring import Keyring
from models.speaking.notices import Language
from models.tables.crm import RECORD
from models.tables.kpis import SnapshotRow
from models.tables.parties import CustomerRow, TenantRow
from models.tables.people import UserRow
from models.tables.sealed import ADDRESS, SIGNUP_CONTACT, SIGNUP_EMAIL, USER_EMAIL, signup_prints, user_prints
from models.tables.signups import AcceptanceRow, SignupRow
from models.tables.subscriptions import SubscriptionRow

_SIGNUP, _ACCEPTED, _TENANT = table_of(SignupRow).c, table_of(AcceptanceRow).c, table_of(TenantRow).c
_DAY = table_of(SnapshotRow).c
_CUSTOMER, _SUBSCRIPTION = table_of(CustomerRow).c, table_of(SubscriptionRow).c


class Signups:
    """Accounts on their way, and the terms of all of them."""

    _db: Database
    _keyring: Keyring

    async def open_signup(self, signup: Signup, acceptance: Acceptance) -> None:
        if await self.signup_by_email(signup.email) is not None:
            raise Taken("email", "has an account, or one is being opened with it")
        contact = {"business": signup.business, "name": signup.name, "phone": signup.phone}
        row = SignupRow(
            tenant_id=signup.tenant,
            user_id=signup.user,
            email=SIGNUP_EMAIL.seal(self._keyring, signup.email, (signup.tenant,)),
            email_print=signup_prints(self._keyring, signup.email)[0],
            contact=SIGNUP_CONTACT.seal(self._keyring, json.dumps(contact), (signup.tenant,)),
            password=signup.password,
            language=signup.language,
            terms_version=signup.terms_version,
            state=signup.state,
            created_at=signup.created_at,
        )
        accepted = self._accepted(acceptance)
        taken = select(_TENANT.tenant_id).where(_TENANT.tenant_id == signup.tenant)
        try:
            async with self._db.transaction() as connection:
                if (await connection.execute(taken)).first() is not None:
                    raise Taken("tenant", "this id is in use")
                await connection.execute(table_of(SignupRow).insert().values(**values(row)))
                await connection.execute(table_of(AcceptanceRow).insert().values(**values(accepted)))
        except Duplicate:  # at this very moment somebody was faster: with the e-mail, or with the id
            field = "email" if await self.signup_by_email(signup.email) is not None else "tenant"
            raise Taken(field, "is in use") from None

    async def signup(self, tenant: str) -> Signup | None:
        row = await self._db.first(select(SignupRow).where(_SIGNUP.tenant_id == tenant))
        return self._signup(row) if row else None

    async def signup_by_email(self, email: str) -> Signup | None:
        prints = signup_prints(self._keyring, email)
        row = await self._db.first(select(SignupRow).where(_SIGNUP.email_print.in_(prints)))
        return self._signup(row) if row else None

    def _signup(self, row: SignupRow) -> Signup:
        key = (row.tenant_id,)
        contact = json.loads(SIGNUP_CONTACT.open(self._keyring, row.contact, key)) if row.contact else {}
        return Signup(
            tenant=row.tenant_id,
            user=row.user_id,
            email=SIGNUP_EMAIL.open(self._keyring, row.email, key),
            language=Language(row.language),
            terms_version=row.terms_version,
            created_at=row.created_at,
            password=row.password,
            state=SignupState(row.state),
            **contact,
        )

    async def enter_business(self, tenant: str) -> None:
        signup = await self._pending(tenant)
        business = Tenant(tenant, signup.business)
        row = TenantRow(tenant_id=tenant, name=business.name, zone=business.zone, created_at=signup.created_at)
        if await self._db.add_once(row, ["tenant_id"]):
            return
        known = await self._db.first(select(TenantRow).where(_TENANT.tenant_id == tenant))
        if known is None or known.created_at != signup.created_at:  # not the row of an earlier run of this very step
            raise Refused(f"the id '{tenant}' was given to another business meanwhile", "taken")

    async def hand_over(self, tenant: str, at: datetime) -> None:
        signup = await self._pending(tenant)
        if signup.state is SignupState.READY:
            return
        key = (tenant, signup.user)
        row = UserRow(
            tenant_id=tenant,
            id=signup.user,
            email=USER_EMAIL.seal(self._keyring, signup.email, key),
            email_print=user_prints(self._keyring, tenant, signup.email)[0],
            role=Role.OWNER,
            password=signup.password,
            created_at=at,
        )
        ready = {"state": SignupState.READY.value, "password": "", "settled_at": at}
        async with self._db.transaction() as connection:
            made = self._db.insert(UserRow).values(**values(row))
            await connection.execute(made.on_conflict_do_nothing(index_elements=["tenant_id", "id"]))
            await connection.execute(update(table_of(SignupRow)).where(_SIGNUP.tenant_id == tenant).values(**ready))

    async def forget_contact(self, tenant: str) -> None:
        await self._db.write(update(SignupRow).where(_SIGNUP.tenant_id == tenant).values(contact=""))

    async def withdraw_signup(self, provision: Provision) -> str:
        tenant, house = provision.tenant, provision.house
        ours = (_CUSTOMER.tenant_id == house) & (_CUSTOMER.id == provision.customer)
        begun = (_SUBSCRIPTION.tenant_id == house) & (_SUBSCRIPTION.id == provision.subscription)
        theirs = (_SUBSCRIPTION.tenant_id == house) & (_SUBSCRIPTION.customer_id == provision.customer)
        async with self._db.transaction() as connection:
            made = (await connection.execute(select(_CUSTOMER.provider_id).where(ours))).scalar_one_or_none()
            # What had been opened at the provider stays in the books; nothing of it gets this far.
            await connection.execute(delete(table_of(SubscriptionRow)).where(begun, _SUBSCRIPTION.provider_id == ""))
            left = (await connection.execute(select(_SUBSCRIPTION.id).where(theirs))).first()
            if left is None:
                for row in RECORD:  # what followed from the signup
                    of = table_of(row).c
                    mine_alone = (of.tenant_id == house) & (of.customer_id == provision.customer)
                    await connection.execute(delete(table_of(row)).where(mine_alone))
                await connection.execute(delete(table_of(CustomerRow)).where(ours))
            pending = select(_SIGNUP.tenant_id).where(
                _SIGNUP.tenant_id == tenant, _SIGNUP.state == SignupState.PENDING.value
            )
            if (await connection.execute(pending)).first() is not None:
                # A day may have ended while it was being opened.
                await connection.execute(delete(table_of(SnapshotRow)).where(_DAY.tenant_id == tenant))
                mine = select(_SIGNUP.created_at).where(_SIGNUP.tenant_id == tenant).scalar_subquery()
                await connection.execute(
                    delete(table_of(TenantRow)).where(_TENANT.tenant_id == tenant, _TENANT.created_at == mine)
                )
                await connection.execute(delete(table_of(AcceptanceRow)).where(_ACCEPTED.tenant_id == tenant))
                await connection.execute(delete(table_of(SignupRow)).where(_SIGNUP.tenant_id == tenant))
        return str(made or "")

    async def keep_acceptance(self, acceptance: Acceptance) -> None:
        await self._db.add_once(self._accepted(acceptance), ["tenant_id", "subject", "document", "version"])

    def _accepted(self, acceptance: Acceptance) -> AcceptanceRow:
        key = (acceptance.tenant, acceptance.subject, acceptance.document, acceptance.version)
        return AcceptanceRow(
            tenant_id=acceptance.tenant,
            subject=acceptance.subject,
            document=acceptance.document,
            version=acceptance.version,
            accepted_at=acceptance.accepted_at,
            address=ADDRESS.seal(self._keyring, acceptance.address, key),
        )

    async def acceptances(self, tenant: str, *, subject: str = "") -> list[Acceptance]:
        query = select(AcceptanceRow).where(_ACCEPTED.tenant_id == tenant).order_by(_ACCEPTED.accepted_at)
        rows = await self._db.rows(query.where(_ACCEPTED.subject == subject) if subject else query)
        return [
            Acceptance(
                tenant=row.tenant_id,
                subject=row.subject,
                document=row.document,
                version=row.version,
                accepted_at=row.accepted_at.astimezone(UTC),
                address=ADDRESS.open(
                    self._keyring, row.address, (row.tenant_id, row.subject, row.document, row.version)
                ),
            )
            for row in rows
        ]

    async def _pending(self, tenant: str) -> Signup:
        found = await self.signup(tenant)
        if found is None:
            raise Missing(f"nobody is opening an account for '{tenant}'")
        return found
