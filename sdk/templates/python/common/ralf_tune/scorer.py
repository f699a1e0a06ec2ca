"""A scorer's side of the interface. Only in a component. Nothing to edit here."""

import plugin
from ralf_tune import Note, Request
from ralf_tune.component import alike, arguments, call, case, describe, facts, named, texts
from wit_world import exports
from wit_world.exports import scorer as wit


class Scorer(exports.Scorer):
    def describe(self):
        return describe()

    def evaluate(self, note, given):
        return call(_evaluate, note, given)


def _evaluate(note, given):
    requests = [alike(Request, one, finish=case(one.finish)) for one in note.requests]
    score = plugin.evaluate(Note(note.source, requests, note.path, note.language, named(note.settings)), arguments(given))
    return wit.Score(float(score.value), facts(score.parts), texts(score.reasons))
