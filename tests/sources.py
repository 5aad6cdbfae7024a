"""Our own sources as tests read them."""

import ast
import gc
from pathlib import Path


def parsed(file: Path) -> ast.Module:
    """A file's syntax tree. No garbage is collected meanwhile.

    A finalizer that logs a traceback parses too, and CPython 3.11.7 takes the depth of the one for the other's (SystemError).
    """
    gc.disable()
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    finally:
        gc.enable()
