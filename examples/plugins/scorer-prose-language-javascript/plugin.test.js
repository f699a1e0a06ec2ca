import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate, manifest } from "./plugin.js";
import { defaults, makeNote } from "./ralf-tune/index.js";

const ENGLISH = "This module reads the settings of a project and keeps them for the rest of the run. It is not safe to share.";
const GERMAN = "Das Modul liest die Einstellungen und hält sie für den Rest der Laufzeit. Es ist nicht für mehrere Fäden gedacht.";

const score = (answer, changed) => evaluate(makeNote({ answers: [answer] }), defaults(manifest, { least: 10, ...changed }));

test("the language that is wanted scores best", () => {
  assert.ok(score(ENGLISH).value > 0.9);
  assert.ok(score(GERMAN, { wanted: "german" }).value > 0.9);
});

test("another language is named", () => {
  const other = score(GERMAN);
  assert.ok(other.value < 0.1);
  assert.deepEqual(other.reasons, ["written in german"]);
});

test("another alphabet is seen", () => {
  const other = score("该模块读取项目的设置并在整个运行期间保留它们。");
  assert.equal(other.value, 0);
  assert.deepEqual(other.reasons, ["written in another alphabet"]);
});

test("half and half is in between", () => {
  const { value } = score(`${ENGLISH}\n${GERMAN}`);
  assert.ok(value > 0.2 && value < 0.8, `${value}`);
});

test("code says nothing of the language", () => {
  const code = "```python\nfor the in this: pass\n```\n`das` `ist`\n";
  assert.equal(score(code + GERMAN, { wanted: "german" }).value, score(GERMAN, { wanted: "german" }).value);
});

test("too few words are not judged, no words are worth nothing", () => {
  assert.equal(score("A note.").parts.judged, 0);
  assert.equal(score(" \n").value, 0);
});
