"""Recorded histories on today's code: a release must not stop processes that began with an earlier one."""

import pytest
from temporalio import workflow
from temporalio.worker import Replayer

from tests.replay import corpus
from tests.replay.corpus import Recorded
from tests.replay.record import stories
from tests.replay.reordered import Careful, Hesitant
from workflows.connection import DATA_CONVERTER, runner
from workflows.processes import WORKFLOWS

CORPUS = corpus.load()
REMEDY = """
{name} no longer replays: a process that began before this change would stop where the commands differ.

If the change is meant and such processes may be running, keep their path and give the new one a name:
    if workflow.patched("what-is-new"):
        ...the new way
    else:
        ...the old way
and record a story that takes the new path. It may go once every period begun before it has ended. Ask for it where `run`
begins, never behind a local activity: a query at the wrong moment puts its marker into the workflow task after the one in
which a replay looks for it, and the process stops for good.

If nothing can have run the old code, record the story anew and look at the difference:
    python -m tests.replay.record {name}

What the replay said: {said}"""


async def replay(recorded: Recorded, *workflows: type) -> None:
    replayer = Replayer(workflows=workflows, data_converter=DATA_CONVERTER, workflow_runner=runner())
    await replayer.replay_workflow(recorded.history())


@pytest.mark.parametrize("recorded", CORPUS, ids=lambda recorded: recorded.name)
async def test_a_recorded_history_replays_on_todays_code(recorded: Recorded) -> None:
    try:
        await replay(recorded, *(defined for defined in WORKFLOWS if defined.__name__ == recorded.workflow))
    except Exception as error:
        pytest.fail(REMEDY.format(name=recorded.name, said=error), pytrace=False)


def one(name: str) -> Recorded:
    return next(recorded for recorded in CORPUS if recorded.name == name)


async def test_a_command_out_of_its_order_is_noticed() -> None:
    with pytest.raises(workflow.NondeterminismError, match="Nondeterminism"):
        await replay(one("dunning.pays_on_second_retry"), Hesitant)


async def test_the_same_change_made_as_a_patch_lets_running_processes_go_on() -> None:
    await replay(one("dunning.pays_on_second_retry"), Careful)


def test_every_story_is_recorded_and_nothing_else_is() -> None:
    recorded, told = {recorded.name for recorded in CORPUS}, set(stories())
    assert recorded == told, "run `python -m tests.replay.record` for stories without a history, or that are gone"


@pytest.mark.parametrize("defined", WORKFLOWS, ids=lambda defined: defined.__name__)
def test_every_process_has_a_history_with_each_of_its_orders_and_facts(defined: type) -> None:
    mine = [recorded for recorded in CORPUS if recorded.workflow == defined.__name__]
    assert mine, f"{defined.__name__} has no recorded history: tell its story in tests/replay/stories"
    definition = workflow._Definition.must_from_class(defined)
    takes = {name for name in (*definition.signals, *definition.updates) if name is not None}
    heard = {name for recorded in mine for name in recorded.heard}
    assert takes <= heard, f"no story tells of {', '.join(sorted(takes - heard))}: add one to tests/replay/stories"


def test_the_corpus_is_small_and_tells_nothing_of_people_or_machines() -> None:
    assert sum(len(recorded.text.encode()) for recorded in CORPUS) < corpus.LARGEST
    for recorded in CORPUS:
        assert "\n" not in recorded.text.rstrip("\n")
        for private in ("525512345678", "clinic.test", "stackTrace", "@"):
            assert private not in recorded.text, f"{recorded.name} holds {private}"
