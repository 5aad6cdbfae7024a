"""What the API answered in a while, as its processes counted it: how many requests, how many failed, and how long they took."""

from collections.abc import Iterable
from dataclasses import dataclass

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds, as the API's histogram has them
FEWEST = 50  # requests: of fewer a share says nothing


@dataclass(frozen=True, slots=True)
class Traffic:
    """`buckets`: how many answers took at most so long (`BUCKETS`), each without those before it; the last one is what took longer.

    `requests` are all of them, `errors` those answered with 5xx. Answers that wait for a bank are in no bucket.
    """

    requests: int = 0
    errors: int = 0
    buckets: tuple[int, ...] = (0,) * (len(BUCKETS) + 1)

    @property
    def enough(self) -> bool:
        """Whether there were enough requests for a share of them to mean something."""
        return self.requests >= FEWEST

    def minus(self, earlier: "Traffic") -> "Traffic":
        """What came after an earlier count of the same process."""
        gained = tuple(now - then for now, then in zip(self.buckets, earlier.buckets, strict=True))
        return Traffic(self.requests - earlier.requests, self.errors - earlier.errors, gained)

    def quantile(self, share: float) -> float | None:
        """The time that this share of answers did not exceed, in seconds; between two bounds as if they lay evenly. None of nothing.

        What took longer than the last bound is told as that bound.
        """
        total = sum(self.buckets)
        if not total:
            return None
        wanted, before, low = share * total, 0, 0.0
        for bound, count in zip(BUCKETS, self.buckets, strict=False):
            if before + count >= wanted:
                return low + (bound - low) * (wanted - before) / count if count else bound
            before, low = before + count, bound
        return BUCKETS[-1]


def together(parts: Iterable[Traffic]) -> Traffic:
    """Of several processes or times, as one."""
    requests, errors, buckets = 0, 0, [0] * (len(BUCKETS) + 1)
    for part in parts:
        requests, errors = requests + part.requests, errors + part.errors
        buckets = [mine + theirs for mine, theirs in zip(buckets, part.buckets, strict=True)]
    return Traffic(requests, errors, tuple(buckets))
