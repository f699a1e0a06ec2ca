"""A strategy's side of the interface. Only in a component. Nothing to edit here."""

import plugin
import ralf_tune
from ralf_tune.component import alike, arguments, call, describe, named, settings, surroundings, text, texts
from wit_world import exports
from wit_world.exports import strategy as wit
from wit_world.imports import types


class Strategy(exports.Strategy):
    def describe(self):
        return describe()

    def ask(self, study):
        return call(_ask, study)

    def conclude(self, study):
        return call(lambda: _decision(plugin.conclude(_study(study), arguments(study.arguments))))


def _ask(study):
    answer = plugin.ask(_study(study), arguments(study.arguments))
    if isinstance(answer, ralf_tune.Decision):
        return wit.Answer_Done(_decision(answer))
    return wit.Answer_Measure([_proposal(one) for one in answer])


def _study(given):
    space = {
        one.name: ralf_tune.Range(one.low, one.high, one.step, one.load_time, one.affects_quality) for one in given.space
    }
    return ralf_tune.Study(
        space=space,
        baseline=named(given.baseline),
        incumbent=named(given.incumbent),
        seconds_left=given.seconds_left,
        seed=given.seed,
        **surroundings(given),
    )


def _proposal(given):
    return wit.Proposal(settings(given.changes), _experiment(given.experiment), text(given.why))


def _experiment(given):
    if isinstance(given, ralf_tune.Load):
        return types.Experiment_Load()
    if isinstance(given, ralf_tune.Notes):
        return types.Experiment_Notes(list(given.files))
    if isinstance(given, ralf_tune.Probe):
        return types.Experiment_Probe(alike(types.Probe, given))
    if isinstance(given, ralf_tune.Needle):
        return types.Experiment_Needle(alike(types.Needle, given))
    return types.Experiment_Compare(types.Compare(settings(given.other), list(given.files)))


def _decision(given):
    return wit.Decision(settings(given.settings), texts(given.reasons), texts(given.not_found))
