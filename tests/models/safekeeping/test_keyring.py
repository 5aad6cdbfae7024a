"""The keyring: what is sealed opens only as itself, with a key that is still known."""

import base64

import pytest

from models.safekeeping.keyring import KEY_BYTES, Keyring, KeyringInvalid, Unsealable

OLD, NEW = Keyring.fresh("old"), Keyring.fresh("new")


def test_a_sealed_text_opens_again_and_shows_nothing() -> None:
    ring = Keyring.parse(OLD)
    sealed = ring.seal_text("ana@example.mx", context="customers.email")
    assert ring.open_text(sealed, context="customers.email") == "ana@example.mx"
    assert "ana@" not in sealed
    assert sealed != ring.seal_text("ana@example.mx", context="customers.email")
    assert ring.seal_text("", context="customers.email") == "" == ring.open_text("", context="customers.email")


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    before = Keyring.parse(OLD).seal_text("Ana", context="name")
    ring = Keyring.parse(f"{NEW},{OLD}")
    assert ring.current == "new"
    assert ring.open_text(before, context="name") == "Ana"
    assert ring.seal_text("Ana", context="name").startswith("v1:new:")


def test_what_was_sealed_as_one_thing_does_not_open_as_another() -> None:
    ring = Keyring.parse(OLD)
    sealed = ring.seal_text("Ana", context="name")
    with pytest.raises(Unsealable, match="not what it claims"):
        ring.open_text(sealed, context="email")


@pytest.mark.parametrize("broken", ["Ana", "v1:old:", "v1:old:a", "v1:old:AAAA", "v2:old:AAAA"])
def test_a_damaged_text_is_refused(broken: str) -> None:
    with pytest.raises(Unsealable):
        Keyring.parse(OLD).open_text(broken, context="name")


def test_a_dropped_key_is_named() -> None:
    sealed = Keyring.parse(OLD).seal_text("Ana", context="name")
    with pytest.raises(Unsealable, match="'old'"):
        Keyring.parse(NEW).open_text(sealed, context="name")


def test_a_value_is_found_under_every_key() -> None:
    before = Keyring.parse(OLD).fingerprints("ana@example.mx", context="email")
    after = Keyring.parse(f"{NEW},{OLD}").fingerprints("ana@example.mx", context="email")
    assert before[0] == after[1] != after[0]
    assert before != Keyring.parse(OLD).fingerprints("ana@example.mx", context="phone")


SHORT = base64.b64encode(b"x" * (KEY_BYTES - 1)).decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no key"),
        ("AAAA", "id:base64"),
        (f"k_1:{SHORT}", "letters and digits"),
        (f"k1:{SHORT}", "31 bytes"),
        ("k1:?", "not base64"),
        (f"{OLD},{OLD}", "stands twice"),
    ],
    ids=lambda value: "" if ":" in value else value,  # keys differ from run to run; names of tests must not
)
def test_keys_that_cannot_be_used_are_explained_and_not_shown(text: str, said: str) -> None:
    with pytest.raises(KeyringInvalid, match=said) as refusal:
        Keyring.parse(text)
    assert SHORT not in str(refusal.value)


def test_keys_do_not_show_when_printed() -> None:
    assert OLD.partition(":")[2] not in repr(Keyring.parse(OLD))
