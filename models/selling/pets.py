"""Whom a plan or a bill is for, beside the customer who pays: an animal. Species and sex are words of the tenant's catalogue."""

from dataclasses import dataclass
from datetime import date

from models.people import FieldInvalid

LONGEST_WORD, LONGEST_NAME = 30, 60
HEAVIEST = 2_000_000  # grams: two tonnes, a bull
OLDEST = 150  # years, a tortoise


@dataclass(frozen=True, slots=True)
class Animal:
    """What a price may depend on. `grams` None: nobody has weighed it."""

    species: str = ""
    sex: str = ""
    grams: int | None = None


@dataclass(frozen=True, slots=True)
class Pet:
    """A customer's animal. What it is and how it is called is kept sealed: it tells of whoever owns it."""

    tenant: str
    id: str
    customer: str
    name: str
    animal: Animal
    born: date | None = None
    sterilised: bool | None = None  # None: not known


def checked(pet: Pet, today: date) -> Pet:
    """The pet in canonical form.

    Raises:
        FieldInvalid: naming `name`, `species`, `sex`, `weight_grams` or `born`, and the remedy.
    """
    name = " ".join(pet.name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise FieldInvalid("name", f"write the animal's name, 1 to {LONGEST_NAME} characters")
    species, sex = (" ".join(word.split()).casefold() for word in (pet.animal.species, pet.animal.sex))
    if not 1 <= len(species) <= LONGEST_WORD:
        raise FieldInvalid("species", f"write it as your catalogue does, 1 to {LONGEST_WORD} characters, e.g. perro")
    if len(sex) > LONGEST_WORD:
        raise FieldInvalid("sex", f"write it as your catalogue does, up to {LONGEST_WORD} characters, e.g. hembra")
    grams = pet.animal.grams
    if grams is not None and not 0 < grams <= HEAVIEST:
        raise FieldInvalid("weight_grams", f"write grams, from 1 to {HEAVIEST}; 12500 is 12.5 kg")
    if (pet.born is not None and not 0 <= today.year - pet.born.year <= OLDEST) or (pet.born and pet.born > today):
        raise FieldInvalid("born", "write the day it was born, not after today; leave it out where it is not known")
    return Pet(pet.tenant, pet.id, pet.customer, name, Animal(species, sex, grams), pet.born, pet.sterilised)
