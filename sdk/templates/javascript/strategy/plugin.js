// __name__: decides how many requests are sent at once. This is the file to edit.

import { integer, mean, notes, number, numbers } from "./ralf-tune/index.js";

export const SETTING = "max_concurrent_requests";

export const manifest = {
  name: "__name__",
  version: "0.1.0",
  summary: "Makes the same notes with a few numbers of requests at once",
  parameters: [
    numbers("workers", [1, 2, 4], "numbers of requests at once that are compared", { low: 1, high: 64 }),
    integer("files", 4, "files made into notes with each", { low: 1, high: 50 }),
    number("tie", 0.05, "share of speed for which fewer requests are preferred", { low: 0, high: 1 }),
  ],
  decides: [SETTING],
  intensities: ["quick", "normal", "full"],
};

/** What to measure next, or the decision. Called again and again, each time with all that was measured so far. */
export function ask(study, options) {
  const files = [...study.workload.fileChars.keys()].slice(0, options.files);
  const missing = counts(study, options).filter((count) => !trial(study, count));
  if (missing.length === 0 || files.length === 0) return conclude(study, options);
  return missing.map((count) => ({ experiment: notes(files), changes: { [SETTING]: count }, why: `${count} at once` }));
}

/** The best decision from what there is: also called when the time is over before `ask` was done. */
export function conclude(study, options) {
  const measured = counts(study, options)
    .map((count) => ({ count, trial: trial(study, count) }))
    .map(({ count, trial }) => ({ count, speed: trial ? mean(trial, "notes_per_minute") : null }))
    .filter(({ speed }) => speed !== null);
  if (measured.length === 0) return { settings: {}, notFound: ["no number of requests made a note"] };

  const enough = Math.max(...measured.map(({ speed }) => speed)) * (1 - options.tie);
  const best = measured.filter(({ speed }) => speed >= enough).sort((a, b) => a.count - b.count)[0];
  const reasons = [`${best.count} at once make ${best.speed.toFixed(2)} notes a minute`];
  return { settings: { [SETTING]: best.count }, reasons };
}

/** Those that the host would accept. */
function counts(study, { workers }) {
  const { low = 0, high = Infinity } = study.space[SETTING] ?? {};
  return workers.filter((count) => low <= count && count <= high);
}

/** Our own trial with that many requests, however it ended. Nothing else is remembered between two calls. */
function trial(study, count) {
  return study.history.findLast((one) => one.stage === manifest.name && one.candidate[SETTING] === count);
}
