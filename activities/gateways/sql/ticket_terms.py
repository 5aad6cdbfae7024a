"""A tenant's terms for tickets."""

from datetime import datetime, timedelta

from sqlalchemy import select

from activities.gateways.sql.database import Database, table_of
from models.tables.tickets import TicketTermsRow
from models.tickets.terms import OpenHours, Terms

_TERMS = table_of(TicketTermsRow).c
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class TicketTerms:
    """The record of what a tenant promises."""

    _db: Database

    async def ticket_terms(self, tenant: str) -> Terms:
        row = await self._db.first(select(TicketTermsRow).where(_TERMS.tenant_id == tenant))
        if row is None:
            return Terms()
        return Terms(
            normal=row.normal_minutes * _MINUTE,
            high=row.high_minutes * _MINUTE,
            urgent=row.urgent_minutes * _MINUTE,
            hours=OpenHours(row.opens, row.closes, tuple(int(day) for day in row.days_open)),
            remind=row.remind,
            raise_after=row.raise_hours * _HOUR,
            close_after=row.close_days * _DAY,
            ends_with_case=row.ends_with_case,
            from_messages=row.from_messages,
        )

    async def save_ticket_terms(self, tenant: str, terms: Terms, *, actor: str, at: datetime) -> None:
        row = TicketTermsRow(
            tenant_id=tenant,
            normal_minutes=terms.normal // _MINUTE,
            high_minutes=terms.high // _MINUTE,
            urgent_minutes=terms.urgent // _MINUTE,
            opens=terms.hours.opens,
            closes=terms.hours.closes,
            days_open="".join(str(day) for day in sorted(terms.hours.days)),
            remind=terms.remind,
            raise_hours=terms.raise_after // _HOUR,
            close_days=terms.close_after // _DAY,
            ends_with_case=terms.ends_with_case,
            from_messages=terms.from_messages,
            set_at=at,
            actor=actor,
        )
        await self._db.save(row, ["tenant_id"])
