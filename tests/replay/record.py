"""`python -m tests.replay.record [story …]`: play the stories anew and keep their histories.

Only on purpose: what is recorded here stands for processes already running in production. A history is replaced when no
process can have run the code it was recorded with; otherwise the new code keeps the old path behind `workflow.patched`,
and a story that takes the new path is added beside the old one.
"""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from temporalio.client import Client, WorkflowHandle

from tests.conftest import skipping_server
from tests.replay import corpus
from tests.replay.stories import (
    backup,
    bill,
    cancellation,
    corrections,
    deletion,
    dunning,
    global_invoice,
    invoicing,
    notice,
    plan_changes,
    provisioning,
    reconciliation,
    refund,
    snapshot,
    subscription,
    sweep,
    ticket,
    webhook,
)
from tests.replay.theatre import Theatre, fresh
from tests.workflows.stand_ins import SilentCase, SilentInvoicing
from workflows.backup import BackupWorkflow
from workflows.bill import BillWorkflow
from workflows.cancellation import CancellationWorkflow
from workflows.claim import ClaimWorkflow
from workflows.connection import DATA_CONVERTER
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

Story = Callable[[Theatre], Awaitable[WorkflowHandle[Any, Any]]]

# Each shelf of stories with the workflows that play in it.
SHELVES: dict[str, tuple[tuple[Story, ...], tuple[type, ...]]] = {
    "subscription": (subscription.STORIES, (SubscriptionWorkflow, SilentCase, SilentInvoicing)),
    "plan_changes": (plan_changes.STORIES, (SubscriptionWorkflow, SilentCase, SilentInvoicing)),
    "bill": (bill.STORIES, (BillWorkflow, SilentCase, SilentInvoicing)),
    "dunning": (dunning.STORIES, (DunningWorkflow,)),
    "invoicing": (invoicing.STORIES, (InvoicingWorkflow,)),
    "refund": (refund.STORIES, (RefundWorkflow, InvoicingWorkflow)),
    "deletion": (deletion.STORIES, (DeletionWorkflow, NoticeWorkflow)),
    "cancellation": (cancellation.STORIES, (CancellationWorkflow, InvoicingWorkflow)),
    "corrections": (
        corrections.STORIES,
        (SubstitutionWorkflow, ClaimWorkflow, InvoicingWorkflow, CancellationWorkflow),
    ),
    "global_invoice": (global_invoice.STORIES, (GlobalInvoiceWorkflow, InvoicingWorkflow)),
    "notice": (notice.STORIES, (NoticeWorkflow,)),
    "provisioning": (provisioning.STORIES, (ProvisioningWorkflow,)),
    "backup": (backup.STORIES, (BackupWorkflow,)),
    "sweep": (sweep.STORIES, (InboxSweepWorkflow, InvariantsWorkflow)),
    "snapshot": (snapshot.STORIES, (SnapshotWorkflow, WeeklyReviewWorkflow)),
    "ticket": (ticket.STORIES, (TicketWorkflow,)),
    "webhook": (webhook.STORIES, (WebhookWorkflow,)),
    "reconciliation": (reconciliation.STORIES, (ReconciliationWorkflow,)),
}
AT_ONCE = 6
PATIENCE = 90  # seconds for one story


def stories() -> dict[str, tuple[Story, tuple[type, ...]]]:
    """Every story by its name, `<shelf>.<function>`."""
    return {
        f"{shelf}.{story.__name__}": (story, workflows)
        for shelf, (told, workflows) in SHELVES.items()
        for story in told
    }


async def record(names: list[str]) -> None:
    """Play the stories named and replace their histories.

    Raises:
        KeyError: there is no such story. ExceptionGroup: stories that did not go as they are told; their histories stay.
    """
    known = stories()
    wanted = {name: known[name] for name in names}
    corpus.HISTORIES.mkdir(exist_ok=True)
    env = await skipping_server(DATA_CONVERTER)
    turns = asyncio.Semaphore(AT_ONCE)
    async with env:
        still = await Client.connect(env.client.service_client.config.target_host, data_converter=DATA_CONVERTER)

        async def play(name: str, story: Story, workflows: tuple[type, ...]) -> None:
            plain = name.partition(".")[2]
            theatre = Theatre(env, still, fresh(plain), story=plain)
            try:
                async with turns, asyncio.timeout(PATIENCE), theatre.working(*workflows):
                    history = await (await story(theatre)).fetch_history()
            except Exception as error:
                error.add_note(f"in the story {name}")
                raise
            size = corpus.save(name, history)
            sys.stdout.write(f"{name}: {len(history.events)} events, {size:,} bytes\n")

        played = await asyncio.gather(*(play(name, *how) for name, how in wanted.items()), return_exceptions=True)
    if failed := [error for error in played if isinstance(error, Exception)]:
        raise ExceptionGroup("stories that did not go as they are told", failed)


def main() -> None:
    """Record what the command line names, or everything; then also forget histories that no story tells."""
    known = stories()
    names = sys.argv[1:] or list(known)
    if strange := [name for name in names if name not in known]:
        sys.exit(f"no such story: {', '.join(strange)}; there are {', '.join(known)}")
    logging.getLogger("temporalio").setLevel(logging.CRITICAL)  # failures are part of the stories
    asyncio.run(record(names))
    if not sys.argv[1:]:
        for path in corpus.HISTORIES.glob("*.json"):
            if path.stem not in known:
                path.unlink()


if __name__ == "__main__":
    main()
