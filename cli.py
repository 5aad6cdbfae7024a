"""`perdura …`: one family of commands per noun, in `commands/`. A command imports its own family and no other."""

import contextlib
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import NoReturn

import typer

# Module, and the commands in it that stand alone.
ALONE: Mapping[str, Sequence[str]] = {
    "stack": ("up", "demo", "drill", "worker", "api", "sandbox", "migrate"),
    "orders": ("override", "status"),
    "backups": ("backup", "restore"),
    "sealing": ("reseal",),
    "reconcile": ("reconcile",),
    "decisions": ("decisions",),
    "onboarding": ("onboarding",),
}
# Family, and the modules that it is made of; `name=module` is a family within it, and `module:app` one of several in a module.
FAMILIES: Mapping[str, Sequence[str]] = {
    "temporal": ("temporal",),
    "tenant": ("tenants",),
    "plan": ("plans",),
    "policy": ("policies", "experiment=experiments", "policy_moves"),
    "catalog": ("catalog",),
    "brand": ("brand",),
    "legal": ("legal",),
    "customer": ("customers",),
    "crm": ("crm",),
    "bill": ("bills",),
    "simulate": ("simulate",),
    "analytics": ("analytics", "trials"),
    "cashflow": ("cashflow",),
    "kpi": ("kpis",),
    "evidence": ("evidence",),
    "plan-change": ("plan_changes",),
    "inbox": ("inbox",),
    "attention": ("attention",),
    "alerts": ("alerts",),
    "ledger": ("ledger",),
    "audit": ("ledger:audit",),
    "user": ("users",),
    "key": ("keys",),
    "webhooks": ("webhooks",),
    "templates": ("templates",),
    "deletion": ("deletions",),
    "tickets": ("tickets",),
    "csd": ("fiscal:csd",),
    "cfdi": ("fiscal:cfdi", "month_end"),
}


def app(first: str = "") -> typer.Typer:
    """The commands that begin with this word; all of them where nothing does, so that the answer can list them."""
    whole = typer.Typer(
        help="Durable subscription billing and collections.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    known = first in FAMILIES or any(first in words for words in ALONE.values())
    for module, words in ALONE.items():
        if not known or first in words:
            whole.add_typer(_of(module))
    for name in FAMILIES:
        if not known or first == name:
            whole.add_typer(_family(name), name=name)
    return whole


@cache
def _family(name: str) -> typer.Typer:
    head, *within = FAMILIES[name]
    family = _of(head)
    for each in within:
        inner, _, module = each.rpartition("=")
        family.add_typer(_of(module), name=inner or None)
    return family


def _of(place: str) -> typer.Typer:
    module, _, name = place.partition(":")
    found = getattr(import_module(f"commands.{module}"), name or "app")
    assert isinstance(found, typer.Typer)
    return found


def main() -> NoReturn:
    """Run one command and leave at once, with its exit code.

    Temporal's core has threads of its own. While the interpreter takes itself apart one of them may still answer, which aborts
    a command that has done its work; so nothing is taken apart.
    """
    code = 0
    try:
        app(next(iter(sys.argv[1:]), ""))()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # whoever read us has gone
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
