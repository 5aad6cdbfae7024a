"""The running processes, seen from above."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from activities.ports.processes import Processes
from models.billing.bill_news import BillState
from models.cfdi.invoicing import Invoicing
from models.messages import BillStart, CancellationStart, SubscriptionStart
from models.records import CaseRecord
from models.subscribing.invoices import Invoice
from models.tickets.messages import Settled, TicketStart
from models.tickets.ticket import Ticket
from models.watching.reconciliation import InvoiceOrder, Standing


@dataclass(frozen=True, slots=True)
class LastWord:
    """A case as its process remembers it; `settled`: the invoice whose money ended it."""

    record: CaseRecord
    settled: Invoice | None = None


class Supervision(Processes, Protocol):
    """The running processes, seen from above. Implemented by `workflows.interface`. Raises Unavailable."""

    async def subscriptions_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        """Those of these subscriptions (tenant, id) whose process runs. One that is missing was asked for by name, too."""
        ...

    async def cases_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        """Those of these cases (tenant, invoice) whose process runs."""
        ...

    async def bills_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        """Those of these bills (tenant, id) whose process runs."""
        ...

    async def tickets_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        """Those of these tickets (tenant, id) whose process runs."""
        ...

    async def refresh_subscription(self, tenant: str, subscription: str, reason: str) -> None:
        """Have the provider read again and the row written anew."""
        ...

    async def refresh_case(self, tenant: str, invoice: str, reason: str) -> bool:
        """Have a case write its row anew. False where no such process runs."""
        ...

    async def hold_case(self, tenant: str, invoice: str, reason: str) -> bool:
        """Have a case stand still: its invoice is disputed. False where no such process runs, or it refuses."""
        ...

    async def open_cases_of(self, tenant: str, subscription: str) -> Sequence[str]:
        """The invoices in dunning by the word of a subscription's process; none where it does not answer."""
        ...

    async def last_word_of_case(self, tenant: str, invoice: str) -> LastWord | None:
        """How a case's process left its row, by its own memory; None where it is not known any more."""
        ...

    async def invoicing_state(self, tenant: str, source: str) -> Invoicing | None:
        """Where a tax invoice's process left its document, though it be over; None where none is known (any more)."""
        ...

    async def restart_subscription(self, start: SubscriptionStart) -> bool:
        """Start a process in place of a lost one. False where one runs: nothing happens to it."""
        ...

    async def restart_bill(self, start: BillStart) -> bool:
        """As `restart_subscription`, of a bill."""
        ...

    async def last_word_of_bill(self, tenant: str, bill: str) -> BillState | None:
        """Where a bill stands by its process's own memory; as `last_word_of_ticket`."""
        ...

    async def last_word_of_ticket(self, tenant: str, ticket: str) -> Ticket | None:
        """Where a ticket stands by its process's own memory, though it be over; None where it is not known any more."""
        ...

    async def restart_ticket(self, start: TicketStart) -> bool:
        """As `restart_subscription`, of a ticket."""
        ...

    async def settle_reply(self, tenant: str, ticket: str, end: Settled) -> bool:
        """Tell a ticket what became of the message that carried a reply. False where no such process runs."""
        ...

    async def report_invoice(self, tenant: str, invoice: Invoice) -> bool:
        """Tell a case how its invoice stands. False where no such process runs."""
        ...

    async def take_back(self, start: CancellationStart) -> bool:
        """Begin to cancel a document for which no cancellation was ever begun. False where one is over already."""
        ...

    async def invoice_charge(self, order: InvoiceOrder) -> None:
        """Have a settled charge invoiced, once, however often this is called."""
        ...
