"""Policies are data: what the presets say, and how mistakes are explained."""

from datetime import timedelta

import jsonschema
import pytest
import yaml

from models.policies.policy import Action
from models.policies.policy_check import LADDER
from models.policies.policy_page import PolicyInvalid, parse, schema
from models.policies.presets import preset, presets
from models.speaking.notices import NoticeKind

GOOD = "name: x\nversion: 2\nsteps:\n"


def test_ruthless_is_the_ladder_of_the_source_documents() -> None:
    policy = preset("ruthless")
    assert [(step.name, step.notice) for step in policy.steps] == [
        ("D0 notify", NoticeKind.PAYMENT_FAILED),
        ("D+4h retry", None),
        ("D+12h retry", None),
        ("D+1 retry", None),
        ("D+1 notify", NoticeKind.UPDATE_CARD),
        ("D+3 suspend", NoticeKind.SUSPENDED),
        ("D+7 warn deletion", NoticeKind.DELETION_WARNING),
        ("D+30 close", None),
    ]
    assert policy.retries == 3
    assert policy.grace == timedelta(days=3)
    assert [s.offset for s in policy.steps if s.action is Action.RETRY][-1] <= timedelta(hours=24)


def test_every_preset_may_run() -> None:
    assert "ruthless" in presets()
    for name in presets():
        assert preset(name).name == name


ENDS = GOOD + "  - {at: 1d, do: notify, notice: payment_failed}\n  - {at: 3d, do: close}"


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("steps: [", "not YAML"),
        ("- a list", "mapping with name"),
        ("name: x\nsteps: 3", "mapping with name"),
        (GOOD + "  - {at: soon, do: close}", "step 1: at: 'soon'"),
        (GOOD + "  - {at: 3d, do: shout}", "step 1: do: 'shout' is unknown; use one of notify, retry"),
        (GOOD + "  - {at: 3d}", "step 1: needs 'at'"),
        (GOOD + "  - {at: 3d, do: notify, notice: poem}\n  - {at: 4d, do: close}", "notice: 'poem' is unknown"),
        (GOOD + "  - {at: 3d, do: close, after: 4}", "unknown field 'after'"),
        (GOOD + "  - {at: 3d, do: notify}\n  - {at: 4d, do: close}", "step 1 (D+3 notify): name the notice it sends"),
        (GOOD + "  - {at: 3d, do: retry}", "last step must be 'close'"),
        (GOOD + "  - {at: 3d, do: close}\n  - {at: 4d, do: close}", "only one step may be 'close'"),
        (GOOD + "  - {at: 3d, do: retry}\n  - {at: 8h, do: close}", "step 2 (D+8h close) comes before step 1"),
        (GOOD + "  - {at: 3d, do: suspend}\n  - {at: 8d, do: close}", "a suspension comes announced"),
        (
            GOOD + "  - {at: 7d, do: warn_deletion, notice: deletion_warning}\n  - {at: 8d, do: close}",
            "suspend service before warning of deletion",
        ),
        (
            GOOD + "  - {at: 1h, do: retry}\n" * 16 + "  - {at: 8d, do: close}",
            "16 retries in 30 days from D+1h retry: the card networks allow 15",
        ),
        (
            GOOD + "  - {at: 3d, do: escalate, priority: loud}",
            "step 1: priority: 'loud' is unknown; use one of normal, high",
        ),
        (
            GOOD + "  - {at: 1d, do: retry, priority: high}\n  - {at: 3d, do: close}",
            "step 1 (D+1 retry): only an escalation has a priority",
        ),
        ("deletion: {warn: [12h]}\n" + ENDS, "warn: 12h is too short to act on; warn 1d before or earlier"),
        ("deletion: {after: 10d}\n" + ENDS, "warn: 14d is more than the 10d of 'after'"),
        ("deletion: {asked: 2d}\n" + ENDS, "asked: 2d is shorter than every 'warn'; make it 3d or more"),
        ("deletion: {confirm: 1h}\n" + ENDS, "confirm: give your product 1d or more"),
        ("deletion: {soon: 1d}\n" + ENDS, "deletion: unknown field 'soon'; known are after, warn, confirm, asked"),
        ("name: x\nversion: two\nsteps:\n  - {at: 1d, do: close}", "version: 'two'"),
    ],
)
def test_a_mistake_is_explained_in_words(page: str, says: str) -> None:
    with pytest.raises(PolicyInvalid) as error:
        parse(page)
    assert says in str(error.value)


@pytest.mark.parametrize("kind", sorted(set(NoticeKind) - LADDER))
def test_what_answers_a_customer_or_goes_out_by_itself_is_no_step(kind: NoticeKind) -> None:
    after = GOOD + f"  - {{at: 0h, do: notify, notice: {kind}}}\n  - {{at: 4d, do: close}}"
    before = GOOD + f"  - {{at: -3d, do: notify, notice: {kind}}}\n" + after.partition("steps:\n")[2]
    with pytest.raises(PolicyInvalid, match=f"step 1 .*'{kind}' (answers a customer's own|goes out by itself)"):
        parse(after)
    with pytest.raises(PolicyInvalid, match=f"D-3 notify: '{kind}' .*use renewal"):
        parse(before)
    with pytest.raises(jsonschema.ValidationError, match=kind):
        jsonschema.validate(yaml.safe_load(after), schema())


@pytest.mark.parametrize("kind", [NoticeKind.DEGRADED, NoticeKind.SUSPENDED, NoticeKind.DELETION_WARNING])
def test_nobody_is_told_of_what_has_not_happened(kind: NoticeKind) -> None:
    page = GOOD + "  - {{at: {at}, do: notify, notice: {kind}}}\n  - {{at: 2d, do: suspend, notice: suspended}}\n"
    early = page.format(at="0h", kind="payment_failed") + f"  - {{at: 3d, do: notify, notice: {kind}}}\n"
    assert parse(early + "  - {at: 4d, do: close}").steps[2].notice is kind
    with pytest.raises(PolicyInvalid, match=f"step 1 .*'{kind}' tells of what has not happened yet"):
        parse(page.format(at="1d", kind=kind) + "  - {at: 4d, do: close}")


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(PolicyInvalid, match="ruthless"):
        preset("../../etc/passwd")
