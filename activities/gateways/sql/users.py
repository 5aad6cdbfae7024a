"""People who log in, their sessions, and tries to log in."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.failures import Missing
from activities.gateways.sql.database import Database, Duplicate, table_of, values
from activities.gateways.sql.tenants import tenant_of
from activities.ports.register import Taken
from models.access.logins import FORGOTTEN, Attempts, Forgiven, attempted, forgiven
from models.access.permissions import Role
from models.access.sessions import Ended, Session
from models.access.users import PeopleWhy, User
from models.records import Tenant
from models.safekeeping.keyring import Keyring
from models.tables.parties import TenantRow
from models.tables.people import LoginAttemptsRow, RefreshTokenRow, SessionRow, UserRow
from models.tables.sealed import USER_EMAIL, user_prints

_USER, _SESSION = table_of(UserRow).c, table_of(SessionRow).c
_TOKEN, _TRY = table_of(RefreshTokenRow).c, table_of(LoginAttemptsRow).c


def _session(row: SessionRow) -> Session:
    return Session(
        tenant=row.tenant_id,
        id=row.id,
        user=row.user_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        ended=row.ended,
    )


class Users:
    """Who logs in. Of passwords, tokens and invitations only hashes come here."""

    _db: Database
    _keyring: Keyring

    def _user(self, row: UserRow) -> User:
        return User(
            tenant=row.tenant_id,
            id=row.id,
            email=USER_EMAIL.open(self._keyring, row.email, (row.tenant_id, row.id)),
            role=Role(row.role),
            created_at=row.created_at,
            password=row.password,
            invited_until=row.invited_until,
            disabled_at=row.disabled_at,
        )

    async def add_user(self, user: User, *, invitation: str = "") -> None:
        if await self.user_by_email(user.tenant, user.email) is not None:
            raise Taken("email", PeopleWhy.TAKEN())
        row = UserRow(
            tenant_id=user.tenant,
            id=user.id,
            email=USER_EMAIL.seal(self._keyring, user.email, (user.tenant, user.id)),
            email_print=user_prints(self._keyring, user.tenant, user.email)[0],
            role=user.role,
            password=user.password,
            invitation=invitation,
            invited_until=user.invited_until,
            created_at=user.created_at,
            disabled_at=user.disabled_at,
        )
        try:
            await self._db.write(self._db.insert(UserRow).values(**values(row)))
        except Duplicate:
            raise Taken("email", PeopleWhy.TAKEN()) from None

    async def users(self, tenant: str) -> Sequence[User]:
        query = select(UserRow).where(_USER.tenant_id == tenant).order_by(_USER.created_at, _USER.id)
        return [self._user(row) for row in await self._db.rows(query)]

    async def user(self, tenant: str, user: str) -> User | None:
        row = await self._db.first(select(UserRow).where(_USER.tenant_id == tenant, _USER.id == user))
        return self._user(row) if row else None

    async def user_by_email(self, tenant: str, email: str) -> User | None:
        prints = user_prints(self._keyring, tenant, email)
        row = await self._db.first(select(UserRow).where(_USER.tenant_id == tenant, _USER.email_print.in_(prints)))
        return self._user(row) if row else None

    async def sole_business(self) -> str:
        found = await self._db.rows(select(TenantRow).order_by(table_of(TenantRow).c.tenant_id).limit(2))
        return found[0].tenant_id if len(found) == 1 else ""

    async def user_invited(self, invitation: str, now: datetime) -> User | None:
        row = await self._db.first(
            select(UserRow).where(
                _USER.invitation == invitation, _USER.invited_until > now, _USER.disabled_at.is_(None)
            )
        )
        return self._user(row) if row and invitation else None

    async def save_user(self, user: User) -> None:
        changed = {"role": user.role, "password": user.password, "disabled_at": user.disabled_at}
        mine = (_USER.tenant_id == user.tenant) & (_USER.id == user.id)
        async with self._db.transaction() as connection:
            before = (await connection.execute(select(_USER.password).where(mine))).scalar_one_or_none()
            if before is None:
                raise Missing(f"there is no user '{user.id}'")
            if user.password != before:
                changed |= {"invitation": "", "invited_until": None}
            await connection.execute(update(table_of(UserRow)).where(mine).values(**changed))

    async def invite_again(self, tenant: str, user: str, *, invitation: str, until: datetime) -> None:
        changed = update(UserRow).where(_USER.tenant_id == tenant, _USER.id == user)
        if not await self._db.write(changed.values(invitation=invitation, invited_until=until)):
            raise Missing(f"there is no user '{user}'")

    async def open_session(self, session: Session, refresh: str) -> None:
        row = SessionRow(
            tenant_id=session.tenant,
            id=session.id,
            user_id=session.user,
            created_at=session.created_at,
            expires_at=session.expires_at,
        )
        token = RefreshTokenRow(
            tenant_id=session.tenant, hash=refresh, session_id=session.id, created_at=session.created_at
        )
        over = (_SESSION.expires_at < session.created_at, _SESSION.tenant_id == session.tenant)
        async with self._db.transaction() as connection:
            await connection.execute(delete(table_of(SessionRow)).where(*over))
            await connection.execute(self._db.insert(SessionRow).values(**values(row)))
            await connection.execute(self._db.insert(RefreshTokenRow).values(**values(token)))

    async def session_user(self, tenant: str, session: str, now: datetime) -> tuple[Tenant, User] | None:
        found = await self._db.pairs(
            select(TenantRow, UserRow)
            .join(UserRow, _USER.tenant_id == table_of(TenantRow).c.tenant_id)
            .join(SessionRow, (_SESSION.tenant_id == _USER.tenant_id) & (_SESSION.user_id == _USER.id))
            .where(_SESSION.tenant_id == tenant, _SESSION.id == session)
            .where(_SESSION.ended_at.is_(None), _SESSION.expires_at > now, _USER.disabled_at.is_(None))
        )
        return (tenant_of(found[0][0]), self._user(found[0][1])) if found else None

    async def refresh_session(self, used: str, fresh: str, now: datetime) -> tuple[Session, User] | None:
        pairs = await self._db.pairs(
            select(SessionRow, UserRow)
            .join(UserRow, (_USER.tenant_id == _SESSION.tenant_id) & (_USER.id == _SESSION.user_id))
            .join(RefreshTokenRow, (_TOKEN.tenant_id == _SESSION.tenant_id) & (_TOKEN.session_id == _SESSION.id))
            .where(_TOKEN.hash == used)
        )
        if not pairs:
            return None
        session, user = _session(pairs[0][0]), self._user(pairs[0][1])
        if session.ended_at is not None or session.expires_at <= now or not user.active:
            return None
        async with self._db.transaction() as connection:
            taken = await connection.execute(
                update(table_of(RefreshTokenRow))
                .where(_TOKEN.hash == used, _TOKEN.used_at.is_(None))
                .values(used_at=now)
            )
            if taken.rowcount:
                token = RefreshTokenRow(tenant_id=session.tenant, hash=fresh, session_id=session.id, created_at=now)
                await connection.execute(self._db.insert(RefreshTokenRow).values(**values(token)))
                return session, user
            # Either its owner or a thief has used it before: nobody can tell which, so both are shown out (RFC 9700, 4.14.2).
            await _end(connection, now, Ended.REUSED, _SESSION.tenant_id == session.tenant, _SESSION.id == session.id)
        return None

    async def end_session(self, tenant: str, session: str, why: Ended, now: datetime) -> None:
        async with self._db.transaction() as connection:
            await _end(connection, now, why, _SESSION.tenant_id == tenant, _SESSION.id == session)

    async def end_sessions(self, tenant: str, user: str, why: Ended, now: datetime, *, but: str = "") -> None:
        mine = (_SESSION.tenant_id == tenant, _SESSION.user_id == user, _SESSION.id != but)
        async with self._db.transaction() as connection:
            await _end(connection, now, why, *mine)

    async def end_every_session(self, why: Ended, now: datetime) -> None:
        """Of all tenants: who was shut out since a backup was made must not be let in by what it remembers."""
        async with self._db.transaction() as connection:
            await _end(connection, now, why)

    async def try_login(self, subjects: Sequence[str], tenant: str, now: datetime) -> timedelta:
        waits = []
        # In one order, or two processes with the same subjects could wait for each other.
        for subject in sorted(subjects):
            async with self._db.transaction() as connection:
                held = await self._attempts(connection, subject, tenant, now)
                after, wait = attempted(held, now)
                waits.append(wait)
                await _note(connection, subject, after)
        return max(waits)

    async def forgive_login(self, subject: str, now: datetime, what: Forgiven) -> None:
        async with self._db.transaction() as connection:
            held = await self._attempts(connection, subject, "", now)
            await _note(connection, subject, forgiven(held, what))
            await connection.execute(delete(table_of(LoginAttemptsRow)).where(_TRY.last < now - FORGOTTEN))

    async def _attempts(self, connection: AsyncConnection, subject: str, tenant: str, now: datetime) -> Attempts:
        fresh = LoginAttemptsRow(subject=subject, tenant_id=tenant, began=now, last=now, tries=0, failures=0)
        made = self._db.insert(LoginAttemptsRow).values(**values(fresh))
        await connection.execute(made.on_conflict_do_nothing(index_elements=["subject"]))
        table = table_of(LoginAttemptsRow)
        row = (await connection.execute(select(table).where(_TRY.subject == subject).with_for_update())).one()
        return Attempts(row.began, row.last, row.tries, row.failures, row.locked_until)


async def _note(connection: AsyncConnection, subject: str, held: Attempts) -> None:
    changed = update(table_of(LoginAttemptsRow)).where(_TRY.subject == subject)
    await connection.execute(
        changed.values(
            began=held.began,
            last=held.last,
            tries=held.tries,
            failures=held.failures,
            locked_until=held.locked_until,
        )
    )


async def _end(connection: AsyncConnection, now: datetime, why: Ended, *which: object) -> None:
    ended = update(table_of(SessionRow)).where(_SESSION.ended_at.is_(None), *which)  # type: ignore[arg-type]
    await connection.execute(ended.values(ended_at=now, ended=why))
