"""A case that asks for a person opens its one ticket, and says how it ended."""

from datetime import UTC, datetime, timedelta

from activities.records import CaseReport, Records
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.periods import Calendar
from models.records import AuditEntry, CaseRecord
from models.tickets import desk
from models.tickets.messages import Escalation
from models.tickets.ticket import Origin, Priority, Topic
from tests.fakes.processes import FakeProcesses
from tests.fakes.store import FakeStore

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CASE = CaseRecord(
    "acme", "in_1", "s_1", Money(14_900), Stage.SUSPENDED, "alpha-runbook v1", NOW - timedelta(days=3), escalated_at=NOW
)
ENTRY = AuditEntry("acme", "s_1", "in_1/4/D+3 escalate", NOW, "perdura", "D+3 escalate")


async def test_its_ticket_is_of_the_case_and_of_the_asked_priority() -> None:
    store, processes = FakeStore(), FakeProcesses()
    asked = Escalation("in_1/4", NOW, Priority.HIGH, "perdura")
    for _ in range(2):  # as after a crash
        await Records(store, processes).record_case(
            CaseReport(CASE, (ENTRY,), escalation=asked, calendar=Calendar(zone="America/Tijuana"))
        )
    (start, told), (again, _) = processes.escalated
    assert start == again
    ticket = start.ticket
    assert (ticket.id, ticket.customer, ticket.invoice, ticket.cause) == ("tk_in_1", "c_1", "in_1", "in_1/4")
    assert (ticket.origin, ticket.topic, ticket.priority) == (Origin.LADDER, Topic.ACCESS, Priority.HIGH)
    assert ticket.due_at == NOW + timedelta(hours=4)
    assert told == asked


async def test_a_ticket_that_is_there_goes_on_from_where_it_stands() -> None:
    store, processes = FakeStore(), FakeProcesses()
    asked = Escalation("in_1/4", NOW, Priority.NORMAL, "ana", "they call daily")
    await Records(store, processes).record_case(CaseReport(CASE, (ENTRY,), escalation=asked, calendar=Calendar()))
    known = desk.closed(desk.resolved(processes.escalated[0][0].ticket, "ana", NOW), NOW)
    await store.save_ticket(known, [], NOW)
    later = Escalation("in_1/9", NOW + timedelta(days=5), Priority.NORMAL, "perdura")
    await Records(store, processes).record_case(CaseReport(CASE, (ENTRY,), escalation=later, calendar=Calendar()))
    assert processes.escalated[-1][0].ticket == known


async def test_the_end_of_a_case_is_told_where_it_had_asked_for_a_person() -> None:
    processes = FakeProcesses()
    for case in (CASE, CaseRecord("acme", "in_2", "s_1", Money(1), Stage.GRACE, "p v1", NOW)):
        for outcome in (None, Outcome.PAID):
            ended = CaseRecord(
                case.tenant,
                case.invoice,
                "s_1",
                case.amount,
                case.stage,
                case.policy,
                NOW,
                outcome=outcome,
                escalated_at=case.escalated_at,
            )
            await Records(FakeStore(), processes).record_case(CaseReport(ended, (ENTRY,)))
    assert processes.ended == [("tk_in_1", "paid")]
