"""Two policies side by side: who gets which is decided by a stable hash, so that asking twice gives the same answer."""

import hashlib

from models.records import Assignment


def in_share(assignment: Assignment, subscription: str) -> bool:
    """Whether a subscription belongs to the rival policy of an experiment."""
    if not (assignment.experiment and assignment.rival and subscription):
        return False
    told = f"{assignment.tenant}/{assignment.experiment}/{subscription}".encode()
    return int.from_bytes(hashlib.sha256(told).digest()[:8]) % 100 < assignment.rival_share
