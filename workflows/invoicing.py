"""The tax invoice of one settled charge: sealed, stamped, rendered, delivered; held where a person must look.

A PAC that is down delays the CFDI and nothing else. The same bytes are sent until it answers, so that no charge is
ever documented twice; a new version is made only after the PAC has said that the one before was never stamped.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.dossier import DocumentRef
    from activities.drafting import SealOrder
    from activities.fiscal import Fiscal, InvoiceReport
    from models.cfdi import invoicing
    from models.cfdi.cancellation import DocumentWhy
    from models.cfdi.documents import DocumentKind, DocumentState, version_of
    from models.cfdi.fiscal import DATED_BY_CHARGE
    from models.cfdi.invoicing import Invoicing, Standing
    from models.messages import Answer, Command
    from models.periods import Calendar
    from models.records import AuditEntry
    from models.refusals import OrderWhy
    from models.speaking.notices import NoticeKind, NoticeRequest
    from models.subscribing.invoices import Charge
    from workflows import ids, options, visibility
    from workflows.refusals import refused

ENGINE = "perdura"


@dataclass(frozen=True, slots=True)
class InvoicingStart:
    """A charge that arrived. `source` is its id, which names the document for ever.

    A refund comes as a charge of its own (`re_…`, the amount given back) with `kind` credit and the refunded charge as `original`.
    """

    tenant: str
    subscription: str
    source: str
    charge: Charge
    invoice: str
    calendar: Calendar
    state: Invoicing | None = None
    kind: DocumentKind = DocumentKind.INCOME
    original: str = ""
    substitutes: str = ""  # the folio fiscal that this document replaces
    quiet: bool = False  # it corrects our own books: nobody is written to


@workflow.defn
class InvoicingWorkflow:
    """Lives from the charge to the delivered CFDI: seconds, or as long as the PAC or a correction takes."""

    @workflow.init
    def __init__(self, start: InvoicingStart) -> None:
        self._start = start
        self._become(start.state or Invoicing())

    @workflow.run
    async def run(self, start: InvoicingStart) -> DocumentState | None:
        """How the document ended; None for a charge of nothing, which has no CFDI (CFDI40166)."""
        if start.charge.amount.centavos <= 0:
            return None
        while not self._state.stamped:
            standing = await self._seal()
            if standing.state is DocumentState.GENERAL_PUBLIC:
                break
            if standing.state is not DocumentState.WAITING_DATA:
                await self._stamp(standing)
            if self._state.state is DocumentState.IN_GLOBAL:
                break
            if self._state.asks and start.kind is not DocumentKind.GLOBAL:
                await self._ask(start)
            if self._state.held:
                await self._ordered_in_time()
        else:
            await self._deliver()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._state.state

    # --- orders

    # An update, because whoever corrected the data must know whether they were needed.
    @workflow.update(description='Use the corrected tax data: {"actor": "ana", "reason": "constancia received"}')
    async def correct_receiver(self, order: Command) -> Answer:
        return await self._accept(order, "correct_receiver")

    @correct_receiver.validator
    def _may_correct(self, order: Command) -> None:
        self._may(order, self._state.correctable, DocumentWhy.NOTHING_TO_CORRECT)

    # An update, because support must hear when there is nothing to try again.
    @workflow.update(description='Try again what was refused: {"actor": "ana", "reason": "certificate renewed"}')
    async def retry(self, order: Command) -> Answer:
        return await self._accept(order, "retry")

    @retry.validator
    def _may_retry(self, order: Command) -> None:
        self._may(order, self._state.held, DocumentWhy.NOTHING_TO_RETRY)

    @workflow.query(description="Where the document stands")
    def state(self) -> Invoicing:
        return self._state

    def _may(self, order: Command, allowed: bool, why: DocumentWhy) -> None:
        if not order.actor.strip() or not order.reason.strip():
            raise refused(OrderWhy.UNSIGNED(field="actor and reason"))
        if self._state.order or not allowed:
            raise refused(why(state=self._state.where))

    async def _accept(self, order: Command, name: str) -> Answer:
        moves = self._state.moves + 1
        verb = name.replace("_", " ")
        answer = Answer(status=self._state.where, next_action=verb)
        self._become(replace(self._state, moves=moves, order=name))
        await self._record(self._entry(f"{name}/{moves}", order.actor, f"tax invoice: {verb}", order.reason))
        return answer

    async def _ordered(self) -> None:
        """Wait until a person has put right what held the document, then go on as they said."""
        await workflow.wait_condition(lambda: self._state.order != "")
        self._become(invoicing.ordered(self._state))

    async def _ordered_in_time(self) -> None:
        """As `_ordered`; what waits for the customer alone goes into the month's global invoice when the month is over."""
        start, standing = self._start, self._state.standing
        waits = self._state.lapses and start.charge.amount.currency == "MXN" and not start.substitutes
        if not (waits and standing):
            await self._ordered()
            return
        until = invoicing.lapse(standing.issued_at, workflow.now(), start.calendar.zone)
        try:
            await workflow.wait_condition(
                lambda: self._state.order != "",
                timeout=until - workflow.now(),
                timeout_summary="then it goes into the global invoice",
            )
        except TimeoutError:
            reason = f"`{standing.field}` was never corrected: into the month's global invoice"
            await self._record(self._entry(f"lapsed/{standing.key}", ENGINE, "tax invoice not by name", reason))
            if not self._state.order:
                self._become(invoicing.lapsed(self._state))
                return
        self._become(invoicing.ordered(self._state))

    # --- steps

    async def _seal(self) -> Standing:
        start = self._start
        order = SealOrder(
            tenant=start.tenant,
            subscription=start.subscription,
            source=start.source,
            charge=start.charge,
            version=self._state.version,
            now=workflow.now(),
            kind=start.kind,
            original=start.original,
            substitutes=start.substitutes,
            invoice=start.invoice,
            lapsed=self._state.lapsed,
        )
        standing = await workflow.execute_activity_method(
            Fiscal.seal_invoice, order, **options.money(f"seal the CFDI, version {order.version}")
        )
        # What was made before may be a later version than the one that was asked for.
        version = max(self._state.version, version_of(standing.key))
        self._become(replace(self._state, standing=standing, version=version))
        return standing

    async def _stamp(self, standing: Standing) -> None:
        """Send the kept bytes until the PAC answers, telling when a deadline of the law passes meanwhile."""
        ref = DocumentRef(self._start.tenant, standing.key)
        stamped = None
        while stamped is None:
            deadline = invoicing.next_deadline(self._start.charge.created, standing, workflow.now())
            patience = options.money("stamp the CFDI" if deadline else "stamp the CFDI, however long it takes")
            if deadline:
                patience["schedule_to_close_timeout"] = deadline[0] - workflow.now()
            try:
                stamped = await workflow.execute_activity_method(Fiscal.stamp_invoice, ref, **patience)
            except ActivityError as error:
                if is_cancelled_exception(error) or not deadline:
                    raise
                await self._late(standing, *deadline)
        standing = stamped
        if standing.expired:
            # The PAC never stamped it and its date is too old: the next version carries today's.
            self._become(invoicing.renewed(self._state))
        else:
            self._become(replace(self._state, standing=standing))

    async def _ask(self, start: InvoicingStart) -> None:
        """Send the customer the form on which the refused field is named. Each version asks once."""
        standing = self._state.standing
        assert standing is not None
        request = NoticeRequest(
            tenant=start.tenant,
            key=f"{standing.key}/tax_data",
            kind=NoticeKind.TAX_DATA,
            subscription=start.subscription,
            calendar=start.calendar,
            amount=start.charge.amount,
            document=standing.key,
        )
        await workflow.execute_local_activity_method(
            Fiscal.announce_invoice, request, **options.record(f"ask the customer for `{standing.field}`")
        )

    async def _late(self, standing: Standing, deadline: datetime, missed: str) -> None:
        # The last retry is not made when it would end after the deadline, so we are here a little early.
        await workflow.sleep(max(deadline - workflow.now(), timedelta(seconds=1)), summary=f"PAC silent: {missed}")
        self._become(replace(self._state, late=missed))
        silent = deadline >= standing.issued_at + DATED_BY_CHARGE
        entry = self._entry(f"late/{standing.key}/{int(silent)}", ENGINE, "tax invoice late", missed)
        await self._record(entry, DocumentState.NEEDS_RECONCILIATION if silent else None)

    async def _deliver(self) -> None:
        standing = self._state.standing
        assert standing is not None
        ref = DocumentRef(self._start.tenant, standing.key)
        printed = options.money("render the PDF")
        printed["task_queue"] = ids.printing_queue(workflow.info().task_queue)
        standing = await workflow.execute_activity_method(Fiscal.render_invoice, ref, **printed)
        self._become(replace(self._state, standing=standing))
        if self._start.kind is DocumentKind.GLOBAL or self._start.quiet:
            return  # everyone is nobody to write to
        if standing.state in (DocumentState.DELIVERED, DocumentState.CANCELLED):
            return  # the charge was told again, long after
        notice = self._notice(standing)
        await workflow.execute_local_activity_method(
            Fiscal.announce_invoice, notice, **options.record("send the PDF by WhatsApp")
        )
        undeliverable = True
        while undeliverable:
            try:
                standing = await workflow.execute_activity_method(
                    Fiscal.deliver_invoice, notice, **options.message("send XML and PDF by e-mail")
                )
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                standing = replace(standing, field="email", code="unavailable")
            undeliverable = standing.field == "email"
            self._become(replace(self._state, standing=standing, undeliverable=undeliverable))
            if undeliverable:
                await self._ordered()

    async def _record(self, entry: AuditEntry, state: DocumentState | None = None) -> None:
        key = self._state.standing.key if self._state.standing else ""
        await workflow.execute_local_activity_method(
            Fiscal.record_invoice,
            InvoiceReport(self._start.tenant, key, state, (entry,)),
            **options.record(f"record: {entry.action}"),
        )

    def _entry(self, key: str, actor: str, action: str, reason: str) -> AuditEntry:
        start = self._start
        return AuditEntry(
            tenant=start.tenant,
            subscription=start.subscription,
            key=f"{start.source}/cfdi/{key}",
            at=workflow.now(),
            actor=actor,
            action=action,
            reason=reason,
        )

    def _notice(self, standing: Standing) -> NoticeRequest:
        start = self._start
        return NoticeRequest(
            tenant=start.tenant,
            key=f"{standing.key}/cfdi" if start.substitutes else f"{start.source}/cfdi",
            kind=NoticeKind.CREDIT_NOTE if start.kind is DocumentKind.CREDIT else NoticeKind.TAX_INVOICE,
            subscription=start.subscription,
            calendar=start.calendar,
            invoice=start.invoice,
            amount=start.charge.amount,
            document=standing.key,
        )

    def _become(self, state: Invoicing) -> None:
        """The one place where the state changes, and with it all that an operator sees."""
        self._state = state
        deadline, start = state.deadline, self._start
        due = state.standing.due if state.standing and not state.stamped else None
        workflow.upsert_search_attributes(
            [
                visibility.STATUS.value_set(state.state or "sealing"),
                visibility.NEXT_ACTION_AT.value_set(deadline) if deadline else visibility.NEXT_ACTION_AT.value_unset(),
            ]
        )
        workflow.set_current_details(
            visibility.table(
                [
                    ("charge", f"{start.source}, {start.charge.amount}"),
                    ("subscription", start.subscription),
                    ("state", state.where),
                    ("version", str(state.version)),
                    ("folio fiscal", state.standing.uuid if state.standing else ""),
                    ("late", state.late),
                    ("next", state.next_action),
                    ("due by", start.calendar.show(due) if due else ""),
                    ("until", start.calendar.show(deadline) if deadline else ""),
                ]
            )
        )
