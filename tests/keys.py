"""The keys that tests seal with: one that is current, and one that was before it."""

from models.safekeeping.keyring import Keyring

KEYRING = Keyring((("k1", bytes(range(32))),))
ROTATED = Keyring((("k2", bytes(range(32, 64))), *KEYRING.keys))  # k2 is current, k1 still opens
AFTER = Keyring(ROTATED.keys[:1])  # k1 is dropped
