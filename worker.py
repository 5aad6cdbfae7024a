"""Composition root: settings → gateways → activities → Worker. The only place where ports meet their gateways."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client
from temporalio.worker import Worker

from activities.alerts import Alerts
from activities.announcing import Announcing
from activities.backing_up import BackingUp
from activities.billing import Billing
from activities.billing_once import Bills
from activities.bookkeeping import Bookkeeping
from activities.business_watch import BusinessWatch
from activities.composing import Links
from activities.deleting import Deleting
from activities.departures import Departures
from activities.failures import FailureInterceptor
from activities.fiscal import Fiscal
from activities.fiscal_watch import FiscalWatch
from activities.gateways.backups import Backups
from activities.gateways.certificate_pdf import ReportlabCertificates
from activities.gateways.erasure_list import ErasureList
from activities.gateways.fiscal_pacs import PacAccounts
from activities.gateways.fiscal_pdf import ReportlabRenderer
from activities.gateways.fiscal_satcfdi import SatcfdiSealer
from activities.gateways.fiscal_sw import SwPac
from activities.gateways.mail_smtp import SmtpMail
from activities.gateways.messenger_twilio import TwilioMessenger
from activities.gateways.payments_stripe import StripePayments
from activities.gateways.store_sql import SqlStore
from activities.gateways.templates_twilio import TwilioTemplates
from activities.gateways.webhook_sender import WebhookSender
from activities.heartbeats import Heartbeats
from activities.inbox import Inbox
from activities.invariants import Invariants
from activities.late_money import LateMoney
from activities.log_context import LogContext
from activities.measuring import Measuring
from activities.notices import Notices
from activities.outgoing import Outgoing
from activities.plan_changing import PlanChanging
from activities.policies import Policies
from activities.ports.pac import Pacs
from activities.ports.supervision import Supervision
from activities.ports.tracing import Tracing
from activities.provisioning import Provisioning
from activities.pruning import Pruning
from activities.reconciliation import Reconciliation
from activities.records import Records
from activities.repairs import Repairs
from activities.reviewing import Reviewing
from activities.template_watch import TemplateWatch
from activities.ticketing import Ticketing
from activities.unpaid_watch import UnpaidWatch
from models.kpis.places import Places
from models.periods import Calendar
from models.settings import Settings
from models.watching.invariants import Limits, limits
from workflows.connection import POLLING, connect, runner, verbs
from workflows.ids import printing_queue
from workflows.oversight import Oversight
from workflows.processes import WORKFLOWS


@dataclass(frozen=True, slots=True)
class Gateways:
    """What api and worker share: the record and the payments provider."""

    store: SqlStore
    payments: StripePayments


@contextlib.asynccontextmanager
async def gateways(settings: Settings) -> AsyncIterator[Gateways]:
    """The gateways that settings name, closed in the end."""
    store = SqlStore(settings.database_url, settings.keyring, ErasureList(settings.backup_directory))
    payments = StripePayments(settings.stripe_key.get_secret_value(), settings.stripe_base_url)
    try:
        yield Gateways(store, payments)
    finally:
        await payments.close()
        await store.close()


def backups(settings: Settings, directory: Path) -> Backups:
    """The backups of the database that settings name, in a directory."""
    return Backups(settings.database_url, settings.keyring, directory, settings.backup_directory)


def judged_by(settings: Settings) -> Limits:
    """How long what is wrong may last before it is told."""
    return limits(
        Calendar(settings.day_seconds),
        uninvoiced_hours=settings.uninvoiced_hours,
        inbox=timedelta(seconds=settings.inbox_alert_seconds),
        reconciliation=timedelta(seconds=settings.reconcile_seconds),
    )


def alerts(settings: Settings, store: SqlStore) -> Alerts:
    """Who tells the operator: the worker of all rules, the API of the inbox, as the worker may be what is down."""
    mail = SmtpMail(settings.smtp_url.get_secret_value(), settings.mail_from)
    return Alerts(books=store, mail=mail, limits=judged_by(settings), address=settings.alert_email)


def late_money(settings: Settings, shared: Gateways, processes: Supervision, pacs: Pacs | None = None) -> LateMoney:
    """Who writes down money whose process is over: the API when its webhook comes, the worker when it sweeps."""
    books, provider = shared.store, shared.payments
    hands = Repairs(books=books, provider=provider, processes=processes, day_seconds=settings.day_seconds, pacs=pacs)
    return LateMoney(books=books, provider=provider, repairs=hands)


def templates(settings: Settings) -> TwilioTemplates:
    """The WhatsApp templates that settings name, as Twilio holds them."""
    return TwilioTemplates(
        settings.twilio_account_sid,
        settings.twilio_secret.current,
        settings.twilio_templates,
        settings.twilio_base_url,
    )


def template_watch(settings: Settings) -> TemplateWatch | None:
    """Who looks at WhatsApp templates. A stand-in for Twilio takes any text: there only those that are named are looked at."""
    if settings.twilio_base_url and not settings.twilio_templates:
        return None
    return TemplateWatch(templates(settings))


def assemble(
    settings: Settings, client: Client, shared: Gateways, pac: Pacs, processes: Supervision
) -> tuple[Worker, Worker]:
    """The worker with every activity on its gateways, and beside it the one that draws PDFs, one at a time."""
    store, payments = shared.store, shared.payments
    vault = backups(settings, settings.backup_directory) if settings.backup_directory else None
    links = Links(settings.public_url, settings.link_secret)
    mail = SmtpMail(settings.smtp_url.get_secret_value(), settings.mail_from)
    messenger = TwilioMessenger(
        settings.twilio_account_sid,
        settings.twilio_secret.current,
        settings.twilio_from,
        f"{settings.public_url.rstrip('/')}/webhooks/twilio",
        settings.twilio_base_url,
        settings.twilio_templates,
        settings.twilio_sms_from,
    )
    fiscal = Fiscal(
        store=store,
        documents=store,
        sealer=SatcfdiSealer(settings.csd_directory, issuers=store, keyring=settings.keyring),
        pac=pac,
        renderer=ReportlabRenderer(),
        mail=mail,
        processes=processes,
        links=links,
    )
    owners = (
        Billing(payments, store),
        PlanChanging(payments, store),
        Records(store, processes, Departures(store, store, processes, day_seconds=settings.day_seconds)),
        Deleting(store=store, payments=payments, mail=mail, paper=ReportlabCertificates()),
        Bills(payments, store, processes),
        BackingUp(vault, store),
        Ticketing(store=store, processes=processes, mail=mail, public_url=settings.public_url),
        Provisioning(store=store, payments=payments, processes=processes, mail=mail, public_url=settings.public_url),
        Policies(store),
        Notices(
            store=store,
            payments=payments,
            messenger=messenger,
            mail=mail,
            links=links,
            sms=bool(settings.twilio_sms_from),
        ),
        Inbox(store, processes, late_money(settings, shared, processes, pac), day_seconds=settings.day_seconds),
        Outgoing(store, WebhookSender(local=settings.webhooks_local)),
        Reconciliation(
            books=store,
            provider=payments,
            processes=processes,
            day_seconds=settings.day_seconds,
            uninvoiced_hours=settings.uninvoiced_hours,
            ledger=Bookkeeping(store, payments),
            pacs=pac,
        ),
        Invariants(
            books=store,
            processes=processes,
            alerts=alerts(settings, store),
            limits=judged_by(settings),
            fiscal=FiscalWatch(store, pac),
            templates=template_watch(settings),
            pruning=Pruning(store, timedelta(days=settings.events_days)),
            unpaid=UnpaidWatch(store, store, processes, settings.day_seconds),
            business=BusinessWatch(
                store,
                mail=mail,
                pager=messenger,
                places=Places(settings.keyring),
                day_seconds=settings.day_seconds,
                house=settings.house_tenant,
                database_limit=settings.database_limit_mb * 2**20,
            ),
            reviews=store,
        ),
        Measuring(store, day_seconds=settings.day_seconds),
        Reviewing(store, mail=mail, public_url=settings.public_url, day_seconds=settings.day_seconds),
        fiscal,
    )
    everything = Worker(
        client,
        task_queue=settings.task_queue,
        workflows=WORKFLOWS,
        activities=[verb for owner in owners for verb in verbs(owner)],
        workflow_runner=runner(),
        interceptors=[LogContext(), FailureInterceptor(), Heartbeats()],
        graceful_shutdown_timeout=timedelta(seconds=10),
        **POLLING,
    )
    printer = Worker(
        client,
        task_queue=printing_queue(settings.task_queue),
        activities=[fiscal.render_invoice],
        interceptors=[LogContext(), FailureInterceptor(), Heartbeats()],
        graceful_shutdown_timeout=timedelta(seconds=10),
        max_concurrent_activities=1,
    )
    return everything, printer


@contextlib.contextmanager
def traced(settings: Settings, service: str) -> Iterator[Tracing | None]:
    """Traces of this process, sent to the last one in the end; None where settings name no collector: then nothing of them is imported."""
    if not settings.otlp_endpoint:
        yield None
        return
    from activities.gateways.tracing_otlp import OtlpTracing

    tracing = OtlpTracing(settings.otlp_endpoint, service)
    try:
        yield tracing
    finally:
        tracing.close()


async def main(settings: Settings) -> None:
    """Run the worker until cancelled."""
    with traced(settings, "perdura-worker") as tracing:
        around = [tracing.interceptor] if tracing else []
        await _work(settings, await connect(settings.keyring, metrics=settings.temporal_metrics, interceptors=around))


async def _work(settings: Settings, client: Client) -> None:
    processes = Oversight(client, queue=settings.task_queue)
    if settings.backup_directory:
        await processes.keep_backing_up()
    await processes.keep_sweeping(
        every=timedelta(seconds=settings.sweep_seconds),
        checking=timedelta(seconds=settings.check_seconds),
        reconciling=timedelta(seconds=settings.reconcile_seconds),
    )
    await processes.keep_measuring()
    house = SwPac(settings.pac_url, settings.pac_token.get_secret_value())
    async with (
        gateways(settings) as shared,
        contextlib.aclosing(PacAccounts(house, shared.store, settings.keyring)) as pac,
    ):
        everything, printer = assemble(settings, client, shared, pac, processes)
        async with printer, everything:
            await Announcing(shared.store, processes).keep_announcing(settings.sweep_seconds)


async def serve(settings: Settings) -> None:
    """Serve the API until cancelled. It starts, stores webhooks and answers reads while Temporal is down."""
    with traced(settings, "perdura-api") as tracing:
        await _serve(settings, tracing)


async def _serve(settings: Settings, tracing: Tracing | None) -> None:
    # Not above: the worker, and every command that takes its gateways from here, would build all of the API's routes.
    from api.app import build
    from api.pulse import Pulse
    from api.serving import Served

    around = [tracing.interceptor] if tracing else []
    client = await connect(settings.keyring, lazy=True, interceptors=around)
    processes = Oversight(client, queue=settings.task_queue)
    async with gateways(settings) as shared:
        late = late_money(settings, shared, processes)
        app = build(
            settings=settings,
            store=shared.store,
            payments=shared.payments,
            processes=processes,
            late=late,
            tracing=tracing,
        )
        watching = [
            asyncio.create_task(alerts(settings, shared.store).keep_watching(settings.check_seconds)),
            asyncio.create_task(Pulse(app.state.context.registry, shared.store).keep_telling(settings.check_seconds)),
        ]
        try:
            await Served.of(app, settings).until_cancelled()
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
