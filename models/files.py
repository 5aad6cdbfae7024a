"""A file that somebody sends: how large it may be."""

from models.people import FieldInvalid
from models.refusals import Why


class FileWhy(Why):
    """What is wrong with a file, whatever it is."""

    LARGE_FILE = (
        "Pesa {size} bytes; el archivo puede tener {most} como máximo",
        "has {size} bytes; the file may have {most} at most",
    )


def insist_on_size(field: str, content: bytes, most: int) -> None:
    """That it has `most` bytes at most. Raises FieldInvalid, naming the field."""
    if len(content) > most:
        raise FieldInvalid(field, FileWhy.LARGE_FILE(size=f"{len(content):,}", most=f"{most:,}"))
