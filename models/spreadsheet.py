"""What a spreadsheet would run, kept from it (OWASP, CSV injection)."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a cell begins with that is taken for a formula


def harmless(cell: str) -> str:
    """The cell as text: an apostrophe stands before what would be taken for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
