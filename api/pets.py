"""Customers as a clinic knows them before they pay for anything, and their pets: whom plans and bills are for."""

import re
import secrets
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from activities.failures import Missing
from activities.ports.register import Taken
from api.access import needs
from api.deps import ID, Caller, Ctx, Orderer
from api.problems import FieldError, Problem, answers, invalid
from api.signup import NewCustomer, customer_of, taken
from api.views import Body, View
from models.access.permissions import Permission
from models.records import AuditEntry, Customer
from models.selling.pets import LONGEST_NAME, LONGEST_WORD, Animal, Pet, checked

router = APIRouter(prefix="/v1/customers", tags=["customers"])


class CustomerView(View):
    """A customer, by the tenant's own id of them."""

    customer_reference: str = Field(examples=["dueno-1042"])


class PetOrder(Body):
    """What is known of an animal."""

    name: str = Field(max_length=200, examples=["Luna"])
    species: str = Field(max_length=100, description="in your catalogue's words", examples=["perro"])
    sex: str = Field(default="", max_length=100, description="in your catalogue's words", examples=["hembra"])
    weight_grams: int | None = Field(default=None, examples=[12_500])
    born: date | None = Field(default=None, examples=["2026-08-01"])
    sterilised: bool | None = None


class PetChange(Body):
    """What is known now; what is left out stays as it was."""

    name: str | None = Field(default=None, max_length=200, examples=["Luna"])
    species: str | None = Field(default=None, max_length=100, examples=["perro"])
    sex: str | None = Field(default=None, max_length=100, examples=["hembra"])
    weight_grams: int | None = Field(default=None, examples=[13_000])
    born: date | None = Field(default=None, examples=["2026-08-01"])
    sterilised: bool | None = None


class PetView(View):
    """A customer's animal."""

    id: str = Field(examples=["pet_8Kq2nR4xYw1Z"])
    name: str = Field(max_length=LONGEST_NAME, examples=["Luna"])
    species: str = Field(max_length=LONGEST_WORD, examples=["perro"])
    sex: str = Field(examples=["hembra"])
    weight_grams: int | None
    born: date | None
    sterilised: bool | None

    @classmethod
    def of(cls, pet: Pet) -> "PetView":
        animal = pet.animal
        return cls(
            id=pet.id,
            name=pet.name,
            species=animal.species,
            sex=animal.sex,
            weight_grams=animal.grams,
            born=pet.born,
            sterilised=pet.sterilised,
        )


class Pets(View):
    """All of one customer's."""

    data: list[PetView]


async def _customer(context: Ctx, tenant: Caller, reference: str) -> Customer:
    found = None
    if re.fullmatch(ID, reference):
        found = await context.store.customer_by_reference(tenant.id, reference)
    if found is None:
        raise Problem(404, f"there is no customer '{reference}'", kind="missing")
    return found


# The customer named in the path, if they are the caller's: another tenant's is as absent as one that never was.
Known = Annotated[Customer, Depends(_customer)]


@router.post(
    "",
    status_code=201,
    summary="Enter a customer who has bought nothing yet",
    dependencies=[needs(Permission.ENTER)],
    responses=answers(409, 422, 503),
)
async def enter_customer(order: NewCustomer, context: Ctx, tenant: Caller) -> CustomerView:
    """One who is known by this reference stays as they are."""
    errors: list[FieldError] = []
    customer = customer_of(order, tenant, errors)
    if customer is None:
        raise invalid(errors)
    try:
        entered = await context.store.enter_customer(customer)
    except Taken as conflict:
        raise taken(conflict.field, str(conflict), conflict.subscription) from None
    return CustomerView(customer_reference=entered.reference)


@router.post(
    "/{reference}/pets",
    status_code=201,
    summary="Enter a pet",
    dependencies=[needs(Permission.ENTER)],
    responses=answers(404, 409, 422, 503),
)
async def enter_pet(order: PetOrder, response: Response, owner: Known, context: Ctx, by: Orderer) -> PetView:
    """With an `Idempotency-Key` a repeat is the same pet."""
    pet = checked(
        Pet(
            owner.tenant,
            f"pet_{by.update_id[:24] or secrets.token_urlsafe(9)}",
            owner.id,
            order.name,
            Animal(order.species, order.sex, order.weight_grams),
            order.born,
            order.sterilised,
        ),
        _today(context, by),
    )
    await context.store.save_pet(pet)
    await context.store.audit(_entry(by, pet, "pet entered"))
    response.headers["Location"] = f"{router.prefix}/{owner.reference}/pets/{pet.id}"
    return PetView.of(pet)


@router.get(
    "/{reference}/pets", summary="A customer's pets", dependencies=[needs(Permission.READ)], responses=answers(404, 503)
)
async def pets(owner: Known, context: Ctx) -> Pets:
    """In the order in which they were entered."""
    return Pets(data=[PetView.of(pet) for pet in await context.store.pets(owner.tenant, owner.id)])


@router.patch(
    "/{reference}/pets/{pet}",
    summary="Change what is known of a pet",
    dependencies=[needs(Permission.ENTER)],
    responses=answers(404, 422, 503),
)
async def change_pet(pet: str, change: PetChange, owner: Known, context: Ctx, by: Orderer) -> PetView:
    """It was weighed, or sterilised. Prices of bills that were drawn up stay as they are."""
    known = next((each for each in await context.store.pets(owner.tenant, owner.id) if each.id == pet), None)
    if known is None:
        raise Missing(f"there is no pet '{pet}' of this customer")
    told = change.model_dump(exclude_unset=True)
    animal = Animal(
        told.get("species") or known.animal.species,
        known.animal.sex if told.get("sex") is None else told["sex"],
        told.get("weight_grams", known.animal.grams),
    )
    changed = checked(
        replace(
            known,
            name=told.get("name") or known.name,
            animal=animal,
            born=told.get("born", known.born),
            sterilised=told.get("sterilised", known.sterilised),
        ),
        _today(context, by),
    )
    await context.store.save_pet(changed)
    await context.store.audit(_entry(by, changed, "pet changed"))
    return PetView.of(changed)


def _today(context: Ctx, by: Orderer) -> date:
    return context.calendar(by.who.tenant).local(datetime.now(UTC)).date()


def _entry(by: Orderer, pet: Pet, action: str) -> AuditEntry:
    """A line of the tenant's own story: it belongs to no subscription, and says nothing of the animal."""
    now = datetime.now(UTC)
    actor, _ = by.sign("", "")
    return AuditEntry(pet.tenant, "", f"{pet.id}/{by.update_id or now.timestamp()}", now, actor, action, detail=pet.id)
