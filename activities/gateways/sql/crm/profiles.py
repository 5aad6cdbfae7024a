"""Customers as lists show them: filtered and sorted by SQL, found by digests of their words, derived anew from the books."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, and_, or_, select

from activities.failures import Missing
from activities.gateways.sql.crm.following import NEVER, OUTDATED, enter, refresh
from activities.gateways.sql.crm.rebuilding import rebuilt
from activities.gateways.sql.crm.standings import read
from activities.gateways.sql.crm.terms import index, insist_on_rfc, rfc_of
from activities.gateways.sql.customer_rows import customer_in, customer_row
from activities.gateways.sql.database import Database, Duplicate, table_of, values
from activities.ports.crm import Listed, Mark, Wanted
from activities.ports.register import Taken
from models.cfdi.fiscal import GENERIC_RFCS
from models.crm.advice import Advice
from models.crm.profile import Profile, Sort
from models.crm.scores import Level
from models.crm.standing import Standing, State
from models.crm.words import asked, terms_asked
from models.portions import portions
from models.records import Customer
from models.safekeeping.keyring import Keyring
from models.tables.crm import ProfileRow, SearchTermRow
from models.tables.parties import CustomerRow
from models.tables.sealed import email_prints, rfc_prints, term_numbers

_PROFILE, _CUSTOMER, _TERM = (table_of(row).c for row in (ProfileRow, CustomerRow, SearchTermRow))
_SORTED = {
    Sort.VALUE: _PROFILE.worth_centavos,
    Sort.RISK: _PROFILE.default_risk,
    Sort.NEXT_INVOICE: _PROFILE.next_invoice_at,
    Sort.LAST_ACTIVITY: _PROFILE.last_activity_at,
}
_BATCH = 200


def _profile(row: ProfileRow) -> Profile:
    return Profile(
        tenant=row.tenant_id,
        customer=row.customer_id,
        since=row.since,
        state=State(row.state),
        currency=row.currency,
        worth=row.worth_centavos,
        invoices=row.invoices,
        average=row.average_centavos,
        last_purchase_at=row.last_purchase_at,
        next_invoice_at=row.next_invoice_at,
        next_invoice=row.next_invoice_centavos,
        owed=row.owed_centavos,
        owed_since=row.owed_since,
        health=row.health,
        default_risk=row.default_risk,
        churn_risk=row.churn_risk,
        risk=Level(row.risk),
        advice=Advice(row.advice),
        review_at=row.review_at,
        last_activity_at=row.last_activity_at,
    )


class Profiles:
    """The list of customers, and what each row of it is made of."""

    _db: Database
    _keyring: Keyring

    async def listed_customers(
        self, tenant: str, wanted: Wanted, *, after: Mark | None = None, limit: int = 50
    ) -> Sequence[Listed]:
        query = _joined(tenant).where(_CUSTOMER.erased_at.is_(None)).limit(limit)
        if wanted.state is not None:
            query = query.where(_PROFILE.state == wanted.state.value)
        if wanted.risk is not None:
            query = query.where(_PROFILE.risk == wanted.risk.value)
        if wanted.question.strip():
            query = query.where(self._answering(tenant, wanted.question))
        await self._bring_up_to_date(tenant)
        return [self._with_profile(*pair) for pair in await self._db.pairs(_paged(query, wanted.sort, after))]

    async def customers_after(self, tenant: str, customer: str, limit: int = 200) -> Sequence[Listed]:
        beyond = _joined(tenant).where(_CUSTOMER.erased_at.is_(None), _PROFILE.customer_id > customer)
        await self._bring_up_to_date(tenant)
        found = await self._db.pairs(beyond.order_by(_PROFILE.customer_id).limit(limit))
        return [self._with_profile(*pair) for pair in found]

    async def customer_profile(self, tenant: str, customer: str) -> Listed:
        await self._bring_up_to_date(tenant, customer)
        found = await self._db.pairs(_joined(tenant).where(_PROFILE.customer_id == customer))
        if not found:
            raise Missing(f"there is no customer '{customer}'")
        return self._with_profile(*found[0])

    async def standing(self, tenant: str, customer: str) -> Standing:
        async with self._db.reading() as connection:
            found = await read(connection, tenant, [customer])
        if customer not in found:
            raise Missing(f"there is no customer '{customer}'")
        return found[customer].standing

    async def customer_with(self, tenant: str, *, email: str = "", rfc: str = "") -> str | None:
        found = (await self.holders_of_emails(tenant, [email])).get(email) if email else None
        return found or ((await self.holders_of_rfcs(tenant, [rfc])).get(rfc) if rfc else None)

    async def references_known(self, tenant: str, references: Collection[str]) -> frozenset[str]:
        theirs = (_CUSTOMER.tenant_id == tenant) & _CUSTOMER.reference.in_(references)
        return frozenset(
            reference for (reference,) in await self._db.figures(select(_CUSTOMER.reference).where(theirs))
        )

    async def holders_of_emails(self, tenant: str, emails: Collection[str]) -> Mapping[str, str]:
        prints = {each: email for email in emails for each in email_prints(self._keyring, tenant, email)}
        theirs = (_CUSTOMER.tenant_id == tenant) & _CUSTOMER.email_print.in_(prints)
        found = await self._db.figures(select(_CUSTOMER.email_print, _CUSTOMER.id).where(theirs))
        return {prints[each]: customer for each, customer in found}

    async def holders_of_rfcs(self, tenant: str, rfcs: Collection[str]) -> Mapping[str, str]:
        own = [rfc for rfc in rfcs if rfc not in GENERIC_RFCS]
        prints = {each: rfc for rfc in own for each in rfc_prints(self._keyring, tenant, rfc)}
        theirs = (_PROFILE.tenant_id == tenant) & _PROFILE.rfc_print.in_(prints)
        found = await self._db.figures(select(_PROFILE.rfc_print, _PROFILE.customer_id).where(theirs))
        return {prints[each]: customer for each, customer in found}

    async def enter_prospect(self, customer: Customer) -> bool:
        mine = (_CUSTOMER.tenant_id == customer.tenant) & (_CUSTOMER.reference == customer.reference)
        now = datetime.now(UTC)
        try:
            async with self._db.transaction() as connection:
                if (await connection.execute(select(_CUSTOMER.id).where(mine))).first() is not None:
                    return False
                await insist_on_rfc(connection, self._keyring, customer.tenant, rfc_of(customer), but=customer.id)
                row = values(customer_row(customer, self._keyring))
                await connection.execute(table_of(CustomerRow).insert().values(**row))
                await enter(connection, self._db, customer.tenant, customer.id, now)
                await index(connection, self._keyring, customer.tenant, customer.id)
        except Duplicate:
            if await self._db.first(select(CustomerRow).where(mine)) is not None:
                return False
            raise Taken("email", "belongs to another customer of yours: use their record, or correct it") from None
        return True

    async def rebuild_customers(self, tenant: str) -> int:
        now, done, last = datetime.now(UTC), 0, ""
        while True:
            beyond = (_CUSTOMER.tenant_id == tenant) & (_CUSTOMER.id > last)
            rows = await self._db.rows(select(CustomerRow).where(beyond).order_by(_CUSTOMER.id).limit(_BATCH))
            if not rows:
                return done
            async with self._db.transaction() as connection:
                await rebuilt(connection, self._db, self._keyring, tenant, [row.id for row in rows], now)
            done, last = done + len(rows), rows[-1].id

    async def review_customers(self, now: datetime, limit: int = 2_000) -> int:
        due = or_(_PROFILE.review_at <= now, _PROFILE.key_id != self._keyring.current)
        living = select(ProfileRow).where(due).order_by(_PROFILE.review_at).limit(limit)
        rows = await self._db.rows(living)
        for tenant in sorted({row.tenant_id for row in rows}):
            mine = [row for row in rows if row.tenant_id == tenant]
            for page in portions(mine, _BATCH):
                # Time alone changes scores; the history and the search terms of whoever has them follow from records, and stay.
                aged = [row.customer_id for row in page if self._derived(row)]
                async with self._db.transaction() as connection:
                    if anew := [row.customer_id for row in page if not self._derived(row)]:
                        await rebuilt(connection, self._db, self._keyring, tenant, anew, now)
                    await refresh(connection, self._db, tenant, aged, now=now)
        return len(rows)

    def _derived(self, row: ProfileRow) -> bool:
        """Whether the books were ever read for this customer, and their search terms are of the current key."""
        return row.key_id == self._keyring.current and row.review_at > NEVER

    async def _bring_up_to_date(self, tenant: str, customer: str = "") -> None:
        """Whoever reads profiles reads what the books say: what was outdated since the last look is derived first."""
        outdated = select(_PROFILE.customer_id).where(_PROFILE.tenant_id == tenant, _PROFILE.review_at == OUTDATED)
        if customer:
            outdated = outdated.where(_PROFILE.customer_id == customer)
        while found := await self._db.figures(outdated.order_by(_PROFILE.customer_id).limit(_BATCH)):
            async with self._db.transaction() as connection:
                await refresh(connection, self._db, tenant, [row[0] for row in found])

    def _answering(self, tenant: str, question: str) -> Any:
        words = asked(question)
        if not words:
            return _PROFILE.customer_id == ""
        found = []
        for word in words:
            numbers = {n for term in terms_asked(word) for n in term_numbers(self._keyring, tenant, term)}
            found.append(
                select(_TERM.customer_id)
                .where(_TERM.tenant_id == tenant, _TERM.term.in_(numbers))
                .where(_TERM.customer_id == _PROFILE.customer_id)
                .exists()
            )
        return and_(*found)

    def _with_profile(self, row: ProfileRow, customer: CustomerRow) -> Listed:
        return Listed(customer_in(customer, self._keyring), _profile(row))


def _joined(tenant: str) -> Select[ProfileRow, CustomerRow]:
    theirs = (_CUSTOMER.tenant_id == _PROFILE.tenant_id) & (_CUSTOMER.id == _PROFILE.customer_id)
    return select(ProfileRow, CustomerRow).join(CustomerRow, theirs).where(_PROFILE.tenant_id == tenant)


def _paged(query: Select[ProfileRow, CustomerRow], sort: Sort, after: Mark | None) -> Select[ProfileRow, CustomerRow]:
    """In order, after a mark. Every order but one is from the highest on, and no row lacks what it is sorted by."""
    column, id = _SORTED[sort], _PROFILE.customer_id
    if sort is Sort.NEXT_INVOICE:
        if after is not None and after.value is None:
            query = query.where(column.is_(None), id > after.id)
        elif after is not None:
            query = query.where(or_(column > after.value, (column == after.value) & (id > after.id), column.is_(None)))
        return query.order_by(column.nulls_last(), id)
    if after is not None:
        query = query.where(or_(column < after.value, (column == after.value) & (id < after.id)))
    return query.order_by(column.desc(), id.desc())
