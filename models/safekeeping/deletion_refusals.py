"""Why a customer's deletion refuses an order: each answers `NONE` where nothing speaks against it."""

from models.refusals import NONE, Refusal, Why
from models.safekeeping.deletions import Deletion, State


class DeletionWhy(Why):
    """Why an order to a deletion is refused."""

    DELETION_CANCELED = ("Ya se canceló: los datos se quedan", "it is canceled already: the data stay")
    DELETION_ASKED = (
        "Ya se pidió al producto que los borre ({when}): lo borrado no regresa",
        "the product was asked to delete ({when}): what is deleted does not come back",
    )
    NOT_YET_DELETED = (
        "Todavía no había que borrar nada: su día es el {when}, y hasta entonces se puede cancelar",
        "nothing was to be deleted yet: its day is {when}, and until then it can be canceled",
    )
    WERE_TO_STAY = ("Se canceló: los datos debían quedarse", "it was canceled: the data were to stay")
    NO_WARNING_LEFT = (
        "Ya no queda nada de qué avisar: el borrado avanzó o se canceló",
        "it is {state}: there is nothing left to warn of",
    )
    WARNING_UNDER_WAY = (
        "Un aviso va en camino: espera a que termine",
        "a warning is under way: wait for its end",
    )


def why_not_canceled(deletion: Deletion) -> Refusal:
    """Why the data cannot be kept any more; empty where they can."""
    if deletion.state is State.CANCELED:
        return DeletionWhy.DELETION_CANCELED()
    if deletion.state.cancellable:
        return NONE
    when = f"{deletion.asked_at:%Y-%m-%d %H:%M} UTC" if deletion.asked_at else "–"
    return DeletionWhy.DELETION_ASKED(when=when)


def why_not_confirmed(deletion: Deletion) -> Refusal:
    """Why a confirmation cannot be taken; empty where it can. A second one is no harm."""
    if deletion.state.cancellable:
        return DeletionWhy.NOT_YET_DELETED(when=f"{deletion.day:%Y-%m-%d %H:%M} UTC")
    return DeletionWhy.WERE_TO_STAY() if deletion.state is State.CANCELED else NONE


def why_not_warned(deletion: Deletion) -> Refusal:
    """Why no further warning is sent; empty where one is."""
    if not deletion.state.cancellable:
        return DeletionWhy.NO_WARNING_LEFT(state=deletion.state)
    return DeletionWhy.WARNING_UNDER_WAY() if deletion.under_way else NONE
