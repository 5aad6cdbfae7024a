"""A chain of rows tells which was changed, taken away, added or moved, and when its end was cut off."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from models.bookkeeping.chain import Book, Break, Head, Link, Walk, digest

AT = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)


def chain(length: int = 5) -> tuple[Head, list[Link]]:
    links, head = [], Head("acme")
    for seq in range(1, length + 1):
        book = Book.LEDGER if seq % 2 else Book.AUDIT
        row = {"tenant_id": "acme", "key": f"k{seq}", "at": AT, "centavos": seq}
        links.append(Link(book, seq, row, head.hash, digest(book, row, head.hash)))
        head = Head("acme", seq, links[-1].hash)
    return head, links


def verify(head: Head, links: list[Link], anchor: Head | None = None) -> Break | None:
    """Read whole and by pages of every size, which must come to the same."""
    verdicts = []
    for page in range(1, len(links) + 2):
        walk = Walk(Head(head.tenant), anchor)
        for start in range(0, len(links), page):
            walk = walk.on(links[start : start + page])
        verdicts.append(walk.ended(head))
    (verdict,) = set(verdicts)
    return verdict


def test_whole_chain_has_no_break_and_every_head_noted_earlier_is_in_it() -> None:
    head, links = chain()
    assert verify(head, links) is None
    assert all(verify(head, links, Head("acme", link.seq, link.hash)) is None for link in links)
    assert verify(Head("acme"), []) is None


@pytest.mark.parametrize("place", range(1, 6))
def test_break_names_the_first_row_that_does_not_fit(place: int) -> None:
    head, links = chain()
    n = place - 1

    def broken(changed: list[Link]) -> str:
        return str(verify(head, changed))

    tampered = replace(links[n], row={**links[n].row, "centavos": 99})
    assert broken([*links[:n], tampered, *links[place:]]).startswith(f"tenant acme, row {place}: tampered")
    other_book = replace(links[n], book=Book.AUDIT if links[n].book is Book.LEDGER else Book.LEDGER)
    assert f"row {place}: tampered" in broken([*links[:n], other_book, *links[place:]])
    assert f"row {place}: missing" in broken([*links[:n], *links[place:]])
    assert f"row {place}: a second row" in broken([*links[:place], links[n], *links[place:]])
    again = replace(tampered, hash=digest(tampered.book, tampered.row, tampered.previous))
    following = "is not the hash of the last row" if place == 5 else f"row {place + 1}: reordered"
    assert following in broken([*links[:n], again, *links[place:]])


def test_swapped_rows_and_a_chain_cut_off_or_written_anew_are_told() -> None:
    head, links = chain()
    swapped = [links[0], replace(links[2], seq=2), replace(links[1], seq=3), *links[3:]]
    assert "row 2: reordered" in str(verify(head, swapped))
    assert "row 4: missing" in str(verify(head, links[:3]))
    cut = Head("acme", 3, links[2].hash)
    assert verify(cut, links[:3]) is None
    assert "row 4: missing" in str(verify(cut, links[:3], head))
    forged_head, forged = chain(6)
    anchor = Head("acme", 3, "another hash")
    assert "written anew" in str(verify(forged_head, forged, anchor))


def test_hash_is_the_same_whatever_zone_an_instant_is_told_in_and_with_columns_added_later() -> None:
    row = {"at": AT, "key": "k", "centavos": 0}
    elsewhere = {**row, "at": AT.astimezone(timezone(timedelta(hours=-6)))}
    assert digest(Book.AUDIT, row, "") == digest(Book.AUDIT, elsewhere, "")
    assert digest(Book.AUDIT, row, "") == digest(Book.AUDIT, {**row, "added": "", "later": None}, "")
    assert digest(Book.AUDIT, row, "") != digest(Book.AUDIT, {"at": AT, "key": "k"}, "")
