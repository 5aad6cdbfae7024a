"""Who issues tax invoices, with which certificates, and where they are stamped."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from sqlalchemy import ColumnElement, delete, select

from activities.gateways.sql.database import Database, table_of
from models.cfdi.certificates import StoredCsd
from models.cfdi.fiscal import Issuer
from models.cfdi.pac_accounts import PacName, StoredAccount
from models.cfdi.taxes import PaymentMethod, Withholding
from models.tables.fiscal import CertificateRow, ExchangeRateRow, IssuerRow, PacAccountRow

_ISSUER, _CERTIFICATE, _ACCOUNT = (table_of(row).c for row in (IssuerRow, CertificateRow, PacAccountRow))


class Issuers:
    """The record of issuers. Keys and credentials come and go sealed."""

    _db: Database

    async def issuer_of(self, tenant: str) -> Issuer | None:
        row = await self._db.first(select(IssuerRow).where(_ISSUER.tenant_id == tenant))
        if row is None:
            return None
        return Issuer(
            rfc=row.rfc,
            name=row.name,
            regime=row.regime,
            postal_code=row.postal_code,
            vat=row.vat,
            series=row.series,
            withholding=Withholding(row.withholding),
            payment_method=PaymentMethod(row.payment_method),
        )

    async def save_issuer(self, tenant: str, issuer: Issuer) -> None:
        row = IssuerRow(
            tenant_id=tenant,
            rfc=issuer.rfc,
            name=issuer.name,
            regime=issuer.regime,
            postal_code=issuer.postal_code,
            vat=issuer.vat,
            series=issuer.series,
            withholding=issuer.withholding,
            payment_method=issuer.payment_method,
            updated_at=datetime.now(UTC),
        )
        await self._db.save(row, ["tenant_id"])

    async def issuing_tenants(self) -> Sequence[str]:
        rows = await self._db.rows(select(IssuerRow).order_by(_ISSUER.tenant_id))
        return [row.tenant_id for row in rows]

    async def certificates_of(self, tenant: str) -> Sequence[StoredCsd]:
        newest = _CERTIFICATE.added_at.desc()
        rows = await self._db.rows(select(CertificateRow).where(_CERTIFICATE.tenant_id == tenant).order_by(newest))
        return [
            StoredCsd(
                tenant=row.tenant_id,
                number=row.number,
                rfc=row.rfc,
                valid_from=row.valid_from,
                valid_until=row.valid_until,
                certificate=row.certificate,
                key_id=row.key_id,
                sealed=row.sealed,
                added_at=row.added_at,
            )
            for row in rows
        ]

    async def save_certificate(self, csd: StoredCsd) -> None:
        row = CertificateRow(
            tenant_id=csd.tenant,
            number=csd.number,
            rfc=csd.rfc,
            valid_from=csd.valid_from,
            valid_until=csd.valid_until,
            certificate=csd.certificate,
            key_id=csd.key_id,
            sealed=csd.sealed,
            added_at=csd.added_at,
        )
        await self._db.save(row, ["tenant_id", "number"])

    async def pac_accounts_of(self, tenant: str) -> Sequence[StoredAccount]:
        rows = await self._db.rows(select(PacAccountRow).where(_ACCOUNT.tenant_id == tenant).order_by(_ACCOUNT.rank))
        return [StoredAccount(row.tenant_id, row.rank, PacName(row.name), row.url, row.sealed) for row in rows]

    async def save_pac_account(self, account: StoredAccount) -> None:
        row = PacAccountRow(
            tenant_id=account.tenant,
            rank=account.rank,
            name=account.name,
            url=account.url,
            sealed=account.sealed,
        )
        async with self._db.transaction() as connection:
            await connection.execute(delete(PacAccountRow).where(*_at(account.tenant, account.name)))
            await connection.execute(self._db.upsert(row, ["tenant_id", "rank"]))

    async def remove_pac_account(self, tenant: str, name: PacName) -> None:
        await self._db.write(delete(PacAccountRow).where(*_at(tenant, name)))

    async def exchange_rate(self, tenant: str, currency: str, day: date) -> int | None:
        rate = table_of(ExchangeRateRow).c
        row = await self._db.first(
            select(ExchangeRateRow).where(
                rate.tenant_id == tenant, rate.currency == currency, rate.day == day.isoformat()
            )
        )
        return row.millionths if row else None

    async def save_exchange_rate(self, tenant: str, currency: str, day: date, millionths: int) -> None:
        row = ExchangeRateRow(tenant_id=tenant, currency=currency, day=day.isoformat(), millionths=millionths)
        await self._db.save(row, ["tenant_id", "currency", "day"])


def _at(tenant: str, name: PacName) -> tuple[ColumnElement[bool], ...]:
    return _ACCOUNT.tenant_id == tenant, _ACCOUNT.name == name.value
