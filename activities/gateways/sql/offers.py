"""Plans, services and products between their rows and their values. What has no column of its own is JSON in `details`."""

import json
from datetime import datetime
from typing import Any

from models.money import Money
from models.selling.items import Item, ItemKind, Rate
from models.selling.plans import Benefit, Feature, Interval, Limit, Plan, PlanKind, TrialEnd
from models.tables.catalog import ItemRow
from models.tables.parties import PlanRow
from models.words import Words


def plan_of(row: PlanRow) -> Plan:
    """The plan in a row."""
    told = json.loads(row.details or "{}")
    return Plan(
        tenant=row.tenant_id,
        code=row.code,
        name=row.name,
        price=Money(row.price_centavos, row.currency),
        interval=Interval(row.interval),
        trial_days=row.trial_days,
        product_key=row.product_key,
        provider_price=row.provider_price,
        kind=PlanKind(row.kind),
        tier=row.tier,
        position=row.position,
        description=_words(told.get("description")),
        card_required=row.card_required,
        without_card=TrialEnd(told.get("without_card", TrialEnd.PAUSE)),
        unit_key=row.unit_key,
        highest=None if row.highest_centavos is None else Money(row.highest_centavos, row.currency),
        limits=tuple(
            Limit(each["code"], each["most"], _words(each["name"]), each["monthly"], each["unit"])
            for each in told.get("limits", ())
        ),
        features=tuple(Feature(each["code"], _words(each["name"])) for each in told.get("features", ())),
        benefits=tuple(
            Benefit(each["service"], each["units"], each["percent_off"], _words(each["name"]))
            for each in told.get("benefits", ())
        ),
        archived=row.archived_at is not None,
        instalments=tuple(told.get("instalments", ())),
    )


def plan_row(plan: Plan, archived_at: datetime | None = None) -> PlanRow:
    """The row of a plan."""
    told = {
        "description": _pair(plan.description),
        "without_card": plan.without_card,
        "limits": [
            {"code": x.code, "most": x.most, "name": _pair(x.name), "monthly": x.monthly, "unit": x.unit}
            for x in plan.limits
        ],
        "features": [{"code": x.code, "name": _pair(x.name)} for x in plan.features],
        "benefits": [
            {"service": x.service, "units": x.units, "percent_off": x.percent_off, "name": _pair(x.name)}
            for x in plan.benefits
        ],
        "instalments": plan.instalments,
    }
    return PlanRow(
        tenant_id=plan.tenant,
        code=plan.code,
        name=plan.name,
        price_centavos=plan.price.centavos,
        currency=plan.price.currency,
        interval=plan.interval,
        trial_days=plan.trial_days,
        product_key=plan.product_key,
        provider_price=plan.provider_price,
        kind=plan.kind,
        tier=plan.tier,
        position=plan.position,
        card_required=plan.card_required,
        unit_key=plan.unit_key,
        highest_centavos=plan.highest.centavos if plan.highest else None,
        details=json.dumps(told, ensure_ascii=False),
        archived_at=archived_at,
    )


def item_of(row: ItemRow) -> Item:
    """The service or product in a row."""
    told = json.loads(row.details or "{}")
    return Item(
        tenant=row.tenant_id,
        code=row.code,
        name=row.name,
        kind=ItemKind(row.kind),
        product_key=row.product_key,
        rates=tuple(
            Rate(
                Money(each["low"], each["currency"]),
                Money(each["high"], each["currency"]),
                each["species"],
                each["sex"],
                each["over"],
                each["up_to"],
            )
            for each in told.get("rates", ())
        ),
        unit_key=row.unit_key,
        note=_words(told.get("note")),
        position=row.position,
        archived=row.archived_at is not None,
        vat=told.get("vat", ""),
    )


def item_row(item: Item, archived_at: datetime | None = None) -> ItemRow:
    """The row of a service or product."""
    rates = [
        {
            "low": rate.low.centavos,
            "high": rate.high.centavos,
            "currency": rate.low.currency,
            "species": rate.species,
            "sex": rate.sex,
            "over": rate.over,
            "up_to": rate.up_to,
        }
        for rate in item.rates
    ]
    return ItemRow(
        tenant_id=item.tenant,
        code=item.code,
        kind=item.kind,
        name=item.name,
        position=item.position,
        product_key=item.product_key,
        unit_key=item.unit_key,
        details=json.dumps({"note": _pair(item.note), "rates": rates, "vat": item.vat}, ensure_ascii=False),
        archived_at=archived_at,
    )


def _words(pair: Any) -> Words:
    return Words(*pair) if pair else Words()


def _pair(words: Words) -> list[str]:
    return [words.es, words.en]
