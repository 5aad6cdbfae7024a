"""Alerts: when and where a business wants to be told, what the rules ask, and what is on its way."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, text, update

from activities.gateways.sql.attention import _attention
from activities.gateways.sql.database import Database, table_of, values
from activities.gateways.sql.outgoing import Recorded, tell_once
from activities.ports.alerting import AlertDelivery, DeliveryState
from models.kpis.alerts import AlertSettings, Owing, Thresholds
from models.kpis.traffic import Traffic, together
from models.safekeeping.keyring import Keyring
from models.speaking.notices import Channel
from models.tables.attention import AttentionRow
from models.tables.kpis import AlertDeliveryRow, AlertSettingsRow, TrafficRow
from models.tables.parties import ApiKeyRow, TenantRow
from models.tables.people import RefreshTokenRow
from models.tables.sealed import ALERTED
from models.tables.subscriptions import CaseRow, PaymentRow, SubscriptionRow
from models.telling.outgoing import AlertData, EventType, Happening
from models.watching.attention import Attention, Rule

_FOUND, _SETTING, _DELIVERY = (table_of(row).c for row in (AttentionRow, AlertSettingsRow, AlertDeliveryRow))
_CASE, _SUBSCRIPTION, _PAYMENT = (table_of(row).c for row in (CaseRow, SubscriptionRow, PaymentRow))
_KEY, _TOKEN, _TENANT, _TRAFFIC = (table_of(row).c for row in (ApiKeyRow, RefreshTokenRow, TenantRow, TrafficRow))
_KEYS = ("tenant_id", "finding", "raised_at", "channel", "place")


def _delivery(row: AlertDeliveryRow) -> AlertDelivery:
    return AlertDelivery(
        row.tenant_id, row.finding, row.raised_at, Channel(row.channel), row.place, row.attempts, row.error
    )


class Alerting:
    """Who is told of what."""

    _db: Database
    _keyring: Keyring
    _recorded: Recorded

    async def alert_settings(self, tenant: str) -> AlertSettings:
        row = await self._db.first(select(AlertSettingsRow).where(_SETTING.tenant_id == tenant))
        return self._settings(row) if row else AlertSettings(tenant)

    async def all_alert_settings(self) -> Mapping[str, AlertSettings]:
        return {row.tenant_id: self._settings(row) for row in await self._db.rows(select(AlertSettingsRow))}

    async def save_alert_settings(self, settings: AlertSettings, *, by: str, at: datetime) -> None:
        said = asdict(settings.thresholds) | {"off": sorted(rule.value for rule in settings.off)}
        places = json.dumps({"emails": settings.emails, "phones": settings.phones}, ensure_ascii=False)
        row = AlertSettingsRow(
            tenant_id=settings.tenant,
            thresholds=json.dumps(said),
            addresses=ALERTED.seal(self._keyring, places, (settings.tenant,)),
            webhook=settings.webhook,
            updated_at=at,
            updated_by=by,
        )
        await self._db.save(row, ["tenant_id"])

    def _settings(self, row: AlertSettingsRow) -> AlertSettings:
        said: dict[str, Any] = json.loads(row.thresholds)
        places = json.loads(ALERTED.open(self._keyring, row.addresses, (row.tenant_id,)))
        return AlertSettings(
            row.tenant_id,
            Thresholds(**{name: value for name, value in said.items() if name != "off"}),
            tuple(places["emails"]),
            tuple(places["phones"]),
            row.webhook,
            frozenset(Rule(rule) for rule in said["off"]),
        )

    async def alone(self, tenant: str) -> bool:
        rows = await self._db.figures(select(_TENANT.tenant_id).limit(2))
        return [name for (name,) in rows] == [tenant]

    async def alerts(
        self, tenant: str, rules: Collection[Rule], *, resolved: bool = False, limit: int = 100
    ) -> Sequence[Attention]:
        query = select(AttentionRow).where(_FOUND.tenant_id == tenant, _FOUND.rule.in_([r.value for r in rules]))
        if not resolved:
            query = query.where(_FOUND.resolved_at.is_(None))
        rows = await self._db.rows(query.order_by(_FOUND.first_seen.desc(), _FOUND.id).limit(limit))
        return [_attention(row) for row in rows]

    async def standing_alerts(self, rules: Collection[Rule], *, ended_since: datetime) -> Sequence[Attention]:
        lately = or_(_FOUND.resolved_at.is_(None), _FOUND.resolved_at >= ended_since)
        query = select(AttentionRow).where(_FOUND.rule.in_([rule.value for rule in rules]), lately)
        return [_attention(row) for row in await self._db.rows(query.order_by(_FOUND.first_seen, _FOUND.id))]

    # --- what the rules ask

    async def owing(self, opened_before: datetime) -> Sequence[Owing]:
        same = and_(_SUBSCRIPTION.tenant_id == _CASE.tenant_id, _SUBSCRIPTION.id == _CASE.subscription_id)
        query = (
            select(_CASE.tenant_id, _SUBSCRIPTION.customer_id, _CASE.subscription_id, _CASE.opened_at)
            .join_from(table_of(CaseRow), table_of(SubscriptionRow), same)
            .where(_CASE.outcome.is_(None), _CASE.opened_at <= opened_before)
            .order_by(_CASE.opened_at)
        )
        oldest: dict[tuple[str, str], Owing] = {}
        for tenant, customer, subscription, since in await self._db.figures(query):
            oldest.setdefault((tenant, customer), Owing(tenant, customer, subscription, since))
        return list(oldest.values())

    async def last_seen(self) -> Mapping[str, datetime]:
        seen: dict[str, datetime] = {}
        for tenant, at in (
            (_TENANT.tenant_id, _TENANT.created_at),
            (_KEY.tenant_id, _KEY.last_used_at),
            (_TOKEN.tenant_id, _TOKEN.created_at),
            (_PAYMENT.tenant_id, _PAYMENT.paid_at),
            (_SUBSCRIPTION.tenant_id, _SUBSCRIPTION.created_at),
        ):
            for name, last in await self._db.figures(select(tenant, func.max(at)).group_by(tenant)):
                if last is not None:
                    seen[name] = max(last, seen.get(name, last))
        return seen

    async def database_bytes(self) -> int:
        async with self._db.transaction() as connection:
            if connection.dialect.name == "sqlite":
                asked = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            else:
                asked = "SELECT pg_database_size(current_database())"
            return int((await connection.execute(text(asked))).scalar_one())

    async def save_traffic(self, process: str, at: datetime, traffic: Traffic) -> None:
        row = TrafficRow(
            tenant_id="",
            process=process,
            at=at,
            requests=traffic.requests,
            errors=traffic.errors,
            buckets=json.dumps(traffic.buckets),
        )
        await self._db.add_once(row, ["tenant_id", "process", "at"])

    async def traffic_since(self, at: datetime) -> Traffic:
        rows = await self._db.rows(select(TrafficRow).where(_TRAFFIC.at >= at))
        return together(Traffic(row.requests, row.errors, tuple(json.loads(row.buckets))) for row in rows)

    async def prune_traffic(self, before: datetime) -> int:
        return await self._db.write(delete(TrafficRow).where(_TRAFFIC.at < before))

    # --- on the way

    async def raise_alert(
        self, tenant: str, alert: Attention, places: Sequence[tuple[Channel, str]], *, webhook: bool, at: datetime
    ) -> int:
        rows = [
            AlertDeliveryRow(
                tenant_id=tenant,
                finding=alert.finding.id,
                raised_at=alert.first_seen,
                channel=channel,
                place=place,
                state=DeliveryState.PENDING,
                due_at=at,
            )
            for channel, place in places
        ]
        async with self._db.transaction() as connection:
            fresh = 0
            if rows:
                added = self._db.insert(AlertDeliveryRow).values([values(row) for row in rows])
                fresh = (await connection.execute(added.on_conflict_do_nothing())).rowcount
            if webhook:
                happening = _happening(tenant, alert, EventType.ALERT_RAISED, alert.first_seen)
                await tell_once(connection, self._db, happening, _name(tenant, alert, "raised"))
        self._recorded.note(tenant)
        return fresh

    async def tell_resolved(self, tenant: str, alert: Attention) -> None:
        happening = _happening(tenant, alert, EventType.ALERT_RESOLVED, alert.resolved_at or alert.last_seen)
        async with self._db.transaction() as connection:
            await tell_once(connection, self._db, happening, _name(tenant, alert, "resolved"))
        self._recorded.note(tenant)

    async def due_alerts(self, now: datetime, limit: int = 500) -> Sequence[AlertDelivery]:
        waits = (_DELIVERY.state == DeliveryState.PENDING.value) & (_DELIVERY.due_at <= now)
        rows = await self._db.rows(select(AlertDeliveryRow).where(waits).order_by(_DELIVERY.due_at).limit(limit))
        return [_delivery(row) for row in rows]

    async def settle_alerts(
        self,
        deliveries: Sequence[AlertDelivery],
        state: DeliveryState,
        *,
        at: datetime,
        error: str = "",
        again: datetime | None = None,
    ) -> None:
        said: dict[str, Any] = {"state": state.value, "error": error, "attempts": _DELIVERY.attempts + 1}
        said |= {"due_at": again} if again else {"settled_at": at}
        mine = [
            and_(*(_DELIVERY[name] == value for name, value in zip(_KEYS, _key(each), strict=True)))
            for each in deliveries
        ]
        if mine:
            await self._db.write(update(AlertDeliveryRow).where(or_(*mine)).values(**said))

    async def failing_alerts(self, attempts: int) -> Sequence[AlertDelivery]:
        waits = (_DELIVERY.state == DeliveryState.PENDING.value) & (_DELIVERY.attempts >= attempts)
        return [_delivery(row) for row in await self._db.rows(select(AlertDeliveryRow).where(waits).limit(1_000))]


def _key(delivery: AlertDelivery) -> tuple[Any, ...]:
    return (
        delivery.tenant,
        delivery.finding,
        delivery.raised_at,
        delivery.channel.value,
        delivery.place,
    )


def _name(tenant: str, alert: Attention, became: str) -> str:
    return f"{tenant}/{alert.finding.id}/{alert.first_seen.isoformat()}/{became}"


def _happening(tenant: str, alert: Attention, type: EventType, at: datetime) -> Happening:
    finding = alert.finding
    data = AlertData(
        finding.id,
        finding.rule.value,
        finding.guidance.severity.value,
        finding.subject,
        finding.text,
        alert.first_seen,
        alert.resolved_at if type is EventType.ALERT_RESOLVED else None,
    )
    return Happening(tenant, finding.subscription, type, at, data)
