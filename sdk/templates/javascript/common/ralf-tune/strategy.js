// A strategy's side of the interface. Only in a component. Nothing to edit here.

import * as plugin from "../plugin.js";
import { call, describe, given, named, pairs, surroundings, texts, well } from "./component.js";

const ask = (study) => call(() => {
  const answer = plugin.ask(read(study), given(study.arguments));
  return Array.isArray(answer) ? { tag: "measure", val: answer.map(proposal) } : { tag: "done", val: decision(answer) };
});

const conclude = (study) => call(() => decision(plugin.conclude(read(study), given(study.arguments))));

const read = (study) => ({
  ...surroundings(study),
  space: Object.fromEntries(study.space.map(({ name, ...range }) => [name, range])),
  baseline: named(study.baseline),
  incumbent: named(study.incumbent),
  secondsLeft: study.secondsLeft,
  seed: study.seed,
});

function proposal({ experiment, changes, why }) {
  const { tag, val } = experiment;
  const asked = tag === "compare" ? { tag, val: { ...val, other: pairs(val.other) } } : experiment;
  return { changes: pairs(changes), experiment: asked, why: well(why) };
}

const decision = ({ settings, reasons, notFound }) => ({
  settings: pairs(settings),
  reasons: texts(reasons),
  notFound: texts(notFound),
});

export const strategy = { describe, ask, conclude };
