"""How tenants look to their customers."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select

from activities.failures import Missing
from activities.gateways.sql.database import Database, table_of, values
from models.agreements.legal import LegalKind
from models.look.brand import Brand, Letterhead, LogoMark, Support, neutral
from models.look.colours import Colour
from models.tables.brand import BrandRow, LogoRow
from models.tables.legal import LegalTextRow
from models.tables.parties import TenantRow

_BRAND, _LOGO, _TENANT = table_of(BrandRow).c, table_of(LogoRow).c, table_of(TenantRow).c
_TEXT = table_of(LegalTextRow).c


def _brand(row: BrandRow) -> Brand:
    mark = LogoMark(row.logo_type, row.logo_digest, row.logo_width, row.logo_height) if row.logo_digest else None
    return Brand(
        tenant=row.tenant_id,
        name=row.name,
        legal_line=row.legal_line,
        primary=Colour.parse(row.primary_colour),
        accent=Colour.parse(row.accent_colour),
        support=Support(row.phone, row.whatsapp, row.email),
        website=row.website,
        terms_url=row.terms_url,
        privacy_url=row.privacy_url,
        logo=mark,
    )


class Brands:
    """The record of brands."""

    _db: Database

    async def brand(self, tenant: str) -> Brand:
        row = await self._db.first(select(BrandRow).where(_BRAND.tenant_id == tenant))
        found = _brand(row) if row else None
        if found is None:
            known = await self._db.first(select(TenantRow).where(_TENANT.tenant_id == tenant))
            if known is None:
                raise Missing(f"there is no tenant '{tenant}'")
            found = neutral(tenant, known.name)
        published = set(await self._db.rows(select(_TEXT.kind).where(_TEXT.tenant_id == tenant).distinct()))
        return replace(found, texts=tuple(kind for kind in LegalKind if kind in published))

    async def letterhead(self, tenant: str) -> Letterhead:
        # In one look: a picture and what is known of it belong together.
        both = select(BrandRow, LogoRow).join(LogoRow, _LOGO.tenant_id == _BRAND.tenant_id)
        for row, picture in await self._db.pairs(both.where(_BRAND.tenant_id == tenant)):
            return Letterhead(_brand(row), picture.content)
        return Letterhead(replace(await self.brand(tenant), logo=None))

    async def save_brand(self, brand: Brand, logo: bytes | None = None) -> None:
        mark = brand.logo
        row = BrandRow(
            tenant_id=brand.tenant,
            name=brand.name,
            legal_line=brand.legal_line,
            primary_colour=str(brand.primary),
            accent_colour=str(brand.accent),
            phone=brand.support.phone,
            whatsapp=brand.support.whatsapp,
            email=brand.support.email,
            website=brand.website,
            terms_url=brand.terms_url,
            privacy_url=brand.privacy_url,
            logo_type=mark.media_type if mark else "",
            logo_digest=mark.digest if mark else "",
            logo_width=mark.width if mark else 0,
            logo_height=mark.height if mark else 0,
            updated_at=datetime.now(UTC),
        )
        async with self._db.transaction() as connection:
            await connection.execute(self._put(row))
            if mark is None:
                await connection.execute(delete(table_of(LogoRow)).where(_LOGO.tenant_id == brand.tenant))
            elif logo is not None:
                await connection.execute(self._put(LogoRow(tenant_id=brand.tenant, content=logo)))

    def _put(self, row: BrandRow | LogoRow) -> Any:
        """In the place of the tenant's row, if there is one."""
        given = values(row)
        statement = self._db.insert(type(row)).values(**given)
        replaced = {name: statement.excluded[name] for name in given if name != "tenant_id"}
        return statement.on_conflict_do_update(index_elements=["tenant_id"], set_=replaced)
