"""The running processes, as activities and the API reach them, and how that fails."""

from typing import Protocol

from activities.failures import Unavailable
from models.collecting.case_news import CaseNews
from models.messages import DeletionStart, Opening, SubscriptionStart
from models.periods import Calendar
from models.records import Delivery
from models.speaking.notices import Channel, NoticeRequest
from models.subscribing.provider_news import ProviderNews
from models.tickets.messages import Escalation, TicketStart, Word


class CommandRefused(Exception):
    """The process said no, and why."""


class ProcessNotFound(Exception):
    """No such process is running."""


class ProcessesUnavailable(Unavailable):
    """Temporal, or every worker, is out of reach. A command that was not accepted has not been carried out."""


class Unanswered(ProcessesUnavailable):
    """An order was accepted and not answered in time: it may still be carried out. Look before repeating it."""


class Processes(Protocol):
    """The running processes, as activities reach them. Implemented by `workflows.interface`."""

    async def request_notice(self, request: NoticeRequest) -> None:
        """Have a notice sent once, however often this is called."""
        ...

    async def start_subscription(self, start: SubscriptionStart) -> Opening | None:
        """Start a subscription's process and wait for its first answer; None while it is still at work. Safe to repeat."""
        ...

    async def report_case(self, tenant: str, subscription: str, news: CaseNews) -> None: ...

    async def report_news(self, tenant: str, subscription: str, news: ProviderNews) -> bool:
        """Tell a subscription's process. False when there is no such process any more."""
        ...

    async def report_delivery(
        self, tenant: str, key: str, delivery: Delivery, error: str, channel: Channel = Channel.WHATSAPP
    ) -> bool: ...

    async def report_refund(self, tenant: str, subscription: str, refund: str, calendar: Calendar) -> None:
        """Have a refund followed to its credit note, once, however often this is called."""
        ...

    async def keep_invoicing_the_public(self, tenant: str, calendar: Calendar) -> None:
        """See to it that a tenant's sales without RFC get their global invoice when a month has ended."""
        ...

    async def begin_deletion(self, start: DeletionStart) -> None:
        """Begin a customer's deletion, once for its id; not where another one of theirs is under way."""
        ...

    async def report_customer(self, tenant: str, customer: str) -> bool:
        """Have a customer's deletion look at them. False where none is under way."""
        ...

    async def hear_customer(self, start: TicketStart, word: Word) -> None:
        """Tell a ticket's process what its customer wrote; where none is running, `start` begins it. Safe to repeat."""
        ...

    async def escalate(self, start: TicketStart, escalation: Escalation) -> None:
        """Have a person look at a dunning case, by its one ticket; where none is running, `start` begins it. Safe to repeat."""
        ...

    async def end_case(self, tenant: str, ticket: str, outcome: str) -> bool:
        """Tell a ticket how its dunning case ended. False where it is over itself."""
        ...

    async def deliver_events(self, tenant: str, endpoint: str) -> None:
        """See to it that what waits for an endpoint is sent, however often this is called."""
        ...
