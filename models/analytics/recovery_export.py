"""Recovery as files: the groups of a report and the cases behind them, as CSV or as Parquet with typed columns.

Amounts are integer centavos, shares go from 0 to 1, instants are UTC. Written page by page, so that memory holds one page however many
cases there are.
"""

import csv
import io
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from models.analytics.recovery import COLUMNS, Collected, Report, cells
from models.collecting.declines import Decline

Row = tuple[str | int | float | datetime | None, ...]


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an export."""

    name: str
    kind: Kind = Kind.TEXT


class FileFormat(StrEnum):
    """How an export is written."""

    CSV = "csv"
    PARQUET = "parquet"

    @property
    def media_type(self) -> str:
        """IANA's name of it."""
        return "text/csv" if self is FileFormat.CSV else "application/vnd.apache.parquet"


_INTEGERS = ("cases", "running", "voided", "decided", "recovered", "decided_centavos", "recovered_centavos")
_TEXTS = ("key", "currency")

GROUPS: tuple[Column, ...] = (
    *(
        Column(name, Kind.INTEGER if name in _INTEGERS else Kind.TEXT if name in _TEXTS else Kind.NUMBER)
        for name in COLUMNS
    ),
    Column("since", Kind.INSTANT),
    Column("until", Kind.INSTANT),
)


def group_rows(found: Report) -> list[Row]:
    """The groups of a report, in the order of `GROUPS`."""
    return [(*cells(group), found.since, found.until) for group in found.groups]


CASES = (
    Column("invoice"),
    Column("subscription"),
    Column("plan"),
    Column("currency"),
    Column("amount_centavos", Kind.INTEGER),
    Column("opened_at", Kind.INSTANT),
    Column("paid_at", Kind.INSTANT),
    Column("closed_at", Kind.INSTANT),
    Column("outcome"),  # empty: still running
    Column("stage"),
    Column("decline_class"),
    Column("first_decline"),
    Column("attempts", Kind.INTEGER),
    Column("promises", Kind.INTEGER),
    Column("broken_promises", Kind.INTEGER),
    Column("last_step"),
    Column("channel"),  # of the last message that went out about it
    Column("policy"),
    Column("experiment"),
)


def case_row(case: Collected) -> Row:
    """One case, in the order of `CASES`."""
    record = case.record
    code = record.first_decline or record.decline
    return (
        record.invoice,
        record.subscription,
        case.plan,
        record.amount.currency,
        record.amount.centavos,
        record.opened_at,
        record.paid_at,
        record.closed_at,
        str(record.outcome or ""),
        str(record.stage),
        str(Decline(code).kind if code else ""),
        code,
        record.attempts,
        record.promises,
        record.broken_promises,
        record.last_step,
        case.channel,
        record.policy,
        record.experiment,
    )


class Writer(Protocol):
    """Turns rows into the bytes of a file, piece by piece."""

    def add(self, rows: Sequence[Row]) -> bytes:
        """The file's next bytes; the first ones come with the head."""
        ...

    def end(self) -> bytes:
        """The file's last bytes."""
        ...


def writer(columns: Sequence[Column], format: FileFormat) -> Writer:
    """A writer of one file with these columns."""
    return _Csv(columns) if format is FileFormat.CSV else _Parquet(columns)


def whole(columns: Sequence[Column], rows: Sequence[Row], format: FileFormat) -> bytes:
    """A file that is small enough to be held."""
    made = writer(columns, format)
    return made.add(rows) + made.end()


async def streamed(pages: AsyncIterable[Sequence[Collected]], format: FileFormat) -> AsyncIterator[bytes]:
    """The cases as a file, page by page."""
    made = writer(CASES, format)
    async for page in pages:
        yield made.add([case_row(case) for case in page])
    yield made.end()


class _Csv:
    def __init__(self, columns: Sequence[Column]) -> None:
        self._text = io.StringIO()
        self._lines = csv.writer(self._text, lineterminator="\r\n")
        self._lines.writerow([column.name for column in columns])

    def add(self, rows: Sequence[Row]) -> bytes:
        for row in rows:
            self._lines.writerow([cell.isoformat() if isinstance(cell, datetime) else cell for cell in row])
        return self.end()

    def end(self) -> bytes:
        written = self._text.getvalue().encode()
        self._text.seek(0)
        self._text.truncate()
        return written


class _Sink(io.RawIOBase):
    """Takes what a Parquet writer writes, and gives it on."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any, /) -> int:
        self._pieces.append(bytes(piece))
        return len(self._pieces[-1])

    def taken(self) -> bytes:
        """All that came since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


class _Parquet:
    """One row group for each page."""

    def __init__(self, columns: Sequence[Column]) -> None:
        # Imported here: a quarter of a second, and 100 MB, for those alone who export.
        import pyarrow
        from pyarrow import parquet

        types = {
            Kind.TEXT: pyarrow.string(),
            Kind.INTEGER: pyarrow.int64(),
            Kind.NUMBER: pyarrow.float64(),
            Kind.INSTANT: pyarrow.timestamp("us", tz="UTC"),
        }
        self._schema: Any = pyarrow.schema([(column.name, types[column.kind]) for column in columns])
        self._table: Any = pyarrow.Table.from_arrays
        self._array: Any = pyarrow.array
        self._sink = _Sink()
        self._writer: Any = parquet.ParquetWriter(self._sink, self._schema)

    def add(self, rows: Sequence[Row]) -> bytes:
        if rows:
            columns = zip(*rows, strict=True)
            arrays = [self._array(list(cells), field.type) for cells, field in zip(columns, self._schema, strict=True)]
            self._writer.write_table(self._table(arrays, schema=self._schema))
        return self._sink.taken()

    def end(self) -> bytes:
        self._writer.close()
        return self._sink.taken()
