import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, conclude, manifest, SETTING } from "./plugin.js";
import { defaults, notes } from "./ralf-tune/index.js";

const options = defaults(manifest);

/** A study in which 1, 2, 4 … requests at once made so many notes a minute; null is a failure. */
function study(...speeds) {
  const history = speeds.map((speed, index) => ({
    stage: manifest.name,
    candidate: { [SETTING]: options.workers[index] },
    state: speed === null ? "failed" : "complete",
    samples: speed === null ? {} : { notes_per_minute: { mean: speed } },
  }));
  return { history, workload: { fileChars: [900, 1200, 5000] }, space: { [SETTING]: { low: 1, high: 16, step: 1 } } };
}

test("asks for what was not measured", () => {
  const proposals = ask(study(3), options);
  assert.deepEqual(proposals.map((one) => one.changes[SETTING]), [2, 4]);
  assert.deepEqual(proposals[0].experiment, notes([0, 1, 2]));
});

test("takes the fewest that are as fast", () => {
  assert.deepEqual(ask(study(3, 5.9, 6), options).settings, { [SETTING]: 2 });
});

test("a failure is no choice", () => {
  assert.deepEqual(conclude(study(3, null, null), options).settings, { [SETTING]: 1 });
});

test("time may be over before anything was measured", () => {
  assert.deepEqual(conclude(study(), options).settings, {});
});
