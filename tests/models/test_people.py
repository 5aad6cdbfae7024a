"""What is checked at the door, and the words in which it is refused."""

import pytest

from models import people
from models.people import FieldInvalid


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("55 1234 5678", "+525512345678"),
        ("+52 (55) 1234-5678", "+525512345678"),
        ("+5215512345678", "+525512345678"),  # WhatsApp's old Mexican form
        ("+1 415 555 2671", "+14155552671"),
    ],
)
def test_a_phone_is_kept_in_one_form(written: str, kept: str) -> None:
    assert people.phone(written) == kept


@pytest.mark.parametrize("written", ["", "hola", "123", "+52 55", "55123456789012345"])
def test_what_is_no_phone_is_refused_with_the_remedy(written: str) -> None:
    with pytest.raises(FieldInvalid, match="ten digits") as error:
        people.phone(written)
    assert error.value.field == "phone"


def test_two_spellings_of_one_mailbox_are_one_customer() -> None:
    assert people.email(" Ana@Clinic.test ") == people.email("ana@clinic.test")


@pytest.mark.parametrize("written", ["", "ana", "ana@", "@clinic.test", "ana clinic@x.test"])
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(FieldInvalid) as error:
        people.email(written)
    assert error.value.field == "email"


@pytest.mark.parametrize("written", ["", "a b", "ana@clinic.test", "x" * 65, "5512345678", "XAXX010101000"])
def test_a_reference_never_carries_personal_data(written: str) -> None:
    with pytest.raises(FieldInvalid) as error:
        people.reference(written)
    assert error.value.field == "customer_reference"


def test_a_reference_is_kept_as_the_tenant_writes_it() -> None:
    assert people.reference(" clinic-7_B ") == "clinic-7_B"
