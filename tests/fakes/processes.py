"""The running processes, as activities reach them."""

from dataclasses import dataclass, field

from models.collecting.case_news import CaseNews
from models.messages import DeletionStart, Opening, SubscriptionStart
from models.periods import Calendar
from models.records import Delivery
from models.speaking.notices import Channel, NoticeKind, NoticeRequest
from models.subscribing.provider_news import ProviderNews
from models.subscribing.subscriptions import Status
from models.tickets.messages import Escalation, TicketStart, Word


@dataclass
class FakeProcesses:
    """Hears what is reported instead of passing it on, until `behind` is set."""

    notices: list[NoticeRequest] = field(default_factory=list)
    cases: list[CaseNews] = field(default_factory=list)
    deliveries: list[tuple[str, Delivery]] = field(default_factory=list)
    news: list[ProviderNews] = field(default_factory=list)
    refunds: list[tuple[str, str, str]] = field(default_factory=list)
    public: dict[str, str] = field(default_factory=dict)  # zone by tenant
    woken: list[tuple[str, str]] = field(default_factory=list)
    deletions: list[DeletionStart] = field(default_factory=list)
    returned: list[tuple[str, str]] = field(default_factory=list)
    started: list[SubscriptionStart] = field(default_factory=list)
    openings: list[Opening | None] = field(default_factory=list)  # the first answers of subscriptions; else: trialing
    heard: list[tuple[TicketStart, Word]] = field(default_factory=list)
    escalated: list[tuple[TicketStart, Escalation]] = field(default_factory=list)
    ended: list[tuple[str, str]] = field(default_factory=list)  # cases, by the ticket that was told
    behind: object = None

    async def request_notice(self, request: NoticeRequest) -> None:
        if request.key not in [known.key for known in self.notices]:
            self.notices.append(request)

    async def start_subscription(self, start: SubscriptionStart) -> Opening | None:
        self.started.append(start)
        return self.openings.pop(0) if self.openings else Opening(Status.TRIALING)

    async def report_case(self, tenant: str, subscription: str, news: CaseNews) -> None:
        self.cases.append(news)
        if self.behind is not None:
            await self.behind.report_case(tenant, subscription, news)  # type: ignore[attr-defined]

    async def report_news(self, tenant: str, subscription: str, news: ProviderNews) -> bool:
        self.news.append(news)
        return True

    async def report_delivery(
        self, tenant: str, key: str, delivery: Delivery, error: str, channel: Channel = Channel.WHATSAPP
    ) -> bool:
        self.deliveries.append((key, delivery))
        return True

    async def report_refund(self, tenant: str, subscription: str, refund: str, calendar: Calendar) -> None:
        self.refunds.append((tenant, subscription, refund))

    async def keep_invoicing_the_public(self, tenant: str, calendar: Calendar) -> None:
        self.public[tenant] = calendar.zone

    async def begin_deletion(self, start: DeletionStart) -> None:
        if start.deletion.id not in [known.deletion.id for known in self.deletions]:
            self.deletions.append(start)

    async def report_customer(self, tenant: str, customer: str) -> bool:
        self.returned.append((tenant, customer))
        return True

    async def hear_customer(self, start: TicketStart, word: Word) -> None:
        self.heard.append((start, word))

    async def escalate(self, start: TicketStart, escalation: Escalation) -> None:
        self.escalated.append((start, escalation))

    async def end_case(self, tenant: str, ticket: str, outcome: str) -> bool:
        self.ended.append((ticket, outcome))
        return True

    async def deliver_events(self, tenant: str, endpoint: str) -> None:
        self.woken.append((tenant, endpoint))

    @property
    def kinds(self) -> list[NoticeKind]:
        return [notice.kind for notice in self.notices]
