"""A dunning case asks for a person: its one ticket is opened, or hears that it is asked for again."""

from activities.ports.processes import Processes
from activities.ports.store import Store
from models.collecting.cases import Stage
from models.periods import Calendar
from models.records import CaseRecord
from models.tickets.desk import Asked, opened
from models.tickets.messages import Escalation, TicketStart
from models.tickets.ticket import Origin, Topic, of_case


async def escalated(
    store: Store, processes: Processes, case: CaseRecord, escalation: Escalation, calendar: Calendar
) -> None:
    """Safe to repeat: the ticket's id follows from the invoice, and an escalation counts once by its key."""
    place = of_case(case.invoice)
    terms = await store.ticket_terms(case.tenant)
    ticket = await store.ticket(case.tenant, place)
    if ticket is None:
        customer = await store.customer_of(case.tenant, case.subscription)
        asked = Asked(
            tenant=case.tenant,
            id=place,
            customer=customer.id,
            # Who cannot use what they have asks about that first.
            topic=Topic.BILLING if case.stage is Stage.GRACE else Topic.ACCESS,
            origin=Origin.LADDER,
            by=escalation.by,
            subscription=case.subscription,
            invoice=case.invoice,
            priority=escalation.priority,
            cause=escalation.key,
        )
        ticket = opened(asked, terms, calendar, escalation.at)
    await processes.escalate(TicketStart(ticket, terms, calendar), escalation)
