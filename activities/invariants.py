"""The round that checks the invariants of the books: suspects from SQL, judged by `models.watching.invariants`, told once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio import activity

from activities.alerts import Alerts
from activities.business_watch import RULES as BUSINESS
from activities.business_watch import BusinessWatch
from activities.failures import Unavailable
from activities.fiscal_watch import RULES, FiscalWatch
from activities.ports.books import Books
from activities.ports.crm import Reviews
from activities.ports.supervision import Supervision
from activities.pruning import Pruning
from activities.template_watch import TemplateWatch
from activities.unpaid_watch import UnpaidWatch
from models.watching import invariants
from models.watching.attention import CHECKED, Finding, Rule
from models.watching.invariants import Limits


@dataclass(frozen=True, slots=True)
class Round:
    """What one round found: broken rules with how often each is, and how many people were told."""

    broken: dict[str, int]
    told: int = 0


class Invariants:
    """Checks every rule that the books can answer."""

    def __init__(
        self,
        *,
        books: Books,
        processes: Supervision,
        alerts: Alerts,
        limits: Limits,
        fiscal: FiscalWatch | None = None,
        templates: TemplateWatch | None = None,
        unpaid: UnpaidWatch | None = None,
        pruning: Pruning | None = None,
        business: BusinessWatch | None = None,
        reviews: Reviews | None = None,
    ) -> None:
        self._books = books
        self._processes = processes
        self._alerts = alerts
        self._limits = limits
        self._fiscal = fiscal
        self._templates = templates
        self._unpaid = unpaid
        self._pruning = pruning
        self._business = business
        self._reviews = reviews

    @activity.defn
    async def check_invariants(self) -> Round:
        now = datetime.now(UTC)
        findings, answered = await self.findings(now)
        if self._pruning is not None:
            await self._pruning.prune(now)
        if self._reviews is not None:
            await self._reviews.review_customers(now)
        if self._unpaid is not None:
            findings += await self._unpaid.see_to(now)
            answered |= {Rule.CFDI_UNPAID}
        for finding in findings:
            await self._books.keep_finding(finding, at=now)
        await self._books.resolve_findings(answered, unseen_since=now, at=now)
        broken: dict[str, int] = {}
        for finding in findings:
            broken[finding.rule] = broken.get(finding.rule, 0) + 1
        told = await self._alerts.tell(now)
        if self._business is not None:
            await self._business.deliver(now)
        return Round(broken, told)

    async def findings(self, now: datetime) -> tuple[list[Finding], frozenset[Rule]]:
        """All that is wrong now, and the rules that could be answered: one that could not keeps its findings open."""
        books, limits = self._books, self._limits
        found: list[Finding | None] = []
        found += [invariants.blocked(d, now, limits) for d in await books.debtors(now - limits.settling)]
        found += invariants.two_cases(await books.doubled_cases())
        found += invariants.charged_twice(await books.doubled_payments())
        found += [invariants.paid_after_end(*each) for each in await books.late_payments(now)]
        found += [
            invariants.period_over(record, now, limits)
            for record in await books.periods_over(now - limits.overdue_period)
        ]
        found += [
            invariants.uninvoiced(payment, documents, now, limits)
            for payment, documents in await books.uninvoiced(now - limits.uninvoiced)
        ]
        found += [invariants.held(document) for document in await books.held_documents()]
        found += invariants.sent_twice(
            await books.messages_since(now - max(limits.same_message * 2, timedelta(days=1))), limits
        )
        found += [invariants.reply_waiting(reply) for reply in await books.waiting_replies(now - limits.settling)]
        found += [invariants.deletion_stuck(deletion) for deletion in await books.stuck_deletions()]
        found += [
            invariants.plan_change_untold(record, now, limits)
            for record in await books.untold_changes(now - limits.untold)
        ]
        found += [invariants.warning_unanswered(warning) for warning in await books.unanswered_warnings()]
        found += [invariants.endpoint_disabled(endpoint) for endpoint in await books.disabled_endpoints()]
        waiting, oldest = await books.waiting_events()
        found.append(invariants.inbox_stuck(waiting, oldest, now, limits))
        last = await books.last_run("")
        found.append(invariants.reconciliation_late(last.finished if last else None, now, limits))
        unanswered = {Rule.LEDGER_UNBALANCED, Rule.CFDI_UNPAID}
        if self._fiscal is None:
            unanswered |= RULES
        else:
            fiscal, unasked = await self._fiscal.findings(now)
            found += fiscal
            unanswered |= unasked
        if self._business is None:
            unanswered |= BUSINESS
        else:
            found += await self._business.findings(now)
        lacking = await self._templates.findings(now) if self._templates else []
        if lacking is None:
            unanswered.add(Rule.TEMPLATE_MISSING)
        found += lacking or []
        try:
            found += await self._late_timers(now)
        except Unavailable:
            unanswered.add(Rule.TIMER_IN_THE_PAST)
        return [finding for finding in found if finding is not None], CHECKED - unanswered

    async def _late_timers(self, now: datetime) -> Iterable[Finding | None]:
        """The rows say when a process means to act; where one runs, its own word is newer. One that does not run is told elsewhere."""
        before = now - self._limits.late_timer
        late = await self._books.late_subscriptions(before)
        standing = await self._processes.subscriptions_standing([(r.tenant, r.id) for r in late])
        cases = await self._books.late_cases(before)
        running = await self._processes.cases_standing([(c.tenant, c.invoice) for c in cases])
        return [
            invariants.late_timer(
                r.tenant, r.id, r.id, r.next_action, standing[r.tenant, r.id].next_action_at, now, self._limits
            )
            for r in late
            if (r.tenant, r.id) in standing
        ] + [
            invariants.late_timer(
                c.tenant,
                c.invoice,
                c.subscription,
                c.next_step,
                running[c.tenant, c.invoice].next_action_at,
                now,
                self._limits,
            )
            for c in cases
            if (c.tenant, c.invoice) in running
        ]
