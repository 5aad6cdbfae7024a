"""Customers over HTTP: entered once, found, told whole with their reasons; what people write comes back; another tenant sees nothing."""

from datetime import timedelta
from typing import Any

import pytest

from models.bookkeeping.ledger import Fact, Kind
from models.collecting.cases import Stage
from models.money import Money
from models.records import CaseRecord
from tests.api.conftest import NOW, World

LUZ = {
    "customer_reference": "luz",
    "name": "Luz López Ríos",
    "email": "luz@cliente.mx",
    "phone": "55 1111 2222",
    "fiscal": {"tax_id": "XIA190128J61", "legal_name": "XENON INDUSTRIAL ARTICLES", "tax_regime": "601", "postal_code": "76343"},
}  # fmt: skip
HOME = "/api/clientes"


@pytest.fixture
async def luz(world: World) -> str:
    answer = await world.post(HOME, LUZ)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{HOME}/{answer.json()['id']}"
    return str(answer.json()["id"])


async def test_a_prospect_is_entered_once(world: World, luz: str) -> None:
    again = await world.post(HOME, {**LUZ, "name": "Otra"})
    assert (again.status_code, again.json()["id"], again.json()["name"]) == (200, luz, LUZ["name"])
    told = (await world.get(f"{HOME}/luz")).json()
    assert (told["state"], told["rfc"], told["value"]["centavos"]) == ("prospect", "XIA190128J61", 0)
    assert [each["advice"] for each in told["recommendations"]] == ["follow_up"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"fiscal": None}, "email"), ({"email": "nueva@cliente.mx"}, "fiscal.tax_id")],
)
async def test_what_is_anothers_names_the_field_and_the_holder(
    world: World, luz: str, changes: dict[str, Any], field: str
) -> None:
    answer = await world.post(HOME, {**LUZ, "customer_reference": "other", **changes})
    assert answer.status_code == 409
    (error,) = answer.json()["errors"]
    assert (error["field"], answer.json()["customer"]) == (field, luz)
    assert luz in error["message"]


async def test_the_list_is_found_filtered_and_paged(world: World, luz: str) -> None:
    subscription = await world.signed_up()
    await world.store.post(Fact("acme", subscription, Kind.ISSUED, "in_1", Money(14_900), NOW, "in_1"))
    first = (await world.get(f"{HOME}?limit=1")).json()
    assert [each["value"]["centavos"] for each in first["data"]] == [14_900]
    second = (await world.get(HOME, params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert ([each["id"] for each in second["data"]], second["next_cursor"]) == ([luz], None)
    for question, count in (("lope", 2), ("luz rios", 1), ("2222", 1), ("nobody", 0)):
        assert len((await world.get(HOME, params={"q": question})).json()["data"]) == count, question
    assert [each["id"] for each in (await world.get(f"{HOME}?state=prospect")).json()["data"]] == [luz]
    wrong = await world.get(HOME, params={"sort": "next_invoice", "cursor": first["next_cursor"]})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "cursor")


async def test_a_debt_shows_with_its_reason_and_advice(world: World) -> None:
    mine = await world.signed_up()
    opened = NOW - timedelta(days=20)
    await world.store.save_case(CaseRecord("acme", "in_1", mine, Money(14_900), Stage.GRACE, "ruthless v1", opened))
    told = (await world.get(f"{HOME}/user-1042")).json()
    reason = told["default_risk"]["reasons"][0]
    assert (told["state"], reason["because"], told["owed"]["centavos"]) == ("past_due", "overdue", 14_900)
    assert reason["text"]["es"].startswith("Debe $149.00 MXN; días de atraso: ")
    advice = (await world.get(f"{HOME}/user-1042/recomendaciones")).json()["data"][0]
    assert (advice["advice"], advice["action"]["es"]) == ("collect", "Llamar a quien autoriza los pagos")
    assert [each["kind"] for each in told["activities"]] == ["risk"]


async def test_what_people_write_comes_back(world: World, luz: str) -> None:
    note = {"kind": "call", "text": "Pide cambios", "minutes": 30, "at": NOW.isoformat()}
    headers = {"Idempotency-Key": "press-1", "Authorization": f"Bearer {world.key}"}
    for _ in range(2):
        answer = await world.http.post(f"{HOME}/{luz}/actividades", json=note, headers=headers)
        assert answer.status_code == 201, answer.text
    deal = {"name": "Proyecto A", "amount": 4_500_000, "probability": 65, "closes": "2026-12-20"}
    opened = (await world.post(f"{HOME}/{luz}/oportunidades", deal)).json()
    task = (await world.post(f"{HOME}/{luz}/tareas", {"text": "Llamar", "due_at": NOW.isoformat()})).json()
    person = {"name": "María", "role": "accountant", "phone": "5533334444", "main": True}
    contact = (await world.post(f"{HOME}/{luz}/contactos", person)).json()
    told = (await world.get(f"{HOME}/{luz}")).json()
    assert [(each["text"], each["minutes"]) for each in told["activities"]] == [("Pide cambios", 30)]
    assert [(each["name"], each["weighted"]["centavos"]) for each in told["opportunities"]] == [
        ("Proyecto A", 2_925_000)
    ]
    assert [each["phone"] for each in told["contacts"]] == ["+525533334444"]
    assert told["recommendations"][0]["recommendation"]["es"] == "Cerrar «Proyecto A»"
    won = await world.patch(f"{HOME}/{luz}/oportunidades/{opened['id']}", {"stage": "won"})
    assert (won.json()["stage"], won.json()["weighted"]["centavos"], bool(won.json()["closed_at"])) == ("won", 0, True)
    done = await world.patch(f"{HOME}/{luz}/tareas/{task['id']}", {"done": True})
    assert done.json()["done_by"].startswith("api")
    assert (await world.get("/api/tareas")).json()["data"] == []
    changed = await world.put(f"{HOME}/{luz}/contactos/{contact['id']}", {"name": "María Ruiz"})
    assert (changed.json()["name"], changed.json()["phone"]) == ("María Ruiz", "")
    gone = await world.http.request(
        "DELETE", f"{HOME}/{luz}/contactos/{contact['id']}", headers={"Authorization": f"Bearer {world.key}"}
    )
    assert gone.status_code == 204
    assert (await world.get(f"{HOME}/{luz}/contactos")).json()["data"] == []


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("actividades", {"kind": "sale", "text": "x"}, "kind"),
        ("actividades", {"kind": "call", "text": "x", "at": "2999-01-01T00:00:00Z"}, "at"),
        ("oportunidades", {"name": "A", "amount": 0, "probability": 5, "closes": "2026-12-20"}, "amount"),
        ("tareas", {"text": "x", "due_at": "2026-12-20T00:00:00Z", "assignee": "u_nobody"}, "assignee"),
        ("contactos", {"name": "María", "phone": "123"}, "phone"),
    ],
)
async def test_what_is_wrong_is_named(world: World, luz: str, path: str, body: dict[str, Any], field: str) -> None:
    answer = await world.post(f"{HOME}/{luz}/{path}", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_another_business_sees_none_of_it(world: World, luz: str) -> None:
    headers = {"Authorization": f"Bearer {await world.store.issue_key('other')}"}
    assert (await world.http.get(HOME, headers=headers)).json()["data"] == []
    for path in ("", "/recomendaciones", "/actividades", "/contactos"):
        assert (await world.http.get(f"{HOME}/{luz}{path}", headers=headers)).status_code == 404
    written = await world.http.post(f"{HOME}/{luz}/contactos", json={"name": "Eva"}, headers=headers)
    assert written.status_code == 404
