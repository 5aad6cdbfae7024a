"""Taking one CFDI back: requested with a motive, followed until the SAT says cancelled or the receiver says no."""

from dataclasses import dataclass, replace
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.cancelling import CancelOrder
    from activities.dossier import DocumentRef
    from activities.fiscal import Fiscal
    from models.cfdi.cancellation import next_look
    from models.cfdi.documents import DocumentState
    from models.cfdi.invoicing import Standing
    from models.messages import CancellationStart
    from workflows import document_orders, options, visibility


@dataclass(frozen=True, slots=True)
class Following:
    """What the process remembers."""

    standing: Standing | None = None
    looks: int = 0
    look_at: datetime | None = None


@workflow.defn
class CancellationWorkflow:
    """Lives for minutes, or for the days a receiver may take to answer. Its result is where the document stands in the end."""

    @workflow.init
    def __init__(self, start: CancellationStart) -> None:
        self._start = start
        self._become(Following())

    @workflow.run
    async def run(self, start: CancellationStart) -> Standing:
        await document_orders.record(start, "cancel", f"cancel, motive {start.motive}")
        standing = await workflow.execute_activity_method(
            Fiscal.request_cancellation,
            CancelOrder(start.tenant, start.document, start.motive, start.substitute),
            **options.money(f"request the cancellation, motive {start.motive}"),
        )
        self._become(replace(self._state, standing=standing))
        while standing.state in (DocumentState.CANCEL_REQUESTED, DocumentState.IN_PROCESS):
            wait = next_look(self._state.looks)
            self._become(replace(self._state, looks=self._state.looks + 1, look_at=workflow.now() + wait))
            await workflow.sleep(wait, summary="ask the SAT again")
            standing = await workflow.execute_activity_method(
                Fiscal.follow_cancellation,
                DocumentRef(start.tenant, start.document),
                **options.money("ask the SAT how it stands"),
            )
            self._become(replace(self._state, standing=standing))
        return standing

    @workflow.query(description="Where the cancellation stands")
    def state(self) -> Following:
        return self._state

    def _become(self, state: Following) -> None:
        """The one place where the state changes, and with it all that an operator sees."""
        self._state = state
        start, standing = self._start, state.standing
        where = standing.state if standing else "to be requested"
        reasons = ", ".join(filter(None, (standing.field, standing.code))) if standing else ""
        waiting = standing is None or standing.state in (DocumentState.CANCEL_REQUESTED, DocumentState.IN_PROCESS)
        workflow.upsert_search_attributes([visibility.STATUS.value_set(where)])
        workflow.set_current_details(
            visibility.table(
                [
                    ("document", start.document),
                    ("subscription", start.subscription),
                    ("motive", start.motive),
                    ("state", f"{where} ({reasons})" if reasons else where),
                    ("next", "ask the SAT" if waiting and standing else ""),
                    ("at", start.calendar.show(state.look_at) if waiting and state.look_at else ""),
                ]
            )
        )
