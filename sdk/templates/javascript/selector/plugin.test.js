import assert from "node:assert/strict";
import { test } from "node:test";
import { manifest, select } from "./plugin.js";
import { Declined, defaults } from "./ralf-tune/index.js";

const candidate = (id, speed, memory, violations = []) => ({
  id,
  notesPerMinute: { value: speed, low: speed * 0.9, high: speed * 1.1 },
  peakMemoryBytes: memory,
  violations,
});

const choose = (...candidates) => select({ candidates }, defaults(manifest));

test("the least memory of those that are fast enough", () => {
  const candidates = [candidate(0, 10, 8e9), candidate(1, 9, 5e9), candidate(2, 1, 1e9)];
  for (const order of [candidates, candidates.toReversed()]) {
    const { winner, runnersUp } = choose(...order);
    assert.deepEqual([winner, runnersUp], [1, [0]]);
  }
});

test("a violation never wins", () => {
  assert.equal(choose(candidate(0, 10, 8e9), candidate(1, 10, 1e9, ["spills"])).winner, 0);
});

test("unknown memory is not the least", () => {
  assert.equal(choose(candidate(0, 9, null), candidate(1, 9, 5e9)).winner, 1);
});

test("nobody is allowed", () => {
  assert.throws(() => choose(candidate(0, 10, 8e9, ["spills"])), Declined);
});
