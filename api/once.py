"""What this process has seen to already, so that it need not ask again. Forgetting does no harm: it is asked once more."""

from collections import OrderedDict

MOST = 20_000


class Once:
    """Keys, the oldest of which are forgotten."""

    def __init__(self) -> None:
        self._done: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, key: str) -> bool:
        return key in self._done

    def add(self, key: str) -> None:
        self._done[key] = None
        if len(self._done) > MOST:
            self._done.popitem(last=False)
