"""A tenant says who issues its invoices, and its certificate is proved at the door."""

import base64
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.gateways.fiscal_satcfdi import SatcfdiSealer
from models.cfdi.pac_accounts import opened
from sandbox.pki import issue_csd
from tests.api.conftest import SETTINGS, World
from tests.fiscal_world import certificate, draft
from tests.samples import ISSUER

GOOD = {
    "tax_id": "EKU9003173C9",
    "legal_name": "Escuela Kemper Urgate, S.A. de C.V.",
    "tax_regime": "601",
    "postal_code": "06600",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("csd")
    issue_csd(here / "csd", "acme", ISSUER, here / "authority")
    certificate(here, "fiel", issuer="AC", extensions=4)
    return here / "csd"


def upload(place: Path, tenant: str = "acme") -> dict[str, str]:
    files = {"certificate": "certificate.cer", "private_key": "private.key"}
    told = {name: base64.b64encode((place / tenant / file).read_bytes()).decode() for name, file in files.items()}
    return {**told, "password": (place / tenant / "password").read_text()}


async def put(world: World, path: str, body: Any) -> httpx.Response:
    return await world.http.put(path, json=body, headers={"Authorization": f"Bearer {world.key}"})


async def test_a_tenant_that_added_its_certificate_seals_with_it_and_nobody_else_does(
    world: World, place: Path
) -> None:
    assert (await world.get("/v1/issuer")).status_code == 404
    assert (await put(world, "/v1/issuer/csd", upload(place))).status_code == 409
    answer = await put(world, "/v1/issuer", GOOD)
    assert (answer.status_code, answer.json()["legal_name"], answer.json()["vat"]) == (200, ISSUER.name, 16)
    answer = await put(world, "/v1/issuer/csd", upload(place))
    assert answer.status_code == 200, answer.text
    (csd,) = answer.json()["certificates"]
    assert (csd["in_use"], csd["warning"], len(csd["number"])) == (True, "", 20)
    sealer = SatcfdiSealer(None, issuers=world.store, keyring=SETTINGS.keyring)
    assert await sealer.issuer("acme") == ISSUER
    assert (await sealer.build_and_seal("acme", draft())).seal
    assert await world.store.issuer_of("other") is None
    assert await world.store.certificates_of("other") == []


async def test_what_is_kept_opens_without_the_password_and_not_without_the_keyring(world: World, place: Path) -> None:
    await put(world, "/v1/issuer", GOOD)
    body = upload(place)
    await put(world, "/v1/issuer/csd", body)
    (kept,) = await world.store.certificates_of("acme")
    assert base64.b64decode(body["private_key"]) not in kept.sealed
    assert body["password"].encode() not in kept.sealed


@pytest.mark.parametrize(
    ("changes", "field", "why"),
    [
        ({"private_key": "%%%"}, "private_key", "base64"),
        ({"password": "equivocada"}, "password", "does not open"),
        ({"certificate": base64.b64encode(b"no").decode()}, "certificate", ".cer"),
    ],
)
async def test_what_is_wrong_with_a_certificate_is_named(
    world: World, place: Path, changes: dict[str, str], field: str, why: str
) -> None:
    await put(world, "/v1/issuer", GOOD)
    answer = await put(world, "/v1/issuer/csd", {**upload(place), **changes})
    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["field"]) == (422, field)
    assert why in fault["message"]
    assert "equivocada" not in answer.text
    assert await world.store.certificates_of("acme") == []


async def test_a_fiel_and_a_certificate_of_another_rfc_are_refused(world: World, place: Path) -> None:
    await put(world, "/v1/issuer", {**GOOD, "tax_id": "AAA010101AAA"})
    assert "belongs to the RFC" in (await put(world, "/v1/issuer/csd", upload(place))).text
    assert "FIEL" in (await put(world, "/v1/issuer/csd", upload(place, "fiel"))).text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tax_id": "EKU9013313C9"}, "tax_id"),
        ({"tax_regime": "612"}, "tax_regime"),
        ({"postal_code": "00000"}, "postal_code"),
        ({"vat": 15}, "vat"),
        ({"withholding": "resico"}, "withholding"),
        ({"series": "p-1"}, "series"),
    ],
)
async def test_settings_that_cannot_be_name_their_field(world: World, changes: dict[str, Any], field: str) -> None:
    answer = await put(world, "/v1/issuer", {**GOOD, **changes})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_pac_account_is_moved_and_removed(world: World) -> None:
    await put(world, "/v1/issuer", GOOD)
    sw = {"name": "sw", "credentials": {"token": "t"}}
    for rank in (1, 2):
        answer = await put(world, "/v1/issuer/pac", sw | {"rank": rank})
        assert [(each["rank"], each["name"]) for each in answer.json()["pac"]] == [(rank, "sw")]
    headers = {"Authorization": f"Bearer {world.key}"}
    missing = await world.http.delete("/v1/issuer/pac/finkok", headers=headers)
    assert (missing.status_code, "no account at finkok" in missing.text) == (404, True)
    gone = await world.http.delete("/v1/issuer/pac/sw", headers=headers)
    assert (gone.status_code, gone.json()["pac"]) == (200, [])


async def test_credentials_of_a_pac_are_kept_sealed_and_never_told_again(world: World) -> None:
    await put(world, "/v1/issuer", GOOD)
    wrong = await put(world, "/v1/issuer/pac", {"name": "finkok", "credentials": {"token": "x"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "credentials")
    given = {"name": "finkok", "credentials": {"username": "ana@acme.mx", "password": "s3cret-of-finkok"}}
    answer = await put(world, "/v1/issuer/pac", given)
    assert answer.json()["pac"] == [{"rank": 1, "name": "finkok", "url": "https://facturacion.finkok.com"}]
    assert "s3cret" not in answer.text
    (kept,) = await world.store.pac_accounts_of("acme")
    assert "s3cret" not in kept.sealed
    assert opened(kept, SETTINGS.keyring).credentials["password"] == "s3cret-of-finkok"
