"""Nothing of another tenant's, anywhere: every route and every method of the record is tried with ids that are somebody else's."""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import quote

import httpx
from hypothesis import HealthCheck, Phase, given, seed, settings
from sqlalchemy import text
from sqlmodel import SQLModel

from activities.failures import Failure
from activities.gateways.store_sql import SqlStore
from activities.ports.figures import Figures
from activities.ports.register import Register
from models.policies.presets import preset_page
from tests.api.acquaintance import FOLIO, FOUND, NOTICE, REFERENCE, Known
from tests.api.conftest import ANA, NOW, PUBLIC, World
from tests.api.credentials import person, session
from tests.api.test_fuzz import OPERATIONS, remembered, requests
from tests.api.test_fuzz import lived as lived  # a fixture
from tests.api.test_permissions import GUARDED

# Parameters that are words of a closed set: nobody's, and the same for everybody.
WORDS = {"cause", "kind", "kpi", "order", "version", "channel", "rest:path", "pac"}
LAST = ("/remove", "/revoke")
# What the description cannot say: one of two fields, or a policy of one's own.
BODIES = {
    "/v1/webhooks/endpoints/{endpoint}/replay": {"since": NOW.isoformat()},
    "/v1/subscriptions/{subscription}/overrides/move_to_policy": {
        "policy": "ours",
        "version": 1,
        "actor": "ana",
        "reason": "curious",
    },
}
# What the forms of the console are filled in with: each takes the fields that it knows.
FORM = {
    "reason": "curious",
    "days": "1",
    "text": "a note",
    "summary": "called",
    "kind": "call",
    "name": "María Ruiz",
    "amount": "100",
    "probability": "50",
    "closes": "2027-01-20",
    "due": "2027-01-20",
    "role": "viewer",
    "to": "resolve",
    "priority": "high",
    "motive": "02",
}


def _parameters(path: str) -> set[str]:
    """Their names; that of a PAC says so, since a policy has a name too."""
    named = path.replace("/pac/{name}", "/pac/{pac}")
    return {part[1:-1] for part in named.split("/") if part.startswith("{")}


def _right(method: str, path: str, known: Known) -> httpx.Request:
    """A request with nothing wrong for the route, about a thing of tenant acme that is there."""
    if (method.lower(), path) not in OPERATIONS:  # the console's
        where = path
        for name in _parameters(path):
            where = where.replace(f"{{{name}}}", quote(known.at(path)[name], safe="/"))
        return httpx.Request(method, f"{PUBLIC}{where}", data=FORM if method == "POST" else None)
    drawn: list[httpx.Request] = []

    @seed(20261121)
    @settings(
        max_examples=1, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(requests(method.lower(), path, known, right=True))
    def draw(request: httpx.Request) -> None:
        drawn.append(request)

    draw()
    if path in BODIES:
        return httpx.Request(method, drawn[-1].url, json=BODIES[path])
    return drawn[-1]


async def test_every_route_hides_what_is_another_tenants(lived: tuple[World, Known]) -> None:
    world, known = lived
    us, them = [await session(world, await person(world, tenant=tenant)) for tenant in ("acme", "other")]
    asked = {(method, path): _right(method, path, known) for method, path in GUARDED if _parameters(path) - WORDS}
    before, orders = await _rows(world.store, "acme"), remembered(world.door)
    for route, request in asked.items():
        request.headers.update(them)
        answer = await world.http.send(request)
        assert answer.status_code == 404, (route, answer.status_code, answer.text)
    assert await _rows(world.store, "acme") == before
    assert remembered(world.door) == orders
    # Its own tenant finds each of them, so that it was there to be found. Looks come first, and what takes something away last.
    for route, request in sorted(asked.items(), key=lambda each: _lasting(*each[0])):
        request.headers.update(us)
        answer = await world.http.send(request)
        assert answer.status_code != 404, (route, answer.text)


def _lasting(method: str, path: str) -> int:
    """How much it changes: looks, orders at the console, which offers what can be done as things stand, other orders, ends."""
    if method == "GET":
        return 0
    if method == "DELETE" or path.endswith(LAST):
        return 3
    return 1 if path.startswith("/console") else 2


async def test_what_has_no_id_in_its_path_tells_a_tenant_nothing_about_another(lived: tuple[World, Known]) -> None:
    world, known = lived
    headers = await session(world, await person(world, tenant="other"))
    things = {known.mine, known.pet, known.decision, known.bill, known.ticket, known.user, *known.written.values()}
    before = await _rows(world.store, "acme")
    for method, path in GUARDED:
        if _parameters(path) - WORDS or path.startswith(("/v1/sessions", "/console/sign-out")):
            continue
        request = _right(method, path, known)
        request.headers.update(headers)
        answer = await world.http.send(request)
        told = {thing for thing in (*things, str(ANA["email"]).lower()) if thing in answer.text}
        assert answer.status_code >= 400 or not told, (method, path, told)
    assert await _rows(world.store, "acme") == before


# Methods of the record without a tenant to be scoped by, each with its reason.
WORLDWIDE = {
    "key_holder": "finds the tenant by the secret of its key",
    "sole_business": "before anybody is known: the one business of an installation need not be named to sign in",
    "user_invited": "finds the tenant by the secret of an invitation",
    "refresh_session": "finds the tenant by the secret of a token",
    "try_login": "counts tries before a tenant is known",
    "forgive_login": "counts tries before a tenant is known",
    "receive": "an event's owner is not known when it comes",
    "ping": "looks whether SQL answers",
    "customers_by_phone": "whoever writes to our number has not said to which tenant; the answers name theirs",
    "notice_by_reference": "the provider's id of a message is unique in the world; the answer names its tenant",
    "pending_events": "the sweep hands over events of all tenants",
    "settle_event": "of an event that came, whose owner is in it",
    "living_accounts": "a provider's customer is unique in the world; the answers name their tenant",
    "owner_of": "finds the tenant by the id of the provider's object",
    "signup_by_email": "a business that signs up is of no tenant yet; its e-mail is unique in the installation",
    "issuing_tenants": "the day's look at certificates goes through all of them",
}
# Counts over the whole house for /metrics, without an id of anybody.
COUNTS = {name for name, _ in inspect.getmembers(Figures, inspect.isfunction)}


def test_every_question_to_the_record_is_asked_in_the_name_of_a_tenant() -> None:
    unscoped = [
        name
        for name, method in inspect.getmembers(Register, inspect.isfunction)
        if not name.startswith("_") and name not in {*WORLDWIDE, *COUNTS} and not _scoped(method)
    ]
    assert unscoped == [], "give them a tenant, or a reason in WORLDWIDE"
    assert all(hasattr(Register, name) for name in WORLDWIDE)


def _scoped(method: Any) -> bool:
    hints = get_type_hints(method)
    names = inspect.signature(method).parameters
    return "tenant" in names or any(
        "tenant" in getattr(hints.get(name), "__dataclass_fields__", {}) or name in ("tenant", "customer")
        for name in names
        if name != "self"
    )


# Methods that are not asked here, each with its reason.
NOT_ASKED = {
    "create_tenant": "makes a tenant, and refuses one that is there",
    "enter_business": "the same, for a business that signs up",
    "open_signup": "begins a business that is not there yet",
    "withdraw_signup": "takes back a business that was never open",
    "try_login": "counts tries for a name that nobody can read, whoever they are of",
    "settle_event": "of an event that came: the inbox is the installation's, and its owner is written here",
}
# Texts that name nothing of anybody's.
TEXTS = """
about action actor address answer body but by code content currency data digest experiment funding hint invitation json key_id language
line meter name note opening outcome page payload plan_after plan_before postal_code price provider_id reason refresh regime requested_by
made_by opened_by rfc sealed secret sha256 terms_version text type url version week what window word
"""


def _ids(known: Known, customer: str) -> dict[str, str]:
    """What the record is asked with, by the name of a parameter or field; as `Type.id` where each type has its own."""
    of_types = {
        "Activity": "ac_1",
        "ApiKey": known.spare,
        "Bill": known.bill,
        "BillStanding": known.bill,
        "ChangeRecord": "pc_1",
        "Customer": customer,
        "Decision": known.decision,
        "Deletion": "del_1",
        "Endpoint": "we_known",
        "Entry": "te_1",
        "Event": "evt_1",
        "Opportunity": known.written["opportunity"],
        "Person": known.written["contact"],
        "Pet": known.pet,
        "Reply": "SM1",
        "Run": "run_1",
        "Session": "z_1",
        "SubscriptionRecord": known.mine,
        "Task": known.written["task"],
        "Ticket": known.ticket,
        "User": known.user,
    }
    return {
        **{name: value for name, value in known.at("").items() if name not in WORDS},
        **{f"{kind}.id": value for kind, value in of_types.items()},
        "tenant": "other",
        "customer": customer,
        "reference": REFERENCE,
        # what is written is theirs, so that it is told from what is found
        **{f"{kind}.{name}": f"their {name}" for kind in ("Customer", "User") for name in ("email", "phone", "name")},
        "email": str(ANA["email"]).lower(),
        "phone": "+525512345678",
        "source": "ch_rejected",
        "key": "ch_rejected/income/v1",
        "ApiKey.key": known.spare,
        "notice.key": NOTICE,
        "NoticeRecord.key": NOTICE,
        "revoke_key.key": known.spare,
        "round.name": "r-1",
        "Round.name": "r-1",
        "policy_page.name": "ours",
        "add_policy.page": preset_page("ruthless"),
        "policy": "ours v1",
        "Assignment.policy": "ours",
        "charge": "ch_1",
        "subject": customer,
        "Finding.subject": FOUND.subject,
        "document": "ch_rejected/income/v1",
        "uuid": FOLIO,
        "notices": NOTICE,
        "change": "pc_1",
        "entry": "te_1",
        "session": "z_1",
        "card": "card_1",
        "number": "1",
        "event": "evt_1",
    }


def _value(kind: Any, where: str, ids: Mapping[str, str]) -> Any:
    """A value of a type, with the ids of acme in it where it names a thing. A text of an unknown name fails."""
    name = where.rpartition(".")[2]
    parts = get_args(kind)
    if kind is str:
        assert where in ids or name in ids or name in TEXTS.split(), f"is {where} an id of something?"
        return ids.get(where, ids.get(name, "x"))
    if type(None) in parts:
        return None
    if get_origin(kind) is tuple and ... not in parts:
        return tuple(_value(part, "body", ids) for part in parts)
    if get_origin(kind) is not None and inspect.isclass(get_origin(kind)) and issubclass(get_origin(kind), Iterable):
        one = name.removesuffix("ies") + "y" if name.endswith("ies") else name.removesuffix("s")
        return [ids[one]] if str in parts and one in ids else ()
    if get_origin(kind) is not None:  # a function
        return lambda found: found
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        wanted = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]
        return kind(**{each: _value(hints[each], f"{kind.__name__}.{each}", ids) for each in wanted})
    if issubclass(kind, Enum):
        return next(iter(kind))
    usual: dict[Any, Any] = {
        datetime: NOW,
        date: NOW.date(),
        timedelta: timedelta(days=1),
        int: 1,
        bool: False,
        bytes: b"x",
    }
    return usual[kind]


def _named_by_tenant(method: Any) -> bool:
    """Whether it takes a tenant, or a value that has one."""
    hints = get_type_hints(method)
    return any(
        name == "tenant" or "tenant" in getattr(hints.get(name), "__dataclass_fields__", {})
        for name in inspect.signature(method).parameters
    )


async def test_every_question_and_every_order_to_the_record_leaves_another_tenants_things_alone(
    lived: tuple[World, Known],
) -> None:
    world, known = lived
    record = await world.store.subscription("acme", known.mine)
    assert record is not None
    ids = _ids(known, record.customer)
    secrets = {
        "Ana López",
        "ana@example.mx",
        "5512345678",
        "¿Por qué dos cargos?",
        "Luna",
        "María Ruiz",
        FOLIO,
        "Hola Ana",
    }
    before = await _rows(world.store, "acme")
    for name, method in inspect.getmembers(SqlStore, inspect.isfunction):
        if name.startswith("_") or name in NOT_ASKED or not _named_by_tenant(method):
            continue
        hints = get_type_hints(method)
        wanted = {
            each.name: _value(hints[each.name], f"{name}.{each.name}", ids)
            for each in list(inspect.signature(method).parameters.values())[1:]
            if each.default is inspect.Parameter.empty or (hints[each.name] is str and each.name in ids)
        }
        try:
            several = inspect.signature(method).parameters
            spread = [each.name for each in several.values() if each.kind is inspect.Parameter.VAR_POSITIONAL]
            asked = getattr(world.store, name)(*[wanted.pop(each) for each in spread], **wanted)
            answer = [each async for each in asked] if inspect.isasyncgen(asked) else await asked
        except (Failure, ValueError):
            continue
        assert not [secret for secret in secrets if secret in repr(answer)], (name, answer)
    assert await _rows(world.store, "acme") == before


async def _rows(store: SqlStore, tenant: str) -> dict[str, list[str]]:
    """Every row of a tenant, table by table; when a key was last used does not count."""
    found: dict[str, list[str]] = {}
    async with store._db._engine.connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            if "tenant_id" in table.columns:
                rows = await connection.execute(
                    text(f"SELECT * FROM {table.name} WHERE tenant_id = :tenant").bindparams(tenant=tenant)
                )
                names = list(rows.keys())
                found[table.name] = sorted(
                    repr([value for name, value in zip(names, row, strict=True) if name != "last_used_at"])
                    for row in rows
                )
    return found
