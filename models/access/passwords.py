"""Passwords: argon2id with the parameters of RFC 9106 (second recommendation: 64 MiB, three passes), and what a password must be.

Long rather than intricate, as NIST SP 800-63B-4 has it: no rules about kinds of characters, no expiry.
"""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from models.refusals import NONE, Refusal, Why

SHORTEST, LONGEST, VARIETY = 12, 256, 6
_HASHER = PasswordHasher()


class PasswordWhy(Why):
    """What is wrong with a password."""

    LENGTH = (
        "Usa de {shortest} a {longest} caracteres; varias palabras sirven bien",
        "use {shortest} to {longest} characters; several words make a good one",
    )
    VARIETY = ("Usa por lo menos {least} caracteres distintos", "use at least {least} different characters")
    KNOWN = (
        "No uses en ella tu correo ni el nombre del negocio",
        "do not use your e-mail or the name of the business in it",
    )


def weak(password: str, *about: str) -> Refusal:
    """Why a password is refused, in words; NONE when it will do. `about` are things known of the person, such as the e-mail."""
    if not SHORTEST <= len(password) <= LONGEST:
        return PasswordWhy.LENGTH(shortest=SHORTEST, longest=LONGEST)
    if len(set(password.casefold())) < VARIETY:
        return PasswordWhy.VARIETY(least=VARIETY)
    for known in about:
        for part in {known, known.partition("@")[0]}:
            if len(part) >= 4 and part.casefold() in password.casefold():
                return PasswordWhy.KNOWN()
    return NONE


def hashed(password: str) -> str:
    """The argon2id hash, salted, in the PHC string format. Takes some 100 ms and 64 MiB."""
    return _HASHER.hash(password)


def fits(password: str, held: str) -> bool:
    """Whether the password belongs to the hash. Takes as long for an empty hash, so that nobody learns who has an account."""
    try:
        _HASHER.verify(held or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(held)


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")
