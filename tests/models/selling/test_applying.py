"""What somebody who signs up agrees to, and what they pay when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from models.agreements.legal import LegalKind, LegalText
from models.look.brand import brand
from models.money import Money
from models.periods import Calendar
from models.selling.applying import agreements, first_payments, named
from models.selling.plans import Plan
from models.speaking.notices import Language
from models.words import Words

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
PRO = Plan("acme", "pro", "Pro", Money(14_900), trial_days=7)


def test_a_trial_costs_nothing_until_it_ends_and_a_plan_without_one_is_charged_today() -> None:
    trial = first_payments(PRO, NOW, Calendar())
    assert (trial.today, trial.later, trial.on) == (Money(0), Money(14_900), NOW + timedelta(days=7))
    at_once = first_payments(replace(PRO, trial_days=0), NOW, Calendar())
    assert (at_once.today, at_once.later, at_once.on) == (Money(14_900), None, None)
    free = first_payments(replace(PRO, price=Money(0)), NOW, Calendar())
    assert (free.today, free.later) == (Money(0), None)


def test_texts_of_ours_are_agreed_to_by_number_and_others_by_their_address() -> None:
    ours = brand(tenant="acme", name="Acme")
    text = LegalText("acme", LegalKind.TERMS, 3, Words("uno"), NOW)
    assert agreements(ours, {}, Language.ES) == ()
    mixed = replace(ours, texts=(LegalKind.TERMS, LegalKind.SLA), privacy_url="https://acme.mx/aviso")
    terms, privacy = agreements(mixed, {LegalKind.TERMS: text}, Language.EN)
    assert (terms.address, terms.number) == ("/legal/acme/terminos?lang=en", "3")
    assert (privacy.version, privacy.number) == ("https://acme.mx/aviso", "")
    assert named((terms, privacy)) == "terms=3 privacy=https://acme.mx/aviso"
