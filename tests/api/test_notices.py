"""How notices read, before anybody gets one."""

from dataclasses import replace

import pytest

from models.collecting.cases import Stage
from models.money import Money
from models.records import CaseRecord
from models.speaking.notices import NoticeKind
from tests.api.conftest import NOW, World

CASE = CaseRecord(
    "acme", "in_1", "", Money(23_450), Stage.GRACE, "ruthless v1", NOW, suspends_at=NOW, decline="expired_card"
)


@pytest.mark.parametrize("language", ["es-MX", "en"])
async def test_every_kind_reads_whole_with_a_customers_real_data(world: World, language: str) -> None:
    subscription = await world.signed_up()
    await world.store.save_case(replace(CASE, subscription=subscription))
    for kind in NoticeKind:
        answer = await world.get(f"/v1/notices/preview?kind={kind}&language={language}&subscription={subscription}")
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert "{" not in told["subject"] + told["body"]
        assert told["variables"]["name"] == "Ana López"
        # The last message of all is written when nothing but an address is left; an answer to a ticket is a person's own words.
        assert ("Ana López" in told["body"]) is (kind not in (NoticeKind.DATA_DELETED, NoticeKind.TICKET_REPLY))
        assert told["variables"]["amount"].startswith("$234.50")
        assert told["whatsapp"] == f"*Acme*\n{told['body']}"
        assert f'<html lang="{language}">' in told["html"]
        assert told["html"].count("https://cobranza.example.mx/go/") == told["body"].count("https://")
    assert world.door.notices == []


async def test_left_out_the_language_is_the_customers_own_and_a_stranger_is_not_found(world: World) -> None:
    subscription = await world.signed_up(language="en")
    told = (await world.get(f"/v1/notices/preview?kind=renewal&subscription={subscription}")).json()
    assert (told["language"], told["body"][:3]) == ("en", "Hi ")
    assert (await world.get("/v1/notices/preview?kind=renewal&subscription=s_404")).status_code == 404
    assert (await world.get(f"/v1/notices/preview?kind=nonsense&subscription={subscription}")).status_code == 422
