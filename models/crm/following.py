"""The activities that follow from the engine's records. Each is a function of one record alone and has the record's own key in its id.

So an event that comes twice is one activity, and deriving all of them anew from the books gives what living gave.
"""

from models.bookkeeping.ledger import ENGINE, Kind
from models.changing.change_records import ChangeRecord
from models.crm.activities import Activity, ActivityKind, Direction
from models.crm.sales import PAYING, Booked
from models.records import CaseRecord, NoticeRecord
from models.speaking.replies import Reply
from models.tickets.ticket import Origin, Ticket


def of_fact(booked: Booked) -> Activity | None:
    """An invoice was issued or paid, or something of it was given back. None for a fact of nothing but taxes."""
    if not booked.centavos:
        return None
    kind = ActivityKind.RETURN
    if booked.kind is Kind.ISSUED:
        kind = ActivityKind.SALE
    elif booked.kind in PAYING:
        kind = ActivityKind.PAYMENT
    return Activity(
        tenant=booked.tenant,
        id=f"fact:{booked.fact}",
        customer=booked.customer,
        kind=kind,
        at=booked.at,
        author=booked.actor,
        what=booked.kind.value,
        detail={
            "account": booked.account,
            "invoice": booked.invoice,
            "centavos": booked.centavos,
            "currency": booked.currency,
        },
    )


def of_notice(notice: NoticeRecord, customer: str) -> Activity | None:
    """A message that left; its words stay where messages are kept."""
    if notice.sent_at is None:
        return None
    return Activity(
        tenant=notice.tenant,
        id=f"notice:{notice.key}:{notice.channel}",
        customer=customer,
        kind=ActivityKind.MESSAGE,
        at=notice.sent_at,
        direction=Direction.OUT,
        what=notice.kind.value,
        detail={"account": notice.subscription, "channel": notice.channel.value, "delivery": notice.delivery.value},
    )


def of_reply(reply: Reply) -> Activity:
    """What a customer wrote back; their words stay where replies are kept."""
    return Activity(
        tenant=reply.tenant,
        id=f"reply:{reply.id}",
        customer=reply.customer,
        kind=ActivityKind.MESSAGE,
        at=reply.received_at,
        direction=Direction.IN,
        what=f"reply_{reply.meaning}",
        detail={"channel": reply.channel.value, "reply": reply.id},
    )


def of_case(case: CaseRecord, customer: str) -> Activity:
    """A charge that failed: one line for each unpaid invoice, with how often it was tried and what became of it."""
    detail: dict[str, str | int] = {
        "account": case.subscription,
        "invoice": case.invoice,
        "centavos": case.amount.centavos,
        "currency": case.amount.currency,
        "attempts": case.attempts,
        "decline": case.decline,
        "outcome": case.outcome.value if case.outcome else "",
    }
    return Activity(
        case.tenant,
        f"case:{case.invoice}",
        customer,
        ActivityKind.RISK,
        case.opened_at,
        what="charge_failed",
        detail=detail,
    )


def of_change(change: ChangeRecord, customer: str) -> Activity:
    """A customer's change of plan, or of mind."""
    return Activity(
        tenant=change.tenant,
        id=f"change:{change.id}",
        customer=customer,
        kind=ActivityKind.PLAN_CHANGE,
        at=change.confirmed_at,
        author=change.actor or ENGINE,
        direction=Direction.IN,
        what=change.kind.value,
        detail={
            "account": change.subscription,
            "before": change.plan_before,
            "after": change.plan_after,
            "state": change.state.value,
        },
    )


def of_ticket(ticket: Ticket) -> Activity:
    """A request for help, as it stands."""
    theirs = ticket.origin in (Origin.MESSAGE, Origin.ACCOUNT)
    return Activity(
        tenant=ticket.tenant,
        id=f"ticket:{ticket.id}",
        customer=ticket.customer,
        kind=ActivityKind.TICKET,
        at=ticket.opened_at,
        author=ticket.opened_by or ENGINE,
        direction=Direction.IN if theirs else Direction.NONE,
        what=ticket.topic.value,
        detail={"ticket": ticket.id, "state": ticket.state.value},
    )
