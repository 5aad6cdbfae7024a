"""What people read: amounts, dates, notices, banners and links."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from models.collecting.declines import (
    AUTHENTICATION_CODES,
    HARD_CODES,
    PENDING_CODES,
    SOFT_CODES,
    Decline,
    DeclineClass,
)
from models.money import Money
from models.periods import Calendar
from models.safekeeping.rotating_secret import RotatingSecret
from models.speaking.links import Purpose, link, opened
from models.speaking.notices import Language, NoticeKind
from models.speaking.rendering import render
from models.speaking.wording import Facts
from models.subscribing.entitlements import Access, entitlement
from models.subscribing.subscriptions import Status

FACTS = Facts("Ana", "Acme", "PRO", "$149.00 MXN", "24 nov 2026", "https://p.test/go/x", "", "", "", "")


@pytest.mark.parametrize(
    ("centavos", "shown"),
    [(14_900, "$149.00 MXN"), (120_000, "$1,200.00 MXN"), (5, "$0.05 MXN"), (-14_901, "-$149.01 MXN")],
)
def test_money_is_shown_as_people_write_it(centavos: int, shown: str) -> None:
    assert str(Money(centavos)) == shown


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("America/Mexico_City", "2026-11-21 12:30 (America/Mexico_City)"),
        ("America/Tijuana", "2026-11-21 10:30 (America/Tijuana)"),
        ("America/Cancun", "2026-11-21 13:30 (America/Cancun)"),
    ],
)
def test_an_instant_is_shown_on_the_customers_clock(zone: str, shown: str) -> None:
    assert Calendar(zone=zone).show(datetime(2026, 11, 21, 18, 30, tzinfo=UTC)) == shown


def test_mexico_city_has_no_summer_time_and_tijuana_has() -> None:
    july = datetime(2026, 7, 1, 18, 30, tzinfo=UTC)
    assert "12:30" in Calendar().show(july)
    assert "11:30" in Calendar(zone="America/Tijuana").show(july)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", list(NoticeKind))
def test_every_notice_is_written_in_every_language(kind: NoticeKind, language: Language) -> None:
    text = render(kind, language, FACTS)
    assert "Acme" in text.subject + text.body
    assert "{" not in text.subject + text.body
    assert len(text.body) < 1024  # WhatsApp's limit for a template body
    assert text.variables == ("Ana", "Acme", "PRO", "$149.00 MXN", "24 nov 2026", "https://p.test/go/x", "", "", "", "")


@pytest.mark.parametrize(
    ("decline", "says"),
    [(DeclineClass.HARD, "otra"), (DeclineClass.AUTHENTICATION, "autorices"), (DeclineClass.SOFT, "24 horas")],
)
def test_a_failed_payment_says_why_and_what_to_do(decline: DeclineClass, says: str) -> None:
    assert says in render(NoticeKind.PAYMENT_FAILED, Language.ES, replace(FACTS, decline=decline)).body


def test_no_decline_code_has_two_meanings() -> None:
    assert not HARD_CODES & SOFT_CODES
    assert not HARD_CODES & AUTHENTICATION_CODES
    assert not SOFT_CODES & AUTHENTICATION_CODES
    assert not PENDING_CODES & (HARD_CODES | SOFT_CODES | AUTHENTICATION_CODES)


@pytest.mark.parametrize(
    ("decline", "kind"),
    [
        (Decline("lost_card"), DeclineClass.HARD),
        (Decline("insufficient_funds"), DeclineClass.SOFT),
        (Decline("authentication_required"), DeclineClass.AUTHENTICATION),
        (Decline("payment_pending"), DeclineClass.PENDING),
        (Decline("payment_intent_payment_attempt_expired"), DeclineClass.SOFT),
        (Decline("a_code_stripe_adds_next_year"), DeclineClass.UNKNOWN),
        (Decline("do_not_honor", advice="03"), DeclineClass.HARD),
        (Decline("do_not_honor", advice="21"), DeclineClass.HARD),
        (Decline("do_not_honor", advice="02"), DeclineClass.SOFT),
    ],
)
def test_the_class_of_a_decline(decline: Decline, kind: DeclineClass) -> None:
    assert decline.kind is kind


@pytest.mark.parametrize(
    ("status", "access"),
    [
        (Status.TRIALING, Access.FULL),
        (Status.ACTIVE, Access.FULL),
        (Status.PAST_DUE, Access.GRACE),
        (Status.SUSPENDED, Access.BLOCKED),
        (Status.PAUSED, Access.BLOCKED),
        (Status.INCOMPLETE, Access.BLOCKED),
        (Status.CANCELED, Access.BLOCKED),
    ],
)
def test_what_each_status_entitles_to(status: Status, access: Access) -> None:
    said = entitlement(status, Language.ES, Calendar(), link="https://p.test")
    assert said.access is access
    assert bool(said.banner) is (access is not Access.FULL)


def test_the_banner_of_grace_names_its_last_day() -> None:
    until = datetime(2026, 11, 24, 18, tzinfo=UTC)
    assert "24 nov 2026" in entitlement(Status.PAST_DUE, Language.ES, Calendar(), grace_until=until).banner
    assert "24 Nov 2026" in entitlement(Status.PAST_DUE, Language.EN, Calendar(), grace_until=until).banner


def test_without_a_day_the_banner_of_grace_names_none() -> None:
    banner = entitlement(Status.PAST_DUE, Language.ES, Calendar()).banner
    assert banner == "No pudimos cobrar tu suscripción. Actualiza tu tarjeta para no perder el servicio."


def test_a_link_opens_with_our_key_only_and_cannot_be_altered() -> None:
    key, other = RotatingSecret.parse("key-one-key-one-"), RotatingSecret.parse("key-two-key-two-")
    address = link("https://p.test/", key, Purpose.PAY, "acme", "s_1")
    token = address.rpartition("/")[2]
    assert address.startswith("https://p.test/go/")
    assert opened(token, key) == (Purpose.PAY, "acme", "s_1")
    assert opened(token, other) is None
    for broken in (token[:-1], "x" + token[1:], token.partition(".")[0], "", "%%%", token + "A"):
        assert opened(broken, key) is None
