"""Reading histories: what a process cost in events, and the shape of a case, so that the floor repeats exactly its steps."""

from collections import Counter

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from bench.floor import Shape


async def history(client: Client, process: str) -> list[HistoryEvent]:
    """A process's events."""
    return [event async for event in client.get_workflow_handle(process).fetch_history_events()]


def kinds(events: list[HistoryEvent]) -> dict[str, int]:
    """How many events of each kind, most frequent first."""
    names = (EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower().replace("_", " ") for event in events)
    return dict(Counter(names).most_common())


def read_shape(case: list[HistoryEvent], notices: list[list[HistoryEvent]], words: int, tick: float) -> Shape:
    """The steps of a case as the floor repeats them: same timers, activities, messages, in the same order."""
    starts = sorted(events[0].event_time.ToNanoseconds() for events in notices)
    canceled = {
        e.timer_canceled_event_attributes.started_event_id
        for e in case
        if e.HasField("timer_canceled_event_attributes")
    }
    steps = []
    for event in case:
        match event.event_type:
            case EventType.EVENT_TYPE_TIMER_STARTED:
                steps.append("signal" if event.event_id in canceled else "timer")
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                steps.append("activity")
            case EventType.EVENT_TYPE_MARKER_RECORDED:
                # A message is started inside a local activity, whose marker is written right after it.
                before = [start for start in starts if start <= event.event_time.ToNanoseconds()]
                starts = starts[len(before) :]
                steps.append(f"local+{len(before)}" if before else "local")
    return Shape(steps, words, tick)
