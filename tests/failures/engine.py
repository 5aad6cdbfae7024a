"""A naive engine: the product with one guard taken out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Naive:
    """An engine that has this failure: in `file` of the product, `guarded` stands as `instead`. `proof` is red on it."""

    failure: str
    file: str
    guarded: str
    instead: str
    proof: str

    def __str__(self) -> str:
        return f"{self.failure} [{self.proof.rpartition('::')[2]}]"


DUNNING_PROCESS, SUBSCRIPTION_PROCESS = "workflows/dunning.py", "workflows/subscription.py"
CASE, NEWS, BILLING = "models/collecting/dunning.py", "models/subscribing/subscription_news.py", "activities/billing.py"
HEARD = "self._look_wanted, self._last_news = True, news.type"


def believed(event: str, status: str) -> str:
    """What an engine does that takes an event at its word instead of looking."""
    return (
        "from models.subscribing.subscriptions import Status\n"
        f'        if news.type == "{event}":\n'
        f"            self._become(replace(self._state, status=Status.{status}))\n"
        "        else:\n"
        f"            {HEARD}"
    )
