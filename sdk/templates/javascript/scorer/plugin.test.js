import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate, manifest } from "./plugin.js";
import { defaults, makeNote } from "./ralf-tune/index.js";

const SOURCE = "function load(path) {}\n\nfunction save(path) {}\n";

const score = (answer, { source = SOURCE, ...changed } = {}) =>
  evaluate(makeNote({ source, answers: [answer] }), defaults(manifest, changed));

test("every function is mentioned", () => {
  assert.equal(score("`load` reads it, `save` writes it").value, 1);
});

test("a function is missing", () => {
  const half = score("`load` reads it; saves", { pass_mark: 1 });
  assert.equal(half.value, 0.5);
  assert.deepEqual(half.reasons, ["`save` is not mentioned"]);
});

test("no answer", () => {
  assert.equal(score("").value, 0);
});

test("nothing to judge", () => {
  assert.equal(score("words", { source: "x = 1" }).parts.judged, 0);
});
