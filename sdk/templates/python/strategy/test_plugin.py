import unittest

from plugin import MANIFEST, SETTING, ask, conclude
from ralf_tune import Decision, Notes, Range, Sample, Study, Trial, Workload

ARGUMENTS = MANIFEST.defaults()


def study(*speeds):
    """A study in which 1, 2, 4 … requests at once made so many notes a minute; None is a failure."""
    history = []
    for count, speed in zip(ARGUMENTS["workers"], speeds):
        samples = {"notes_per_minute": Sample([speed or 0.0], speed or 0.0)}
        state = "complete" if speed else "failed"
        history.append(Trial(MANIFEST.name, {SETTING: count}, Notes([0]), state, samples=samples))
    return Study(history, Workload([900, 1200, 5000]), space={SETTING: Range(1, 16, 1)})


class Decides(unittest.TestCase):
    def test_asks_for_what_was_not_measured(self):
        proposals = ask(study(3.0), ARGUMENTS)
        self.assertEqual([one.changes[SETTING] for one in proposals], [2.0, 4.0])
        self.assertEqual(proposals[0].experiment, Notes([0, 1, 2]))

    def test_takes_the_fewest_that_are_as_fast(self):
        decision = ask(study(3.0, 5.9, 6.0), ARGUMENTS)
        self.assertIsInstance(decision, Decision)
        self.assertEqual(decision.settings, {SETTING: 2.0})

    def test_a_failure_is_no_choice(self):
        self.assertEqual(conclude(study(3.0, None, None), ARGUMENTS).settings, {SETTING: 1.0})

    def test_time_may_be_over_before_anything_was_measured(self):
        self.assertEqual(conclude(study(), ARGUMENTS).settings, {})
