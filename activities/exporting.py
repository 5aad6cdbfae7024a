"""Gathering all that is held of a customer, for themselves."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from activities.ports.clinic import Cursor
from activities.ports.crm import Mark
from activities.ports.register import Register
from activities.ports.tickets import Place, TicketFilter
from models.cfdi.documents import DocumentFile
from models.safekeeping.export import Holding, bundled

PAGE = 200
_ALL = 100_000  # of what one customer can have of a thing
_FILES = {DocumentFile.XML: "xml", DocumentFile.PDF: "pdf"}
R = TypeVar("R")
P = TypeVar("P")


class Exporting:
    """Reads; writes nothing."""

    def __init__(self, store: Register) -> None:
        self._store = store

    async def bundle(self, tenant: str, customer: str) -> bytes:
        """A zip of it all. Raises Missing: there is no such customer."""
        store = self._store
        whom = await store.customer(tenant, customer)
        mine = await store.subscriptions_of(tenant, customer)
        now = datetime.now(UTC)
        bills = await _every(
            lambda after: store.bills(tenant, customer=customer, after=after, limit=PAGE),
            lambda bill: Cursor(bill.created_at, bill.id),
        )
        interactions = await _every(
            lambda after: store.activities_of(tenant, customer, after=after, limit=PAGE),
            lambda activity: Mark(activity.at, activity.id),
        )
        tickets = await _every(
            lambda after: store.tickets(tenant, TicketFilter(customer=customer), now, after=after, limit=PAGE),
            lambda shown: Place(shown.ticket.opened_at, shown.ticket.id),
        )
        accounts = [*(each.id for each in mine), *(each.id for each in bills)]
        documents = [each for account in accounts for each in await store.documents_of_subscription(tenant, account)]
        files: dict[str, bytes] = {}
        for document in documents:
            for kind, ending in _FILES.items():
                content = await store.file(tenant, document.key, kind)
                if document.uuid and content is not None:
                    files[f"{document.uuid}.{ending}"] = content
        held = Holding(
            brand=(await store.brand(tenant)).name,
            at=now,
            customer=whom,
            subscriptions=mine,
            bills=bills,
            payments=[payment for each in accounts for payment in await store.payments(tenant, each)],
            cases=[case for each in accounts for case in await store.cases(tenant, each)],
            notices=[notice for each in accounts for notice in await store.notices(tenant, each)],
            history=[entry for each in accounts for entry in await store.audit_trail(tenant, each)],
            pets=await store.pets(tenant, customer),
            replies=await store.replies(tenant, settled=True, limit=_ALL, customer=customer),
            silent=await store.opted_out(tenant, customer),
            tickets=[(each.ticket, await store.thread(tenant, each.ticket.id)) for each in tickets],
            people=await store.contacts(tenant, customer),
            interactions=interactions,
            opportunities=(await store.opportunities_of(tenant, [customer])).get(customer, ()),
            tasks=await store.tasks_of(tenant, customer, limit=_ALL),
            changes=[change for each in mine for change in await store.plan_changes(tenant, each.id)],
            accepted=await store.acceptances(tenant, subject=customer),
            deletion=await store.deletion_of(tenant, customer),
            used={each.id: await store.used(tenant, each.id) for each in mine},
            documents=documents,
            files=files,
        )
        return bundled(held)


async def _every(read: Callable[[P | None], Awaitable[Sequence[R]]], at: Callable[[R], P]) -> list[R]:
    """All rows, page by page; `at` is the place of a row, behind which the next page begins."""
    found: list[R] = []
    after: P | None = None
    while page := await read(after):
        found += page
        after = at(page[-1])
    return found
