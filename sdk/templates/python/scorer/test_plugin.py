import unittest

from plugin import MANIFEST, evaluate
from ralf_tune import Note, Request

SOURCE = "def load(path):\n    pass\n\ndef save(path):\n    pass\n"


def score(answer, source=SOURCE, **changed):
    return evaluate(Note(source, [Request(answer)]), MANIFEST.defaults(**changed))


class Scores(unittest.TestCase):
    def test_every_function_is_mentioned(self):
        self.assertEqual(score("`load` reads it, `save` writes it").value, 1.0)

    def test_a_function_is_missing(self):
        half = score("`load` reads it; saves", pass_mark=1.0)
        self.assertEqual(half.value, 0.5)
        self.assertEqual(half.reasons, ["`save` is not mentioned"])

    def test_no_answer(self):
        self.assertEqual(score("").value, 0.0)

    def test_nothing_to_judge(self):
        self.assertEqual(score("words", source="x = 1").parts["judged"], 0)
