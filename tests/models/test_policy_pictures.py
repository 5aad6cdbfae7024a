"""The pictures in docs/policies.md are drawn from the presets, and the schema published there is the one that pages are read by."""

import json
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml

from models.collecting.declines import DeclineClass
from models.picture import Dot, Rect
from models.policies.policy import Action, Ending, When
from models.policies.policy_page import PolicyPage, parse, schema
from models.policies.policy_picture import condition, timeline
from models.policies.presets import preset, preset_page, presets
from models.speaking.notices import NoticeKind

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "policies.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", presets())
def test_the_committed_picture_is_the_presets(name: str) -> None:
    drawn = timeline(preset(name)).svg()
    assert (DOCS / "pictures" / f"{name}.svg").read_text(encoding="utf-8") == drawn, (
        f"draw it anew: perdura policy draw {name} docs/pictures/{name}.svg"
    )
    assert f"](pictures/{name}.svg)" in GUIDE


@pytest.mark.parametrize("name", presets())
def test_a_timeline_has_a_mark_for_every_step_in_order_and_is_well_formed(name: str) -> None:
    policy = preset(name)
    picture = timeline(policy)
    marks = [shape for shape in picture.shapes if isinstance(shape, Dot)]
    assert len(marks) == len(policy.reminders) + len(policy.steps)
    assert all(before.x <= after.x and before.y < after.y for before, after in pairwise(marks))
    grounds = [shape for shape in picture.shapes if isinstance(shape, Rect)]
    levels = {Action.DEGRADE, Action.SUSPEND} & {step.action for step in policy.steps}
    assert len(grounds) == len(levels) + 1
    assert ElementTree.fromstring(picture.svg()).tag.endswith("svg")


def test_the_published_schema_is_the_one_pages_are_read_by() -> None:
    published = (DOCS / "policy.schema.json").read_text(encoding="utf-8")
    assert published == json.dumps(schema(), indent=2) + "\n", (
        "write it anew: perdura policy schema > docs/policy.schema.json"
    )
    for name in presets():
        jsonschema.validate(yaml.safe_load(preset_page(name)), json.loads(published))


def test_the_guide_explains_the_whole_language() -> None:
    fields = _fields(schema())
    assert {"steps", "contact", "per_week", "wait_for", "earlier_cases", "longest", "tolerance"} <= fields
    words = {*fields, *Action, *Ending, *DeclineClass, *(each.value for each in NoticeKind if each.value in fields)}
    assert [word for word in sorted(words) if f"`{word}`" not in GUIDE] == []
    assert set(PolicyPage.model_fields) <= fields


def _fields(described: dict[str, object]) -> set[str]:
    """The names of all fields in a JSON Schema."""
    found: set[str] = set()
    for key, value in described.items():
        if key == "properties" and isinstance(value, dict):
            found |= set(value)
        if isinstance(value, dict):
            found |= _fields(value)
    return found


def test_every_page_in_the_guide_may_run() -> None:
    pages = [block.partition("```")[0] for block in GUIDE.split("```yaml\n")[1:]]
    whole = [page for page in pages if page.lstrip("# ").startswith("name:") or "\nname:" in page]
    assert len(whole) >= 1
    for page in whole:
        assert parse(page).steps


def test_a_condition_is_told_in_words() -> None:
    when = When(
        decline=(DeclineClass.SOFT, DeclineClass.UNKNOWN),
        at_least=50_000,
        at_most=900_000,
        plans=("pro",),
        customer_for=preset("ruthless").grace,
        attempts=2,
        earlier_cases=1,
        unpaid_cases=3,
    )
    assert condition(when) == (
        "declined soft or unknown and at least $500.00 owed and at most $9,000.00 owed and plan pro and customer for 3 days "
        "and 2 or more retries made and 1 or more unpaid invoices before and 3 or more never paid before"
    )
