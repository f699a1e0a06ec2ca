// Between the host's values and those of this folder; what all kinds share. Only in a component. Nothing to edit here.

import host from "ralf:tune/log@0.1.0";
import * as plugin from "../plugin.js";
import { Declined, log, logTo } from "./index.js";

logTo((level, message) => host.log(level, well(message)));

// There is no terminal: what is printed goes to the log.
const print = (level) => (...words) => log(words.map(String).join(" "), level);
globalThis.console = { log: print("info"), info: print("info"), debug: print("debug"), warn: print("info"), error: print("info") };

/** Calls the plugin. A decline becomes an error of the interface, anything else is reported and ends the call. */
export function call(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof Declined) throw well(error.message);
    host.log("warn", well(`panicked at ${place(error)}: ${error}`));
    // An Error would arrive as a decline. What is no text ends the call.
    throw Symbol("reported");
  }
}

/** Where it happened: the innermost place in plugin.js says most. */
function place(error) {
  const stack = String(error?.stack ?? "");
  const [, file, line] = /(plugin\.js):(\d+)/.exec(stack) ?? /([^\s(/]+):(\d+):\d+/.exec(stack) ?? [null, "plugin.js", "0"];
  return `${file}:${line}`;
}

// --- From the plugin

/** Half a character (a lone surrogate) is no text for the host. */
export const well = (text) => String(text).toWellFormed();
export const texts = (list) => (list ?? []).map(well);
export const pairs = (object) => Object.entries(object ?? {}).map(([name, value]) => ({ name: well(name), value: Number(value) }));

export const describe = () => call(() => {
  const { name, version, summary, parameters, decides, needs, intensities } = plugin.manifest;
  const lists = { decides: texts(decides), needs: texts(needs), intensities: texts(intensities), extra: [] };
  return { name: well(name), version: well(version), summary: well(summary), parameters: parameters ?? [], ...lists };
});

// --- From the host

export const named = (list) => Object.fromEntries(list.map((one) => [one.name, one.value]));
export const given = (list) => Object.fromEntries(list.map((one) => [one.name, one.value.val]));
const withFacts = (record) => ({ ...record, facts: named(record.facts) });

function trial(one) {
  const samples = one.samples.map(({ metric, ...sample }) => [metric, sample]);
  const scores = one.scores.map((score) => ({ ...score, parts: named(score.parts) }));
  const { tag, val } = one.experiment;
  return {
    ...withFacts(one),
    candidate: named(one.candidate),
    experiment: tag === "compare" ? { tag, val: { ...val, other: named(val.other) } } : one.experiment,
    state: one.state.tag,
    cause: one.state.val ?? "",
    samples: Object.fromEntries(samples),
    scores,
  };
}

/** What strategies and selectors are both told. */
export const surroundings = (input) => ({
  machine: withFacts(input.machine),
  model: withFacts(input.model),
  workload: withFacts(input.workload),
  constraints: input.constraints,
  history: input.history.map(trial),
});
