"""Every process there is: what the worker runs, and what a recorded history is replayed on."""

from workflows.backup import BackupWorkflow
from workflows.bill import BillWorkflow
from workflows.cancellation import CancellationWorkflow
from workflows.claim import ClaimWorkflow
from workflows.deletion import DeletionWorkflow
from workflows.dunning import DunningWorkflow
from workflows.global_invoice import GlobalInvoiceWorkflow
from workflows.invoicing import InvoicingWorkflow
from workflows.notice import NoticeWorkflow
from workflows.provisioning import ProvisioningWorkflow
from workflows.reconciliation import ReconciliationWorkflow
from workflows.refund import RefundWorkflow
from workflows.review import WeeklyReviewWorkflow
from workflows.snapshot import SnapshotWorkflow
from workflows.subscription import SubscriptionWorkflow
from workflows.substitution import SubstitutionWorkflow
from workflows.sweep import InboxSweepWorkflow, InvariantsWorkflow
from workflows.ticket import TicketWorkflow
from workflows.webhook import WebhookWorkflow

WORKFLOWS = (
    SubscriptionWorkflow,
    BillWorkflow,
    DunningWorkflow,
    InvoicingWorkflow,
    RefundWorkflow,
    CancellationWorkflow,
    SubstitutionWorkflow,
    ClaimWorkflow,
    GlobalInvoiceWorkflow,
    NoticeWorkflow,
    WebhookWorkflow,
    DeletionWorkflow,
    ProvisioningWorkflow,
    TicketWorkflow,
    BackupWorkflow,
    InboxSweepWorkflow,
    InvariantsWorkflow,
    ReconciliationWorkflow,
    SnapshotWorkflow,
    WeeklyReviewWorkflow,
)
