// __name__: among the candidates that are fast enough, the one that needs the least memory. This is the file to edit.

import { Declined, number } from "./ralf-tune/index.js";

export const manifest = {
  name: "__name__",
  version: "0.1.0",
  summary: "The least memory among candidates that are fast enough",
  parameters: [number("speed", 0.8, "fast enough: this share of the fastest candidate's speed", { low: 0, high: 1 })],
};

/** The winner. The host refuses one that has a violation; Declined says in a sentence that there is none. */
export function select(choice, options) {
  const allowed = choice.candidates.filter((one) => one.violations.length === 0);
  if (allowed.length === 0) throw new Declined("every candidate has a violation");

  const enough = Math.max(...allowed.map(speed)) * options.speed;
  // The id last: the same candidates in another order give the same winner.
  const least = (a, b) => (memory(a) === memory(b) ? a.id - b.id : memory(a) - memory(b));
  const [winner, ...others] = allowed.filter((one) => speed(one) >= enough).sort(least);
  const reason = `${(memory(winner) / 1e9).toFixed(1)} GB, ${speed(winner).toFixed(2)} notes a minute`;
  return { winner: winner.id, runnersUp: others.map((one) => one.id), reasons: [reason] };
}

const speed = (candidate) => candidate.notesPerMinute?.value ?? 0;

/** Unknown memory is no small memory. */
const memory = (candidate) => candidate.peakMemoryBytes ?? Infinity;
