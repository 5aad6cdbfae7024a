"""Certificate and PAC at the console: proved at the door, kept sealed, never shown again, by the owner alone."""

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from models.access.permissions import Role
from models.cfdi import certificates
from models.cfdi.documents import DocumentState
from models.cfdi.pac_accounts import opened
from sandbox.pki import issue_csd
from tests.api.conftest import PUBLIC, SETTINGS, World
from tests.api.console.browsing import HIDDEN, Browser, signed_in
from tests.api.tax_documents import rejected
from tests.api.test_issuer import GOOD, ISSUER

HERE = "/console/settings/issuer"
SECRET = "an-account's-own-secret"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("csd")
    issue_csd(here / "csd", "acme", ISSUER, here / "authority")
    return here / "csd" / "acme"


@pytest.fixture
async def owner(world: World) -> Browser:
    key = {"Authorization": f"Bearer {world.key}"}
    assert (await world.http.put("/v1/issuer", json=GOOD, headers=key)).status_code == 200
    return await signed_in(world)


async def add(browser: Browser, place: Path, **changes: bytes | str) -> httpx.Response:
    """The form with its two files, as a browser sends it."""
    told = dict(HIDDEN.findall(await browser.page(HERE)))
    told["password"] = str(changes.get("password", (place / "password").read_text()))
    files = {
        "certificate": ("csd.cer", changes.get("certificate", (place / "certificate.cer").read_bytes())),
        "private_key": ("csd.key", changes.get("private_key", (place / "private.key").read_bytes())),
    }
    return await browser.http.post(f"{HERE}/csd", data=told, files=files, headers={"Origin": PUBLIC})  # type: ignore[arg-type]


async def test_a_certificate_is_proved_told_whose_it_is_and_until_when_and_its_secrets_are_gone(
    world: World, owner: Browser, place: Path
) -> None:
    other = GOOD | {"legal_name": "OTRO NOMBRE"}
    key = {"Authorization": f"Bearer {world.key}"}
    assert (await world.http.put("/v1/issuer", json=other, headers=key)).status_code == 200
    added = await add(owner, place)
    assert (added.status_code, added.headers["location"]) == (303, HERE)
    page = await owner.page(HERE)
    (kept,) = await world.store.certificates_of("acme")
    assert f"Certificado de {ISSUER.name} ({ISSUER.rfc})" in page
    assert kept.number in page
    assert (place / "password").read_text() not in page
    audit = await owner.page("/console/audit")
    assert "Certificado (CSD) agregado" in audit
    key = certificates.opened(kept, SETTINGS.keyring)
    assert key
    assert key not in kept.sealed


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"password": "otra"}, "password", "No abre la llave privada"),
        ({"certificate": b"no"}, "certificate", "No es un certificado del SAT"),
        ({"private_key": b"no"}, "private_key", "No es una llave privada"),
        ({"private_key": b"0" * 20_000}, "private_key", "Pesa 20,000 bytes"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field_and_nothing_is_kept(
    world: World, owner: Browser, place: Path, changes: dict[str, bytes | str], field: str, words: str
) -> None:
    told = await add(owner, place, **changes)
    assert told.status_code == 422
    assert f'id="{field}-why">{words}' in told.text
    assert "otra" not in told.text.split('id="password"', 1)[1][:200]
    assert await world.store.certificates_of("acme") == []


async def test_a_pac_account_is_kept_sealed_and_never_shown(world: World, owner: Browser) -> None:
    form = {"name": "finkok", "username": "acme", "password": SECRET, "rank": "2"}
    assert (await owner.send(f"{HERE}/pac", form, of=HERE)).status_code == 303
    (kept,) = await world.store.pac_accounts_of("acme")
    assert (kept.rank, kept.name) == (2, "finkok")
    assert opened(kept, SETTINGS.keyring).credentials == {"username": "acme", "password": SECRET}
    assert SECRET not in await owner.page(HERE)
    missing = await owner.send(f"{HERE}/pac", {"name": "sw", "token": " "}, of=HERE)
    assert missing.status_code == 422
    assert 'id="sw-token-why">Llena todos los datos de la cuenta' in missing.text
    plain = await owner.send(f"{HERE}/pac", {"name": "sw", "token": SECRET, "url": "http://pac.mx"}, of=HERE)
    assert plain.status_code == 422
    assert 'id="sw-url-why">Escribe https://' in plain.text
    assert SECRET not in plain.text
    assert (await owner.send(f"{HERE}/pac", {"name": "nadie"}, of=HERE)).status_code == 422


async def test_the_second_account_is_renewed_where_it_stands_and_the_first_is_not_lost(
    world: World, owner: Browser
) -> None:
    first = {"name": "sw", "token": SECRET, "rank": "1"}
    second = {"name": "finkok", "username": "acme", "password": SECRET, "rank": "2"}
    for form in (first, second):
        assert (await owner.send(f"{HERE}/pac", form, of=HERE)).status_code == 303
    page = await owner.page(HERE)
    assert "segundo, si el primero dice que no timbró · https://facturacion.finkok.com" in page
    assert 'value="2" selected' in page.split('id="finkok-rank"', 1)[1][:300]
    over = second | {"password": "new", "rank": "1"}
    refused = await owner.send(f"{HERE}/pac", over, of=HERE)
    assert refused.status_code == 422
    assert 'id="finkok-rank-why">Ahí está la cuenta de sw' in refused.text
    assert [(each.rank, each.name) for each in await world.store.pac_accounts_of("acme")] == [(1, "sw"), (2, "finkok")]
    assert (await owner.send(f"{HERE}/pac", over | {"replace": "yes"}, of=HERE)).status_code == 303
    kept = await world.store.pac_accounts_of("acme")
    assert [(each.rank, each.name) for each in kept] == [(1, "finkok")], "a PAC has one account: it was moved"


async def test_an_account_is_removed_unless_documents_are_with_it(world: World, owner: Browser) -> None:
    for form in (
        {"name": "sw", "token": SECRET, "rank": "1"},
        {"name": "finkok", "username": "acme", "password": SECRET, "rank": "2"},
    ):
        assert (await owner.send(f"{HERE}/pac", form, of=HERE)).status_code == 303
    sent = replace(rejected("s_1"), state=DocumentState.SENDING, pac="sw")
    await world.store.save_document(sent)
    refused = await owner.send(f"{HERE}/pac/remove", {"name": "sw"}, of=HERE)
    assert refused.status_code == 422
    assert "Documentos que siguen con sw: 1. Espera a que terminen" in refused.text
    assert 'aria-invalid="true"' not in refused.text, "no field of another form is said to be wrong"
    over = {"name": "facturapi", "secret_key": SECRET, "rank": "1", "replace": "yes"}
    assert "Documentos que siguen con sw" in (await owner.send(f"{HERE}/pac", over, of=HERE)).text
    await world.store.save_document(replace(sent, state=DocumentState.STAMPED))
    for _ in range(2):  # the second time somebody else has done it already
        assert (await owner.send(f"{HERE}/pac/remove", {"name": "sw"}, of=HERE)).status_code == 303
    assert [each.name for each in await world.store.pac_accounts_of("acme")] == ["finkok"]
    assert "PAC account removed" in {entry.action for entry in await world.store.audit_trail("acme", "")}
    assert (await owner.send(f"{HERE}/pac/remove", {"name": "nadie"}, of=HERE)).status_code == 303


async def test_nobody_but_an_owner_adds_either_and_first_it_is_said_who_issues(world: World, place: Path) -> None:
    support = await signed_in(world, Role.SUPPORT)
    assert "Comprobar y agregar" not in await support.page(HERE)
    for what in ("csd", "pac"):
        assert (await support.send(f"{HERE}/{what}", of=HERE)).status_code == 403
    early = await add(await signed_in(world), place)
    assert early.status_code == 409
    assert "Di primero quién factura" in early.text
