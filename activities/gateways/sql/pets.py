"""Customers' pets: what they are and how they are called is sealed; nothing is looked for by it."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime

from sqlalchemy import select

from activities.failures import Missing
from activities.gateways.sql.database import Database, table_of
from models.safekeeping.keyring import Keyring
from models.selling.pets import Animal, Pet
from models.tables.clinic import PetRow
from models.tables.sealed import PET

_PET = table_of(PetRow).c


class Pets:
    """The record of whom plans and bills are for."""

    _db: Database
    _keyring: Keyring

    async def save_pet(self, pet: Pet) -> None:
        """Enter it, or put it in the place of what was known. Raises Missing: there is no such customer."""
        told = {
            "name": pet.name,
            "species": pet.animal.species,
            "sex": pet.animal.sex,
            "grams": pet.animal.grams,
            "born": pet.born.isoformat() if pet.born else None,
            "sterilised": pet.sterilised,
        }
        row = PetRow(
            tenant_id=pet.tenant,
            id=pet.id,
            customer_id=pet.customer,
            profile=PET.seal(self._keyring, json.dumps(told, ensure_ascii=False), (pet.tenant, pet.id)),
            created_at=datetime.now(UTC),
        )
        await self._db.save(row, ["tenant_id", "id"], keep=["customer_id", "created_at"])

    async def pets(self, tenant: str, customer: str) -> Sequence[Pet]:
        mine = select(PetRow).where(_PET.tenant_id == tenant, _PET.customer_id == customer)
        rows = await self._db.rows(mine.order_by(_PET.created_at, _PET.id))
        return [self._pet(row) for row in rows if row.profile]

    async def pet(self, tenant: str, pet: str) -> Pet:
        row = await self._db.first(select(PetRow).where(_PET.tenant_id == tenant, _PET.id == pet))
        if row is None or not row.profile:
            raise Missing(f"there is no pet '{pet}'")
        return self._pet(row)

    def _pet(self, row: PetRow) -> Pet:
        told = json.loads(PET.open(self._keyring, row.profile, (row.tenant_id, row.id)))
        return Pet(
            row.tenant_id,
            row.id,
            row.customer_id,
            told["name"],
            Animal(told["species"], told["sex"], told["grams"]),
            date.fromisoformat(told["born"]) if told["born"] else None,
            told["sterilised"],
        )
