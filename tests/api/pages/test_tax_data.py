"""A customer whose tax data were refused corrects them on a page of ours, and nothing wrong gets through it."""

import re
from typing import Any

import httpx
import pytest

from activities.ports.processes import CommandRefused
from models.cfdi.documents import DocumentKind, DocumentState
from models.cfdi.fiscal import Receiver
from models.speaking.links import Purpose, link
from models.speaking.notices import Language
from tests.api.conftest import LINK_KEY, World
from tests.api.tax_documents import XENON, documented, rejected

PATH = "/datos-fiscales/"
GOOD = {**XENON, "cfdi_use": ""}


def token(tenant: str = "acme", key: str = "ch_1/income/v1", purpose: Purpose = Purpose.TAX_DATA) -> str:
    return link("", LINK_KEY, purpose, tenant, key).rpartition("/")[2]


async def refused(world: World, **changes: Any) -> None:
    subscription = await documented(world, **{"field": "legal_name", "code": "CFDI40145", **changes})
    customer = await world.store.customer_of("acme", subscription)
    receiver = Receiver("XIA190128J61", "XENON <INDUSTRIAL> ARTICLE", "601", "76343")
    await world.store.save_receiver("acme", customer.id, receiver)


async def submitted(world: World, **changes: str) -> httpx.Response:
    return await world.http.post(PATH + token(), data={**GOOD, **changes})


async def test_the_link_in_the_message_leads_to_the_form_with_the_refused_field_marked(world: World) -> None:
    await refused(world)
    onward = await world.http.get(f"/go/{token()}")
    assert (onward.status_code, onward.headers["location"]) == (303, PATH + token())
    shown = await world.http.get(PATH + token())
    assert shown.status_code == 200
    marked = re.findall(r'<div class="field bad"><label for="(\w+)">', shown.text)
    assert marked == ["legal_name"]
    assert "El SAT no reconoce este dato. Letra por letra como en la constancia" in shown.text
    assert "XENON &lt;INDUSTRIAL&gt; ARTICLE" in shown.text
    assert '<option value="601" selected>' in shown.text


async def test_corrected_data_are_kept_and_the_invoice_goes_on_by_itself(world: World) -> None:
    await refused(world)
    answer = await submitted(world)
    assert (answer.status_code, "Tu factura llega en unos minutos" in answer.text) == (200, True)
    (order,) = world.door.orders
    assert (order[0], order[1], order[2].actor) == ("ch_1", "correct_receiver", "customer")
    document = await world.store.document("acme", "ch_1/income/v1")
    assert document is not None
    customer = await world.store.customer_of("acme", document.subscription)
    assert customer.receiver == Receiver("XIA190128J61", "XENON INDUSTRIAL ARTICLES", "601", "76343")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tax_id": "XIA19012"}, "tax_id"),
        ({"legal_name": ""}, "legal_name"),
        ({"tax_regime": ""}, "tax_regime"),
        ({"tax_regime": "605"}, "tax_regime"),
        ({"postal_code": "7634"}, "postal_code"),
        ({"cfdi_use": "D01"}, "cfdi_use"),
    ],
)
async def test_what_cannot_be_right_comes_back_with_its_field_and_what_was_typed(
    world: World, changes: dict[str, str], field: str
) -> None:
    await refused(world)
    answer = await submitted(world, **changes)
    assert answer.status_code == 422
    assert re.findall(r'<div class="field bad"><label for="(\w+)">', answer.text) == [field]
    assert "Así no puede ser" in answer.text
    assert world.door.orders == []


async def test_an_invoice_that_is_out_needs_no_more_data(world: World) -> None:
    await refused(world, state=DocumentState.DELIVERED, uuid="UUID-1", seal="seal")
    assert "ya no hacen falta" in (await world.http.get(PATH + token())).text
    assert "ya no hacen falta" in (await submitted(world)).text
    assert world.door.orders == []


async def test_whoever_was_faster_is_no_error(world: World) -> None:
    await refused(world)
    world.door.refusal = CommandRefused("nothing to correct: the document is sending")
    assert "ya no hacen falta" in (await submitted(world)).text


async def test_while_temporal_is_down_nothing_is_changed_and_the_page_says_when_to_come_back(world: World) -> None:
    await refused(world)
    world.door.up = False
    assert (await submitted(world)).status_code == 503
    document = await world.store.document("acme", "ch_1/income/v1")
    assert document is not None
    customer = await world.store.customer_of("acme", document.subscription)
    assert customer.receiver is not None
    assert customer.receiver.name == "XENON <INDUSTRIAL> ARTICLE"


@pytest.mark.parametrize(
    "bad",
    [
        token(tenant="other"),
        token(key="ch_9/income/v1"),
        token(purpose=Purpose.PDF),
        token()[:-2] + "AA",
        "nonsense",
    ],
)
async def test_another_token_opens_nothing(world: World, bad: str) -> None:
    await refused(world)
    assert (await world.http.get(PATH + bad)).status_code == 404
    assert (await world.http.post(PATH + bad, data=GOOD)).status_code == 404


async def test_a_global_invoice_asks_nobody(world: World) -> None:
    await documented(world, kind=DocumentKind.GLOBAL, source="global-2026-11", subscription="")
    assert (await world.http.get(PATH + token(key="global-2026-11/global/v1"))).status_code == 404


async def test_who_is_written_to_in_english_reads_english(world: World) -> None:
    await world.store.save_document(rejected(await world.signed_up(language=Language.EN)))
    shown = await world.http.get(PATH + token())
    assert "Correct your tax data" in shown.text
    assert "Código postal" not in shown.text
