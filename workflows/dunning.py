"""One unpaid invoice, from its first decline to paid, written off or given up. The policy is pinned at the start.

The decisions are `models.collecting.dunning`; here they are carried out in time. Each turn of the loop: look at what was reported,
decide, act, record. Whoever wonders what a customer is waiting for reads the current details.
"""

import asyncio
import contextlib

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.billing import AtProvider, Billing
    from activities.records import Records
    from models.collecting import dunning, orders
    from models.collecting.cases import Case, HoldKind, Outcome
    from models.collecting.dunning import Do
    from models.messages import BY_ITSELF, Command, DunningStart, Line
    from models.policies.policy import CONSEQUENCES, Action, Ending, Step
    from models.speaking.notices import Channel, NoticeKind
    from models.subscribing.invoices import ChargeOutcome, ChargeResult, Invoice
    from models.tickets.messages import Escalation
    from workflows import case_report, options
    from workflows.case_orders import CaseOrders
    from workflows.refusals import reason_of


@workflow.defn
class DunningWorkflow(CaseOrders):
    """The owner of a dunning case."""

    @workflow.init
    def __init__(self, start: DunningStart) -> None:
        self._start = start
        self._case = start.case
        self._turn = asyncio.Lock()  # one act at a time: a command waits for the charge in flight
        self._seen: Invoice | None = None
        self._card = ""
        self._canceled = False
        self._line: Line | None = None
        self._moves = 0
        self._in_time = True
        self._show()

    @workflow.run
    async def run(self, start: DunningStart) -> Outcome:
        # A case that began before a warning was given its time walks on as it did, whatever policy it adopts.
        self._in_time = workflow.patched("a-warning-is-given-its-time")
        async with self._turn:
            await self._record("case opened", detail=start.case.decline.code if start.case.decline else "")
        while self._case.outcome is None:
            async with self._turn:
                acted = await self._act()
            if not acted:
                await self._wait()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._case.outcome

    # --- facts

    # Signals, because nobody waits for an answer and none may be lost.
    @workflow.signal(description="The subscription saw this invoice paid, voided or written off")
    def invoice_seen(self, invoice: Invoice) -> None:
        self._seen = invoice

    @workflow.signal(description="The subscription was canceled: stop collecting")
    def subscription_canceled(self) -> None:
        self._canceled = True

    @workflow.signal(description="The customer's other debts: this one waits behind an older one, or comes first now")
    def line_moved(self, line: Line) -> None:
        self._line = line

    @workflow.signal(description="The customer changed their card: try it now")
    def card_updated(self, payment_method: str) -> None:
        self._card = payment_method

    # --- one turn

    async def _act(self) -> bool:
        """Do the one thing that is to be done now; False when there is nothing but to wait."""
        self._case = dunning.skip(self._case, workflow.now())
        if self._seen is not None:
            return await self._settle_seen()
        if self._canceled:
            self._become(dunning.closed(self._case, Outcome.CANCELED, now=workflow.now()))
            await self._record("case ended: the subscription was canceled")
            return True
        if self._line is not None:
            return await self._move_in_line()
        if self._card:
            card, self._card = self._card, ""
            await self._charge(f"card-{card}", "new card", fresh=True)
            return True
        now = workflow.now()
        late = dunning.catch_up(self._case, now, in_time=self._in_time)
        if late is not self._case:
            behind = late.shift - self._case.shift
            self._become(late)
            await self._record("ladder moved back", detail=f"the engine was away for {behind}")
        decision = dunning.decide(self._case, now)
        match decision.do, decision.step:
            case Do.RESUME, _:
                await self._go_on()
            case Do.CHARGE, Step() as step:
                await self._charge(f"attempt-{self._case.attempts + 1}", step.name, step)
            case Do.TAKE, Step() as step:
                await self._take(step)
            case Do.CLOSE, Step() as step:
                await self._close(step)
            case _:
                return False
        return True

    async def _wait(self) -> None:
        """Until the next step is due or something happens."""
        before, now = self._moves, workflow.now()
        decision = dunning.decide(self._case, now)
        if decision.do is not Do.WAIT:
            return
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._news or self._moves != before,
                timeout=decision.at - now if decision.at else None,
                timeout_summary=f"next: {decision.step.name}" if decision.step else None,
            )

    @property
    def _news(self) -> bool:
        """Whether something was reported that no turn has looked at."""
        return self._seen is not None or self._card != "" or self._canceled or self._line is not None

    async def _charge(
        self, key: str, why: str, step: Step | None = None, order: Command = BY_ITSELF, *, fresh: bool = False
    ) -> ChargeOutcome | None:
        """One attempt to collect; None when the provider would not hear of it. A decline is a result; the key makes a repeat harmless."""
        case = self._case
        if case.pendings and step is not None:
            key = f"{key}-{case.pendings}"  # the attempt before the wait was answered, and is not the one made after it
        try:
            result: ChargeResult = await workflow.execute_activity_method(
                Billing.charge_invoice,
                AtProvider(
                    case.invoice,
                    f"{case.invoice}/{key}",
                    self._start.tenant,
                    self._start.subscription,
                    case.policy.retry.budget,
                    fresh=fresh,
                ),
                **options.money(f"charge {case.amount} ({why})"),
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            # Not a decline: the provider will not hear of this charge. The ladder goes on, and the story says so.
            self._become(dunning.attempted(case, step, None, workflow.now()))
            await self._record("charge not possible", order, f"{why}: {reason_of(error)}")
            return None
        if result.outcome in (ChargeOutcome.PAID, ChargeOutcome.CLOSED):
            self._become(dunning.seen(self._case, result.invoice, workflow.now()))
        elif result.invoice.in_flight and result.outcome is ChargeOutcome.PENDING:
            return await self._await_money(result.invoice, step, order)
        elif result.outcome is ChargeOutcome.WITHHELD:
            if step is not None:
                self._become(dunning.taken(self._case, step, workflow.now()))
        else:
            self._become(dunning.attempted(self._case, step, result.decline, workflow.now()))
        said = f"{why}: {result.decline.code}" if result.decline else why
        if result.outcome is ChargeOutcome.WITHHELD:
            said = f"{why}: {orders.WITHHELD}"
        ask = dunning.asks_at_once(case, self._case)
        await self._record(f"charge {result.outcome}", order, said, notice=ask, asked=self._moves)
        return result.outcome

    async def _await_money(self, invoice: Invoice, step: Step | None, order: Command) -> ChargeOutcome:
        """A voucher or a transfer is under way: the ladder stands still for it, or leaves this attempt out where it has done so enough."""
        case = dunning.seen(self._case, invoice, workflow.now())
        if case is self._case and step is not None:
            case = dunning.taken(case, step, workflow.now())
        self._become(case)
        await self._record("payment on its way", order, case_report.awaited(case))
        return ChargeOutcome.PENDING

    async def _take(self, step: Step) -> None:
        """Take a step that charges nothing. Before anything is taken away, one more look: nobody is blocked who has paid."""
        if step.action in CONSEQUENCES and await self._paid_meanwhile():
            return
        self._become(dunning.taken(self._case, step, workflow.now()))
        await self._record(step.name, notice=step.notice, channel=step.channel, escalates=self._asked_for(step))

    def _asked_for(self, step: Step) -> Escalation | None:
        """What a step asks of a person, if it does."""
        if step.action is not Action.ESCALATE:
            return None
        return case_report.escalation(self._case, BY_ITSELF, step.priority, now=workflow.now(), move=self._moves)

    async def _move_in_line(self) -> bool:
        """Stand behind an older debt, or go on as the oldest one; False where that changes nothing."""
        line, self._line = self._line, None
        now = workflow.now()
        if line is None:
            return False
        case = dunning.fell_in(self._case, now) if line.behind else dunning.came_first(self._case, line.stage, now)
        if case is self._case:
            return False
        self._become(case)
        await self._record("dunning held: an older debt first" if line.behind else "the oldest debt now")
        return True

    async def _go_on(self) -> None:
        """A hold has run out by itself."""
        hold = self._case.hold
        if hold is not None and hold.kind is HoldKind.PENDING and await self._paid_meanwhile():
            return
        self._become(dunning.resumed(self._case, workflow.now()))
        await self._record("dunning resumed", detail=f"the {hold.kind} ran out" if hold else "")

    async def _close(self, step: Step) -> None:
        if await self._paid_meanwhile():
            return
        now = workflow.now()
        case = dunning.given_up(self._case, step, now)
        if case.ending in (Ending.WRITE_OFF, Ending.DOWNGRADE):
            # The debt goes with the plan it was for: nobody is asked for it again.
            invoice = await self._write_off_at_provider()
            if not dunning.obeyed(Outcome.WRITTEN_OFF, invoice):
                self._seen = invoice
                await self._settle_seen()
                return
            self._become(dunning.closed(case, Outcome.WRITTEN_OFF, now=now))
        else:
            self._become(dunning.closed(case, Outcome.EXHAUSTED, now=now))
        await self._record(step.name, notice=step.notice, detail=f"the subscription: {case.ending}")

    async def _write_off_at_provider(self) -> Invoice:
        invoice = self._case.invoice
        return await workflow.execute_activity_method(
            Billing.write_off,
            AtProvider(invoice, f"{invoice}/{Outcome.WRITTEN_OFF}"),
            **options.look("give the debt up"),
        )

    async def _paid_meanwhile(self) -> bool:
        invoice = await workflow.execute_activity_method(
            Billing.look_up_invoice, AtProvider(self._case.invoice), **options.look("a last look at the invoice")
        )
        self._seen = invoice
        return await self._settle_seen()

    async def _settle_seen(self) -> bool:
        """Take in the invoice last seen; True when that ended the case, held it or let it go on."""
        invoice, self._seen = self._seen, None
        case = dunning.seen(self._case, invoice, workflow.now()) if invoice else self._case
        if case is self._case:
            return False
        went_on = self._case.hold is not None and case.hold is None
        self._become(case)
        if case.outcome is not None:
            await self._record("invoice settled", detail=str(case.outcome))
        elif went_on:
            await self._record("dunning resumed", detail="the payment did not come")
        else:
            await self._record("payment on its way", detail=case_report.awaited(case))
        return True

    # --- queries

    @workflow.query(description="The case as it stands")
    def state(self) -> Case:
        return self._case

    # --- state, record and text

    def _become(self, case: Case) -> None:
        """The one place where the state changes, and with it what an operator sees."""
        self._case = case
        self._moves += 1
        workflow.upsert_search_attributes(case_report.attributes(case))
        self._show()

    def _show(self) -> None:
        workflow.set_current_details(case_report.details(self._start, self._case))

    async def _record(
        self,
        action: str,
        order: Command = BY_ITSELF,
        detail: str = "",
        *,
        notice: NoticeKind | None = None,
        channel: Channel | None = None,
        asked: int = 0,
        escalates: Escalation | None = None,
    ) -> None:
        """Write the row and the story, tell the subscription, have the notice sent: one short local activity."""
        start, case, now = self._start, self._case, workflow.now()
        entry = case_report.entry(start, case, action, order, now=now, move=self._moves, detail=detail)
        await workflow.execute_local_activity_method(
            Records.record_case,
            case_report.report(
                start, case, now=now, entry=entry, notice=notice, channel=channel, asked=asked, escalation=escalates
            ),
            **options.record(action),
        )
