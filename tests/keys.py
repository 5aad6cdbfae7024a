"""The keys that tests seal with: one that is current, and one that was before it; and what links are signed with."""

from models.safekeeping.keyring import Keyring
from models.safekeeping.rotating_secret import RotatingSecret

KEYRING = Keyring((("k1", bytes(range(32))),))
ROTATED = Keyring((("k2", bytes(range(32, 64))), *KEYRING.keys))  # k2 is current, k1 still opens
AFTER = Keyring(ROTATED.keys[:1])  # k1 is dropped
LINK_SECRET = RotatingSecret.parse("a-key-for-tests-only")
