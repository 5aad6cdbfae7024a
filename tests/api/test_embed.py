"""What a product's page may ask of us, and nothing more."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.money import Money
from models.safekeeping.rotating_secret import RotatingSecret
from models.speaking.links import Purpose, dated_token
from models.subscribing.subscriptions import Status
from tests.api.conftest import ANA, LINK_KEY, PUBLIC, World

MINT = f"/v1/entitlements/{ANA['customer_reference']}/token"


async def asked(world: World, token: str) -> dict[str, object]:
    answer = await world.http.get("/embed/entitlement", params={"token": token}, headers={"Origin": "https://shop.mx"})
    assert answer.headers["access-control-allow-origin"] == "*"
    told: dict[str, object] = {"status": answer.status_code, **answer.json()}
    return told


async def test_a_token_answers_one_question_about_one_customer(world: World) -> None:
    subscription = await world.signed_up()
    minted = (await world.post(MINT)).json()
    assert datetime.fromisoformat(minted["expires_at"]) - datetime.now(UTC) < timedelta(minutes=15)
    told = await asked(world, minted["token"])
    assert told == {"status": 200, "access": "full", "banner": "", "link": "", "button": "", "good_for": 600}
    record = await world.store.subscription("acme", subscription)
    assert record is not None
    await world.store.save_subscription(replace(record, status=Status.SUSPENDED, amount_due=Money(14_900)))
    told = await asked(world, minted["token"])
    assert (told["access"], told["button"]) == ("blocked", "Ir a pagar")
    assert str(told["link"]).startswith(f"{PUBLIC}/go/")
    for path in ("/v1/billing/subscription", f"/v1/entitlements/{ANA['customer_reference']}"):
        answer = await world.http.get(path, headers={"Authorization": f"Bearer {minted['token']}"})
        assert answer.status_code == 401


@pytest.mark.parametrize("what", ["over", "anothers", "nonsense", "changed"])
async def test_no_other_token_is_taken(world: World, what: str) -> None:
    subscription, now = await world.signed_up(), datetime.now(UTC)
    token = {
        "over": dated_token(LINK_KEY, Purpose.EMBED, "acme", subscription, now - timedelta(seconds=2)),
        "anothers": dated_token(LINK_KEY, Purpose.ACCOUNT, "acme", subscription, now + timedelta(hours=1)),
        "nonsense": "ñandú",
        "changed": dated_token(
            RotatingSecret.parse("another key"), Purpose.EMBED, "acme", subscription, now + timedelta(hours=1)
        ),
    }[what]
    told = await asked(world, token)
    assert told["status"] == 401
    assert ("mint another one" in str(told["detail"])) is (what == "over")


@pytest.mark.parametrize(
    "path", ["entitlement", "entitlement?token=gone", "perdura.js", f"perdura.js?v={'4' * 65}", "x"]
)
async def test_whatever_is_answered_can_be_read_by_the_page_of_any_origin(world: World, path: str) -> None:
    for address in ("/v1/catalog", f"/embed/{path}"):
        answer = await world.http.get(address, headers={"Origin": "https://shop.mx"})
        told = answer.headers.get("access-control-allow-origin")
        assert told == ("*" if address.startswith("/embed/") else None), answer.text


async def test_the_snippet_is_kept_for_a_year_under_the_address_that_names_it(world: World) -> None:
    await world.signed_up()
    minted = (await world.post(MINT)).json()
    whole = await world.http.get(minted["script"].removeprefix(PUBLIC))
    assert whole.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert whole.headers["content-type"].startswith("text/javascript")
    assert minted["integrity"] == f"sha384-{base64.b64encode(hashlib.sha384(whole.content).digest()).decode()}"
    plain = await world.http.get("/embed/perdura.js")
    assert (plain.content, plain.headers["cache-control"]) == (whole.content, "public, max-age=3600")
    assert len(plain.content) < 6_000
    again = await world.http.get("/embed/perdura.js", headers={"If-None-Match": plain.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await world.http.get("/embed/perdura.js?v=older")
    assert other.headers["cache-control"] == "public, max-age=3600"


async def test_strangers_mint_nothing(world: World) -> None:
    await world.signed_up()
    assert (await world.http.post(MINT)).status_code == 401
    assert (await world.post("/v1/entitlements/nobody/token")).status_code == 404
