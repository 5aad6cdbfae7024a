"""SQL: what is known of customers beside their accounts. Every method but `review_customers` is scoped by tenant."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from models.crm.activities import Activity
from models.crm.contacts import Person
from models.crm.opportunities import Opportunity
from models.crm.profile import Profile, Sort
from models.crm.scores import Level
from models.crm.standing import Standing, State
from models.crm.tasks import Task
from models.records import Customer


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which customers, and in which order. An empty question asks for all."""

    question: str = ""
    state: State | None = None
    risk: Level | None = None
    sort: Sort = Sort.VALUE


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page ended: what its last row was sorted by (None: nothing), and its id."""

    value: int | datetime | None
    id: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A customer and their profile."""

    customer: Customer
    profile: Profile

    def mark(self, sort: Sort) -> Mark:
        """Where a page ends that ends here."""
        held = self.profile
        by = {
            Sort.VALUE: held.worth,
            Sort.RISK: held.default_risk,
            Sort.NEXT_INVOICE: held.next_invoice_at,
            Sort.LAST_ACTIVITY: held.last_activity_at,
        }
        return Mark(by[sort], self.customer.id)


class Relations(Protocol):
    """The record of people, interactions, opportunities and tasks, and of customers as lists show them."""

    async def listed_customers(
        self, tenant: str, wanted: Wanted, *, after: Mark | None = None, limit: int = 50
    ) -> Sequence[Listed]:
        """A page of them, after a mark. Who was erased is not among them."""
        ...

    async def customers_after(self, tenant: str, customer: str, limit: int = 200) -> Sequence[Listed]:
        """Those whose ids come after one, in their order: nothing changes it while it is gone through. Who was erased is not there."""
        ...

    async def customer_profile(self, tenant: str, customer: str) -> Listed:
        """Raises Missing."""
        ...

    async def standing(self, tenant: str, customer: str) -> Standing:
        """How a customer stands by the books now. Raises Missing."""
        ...

    async def contacts(self, tenant: str, customer: str) -> Sequence[Person]:
        """The main one first, then in the order in which they were entered."""
        ...

    async def save_contact(self, person: Person, at: datetime) -> None:
        """Enter a person, or put what is known now in the place of what was. Raises Missing (customer), Refused (too many)."""
        ...

    async def remove_contact(self, tenant: str, customer: str, contact: str) -> None:
        """Raises Missing."""
        ...

    async def add_activity(self, activity: Activity) -> bool:
        """What a person writes down, once by its id. False where it was there. Raises Missing: there is no such customer."""
        ...

    async def activities_of(
        self, tenant: str, customer: str, *, after: Mark | None = None, limit: int = 50
    ) -> Sequence[Activity]:
        """Newest first, after a mark."""
        ...

    async def latest_activities(
        self, tenant: str, customers: Collection[str], each: int = 5
    ) -> Mapping[str, Sequence[Activity]]:
        """The last few of each customer, newest first, without what people wrote."""
        ...

    async def save_opportunity(self, opportunity: Opportunity) -> None:
        """Raises Missing: there is no such customer."""
        ...

    async def change_opportunity(
        self, tenant: str, customer: str, opportunity: str, change: Callable[[Opportunity], Opportunity]
    ) -> tuple[Opportunity, Opportunity]:
        """What it was and what it is now; whoever changes it at the same instant waits and changes what is so then. Raises Missing."""
        ...

    async def opportunities_of(self, tenant: str, customers: Collection[str]) -> Mapping[str, Sequence[Opportunity]]:
        """By customer: the open ones first, those that are decided soonest before others."""
        ...

    async def save_task(self, task: Task) -> None:
        """Raises Missing: there is no such customer."""
        ...

    async def change_task(self, tenant: str, customer: str, task: str, change: Callable[[Task], Task]) -> Task:
        """As `change_opportunity`, however many tasks they have. Raises Missing."""
        ...

    async def tasks_of(self, tenant: str, customer: str, *, limit: int = 100) -> Sequence[Task]:
        """The open ones first, by their day; then those that are done, the newest first; so many of each at most."""
        ...

    async def open_tasks(self, tenant: str, *, assignee: str = "", limit: int = 100) -> Sequence[Task]:
        """What is to be done, by its day; of one person where one is named."""
        ...

    async def customer_with(self, tenant: str, *, email: str = "", rfc: str = "") -> str | None:
        """The id of the customer who has this e-mail or RFC, as they are kept."""
        ...

    async def references_known(self, tenant: str, references: Collection[str]) -> frozenset[str]:
        """Those of these references that a customer has."""
        ...

    async def holders_of_emails(self, tenant: str, emails: Collection[str]) -> Mapping[str, str]:
        """Whose they are: the id of the customer by e-mail, for those that somebody has."""
        ...

    async def holders_of_rfcs(self, tenant: str, rfcs: Collection[str]) -> Mapping[str, str]:
        """As `holders_of_emails`, by RFC. The generic ones are nobody's."""
        ...

    async def enter_prospect(self, customer: Customer) -> bool:
        """Enter a customer who has bought nothing. False: one with this reference is there, and stays as they are.

        Raises Taken, naming `email` or `tax_id`: it is another customer's.
        """
        ...

    async def rebuild_customers(self, tenant: str) -> int:
        """Derive all that follows from the books anew: profiles, activities of the engine's, search terms; of how many customers."""
        ...


class Reviews(Protocol):
    """What the round over all tenants needs."""

    async def review_customers(self, now: datetime, limit: int = 2_000) -> int:
        """Score those anew whose scores time alone may have changed; derive those anew whose search terms are of another key, or who
        were there before the record began. How many they were.
        """
        ...
