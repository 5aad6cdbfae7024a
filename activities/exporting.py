"""Gathering all that is held of a customer, for themselves."""

from datetime import UTC, datetime

from activities.ports.clinic import Cursor
from activities.ports.crm import Mark
from activities.ports.register import Register
from activities.ports.tickets import Place, TicketFilter
from models.billing.bills import Bill
from models.cfdi.documents import DocumentFile
from models.crm.activities import Activity
from models.safekeeping.export import Holding, bundled
from models.tickets.ticket import Ticket

PAGE = 200
_ALL = 100_000  # of what one customer can have of a thing
_FILES = {DocumentFile.XML: "xml", DocumentFile.PDF: "pdf"}


class Exporting:
    """Reads; writes nothing."""

    def __init__(self, store: Register) -> None:
        self._store = store

    async def bundle(self, tenant: str, customer: str) -> bytes:
        """A zip of it all. Raises Missing: there is no such customer."""
        store = self._store
        whom = await store.customer(tenant, customer)
        mine = await store.subscriptions_of(tenant, customer)
        bills = await self._bills(tenant, customer)
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
            at=datetime.now(UTC),
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
            tickets=[(each, await store.thread(tenant, each.id)) for each in await self._tickets(tenant, customer)],
            people=await store.contacts(tenant, customer),
            interactions=await self._interactions(tenant, customer),
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

    async def _tickets(self, tenant: str, customer: str) -> list[Ticket]:
        found: list[Ticket] = []
        theirs, now = TicketFilter(customer=customer), datetime.now(UTC)
        after: Place | None = None
        while page := await self._store.tickets(tenant, theirs, now, after=after, limit=PAGE):
            found += [each.ticket for each in page]
            after = Place(found[-1].opened_at, found[-1].id)
        return found

    async def _interactions(self, tenant: str, customer: str) -> list[Activity]:
        found: list[Activity] = []
        after: Mark | None = None
        while page := await self._store.activities_of(tenant, customer, after=after, limit=PAGE):
            found += page
            after = Mark(page[-1].at, page[-1].id)
        return found

    async def _bills(self, tenant: str, customer: str) -> list[Bill]:
        """All of theirs, page by page."""
        found: list[Bill] = []
        after: Cursor | None = None
        while page := await self._store.bills(tenant, customer=customer, after=after, limit=PAGE):
            found += page
            after = Cursor(page[-1].created_at, page[-1].id)
        return found
