"""The people of a customer: who decides, who authorises payments, who calls when something does not work."""

from dataclasses import dataclass, replace
from enum import StrEnum

from models import people
from models.people import FieldInvalid

LONGEST = 200
MOST = 50  # of one customer


class ContactRole(StrEnum):
    """What somebody is at the customer."""

    DIRECTOR = "director"
    ACCOUNTANT = "accountant"  # authorises payments
    TECHNICAL = "technical"
    BUYER = "buyer"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Person:
    """A person at a customer. Unique by (tenant, id). `main`: whom to ask for first; a customer has at most one."""

    tenant: str
    id: str
    customer: str
    name: str
    role: ContactRole = ContactRole.OTHER
    email: str = ""
    phone: str = ""
    main: bool = False


def checked(person: Person) -> Person:
    """The person with e-mail and phone as they are kept (lower case, E.164).

    Raises:
        FieldInvalid: naming `name`, `email` or `phone`.
    """
    name = " ".join(person.name.split())
    if not name:
        raise FieldInvalid("name", "write the person's name")
    email = people.email(person.email) if person.email.strip() else ""
    phone = people.phone(person.phone) if person.phone.strip() else ""
    return replace(person, name=name, email=email, phone=phone)
