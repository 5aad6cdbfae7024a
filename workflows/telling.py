"""Word from one process to another."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError


async def told(process: str, signal: object, *words: object) -> bool:
    """Signal a process, by the signal or its name; False when there is no such process any more."""
    handle = workflow.get_external_workflow_handle(process)
    try:
        await handle.signal(signal, args=words)  # type: ignore[call-overload]
    except ApplicationError:
        return False
    return True
