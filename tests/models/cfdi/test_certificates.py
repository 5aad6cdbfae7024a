"""A CSD is proved before it is kept, and what is wrong with it is said in words."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models.cfdi.certificates import Csd, checked, chosen, opened, sealed
from models.cfdi.fiscal import Issuer
from models.people import FieldInvalid
from models.safekeeping.keyring import Keyring, Unsealable
from sandbox.pki import issue_csd
from tests.fiscal_world import certificate
from tests.samples import ISSUER

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("csd")
    issue_csd(here / "csd", "acme", ISSUER, here / "authority")
    issue_csd(here / "csd", "other", Issuer("AAA010101AAA", "OTRA", "601", "06600"), here / "authority")
    certificate(here, "fiel", issuer="AC", extensions=4)
    return here / "csd"


def given(place: Path, tenant: str = "acme", **changes: object) -> Csd:
    files: dict[str, object] = {
        "certificate": (place / tenant / "certificate.cer").read_bytes(),
        "private_key": (place / tenant / "private.key").read_bytes(),
        "password": (place / tenant / "password").read_text(),
        "now": NOW,
        "rfc": ISSUER.rfc,
    }
    return checked(**{**files, **changes})  # type: ignore[arg-type]


def test_a_good_csd_tells_its_number_its_rfc_and_how_long_it_lasts(place: Path) -> None:
    csd = given(place)
    assert (csd.rfc, csd.name, len(csd.number)) == (ISSUER.rfc, ISSUER.name, 20)
    assert csd.valid_from < NOW < csd.valid_until


@pytest.mark.parametrize(
    ("tenant", "changes", "field", "why"),
    [
        ("fiel", {}, "certificate", "FIEL"),
        ("other", {}, "certificate", "belongs to the RFC AAA010101AAA"),
        ("acme", {"certificate": b"not one"}, "certificate", "upload the .cer"),
        ("acme", {"now": NOW + timedelta(days=3_000)}, "certificate", "it ended on"),
        ("acme", {"now": NOW - timedelta(days=30)}, "certificate", "not valid before"),
        ("acme", {"password": "wrong"}, "password", "does not open"),
        ("acme", {"private_key": b"not one"}, "private_key", "upload the .key"),
    ],
)
def test_what_is_wrong_is_named(place: Path, tenant: str, changes: dict[str, object], field: str, why: str) -> None:
    with pytest.raises(FieldInvalid, match=why) as told:
        given(place, tenant, **changes)
    assert told.value.field == field


def test_a_key_of_another_certificate_is_refused(place: Path) -> None:
    key, password = (place / "other" / "private.key").read_bytes(), (place / "other" / "password").read_text()
    with pytest.raises(FieldInvalid, match="does not belong") as told:
        given(place, private_key=key, password=password)
    assert told.value.field == "private_key"


def test_the_key_is_kept_sealed_and_opens_for_its_tenant_alone(place: Path) -> None:
    ring = Keyring.parse(Keyring.fresh("k1"))
    csd = given(place)
    kept = sealed(csd, tenant="acme", keyring=ring, now=NOW)
    assert csd.key not in kept.sealed
    assert csd.key.hex() not in repr(kept) + repr(csd)
    assert opened(kept, ring) == csd.key
    stolen = sealed(csd, tenant="other", keyring=ring, now=NOW)
    with pytest.raises(Unsealable):
        opened(type(kept)(**{**{f: getattr(stolen, f) for f in kept.__slots__}, "tenant": "acme"}), ring)


def test_of_several_the_one_added_last_seals_as_long_as_it_is_good(place: Path) -> None:
    ring = Keyring.parse(Keyring.fresh("k1"))
    old, new = (sealed(given(place), tenant="acme", keyring=ring, now=NOW + timedelta(days=d)) for d in (0, 1))
    assert chosen([old, new], ISSUER.rfc, NOW) == new
    assert chosen([old, new], "AAA010101AAA", NOW) is None
    assert chosen([old, new], ISSUER.rfc, new.valid_until + timedelta(seconds=1)) is None
    assert not new.ending(new.valid_until - timedelta(days=31))
    assert new.ending(new.valid_until - timedelta(days=29))
