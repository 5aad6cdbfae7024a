"""Deleting a customer's data over the API and on the customer's own page."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from activities import exporting
from activities.ports.processes import CommandRefused
from models.commands import DeletionCommand
from models.messages import Command, ConfirmDeletion
from models.safekeeping.deletions import Cause, Certificate, Deletion, State, Warned
from models.speaking.links import Purpose, link
from models.speaking.notices import Language
from models.subscribing.subscriptions import Status
from models.telling.outgoing import EventType
from tests.api.conftest import LINK_KEY, NOW, PUBLIC, World
from tests.api.test_bills import billed, clinic, luna, wellness  # noqa: F401 - `clinic` is a fixture
from tests.api.test_pets import LUNA

WHY = {"actor": "ana@soporte", "reason": "asked by phone"}


async def gone(world: World) -> str:
    """Ana has signed up and left; the id of her subscription."""
    subscription = await world.signed_up()
    record = await world.store.subscription("acme", subscription)
    assert record is not None
    await world.store.save_subscription(replace(record, status=Status.CANCELED))
    return subscription


async def begun(world: World, **changes: object) -> Deletion:
    subscription = await gone(world)
    customer = (await world.store.customer_of("acme", subscription)).id
    day = NOW + timedelta(days=30)
    deletion = Deletion("acme", "del_1", customer, subscription, Cause.CANCELED, NOW, "perdura", "policy", day)
    deletion = replace(deletion, **changes)
    await world.store.save_deletion(deletion)
    return deletion


def page(subscription: str, purpose: Purpose = Purpose.DATA) -> str:
    return link(PUBLIC, LINK_KEY, purpose, "acme", subscription).replace("/go/", "/mis-datos/").removeprefix(PUBLIC)


async def test_is_begun_for_who_asks_and_shown(world: World) -> None:
    await gone(world)
    answer = await world.post("/v1/deletions", {"customer_reference": "user-1042", **WHY})
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["cause"], told["state"], told["cancellable"]) == ("asked", "waiting", True)
    assert told["requested_by"] == "api/ana@soporte"
    assert datetime.fromisoformat(told["day"]) > datetime.now(UTC) + timedelta(days=4)
    again = await world.post("/v1/deletions", {"customer_reference": "user-1042", **WHY})
    assert again.json()["id"] == told["id"]
    assert (await world.get(f"/v1/deletions/{told['id']}")).json() == told
    assert (await world.get("/v1/deletions?state=waiting")).json() == [told]
    assert (await world.get("/v1/deletions?state=done")).json() == []


async def test_is_not_begun_while_a_subscription_lives(world: World) -> None:
    await world.signed_up()
    answer = await world.post("/v1/deletions", {"customer_reference": "user-1042", **WHY})
    assert answer.status_code == 409
    assert "cancel it first" in answer.json()["detail"]
    nobody = await world.post("/v1/deletions", {"customer_reference": "nobody", **WHY})
    assert nobody.status_code == 404


@pytest.mark.parametrize(
    ("verb", "body", "command"),
    [
        ("cancel", WHY, DeletionCommand.CANCEL),
        ("warn", WHY, DeletionCommand.WARN_AGAIN),
        ("confirm", {"deleted": ["files", "reports"], "reference": "job 7"}, DeletionCommand.CONFIRM),
    ],
)
async def test_orders_reach_its_process(world: World, verb: str, body: dict[str, object], command: str) -> None:
    deletion = await begun(world)
    answer = await world.post(f"/v1/deletions/del_1/{verb}", body)
    assert answer.status_code == 200, answer.text
    ((process, given, order),) = world.door.orders
    assert (process, given) == (deletion.customer, command)
    if isinstance(order, ConfirmDeletion):
        assert (order.actor, order.reason, order.deleted) == ("api", "job 7", ("files", "reports"))
    else:
        assert order == Command("api/ana@soporte", "asked by phone")
    world.door.refusal = CommandRefused("the product was asked to delete")
    assert (await world.post(f"/v1/deletions/del_1/{verb}", body)).status_code == 409
    await world.store.save_deletion(replace(deletion, state=State.DONE))
    over = await world.post(f"/v1/deletions/del_1/{verb}", body)
    assert (over.status_code, over.json()["detail"]) == (409, "it is done: nothing is left to change")
    assert (await world.post(f"/v1/deletions/del_9/{verb}", body)).status_code == 404


async def test_confirmation_says_what_was_deleted(world: World) -> None:
    await begun(world)
    answer = await world.post("/v1/deletions/del_1/confirm", {"deleted": []})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "deleted"


async def test_certificate_is_downloaded_once_there_is_one(world: World) -> None:
    await begun(world)
    for path in ("certificate", "certificate.pdf"):
        assert (await world.get(f"/v1/deletions/del_1/{path}")).status_code == 404
    await world.store.keep_certificate("acme", "del_1", Certificate('{"deletion":"del_1"}', "d1", b"%PDF-1"))
    assert (await world.get("/v1/deletions/del_1/certificate")).json() == {"deletion": "del_1", "sha256": "d1"}
    paper = await world.get("/v1/deletions/del_1/certificate.pdf")
    assert (paper.content, paper.headers["content-type"]) == (b"%PDF-1", "application/pdf")


async def test_owner_takes_a_copy_of_what_is_held_of_a_customer(world: World) -> None:
    subscription = await gone(world)
    answer = await world.get(f"/v1/subscriptions/{subscription}/export")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as held:
        assert json.loads(held.read("cliente.json"))["email"] == "ana@example.mx"
        assert json.loads(held.read("suscripciones.json"))["subscriptions"][0]["id"] == subscription
        assert b"Acme" in held.read("LEEME.txt")
        assert held.read("pagos.csv").startswith(b"paid_at,invoice,charge,centavos")


async def test_an_owners_copy_has_their_pets_and_every_bill(
    clinic: World,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporting, "PAGE", 2)
    subscription = await wellness(clinic, await luna(clinic))
    bills = [(await billed(clinic))["id"] for _ in range(3)]
    answer = await clinic.get(f"/v1/subscriptions/{subscription}/export")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as held:
        assert sorted(each["id"] for each in json.loads(held.read("cobros.json"))) == sorted(bills)
        assert [each["name"] for each in json.loads(held.read("cliente.json"))["pets"]] == [LUNA["name"]]


class TestPage:
    async def test_says_when_and_takes_the_wish_to_keep_them(self, world: World) -> None:
        deletion = await begun(world)
        shown = await world.http.get(page(deletion.subscription))
        assert "se eliminarán el" in shown.text
        assert 'value="keep"' in shown.text
        answer = await world.http.post(page(deletion.subscription), data={"do": "keep"})
        assert (answer.status_code, answer.headers["location"]) == (303, page(deletion.subscription))
        assert world.door.orders == [
            (deletion.customer, DeletionCommand.CANCEL, Command("customer", "chosen on the page of the message"))
        ]
        world.door.refusal = CommandRefused("asked already")
        late = await world.http.post(page(deletion.subscription), data={"do": "keep"})
        assert (late.status_code, "Ya no es posible" in late.text) == (409, True)

    async def test_has_the_product_asked_for_its_part_of_a_copy_once(self, world: World) -> None:
        deletion = await begun(world)
        for _ in range(2):
            assert (await world.http.post(page(deletion.subscription), data={"do": "export"})).status_code == 303
        told = [e.type for e, _ in await world.store.events("acme", subscription=deletion.subscription)]
        assert told.count(EventType.EXPORT_REQUESTED) == 1
        assert "Pedimos al servicio tus datos" in (await world.http.get(page(deletion.subscription))).text
        offer = await world.put("/v1/deletions/del_1/export", {"url": "https://app.example.mx/e?a=1&b=2"})
        assert offer.json()["export_url"] == "https://app.example.mx/e?a=1&b=2"
        assert 'href="https://app.example.mx/e?a=1&amp;b=2"' in (await world.http.get(page(deletion.subscription))).text
        bad = await world.put("/v1/deletions/del_1/export", {"url": "http://app.example.mx/e"})
        assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "url")

    async def test_begins_a_deletion_for_who_has_left_and_not_for_who_has_not(self, world: World) -> None:
        subscription = await world.signed_up()
        alive = await world.http.post(page(subscription), data={"do": "delete"})
        assert (alive.status_code, "cancélala primero" in alive.text) == (409, True)
        record = await world.store.subscription("acme", subscription)
        assert record is not None
        await world.store.save_subscription(replace(record, status=Status.CANCELED))
        assert "No hay ninguna eliminación en curso" in (await world.http.get(page(subscription))).text
        assert (await world.http.post(page(subscription), data={"do": "delete"})).status_code == 303
        (begun,) = await world.store.deletions("acme")
        assert (begun.cause, begun.requested_by) == (Cause.ASKED, "customer")

    async def test_offers_a_copy_and_in_the_end_the_certificate(self, world: World) -> None:
        deletion = await begun(world, warnings=(Warned("k", NOW, timedelta(days=3), arrived=NOW),))
        copied = await world.http.get(f"{page(deletion.subscription)}/copia.zip")
        assert zipfile.ZipFile(io.BytesIO(copied.content)).testzip() is None
        assert copied.headers["cache-control"] == "no-store"
        assert (await world.http.get(f"{page(deletion.subscription)}/certificado.pdf")).status_code == 404
        await world.store.keep_certificate("acme", "del_1", Certificate("{}", "d1", b"%PDF-1"))
        await world.store.save_deletion(replace(deletion, state=State.DONE, closed_at=NOW))
        assert "fueron eliminados" in (await world.http.get(page(deletion.subscription))).text
        assert (await world.http.get(f"{page(deletion.subscription)}/certificado.pdf")).content == b"%PDF-1"

    async def test_opens_with_its_own_link_alone_and_in_the_customers_language(self, world: World) -> None:
        subscription = await world.signed_up(language=Language.EN.value)
        assert "Your data" in (await world.http.get(page(subscription))).text
        for wrong in (page(subscription, Purpose.PAY), page("s_nobody"), "/mis-datos/nonsense"):
            assert (await world.http.get(wrong)).status_code == 404
            assert (await world.http.post(wrong, data={"do": "keep"})).status_code == 404
            assert (await world.http.get(f"{wrong}/copia.zip")).status_code == 404
        opened = await world.http.get(link("", LINK_KEY, Purpose.DATA, "acme", subscription))
        assert opened.headers["location"] == page(subscription)
