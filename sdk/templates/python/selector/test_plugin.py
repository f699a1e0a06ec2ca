import unittest

from plugin import MANIFEST, select
from ralf_tune import Candidate, Choice, Declined, Estimate

ARGUMENTS = MANIFEST.defaults()


def candidate(number, speed, memory, violations=()):
    estimate = Estimate(speed, speed * 0.9, speed * 1.1)
    return Candidate(number, notes_per_minute=estimate, peak_memory_bytes=memory, violations=list(violations))


class Selects(unittest.TestCase):
    def test_the_least_memory_of_those_that_are_fast_enough(self):
        candidates = [candidate(0, 10, 8e9), candidate(1, 9, 5e9), candidate(2, 1, 1e9)]
        for order in (candidates, candidates[::-1]):
            selection = select(Choice(order), ARGUMENTS)
            self.assertEqual((selection.winner, selection.runners_up), (1, [0]))

    def test_a_violation_never_wins(self):
        candidates = [candidate(0, 10, 8e9), candidate(1, 10, 1e9, ["spills"])]
        self.assertEqual(select(Choice(candidates), ARGUMENTS).winner, 0)

    def test_unknown_memory_is_not_the_least(self):
        self.assertEqual(select(Choice([candidate(0, 9, None), candidate(1, 9, 5e9)]), ARGUMENTS).winner, 1)

    def test_nobody_is_allowed(self):
        with self.assertRaises(Declined):
            select(Choice([candidate(0, 10, 8e9, ["spills"])]), ARGUMENTS)
