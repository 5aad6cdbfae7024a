"""The people of a customer."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field

from activities.failures import Missing, Refused
from api.access import needs
from api.crm.customers import fresh
from api.crm.record_views import ContactView
from api.crm.whole import Living, Named, entry
from api.deps import ID, Context, Ctx, Orderer
from api.problems import Problem, answers
from api.refusals import ApiWhy
from api.views import Body, View
from models.access.permissions import Permission
from models.crm.contacts import LONGEST, MOST, ContactRole, Person, checked
from models.records import Customer

router = APIRouter(prefix="/api/clientes/{customer}/contactos", tags=["crm"])


class ContactOrder(Body):
    """Who somebody is."""

    name: str = Field(min_length=1, max_length=LONGEST, examples=["María Ruiz"])
    role: ContactRole = Field(
        default=ContactRole.OTHER, description="accountant: authorises payments", examples=["accountant"]
    )
    email: str = Field(default="", max_length=320, examples=["maria@clinica.mx"])
    phone: str = Field(default="", max_length=32, examples=["55 1234 5678"])
    main: bool = Field(default=False, description="whom to ask for first: one of a customer's contacts")


class ContactsView(View):
    """All of one customer's."""

    data: list[ContactView]


Id = Annotated[str, Path(pattern=ID, examples=["ct_8Kq2nR4xYw1Z"])]


@router.get("", summary="A customer's contacts", dependencies=[needs(Permission.READ)], responses=answers(404, 503))
async def contacts(customer: Named, context: Ctx) -> ContactsView:
    """The main one first."""
    known = await context.store.contacts(customer.tenant, customer.id)
    return ContactsView(data=[ContactView.of(each) for each in known])


@router.post(
    "",
    status_code=201,
    summary="Enter a contact",
    dependencies=[needs(Permission.ENTER)],
    responses=answers(404, 409, 422, 503),
)
async def enter(order: ContactOrder, response: Response, customer: Living, context: Ctx, by: Orderer) -> ContactView:
    """With an `Idempotency-Key` a repeat is the same contact."""
    person = await _saved(order, fresh("ct", by), customer, context)
    await context.store.audit(entry(by, person.id, "contact entered"))
    response.headers["Location"] = f"/api/clientes/{customer.id}/contactos"
    return ContactView.of(person)


@router.put(
    "/{contact}",
    summary="Change a contact",
    dependencies=[needs(Permission.ENTER)],
    responses=answers(404, 409, 422, 503),
)
async def change(contact: Id, order: ContactOrder, customer: Living, context: Ctx, by: Orderer) -> ContactView:
    """What is given takes the place of what was known."""
    if contact not in [each.id for each in await context.store.contacts(customer.tenant, customer.id)]:
        raise Missing(f"there is no contact '{contact}' of this customer")
    person = await _saved(order, contact, customer, context)
    await context.store.audit(entry(by, person.id, "contact changed"))
    return ContactView.of(person)


@router.delete(
    "/{contact}",
    status_code=204,
    summary="Remove a contact",
    dependencies=[needs(Permission.ENTER)],
    responses=answers(404, 422, 503),
)
async def remove(contact: Id, customer: Named, context: Ctx, by: Orderer) -> None:
    """Nothing is left of them here."""
    await context.store.remove_contact(customer.tenant, customer.id, contact)
    await context.store.audit(entry(by, contact, "contact removed"))


async def _saved(order: ContactOrder, id: str, customer: Customer, context: Context) -> Person:
    person = checked(
        Person(customer.tenant, id, customer.id, order.name, order.role, order.email, order.phone, order.main)
    )
    try:
        await context.store.save_contact(person, datetime.now(UTC))
    except Refused as full:
        raise Problem(409, ApiWhy.CONTACTS(most=MOST, told=full), kind="too_many") from None
    return person
