"""Customers in as a sheet at the console: a file is looked at, its rows and their errors are shown, and only then it is entered."""

from typing import Annotated

from fastapi import APIRouter, Form, Response, UploadFile

from api.access import needs
from api.console import places
from api.console.fault_words import fault_said
from api.console.frame import done, framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.crm import sheets
from api.deps import Ctx
from api.problems import Problem
from models.access.permissions import Permission
from models.crm.sheet import COLUMNS, MOST_CHARACTERS, MOST_ROWS

router = APIRouter(prefix=f"{places.HOME}/customers/import", route_class=ConsoleRoute, include_in_schema=False)


@router.get("", dependencies=[needs(Permission.ENTER)])
async def asked(visitor: Visiting) -> Response:
    """Which file."""
    return _page(visitor)


@router.post("", dependencies=[needs(Permission.ENTER)])
async def given(
    context: Ctx,
    visitor: Visiting,
    file: UploadFile | None = None,
    sheet: Annotated[str, Form(max_length=MOST_CHARACTERS)] = "",
    confirm: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """What it would do; with `confirm` it is done."""
    text = sheet
    if file is not None and file.size:
        raw = await file.read(MOST_CHARACTERS * 2 + 1)
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            why = visitor.say("Guarda el archivo como CSV UTF-8", "Save the file as CSV UTF-8")
            return _page(visitor, fault=why)
    if not text.strip() or len(text) > MOST_CHARACTERS:
        why = visitor.say("Elige un archivo CSV de hasta 500 kB", "Choose a CSV file of at most 500 kB")
        return _page(visitor, fault=why)
    text = text.replace("\r\n", "\n")  # as a form sends it back
    try:
        order = sheets.SheetOrder(csv=text, confirm=confirm)
        view = await sheets.import_(order, context, visitor.tenant, visitor.by())
    except Problem as problem:
        if problem.status_code != 422:
            raise
        return _page(visitor, fault=fault_said("", problem.errors[0].message, visitor.language))
    if confirm:
        words = visitor.say(f"{view.entered} clientes dados de alta", f"{view.entered} customers entered")
        return done(context, f"{places.HOME}/customers", words)
    return _page(visitor, look=view, text=text)


def _page(visitor: Visitor, *, look: sheets.SheetView | None = None, text: str = "", fault: str = "") -> Response:
    return framed(
        visitor,
        "console/customer_import.html",
        title=visitor.say("Importar clientes", "Import customers"),
        status=422 if fault else 200,
        look=look,
        said=lambda each: fault_said(each.field, each.message, visitor.language),
        text=text,
        fault=fault,
        columns=COLUMNS,
        most=MOST_ROWS,
    )
