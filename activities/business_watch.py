"""The rules over a business's figures, asked in the round that checks the books; and the way of what they find to people.

One system: what is found is a finding like any other, raised once and closed by itself. Beside the operator, who is told of what is
critical (`activities.alerts`), the business is told of its alerts where it wants to be: by e-mail, WhatsApp and its webhooks.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from activities.failures import Failure, Refused
from activities.ports.alerting import AlertDelivery, AlertRounds, DeliveryState
from activities.ports.mail import Mail
from activities.ports.messenger import Pager
from models.kpis import alerts
from models.kpis.alerts import ALERTS, AlertSettings, Owing
from models.kpis.definitions import Kpi
from models.kpis.figures import Figure
from models.kpis.places import Places, by_place
from models.periods import Calendar
from models.records import Tenant
from models.speaking.notices import Channel, Language
from models.watching.attention import Attention, Finding, Rule

log = logging.getLogger(__name__)

WINDOW = timedelta(minutes=10)  # of the API's traffic that is judged
TRIES = 3  # after which an alert that does not arrive is itself told of
AGAIN = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6))
RESOLVED_LATELY = timedelta(days=1)
_Said = tuple[AlertSettings, str, datetime, datetime | None]  # an alert by id and instants, to whom it was told
RULES = frozenset(ALERTS) - {Rule.INBOX_STUCK} | {Rule.ALERT_UNDELIVERED}


class BusinessWatch:
    """`house` is the business that runs the installation; empty: the only one there is, if there is one alone.

    `database_limit` in bytes, 0: none.
    """

    def __init__(
        self,
        store: AlertRounds,
        *,
        mail: Mail,
        pager: Pager,
        places: Places,
        day_seconds: float,
        house: str = "",
        database_limit: int = 0,
    ) -> None:
        self._store = store
        self._mail = mail
        self._pager = pager
        self._places = places
        self._day_seconds = day_seconds
        self._house = house
        self._database_limit = database_limit
        # What the last round has put on its way, and to whom: said again, it would be as many transactions for nothing.
        self._said: frozenset[_Said] = frozenset()

    async def findings(self, now: datetime) -> list[Finding]:
        """All that businesses, and whoever runs the house, are to be alerted of now."""
        store = self._store
        settings = await self._settings()
        tenants = {kept.tenant.id: kept.tenant for kept in await store.kept()}
        house = settings.get(await self._house_of(list(tenants)), AlertSettings(""))
        found: list[Finding | None] = []
        standing = await store.standing_alerts([Rule.PAST_DUE_HIGH], ended_since=now)
        raised = {each.finding.tenant for each in standing if each.resolved_at is None}
        longest = max([2, *(each.thresholds.past_due_days for each in settings.values())])
        days: dict[str, list[Figure]] = defaultdict(list)
        since = (now - timedelta(days=longest + 2)).date()
        for tenant, figure in await store.newest_figures(Kpi.PAST_DUE_SHARE, since=since):
            days[tenant].append(figure)
        for tenant, figures in days.items():
            limits = settings.get(tenant, AlertSettings(tenant)).thresholds
            found.append(alerts.past_due(tenant, figures, limits, raised=tenant in raised))
        calendar = Calendar(self._day_seconds)
        earliest = min([25, *(each.thresholds.late_days for each in settings.values())])
        owing = await store.owing(now - calendar.days(earliest))
        debtors: dict[str, list[Owing]] = defaultdict(list)
        for debtor in owing:
            debtors[debtor.tenant].append(debtor)
        for tenant, mine in debtors.items():
            limits = settings.get(tenant, AlertSettings(tenant)).thresholds
            found += alerts.nearly_late(mine, now, self._clock(tenants.get(tenant)), limits)
        for business in tenants.values():
            found += alerts.missed(await store.late_responses(business.id, now), self._clock(business))
        others = {tenant: at for tenant, at in (await store.last_seen()).items() if len(tenants) > 1}
        found += alerts.idle(others, now, calendar, house.thresholds)
        traffic = await store.traffic_since(now - WINDOW)
        found += [alerts.failing(traffic, house.thresholds), alerts.slow(traffic, house.thresholds)]
        used = await store.database_bytes() if self._database_limit else 0
        found.append(alerts.nearly_full(used, self._database_limit, house.thresholds))
        stuck: dict[str, list[str]] = defaultdict(list)
        for each in await store.failing_alerts(TRIES):
            stuck[each.tenant].append(f"{each.channel}: {each.error}")
        found += [alerts.undelivered(tenant, failures, TRIES) for tenant, failures in stuck.items()]
        quiet = {(each.tenant, rule) for each in settings.values() for rule in each.off}
        return [each for each in found if each is not None and (each.tenant, each.rule) not in quiet]

    async def deliver(self, now: datetime) -> int:
        """Put what was raised on its way, and try what is due; how many alerts arrived somewhere."""
        settings = await self._settings()
        tenants = {kept.tenant.id: kept.tenant.name for kept in await self._store.kept()}
        house = await self._house_of(list(tenants))
        open_: dict[str, tuple[str, Attention]] = {}
        said: set[_Said] = set()
        for alert in await self._store.standing_alerts(ALERTS, ended_since=now - RESOLVED_LATELY):
            whom = alert.finding.tenant or house
            if not whom or alert.finding.rule in _off(settings, whom):
                continue
            wanted = settings.get(whom, AlertSettings(whom))
            if alert.resolved_at is None:
                open_[alert.finding.id] = (whom, alert)
            said.add(saying := (wanted, alert.finding.id, alert.first_seen, alert.resolved_at))
            if saying in self._said:
                continue
            if alert.resolved_at is None:
                await self._raise(whom, alert, wanted, now)
            elif wanted.webhook:
                await self._store.tell_resolved(whom, alert)
        self._said = frozenset(said)
        arrived = 0
        for (tenant, channel, place), due in by_place(await self._store.due_alerts(now)).items():
            told = [open_[each.finding][1].finding for each in due if each.finding in open_]
            address = self._places.address(settings.get(tenant, AlertSettings(tenant)), channel, place)
            if not told or not address:
                await self._store.settle_alerts(due, DeliveryState.DROPPED, at=now)
            elif await self._sent(tenants.get(tenant, tenant), channel, address, told, due, now):
                arrived += len(told)
        return arrived

    async def _raise(self, tenant: str, alert: Attention, wanted: AlertSettings, now: datetime) -> None:
        places = self._places.of(wanted)
        if places or wanted.webhook:
            await self._store.raise_alert(tenant, alert, places, webhook=wanted.webhook, at=now)

    async def _sent(
        self,
        name: str,
        channel: Channel,
        address: str,
        told: Sequence[Finding],
        due: Sequence[AlertDelivery],
        now: datetime,
    ) -> bool:
        subject, body = alerts.written(name, told)
        first = due[0]
        try:
            if channel is Channel.EMAIL:
                key = f"alert/{first.tenant}/{first.finding}/{first.raised_at.isoformat()}/{first.place}/{len(due)}"
                await self._mail.send(to=address, subject=subject, body=body, key=key)
            else:
                await self._pager.page(to=address, body=subject, language=Language.ES)
        except Failure as failure:
            why = failure.code if isinstance(failure, Refused) and failure.code else type(failure).__name__
            log.warning("an alert of %s did not leave by %s: %s", first.tenant, channel, why)
            wait = AGAIN[min(first.attempts, len(AGAIN) - 1)]
            await self._store.settle_alerts(due, DeliveryState.PENDING, at=now, error=why, again=now + wait)
            return False
        await self._store.settle_alerts(due, DeliveryState.SENT, at=now)
        return True

    def _clock(self, tenant: Tenant | None) -> Calendar:
        return Calendar(self._day_seconds, tenant.zone) if tenant else Calendar(self._day_seconds)

    async def _settings(self) -> Mapping[str, AlertSettings]:
        return await self._store.all_alert_settings()

    async def _house_of(self, tenants: Sequence[str]) -> str:
        return self._house or (tenants[0] if len(tenants) == 1 else "")


def _off(settings: Mapping[str, AlertSettings], tenant: str) -> frozenset[Rule]:
    return settings[tenant].off if tenant in settings else frozenset()
