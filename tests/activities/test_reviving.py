"""Lost processes of bills and tickets, by real books: found, started again from the record, and listed where that fails."""

from dataclasses import replace
from datetime import timedelta

from activities.failures import Refused
from activities.reviving import Reviving
from models.billing.bill_news import BillState
from models.billing.bills import Bill, BillLine, BillStanding, BillStatus
from models.collecting.cases import Outcome
from models.periods import Calendar
from models.records import Customer, Delivery, NoticeRecord
from models.speaking.notices import Channel, NoticeKind
from models.subscribing.invoices import Funding
from models.subscribing.subscriptions import Status
from models.tickets import desk
from models.tickets.desk import Asked
from models.tickets.messages import Settled
from models.tickets.terms import Terms
from models.tickets.thread import Entry, EntryKind, notice_key
from models.tickets.ticket import Origin, Ticket, TicketState, Topic, of_case
from models.watching.attention import Rule
from models.watching.reconciliation import Standing
from tests.activities.test_reconciliation import CASE, DAY, NOW, SUB, House, house  # noqa: F401 - a fixture

HOUR = timedelta(hours=1)


async def billed(house: House, status: BillStatus = BillStatus.OPEN, name: str = "b_1") -> Bill:  # noqa: F811
    bill = Bill("acme", name, "c_1", (BillLine("Consulta general", 1, 40_000),), NOW - 4 * HOUR)
    await house.books.enter_bill(bill)
    if status is not BillStatus.DRAFT:
        await house.books.save_bill(
            BillStanding("acme", name, status, NOW, bill.total, f"in_{name}", "https://pay.test", NOW - DAY, NOW + DAY)
        )
    return bill


async def asked(house: House, name: str = "tk_1", *, invoice: str = "") -> Ticket:  # noqa: F811
    about = Asked("acme", name, "c_1", Topic.BILLING, Origin.LADDER, "perdura", subscription="s_1", invoice=invoice)
    ticket = replace(desk.opened(about, Terms(), Calendar(), NOW - 4 * HOUR), number=1)
    await house.books.save_ticket(ticket, (), NOW - 4 * HOUR)
    return ticket


async def test_a_bill_without_a_process_is_started_again_where_its_row_stood_and_once(house: House) -> None:  # noqa: F811
    await billed(house)
    await billed(house, BillStatus.DRAFT, "b_2")
    await billed(house, BillStatus.PAID, "b_3")
    run = await house.compared()
    assert (run.drift, run.repaired) == (2, 2)
    started = {start.subscription: start for start in house.processes.bills}
    assert set(started) == {"b_1", "b_2"}
    state = started["b_1"].state
    assert state is not None
    assert (state.status, state.invoice, state.due_at) == (BillStatus.OPEN, "in_b_1", NOW + DAY)
    assert (started["b_1"].reference, started["b_1"].amount.centavos) == ("u_1", 40_000)
    assert started["b_2"].state is None, "it was never issued: it begins anew"
    assert (await house.compared()).drift == 0
    assert len(house.processes.bills) == 2
    assert [entry.action for entry in await house.books.audit_trail("acme", "b_1")] == ["process started again"]


async def test_a_bill_whose_process_is_over_is_started_with_what_it_remembers_of_the_counter(house: House) -> None:  # noqa: F811
    await billed(house)
    house.processes.last_bills["b_1"] = BillState(BillStatus.PAID, "in_b_1", outside=Funding.CASH)
    assert (await house.compared()).repaired == 1
    (start,) = house.processes.bills
    assert start.state is not None
    assert (start.state.status, start.state.outside) == (BillStatus.OPEN, Funding.CASH)


async def test_a_ticket_goes_on_with_its_clock_and_what_was_said_meanwhile(house: House) -> None:  # noqa: F811
    ticket = await asked(house, of_case("in_1"), invoice="in_1")
    await house.books.save_case(replace(CASE, outcome=Outcome.PAID, closed_at=NOW, paid_at=NOW))
    for number, name in ((2, "te_a"), (0, "te_b")):
        said = Entry("acme", ticket.id, name, EntryKind.CUSTOMER, NOW - HOUR, "customer", channel=Channel.WHATSAPP)
        await house.books.draft_entry(replace(said, text="¿Ya?"), "c_1")
        if number:
            ticket = desk.heard(replace(ticket, number=number), Channel.WHATSAPP, NOW - HOUR, NOW - HOUR)
            await house.books.save_ticket(ticket, [replace(said, number=number)], NOW)
    assert (await house.compared()).repaired == 1
    (start,) = house.processes.tickets
    assert (start.ticket, start.heard) == (ticket, ("te_a",))
    assert [word.entry for _, word in house.processes.heard] == ["te_b"], "no word is lost with a process"
    assert house.processes.ended == [(ticket.id, Outcome.PAID)]
    assert (await house.compared()).drift == 0


async def test_a_reply_that_failed_while_nobody_listened_is_told_to_the_new_process(house: House) -> None:  # noqa: F811
    ticket = await asked(house)
    reply = Entry("acme", ticket.id, "te_r", EntryKind.REPLY, NOW, "ana", text="Ya lo revisé.")
    await house.books.draft_entry(reply, "c_1")
    waiting = replace(desk.answered(ticket, "ana", NOW), number=2)
    await house.books.save_ticket(waiting, [replace(reply, number=2)], NOW)
    key = notice_key(ticket.id, "te_r")
    await house.books.save_notice(
        NoticeRecord(
            "acme", key, Channel.EMAIL, NoticeKind.TICKET_REPLY, "s_1", Delivery.FAILED, "Ya", NOW, error="550"
        )
    )
    assert (await house.compared()).repaired == 1
    assert house.processes.settled == [(ticket.id, Settled("te_r", Delivery.FAILED, Channel.EMAIL, "550"))]


async def test_a_ticket_that_ended_is_not_begun_again_its_row_takes_the_last_word(house: House) -> None:  # noqa: F811
    ticket = await asked(house)
    house.processes.last_tickets[ticket.id] = desk.closed(replace(ticket, number=5), NOW)
    assert (await house.compared()).repaired == 1
    assert house.processes.tickets == []
    kept = await house.books.ticket("acme", ticket.id)
    assert kept is not None
    assert (kept.state, kept.number) == (TicketState.CLOSED, 5)
    assert (await house.compared()).drift == 0


async def test_what_ended_while_it_was_looked_at_is_no_matter_of_anybodys(house: House) -> None:  # noqa: F811
    bill, ticket = await billed(house, BillStatus.PAID), await asked(house)
    await house.books.save_ticket(desk.closed(ticket, NOW), (), NOW)
    reviving = Reviving(books=house.books, processes=house.processes, day_seconds=86_400)
    assert [await reviving.bill("acme", bill.id), await reviving.ticket("acme", ticket.id)] == [True, True]
    assert [await reviving.bill("acme", "b_9"), await reviving.ticket("acme", "tk_9")] == [False, False]
    assert (house.processes.bills, house.processes.tickets) == ([], [])


async def test_a_revived_ticket_keeps_its_due_time_and_follows_the_terms_of_today(house: House) -> None:  # noqa: F811
    ticket = await asked(house)
    today = Terms(close_after=DAY)
    await house.books.save_ticket_terms("acme", today, actor="ana", at=NOW)
    await house.compared()
    (start,) = house.processes.tickets
    assert (start.ticket.due_at, start.terms) == (ticket.due_at, today)


async def test_a_repeated_repair_starts_nothing_and_says_nothing_of_it(house: House) -> None:  # noqa: F811
    bill, ticket = await billed(house), await asked(house)
    reviving = Reviving(books=house.books, processes=house.processes, day_seconds=86_400)
    for _ in range(2):
        assert [await reviving.bill("acme", bill.id), await reviving.ticket("acme", ticket.id)] == [True, True]
    for account in (bill.id, "s_1"):
        trail = await house.books.audit_trail("acme", account)
        assert [entry.action for entry in trail] == ["process started again"], account


async def test_a_ticket_hears_of_its_own_businesss_case_alone(house: House) -> None:  # noqa: F811
    await asked(house, of_case("in_1"), invoice="in_1")
    stranger = Customer("other", "c_1", "u_1", "Eva", "eva@example.mx", "+525512345679")
    await house.books.sign_up(stranger, replace(SUB, tenant="other", status=Status.INCOMPLETE, provider_id=""))
    await house.books.save_case(replace(CASE, tenant="other", outcome=Outcome.PAID, closed_at=NOW, paid_at=NOW))
    await house.compared(tenant="acme")
    assert len(house.processes.tickets) == 1
    assert house.processes.ended == []


async def test_what_runs_or_is_another_tenants_is_left_alone(house: House) -> None:  # noqa: F811
    ticket, bill = await asked(house), await billed(house)
    assert (await house.compared(tenant="other")).drift == 0
    for name in (ticket.id, bill.id):
        house.processes.running["acme", name] = Standing("open")
    assert (await house.compared(tenant="acme")).drift == 0


async def test_what_cannot_be_started_is_listed_until_it_is(house: House) -> None:  # noqa: F811
    await asked(house)
    await billed(house)

    async def refused(_: object) -> None:
        raise Refused("no")

    restart = house.processes.restart_ticket
    house.processes.restart_ticket = refused  # type: ignore[method-assign, assignment]
    house.processes.restart_bill = refused  # type: ignore[method-assign, assignment]
    await house.compared()
    assert await house.open() == [("acme", Rule.PROCESS_MISSING, "b_1"), ("acme", Rule.PROCESS_MISSING, "tk_1")]
    house.processes.restart_ticket = restart  # type: ignore[method-assign]
    house.processes.running["acme", "b_1"] = Standing("open")
    await house.compared()
    await house.compared()
    assert await house.open() == []
