"""What people may order a dunning case to do, and how each order is carried out.

Orders are updates: whoever gives one must know whether it was carried out. Each is checked when it arrives and again when its turn
comes, for much may have happened between.
"""

import asyncio
from abc import ABC, abstractmethod

from temporalio import workflow

from activities.billing import AtProvider, Billing, Split
from models.collecting import case_orders, dunning, orders
from models.collecting.case_orders import Carried
from models.collecting.cases import Case, Outcome
from models.commands import CaseCommand
from models.messages import (
    BY_ITSELF,
    AdoptPolicy,
    AgreeInstalments,
    Answer,
    Command,
    Days,
    ExternalPayment,
    Pause,
    Promise,
    SkipToStep,
)
from models.policies.policy import Step
from models.refusals import NONE, OrderWhy, Refusal
from models.subscribing.invoices import ChargeOutcome
from models.tickets.messages import EscalateCase, Escalation
from workflows import case_report, options
from workflows.refusals import refused, refused_in_words


class CaseOrders(ABC):
    """The half of a dunning case that obeys people. The other half, `DunningWorkflow`, walks the ladder."""

    _case: Case
    _turn: asyncio.Lock
    _canceled: bool
    _moves: int

    @abstractmethod
    async def _charge(
        self, key: str, why: str, step: Step | None = None, order: Command = BY_ITSELF
    ) -> ChargeOutcome | None:
        """One attempt to collect."""

    @abstractmethod
    def _become(self, case: Case) -> None:
        """Change the state, and what an operator sees."""

    @abstractmethod
    async def _record(
        self, action: str, order: Command = BY_ITSELF, detail: str = "", *, escalates: Escalation | None = None
    ) -> None:
        """Write where the case stands, and the story."""

    # An update, because whoever asks must know that the row stands: the books may have been lost while the case lived on.
    @workflow.update(description='Write its row anew: {"actor": "ana", "reason": "books restored from a backup"}')
    async def refresh(self, order: Command) -> Answer:
        async with self._turn:
            await self._record("record written again", order)
            return case_report.answer(self._case)

    @workflow.update(description='Give more days of grace: {"actor": "ana", "reason": "asked by phone", "days": 3}')
    async def extend_grace(self, order: Days) -> Answer:
        return await self._carry_out(CaseCommand.EXTEND_GRACE, order)

    @workflow.update(description='Charge the card now: {"actor": "ana", "reason": "customer says it has funds"}')
    async def retry_now(self, order: Command) -> Answer:
        async with self._turn:
            self._may_retry(order)
            # Keyed by the update: sent again by a client that heard no answer, it is the same charge.
            info = workflow.current_update_info()
            key = f"support-{info.id if info else self._moves}"
            if await self._charge(key, "asked for by support", order=order) is ChargeOutcome.WITHHELD:
                raise refused(orders.WITHHELD)
            return case_report.answer(self._case)

    @workflow.update(description='Go to a step, counted from 1: {"actor": "ana", "reason": "…", "step": 6}')
    async def skip_to_step(self, order: SkipToStep) -> Answer:
        return await self._carry_out(CaseCommand.SKIP_TO_STEP, order)

    @workflow.update(
        description='Stop the ladder, for some days or until resumed: {"actor": "ana", "reason": "…", "days": 5, "disputed": true}'
    )
    async def pause_dunning(self, order: Pause) -> Answer:
        return await self._carry_out(CaseCommand.PAUSE, order)

    @workflow.update(
        description='Take a promise to pay: {"actor": "ana", "reason": "said so by phone", "until": "2026-12-01T18:00:00Z", "centavos": 0}'
    )
    async def promise_to_pay(self, order: Promise) -> Answer:
        return await self._carry_out(CaseCommand.PROMISE, order)

    @workflow.update(
        description='In parts: {"actor": "ana", "reason": "…", "parts": [{"centavos": 9900, "on": "2026-12-01T18:00:00Z"}, …]}'
    )
    async def agree_instalments(self, order: AgreeInstalments) -> Answer:
        async with self._turn:
            self._may_agree(order)
            case = self._case
            with refused_in_words():
                await workflow.execute_activity_method(
                    Billing.split_invoice,
                    Split(case.invoice, order.parts, f"{case.invoice}/instalments"),
                    **options.money(f"replace it by {len(order.parts)} parts"),
                )
            done = case_orders.carried_out(case, CaseCommand.INSTALMENTS, order, workflow.now())
            return await self._obey(order, done)

    @workflow.update(
        description="Go on by another policy; the API's move_to_policy reads it and shows what would change"
    )
    async def adopt_policy(self, order: AdoptPolicy) -> Answer:
        return await self._carry_out(CaseCommand.ADOPT_POLICY, order)

    @workflow.update(
        description='Have a person look at it: {"actor": "ana", "reason": "they call daily", "priority": "high"}'
    )
    async def escalate(self, order: EscalateCase) -> Answer:
        async with self._turn:
            self._may_escalate(order)
            now = workflow.now()
            done = case_orders.carried_out(self._case, CaseCommand.ESCALATE, order, now)
            self._become(done.case)
            asked = case_report.escalation(self._case, order, order.priority, now=now, move=self._moves)
            await self._record(done.action, order, done.detail, escalates=asked)
            return case_report.answer(self._case)

    @workflow.update(description='Let the ladder go on: {"actor": "ana", "reason": "dispute settled"}')
    async def resume_dunning(self, order: Command) -> Answer:
        return await self._carry_out(CaseCommand.RESUME, order)

    @workflow.update(
        description='Record a payment made elsewhere: {"actor": "ana", "reason": "SPEI seen", "method": "spei", "reference": "…"}'
    )
    async def record_external_payment(self, order: ExternalPayment) -> Answer:
        async with self._turn:
            self._may_record(order)
            return await self._obey_at_provider(order, CaseCommand.RECORD_PAYMENT)

    @workflow.update(description='Give the debt up: {"actor": "ana", "reason": "small amount"}')
    async def write_off(self, order: Command) -> Answer:
        async with self._turn:
            self._may_write_off(order)
            return await self._obey_at_provider(order, CaseCommand.WRITE_OFF)

    @workflow.signal(description="Support gave service back for some days")
    async def service_restored(self, order: Days) -> None:
        async with self._turn:
            # A signal must never fail the case: what cannot be obeyed is let be.
            if not (self._case.outcome or orders.unsigned(order)):
                await self._obey(order, case_orders.restored(self._case, order, workflow.now()))

    @refresh.validator
    def _may_refresh(self, order: Command) -> None:
        self._may(order)

    @extend_grace.validator
    def _may_extend(self, order: Days) -> None:
        self._may_give(CaseCommand.EXTEND_GRACE, order)

    @retry_now.validator
    def _may_retry(self, order: Command) -> None:
        self._may_give(CaseCommand.RETRY_NOW, order)

    @skip_to_step.validator
    def _may_skip(self, order: SkipToStep) -> None:
        self._may_give(CaseCommand.SKIP_TO_STEP, order)

    @promise_to_pay.validator
    def _may_promise(self, order: Promise) -> None:
        self._may_give(CaseCommand.PROMISE, order)

    @agree_instalments.validator
    def _may_agree(self, order: AgreeInstalments) -> None:
        self._may_give(CaseCommand.INSTALMENTS, order)

    @adopt_policy.validator
    def _may_adopt(self, order: AdoptPolicy) -> None:
        self._may_give(CaseCommand.ADOPT_POLICY, order)

    @pause_dunning.validator
    def _may_pause(self, order: Pause) -> None:
        self._may_give(CaseCommand.PAUSE, order)

    @resume_dunning.validator
    def _may_resume(self, order: Command) -> None:
        self._may_give(CaseCommand.RESUME, order)

    @escalate.validator
    def _may_escalate(self, order: EscalateCase) -> None:
        self._may(order)

    @record_external_payment.validator
    def _may_record(self, order: ExternalPayment) -> None:
        self._may_give(CaseCommand.RECORD_PAYMENT, order)

    @write_off.validator
    def _may_write_off(self, order: Command) -> None:
        self._may_give(CaseCommand.WRITE_OFF, order)

    def _may_give(self, command: CaseCommand, order: Command) -> None:
        self._may(order, case_orders.refusal(self._case, command, order, workflow.now()))

    def _may(self, order: Command, refusal: Refusal = NONE) -> None:
        ending = OrderWhy.CASE_CANCELED() if self._canceled else NONE
        if why := orders.case_over(self._case) or ending or orders.unsigned(order) or refusal:
            raise refused(why)

    async def _carry_out(self, command: CaseCommand, order: Command) -> Answer:
        """An order that only moves the ladder. It was asked whether it may be; when its turn comes it is asked again."""
        async with self._turn:
            self._may_give(command, order)
            return await self._obey(order, case_orders.carried_out(self._case, command, order, workflow.now()))

    async def _obey(self, order: Command, done: Carried) -> Answer:
        self._become(done.case)
        await self._record(done.action, order, done.detail)
        return case_report.answer(self._case)

    async def _obey_at_provider(self, order: Command, command: CaseCommand) -> Answer:
        outcome = case_orders.SETTLING[command]
        verb = Billing.write_off if outcome is Outcome.WRITTEN_OFF else Billing.settle_outside
        with refused_in_words():
            invoice = await workflow.execute_activity_method(
                verb,
                AtProvider(self._case.invoice, f"{self._case.invoice}/{outcome}"),
                **options.money(str(command).replace("_", " ")),
            )
        if not dunning.obeyed(outcome, invoice):
            # It was paid, or voided, before our order reached the provider: that is what happened, and the order did not.
            self._become(dunning.seen(self._case, invoice, workflow.now()))
            await self._record("invoice settled", detail=str(self._case.outcome or invoice.status))
            raise refused(OrderWhy.INVOICE_SETTLED(status=invoice.status))
        return await self._obey(order, case_orders.settled(self._case, order, outcome, invoice, workflow.now()))
