"""A selector's side of the interface. Only in a component. Nothing to edit here."""

import plugin
import ralf_tune
from ralf_tune.component import alike, arguments, call, describe, named, settings, surroundings, texts
from wit_world import exports
from wit_world.exports import selector as wit


class Selector(exports.Selector):
    def describe(self):
        return describe()

    def select(self, given):
        return call(_select, given)


def _select(given):
    choice = ralf_tune.Choice(candidates=[_candidate(one) for one in given.candidates], **surroundings(given))
    chosen = plugin.select(choice, arguments(given.arguments))
    return wit.Selection(chosen.winner, list(chosen.runners_up), texts(chosen.reasons), settings(chosen.settings))


def _candidate(given):
    return alike(
        ralf_tune.Candidate,
        given,
        settings=named(given.settings),
        notes_per_minute=_estimate(given.notes_per_minute),
        quality=_estimate(given.quality),
    )


def _estimate(given):
    return given and alike(ralf_tune.Estimate, given)
