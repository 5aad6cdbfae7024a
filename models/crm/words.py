"""What a customer is found by: the words of their names, e-mail, RFC and phone, as whole words and as beginnings of words.

Names are sealed, so SQL cannot look into them. What it may look for are keyed digests of these terms; docs/security.md says what those
give away. Accents, case and punctuation make no difference.
"""

import re
import unicodedata
from collections.abc import Iterable

SHORTEST, LONGEST = 3, 8  # letters of a beginning; of a longer word the first eight find it
MOST_WORDS = 40  # of one customer: more would be no name
PHONE = 10  # digits of a Mexican number; an RFC has 12 or 13 characters
MOST_ASKED = 5  # words of one question


def plain(text: str) -> str:
    """`Peña-López, Ana` → `pena lopez ana`."""
    # Taken apart first: of some letters only what they are made of has a small form (𝐀).
    bare = "".join(c for c in unicodedata.normalize("NFKD", text).lower() if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", bare))


def words_of(names: Iterable[str], email: str = "", phone: str = "", rfc: str = "") -> list[str]:
    """The words under which somebody is known, each once."""
    told = " ".join((*names, email, rfc))
    digits = re.sub(r"\D", "", phone)
    found = [*plain(told).split(), *([digits[-PHONE:]] if digits else [])]
    return list(dict.fromkeys(found))[:MOST_WORDS]


def terms_of(words: Iterable[str]) -> set[str]:
    """What is kept of words: of each its beginnings of three to eight letters; a shorter word, and a number, whole."""
    kept: set[str] = set()
    for word in words:
        kept |= {word[:length] for length in range(SHORTEST, min(len(word), LONGEST) + 1)} or {word}
        if _number(word):
            kept.add(word)
        if len(word) == PHONE and word.isdigit():  # people remember how a number ends
            kept.add(f"…{word[-4:]}")
    return kept


def asked(question: str) -> list[str]:
    """The words that somebody typed; at least two letters each, those of a phone put together."""
    digits = re.sub(r"[\s().+-]", "", question)
    if digits.isdigit() and len(digits) >= PHONE:
        return [digits[-PHONE:]]
    return [word for word in plain(question).split() if len(word) >= 2][:MOST_ASKED]


def terms_asked(word: str) -> tuple[str, ...]:
    """The terms any of which finds a word, typed whole or in part. Four digits may be how a phone ends."""
    if _number(word):
        return (word,)
    begins = word[:LONGEST]
    return (begins, f"…{word}") if len(word) == 4 and word.isdigit() else (begins,)


def _number(word: str) -> bool:
    """Whether it is a whole phone or RFC: with so many digits in common, eight letters would not tell two of them apart."""
    return len(word) >= PHONE and any(c.isdigit() for c in word)
