"""Workflows that stand where others would be: they hear what they are told and wait."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.messages import Days, DunningStart, Line
    from models.subscribing.invoices import Invoice
    from workflows.invoicing import InvoicingStart


@workflow.defn(name="DunningWorkflow")
class SilentCase:
    """Stands where a dunning case would: it hears what it is told and waits."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.over = False

    @workflow.run
    async def run(self, start: DunningStart) -> None:
        await workflow.wait_condition(lambda: self.over)

    @workflow.signal
    def invoice_seen(self, invoice: Invoice) -> None:
        self.heard.append(f"seen {invoice.status}")

    @workflow.signal
    def line_moved(self, line: Line) -> None:
        self.heard.append(f"behind {line.behind}, {line.stage}")

    @workflow.signal
    def card_updated(self, payment_method: str) -> None:
        self.heard.append(f"card {payment_method}")

    @workflow.signal
    def subscription_canceled(self) -> None:
        self.heard.append("canceled")

    @workflow.signal
    def service_restored(self, order: Days) -> None:
        self.heard.append(f"restored {order.days:g}")

    @workflow.query
    def said(self) -> list[str]:
        return self.heard


@workflow.defn(name="InvoicingWorkflow")
class SilentInvoicing:
    """Stands where the tax invoice would be made."""

    @workflow.run
    async def run(self, start: InvoicingStart) -> None:
        return
