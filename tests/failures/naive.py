"""Naive engines: for each failure the product with the guard against it taken out, and the test that must then go red.

`make storm` runs them (`tests/soak/naive.py`). A guard that is rewritten is rewritten here too: the suite insists that its text stands.
"""

from tests.failures.naive_course import NAIVE_COURSE
from tests.failures.naive_money import NAIVE_MONEY

NAIVE = (*NAIVE_MONEY, *NAIVE_COURSE)

SHOWN_IN_THE_SUITE = {
    "one CFDI stamped twice after a lost reply": "activities/test_exactly_once.py::test_without_the_layers_the_same_storm_stamps_twice"
}
"""Failures against which several guards stand one behind the other: their naive engine is written out in a test of its own."""
