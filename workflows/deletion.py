"""A customer's deletion: warned until a warning has arrived, waited for, asked of the product, confirmed, erased and certified.

Until the product has been asked anybody concerned may still end it; afterwards only its confirmation moves it on.
"""

import asyncio
import contextlib
from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ChildWorkflowError, is_cancelled_exception
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.deleting import CertificateOrder, Deleting, DeletionReport
    from models.messages import BY_ITSELF, Command, DeletionStart
    from models.records import Delivery
    from models.safekeeping import deletions
    from models.safekeeping.deletions import Deletion, Do, State
    from models.speaking.notices import NoticeKind, NoticeRequest
    from workflows import deletion_report, ids, options, visibility
    from workflows.deletion_orders import DeletionOrders
    from workflows.notice import NoticeWorkflow

ARRIVED = (Delivery.DELIVERED, Delivery.SENT)  # an e-mail's last word is that the receiver's server took it


@workflow.defn
class DeletionWorkflow(DeletionOrders):
    """Lives for the days the policy gives, and for as long as the product takes to confirm. Its result is how it ended."""

    @workflow.init
    def __init__(self, start: DeletionStart) -> None:
        self._start = start
        self._state = start.deletion
        self._begun = False
        self._moves = 0
        self._told = False
        self._turn = asyncio.Lock()
        self._warnings: set[asyncio.Task[None]] = set()
        self._show()

    @workflow.run
    async def run(self, start: DeletionStart) -> State:  # noqa: ARG002 - `init` has read it
        order = Command(self._state.requested_by, self._state.reason)
        await self._record(
            "data deletion begun",
            order,
            f"{self._state.cause}; not before {self._start.calendar.show(self._state.day)}",
        )
        self._begun = True
        while not self._state.state.over:
            if not await self._act():
                await self._wait()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._state.state

    # --- acts

    async def _act(self) -> bool:
        """Take the next step that is due; False where none is."""
        async with self._turn:
            if self._told:
                self._told = False
                await self._look("customer looked at", quietly=not self._state.hindrance)
                return True
            now, start = workflow.now(), self._start
            match deletions.decide(self._state, start.terms, start.calendar, now).do:
                case Do.WARN:
                    await self._warn()
                case Do.ASK:
                    await self._ask()
                case Do.REMIND:
                    self._become(replace(self._state, reminders=self._state.reminders + 1))
                    await self._record("product reminded to delete", detail=f"reminder {self._state.reminders}")
                case Do.GIVE_UP_WAITING:
                    self._become(replace(self._state, state=State.UNCONFIRMED))
                    await self._record("product has not confirmed", detail="a person must see to it")
                case Do.ERASE:
                    await self._erase()
                case _:
                    return False
            return True

    async def _wait(self) -> None:
        """Until something is due or somebody has a word."""
        before, now = self._moves, workflow.now()
        decision = deletions.decide(self._state, self._start.terms, self._start.calendar, now)
        if decision.do is not Do.WAIT:
            return
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._told or self._moves != before,
                timeout=decision.at - now if decision.at else None,
                timeout_summary=f"{self._state.state}: next act",
            )

    async def _warn(self) -> None:
        """Begin a warning; nobody is warned who is back. Its end is waited for beside everything else."""
        if await self._look("customer looked at", quietly=True):
            return
        start, now = self._start, workflow.now()
        lead = deletions.next_lead(self._state, start.terms, start.calendar, now)
        await self._send_warning(start.terms.least if lead is None else lead)

    async def _send_warning(self, lead: timedelta, order: Command = BY_ITSELF) -> None:
        start = self._start
        self._become(deletions.warned(self._state, lead, workflow.now()))
        warning = self._state.warnings[-1]
        await self._record(
            "deletion warning begun", order, f"data go on {self._start.calendar.show(self._state.day)} or later"
        )
        handle = await workflow.start_child_workflow(
            NoticeWorkflow.run,
            NoticeRequest(
                tenant=self._state.tenant,
                key=warning.key,
                kind=NoticeKind.DATA_DELETION,
                subscription=self._state.subscription,
                calendar=start.calendar,
                # The day on which data may go at the earliest, were this message to arrive now.
                on=max(self._state.day, workflow.now() + start.calendar.elapsed(start.terms.least)),
                warning=True,
            ),
            id=ids.notice_id(self._state.tenant, warning.key),
            parent_close_policy=ParentClosePolicy.ABANDON,
            search_attributes=visibility.attributes(tenant=self._state.tenant),
            static_summary=f"{NoticeKind.DATA_DELETION} notice of {self._state.subscription}",
        )

        async def followed() -> None:
            try:
                delivery = await handle
            except ChildWorkflowError as error:
                if is_cancelled_exception(error):
                    raise
                delivery = Delivery.FAILED  # somebody ended its process: nobody knows that it arrived
            async with self._turn:
                await self._warned(warning.key, delivery)

        task = asyncio.create_task(followed())
        self._warnings.add(task)
        task.add_done_callback(self._warnings.discard)

    async def _warned(self, key: str, delivery: Delivery) -> None:
        if not self._state.state.cancellable:
            return
        start, arrived = self._start, delivery in ARRIVED
        state = deletions.answered(
            self._state, key, arrived=arrived, terms=start.terms, calendar=start.calendar, now=workflow.now()
        )
        self._become(state)
        said = "deletion warning arrived" if arrived else "deletion warning did not arrive"
        await self._record(said, detail=f"{key}: {delivery}; {state.state}")

    async def _ask(self) -> None:
        """The day has come: one more look, then the product is asked."""
        if await self._look("deletion hindered"):
            return
        self._become(deletions.asked(self._state, workflow.now()))
        await self._record("product asked to delete", detail="customer.data_deletion_requested")

    async def _look(self, said: str, *, quietly: bool = False) -> bool:
        """Look at the customer; True where that ended the deletion or puts it off. `quietly`: a warning is not put off by anything."""
        standing = await workflow.execute_activity_method(
            Deleting.look_at_customer, self._state, **options.look("is the customer back, has anything been paid?")
        )
        if quietly:
            standing = replace(standing, hindrance="")
        state = deletions.looked(self._state, standing, self._start.calendar, workflow.now())
        if state.state is State.CANCELED:
            await self._end(state, BY_ITSELF)
            return True
        if state != self._state:
            known = self._state.hindrance == state.hindrance
            self._become(state)
            if not known:
                await self._record(said if state.hindrance else "deletion no longer hindered", detail=state.hindrance)
        return bool(state.hindrance)

    async def _erase(self) -> None:
        """Erase what we hold, certify it, and send the certificate as the last message."""
        now = workflow.now()
        report = await workflow.execute_activity_method(
            Deleting.erase_data, replace(self._state, erased_at=now), **options.look("erase what we hold")
        )
        if report.hindrance:
            look_at = now + self._start.calendar.days(deletions.LOOK_EVERY)
            new = report.hindrance != self._state.hindrance
            self._become(replace(self._state, hindrance=report.hindrance, look_at=look_at))
            if new:
                await self._record("erasure hindered", detail=report.hindrance)
            return
        self._become(replace(self._state, erased_at=now, hindrance="", look_at=None))
        digest = await workflow.execute_activity_method(
            Deleting.certify, CertificateOrder(self._state, report.kept), **options.look("make the certificate")
        )
        sent = await self._send_certificate()
        self._become(deletions.done(self._state, digest, workflow.now()))
        await self._record("data deleted and certified", detail=f"SHA-256 {digest}; certificate {sent}")

    async def _send_certificate(self) -> str:
        try:
            return await workflow.execute_activity_method(
                Deleting.send_certificate, self._state, **options.message("send the certificate by e-mail")
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            await workflow.execute_activity_method(
                Deleting.forget_address, self._state, **options.look("forget the address")
            )
            return "not sent: the mail server was away for a day"

    # --- facts and queries

    @workflow.update(description="Wait until it is in the record")
    async def begun(self) -> Deletion:
        await workflow.wait_condition(lambda: self._begun)
        return self._state

    # A fact: whoever records it does not wait for anybody.
    @workflow.signal(description="Something was recorded that may mean the customer is back: look")
    def customer_reported(self) -> None:
        self._told = True

    @workflow.query(description="Where the deletion stands")
    def state(self) -> Deletion:
        return self._state

    async def _end(self, state: Deletion, order: Command) -> None:
        """The data stay. Whoever was warned is told so."""
        warned = self._state.warned_at is not None
        self._become(state)
        await self._record("data deletion canceled", order, state.closed_for)
        if warned:
            request = NoticeRequest(
                tenant=state.tenant,
                key=f"{state.id}/kept",
                kind=NoticeKind.DATA_KEPT,
                subscription=state.subscription,
                calendar=self._start.calendar,
            )
            await workflow.start_child_workflow(
                NoticeWorkflow.run,
                request,
                id=ids.notice_id(state.tenant, request.key),
                parent_close_policy=ParentClosePolicy.ABANDON,
                search_attributes=visibility.attributes(tenant=state.tenant),
                static_summary=f"{NoticeKind.DATA_KEPT} notice of {state.subscription}",
            )

    # --- state, record and text

    def _become(self, state: Deletion) -> None:
        """The one place where the state changes, and with it what an operator sees."""
        self._state = state
        self._moves += 1
        workflow.upsert_search_attributes([visibility.STATUS.value_set(state.state)])
        self._show()

    async def _record(self, action: str, order: Command = BY_ITSELF, detail: str = "") -> None:
        state = self._state
        entry = deletion_report.entry(state, action, order, now=workflow.now(), move=self._moves, detail=detail)
        await workflow.execute_local_activity_method(
            Deleting.record_deletion, DeletionReport(state, entry), **options.record(action)
        )

    def _show(self) -> None:
        workflow.set_current_details(deletion_report.details(self._state, self._start.calendar))
