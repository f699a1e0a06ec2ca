import unittest

from plugin import MANIFEST, evaluate
from ralf_tune import Declined, Note, Request

GOOD = """### SUMMARY
Reads the settings of a project.

## Details:
Looks in two places, the nearest wins.

**USAGE**
Call `load` with a path.
"""


def score(*answers, **changed):
    return evaluate(Note("x = 1", [Request(answer) for answer in answers]), MANIFEST.defaults(**changed))


class Headings(unittest.TestCase):
    def test_all_there_and_filled(self):
        good = score(GOOD)
        self.assertEqual((good.value, good.reasons), (1.0, []))

    def test_what_is_missing_is_named(self):
        poor = score(GOOD.replace("**USAGE**", ""))
        self.assertAlmostEqual(poor.value, 2 / 3)
        self.assertEqual(poor.reasons, ["USAGE is missing"])

    def test_fillers_do_not_fill(self):
        for filler in ("N/A", "- None.", "", "two words"):
            poor = score(GOOD.replace("Call `load` with a path.", filler))
            self.assertEqual(poor.reasons, ["USAGE is empty"], filler)

    def test_twice_is_not_better(self):
        self.assertEqual(score(GOOD + GOOD).reasons[0], "SUMMARY is there 2 times")

    def test_order_can_be_free(self):
        turned = "## USAGE\nCall it with care.\n" + GOOD.replace("**USAGE**\nCall `load` with a path.\n", "")
        self.assertAlmostEqual(score(turned).value, 0.8)
        self.assertEqual(score(turned, order=False).value, 1.0)

    def test_own_headings(self):
        own = score("# Key functions\n`load`, `save` and `main`\n", wanted="key_functions")
        self.assertEqual(own.value, 1.0)

    def test_pieces_are_averaged(self):
        self.assertEqual(score(GOOD, "no heading at all").value, 0.5)

    def test_nothing_wanted_is_declined(self):
        with self.assertRaises(Declined):
            score(GOOD, wanted=" , ")

    def test_no_note_is_worth_nothing(self):
        self.assertEqual(score("").value, 0.0)
