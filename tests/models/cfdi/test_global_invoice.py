"""Months on the issuer's clock, and what is left of each sale."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models.cfdi.documents import DocumentKind, DocumentState, GlobalPeriod, TaxDocument
from models.cfdi.global_invoice import Month, month_before, month_of, receipts
from models.money import Money

NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "month"),
    [("America/Mexico_City", Month(2026, 10)), ("America/Tijuana", Month(2026, 10)), ("UTC", Month(2026, 11))],
)
def test_the_month_before_is_the_issuer_s(zone: str, month: Month) -> None:
    assert month_before(NOW, ZoneInfo(zone)) == month


def test_january_follows_december() -> None:
    assert month_before(datetime(2027, 1, 2, tzinfo=UTC), ZoneInfo("UTC")) == Month(2026, 12)


def test_a_month_s_bounds_are_local_midnights() -> None:
    first, last = Month(2026, 12).bounds(ZoneInfo("America/Tijuana"))
    assert (first, last) == (datetime(2026, 12, 1, 8, tzinfo=UTC), datetime(2027, 1, 1, 8, tzinfo=UTC))


@pytest.mark.parametrize("month", [Month(2026, 11), Month(2026, 1, 3)])
def test_a_month_is_named_by_its_source(month: Month) -> None:
    assert month_of(month.source) == month
    assert month.period == GlobalPeriod("04", f"{month.month:02d}", 2026)


def test_a_charge_names_no_month() -> None:
    with pytest.raises(ValueError, match="ch_1"):
        month_of("ch_1")


def held(source: str, kind: DocumentKind, centavos: int, replaces: str = "") -> TaxDocument:
    when = NOW - timedelta(days=3)
    return TaxDocument(
        "acme",
        source,
        kind,
        1,
        "s_1",
        DocumentState.GENERAL_PUBLIC,
        Money(centavos),
        when,
        when,
        when,
        replaces=replaces,
    )


def test_refunds_shorten_their_sale_and_a_sale_given_back_whole_has_no_line() -> None:
    sales = [held(f"ch_{n}", DocumentKind.INCOME, 10_000) for n in range(3)]
    back = [
        held("re_1", DocumentKind.CREDIT, 3_000, sales[0].key),
        held("re_2", DocumentKind.CREDIT, 2_000, sales[0].key),
        held("re_3", DocumentKind.CREDIT, 10_000, sales[1].key),
    ]
    assert [(r.sale.source, r.left) for r in receipts([*sales, *back])] == [("ch_0", 5_000), ("ch_2", 10_000)]
