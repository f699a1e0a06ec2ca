// __name__: likes notes that mention the functions of their file. This is the file to edit.

import { answer, integer, notJudged, number } from "./ralf-tune/index.js";

export const manifest = {
  name: "__name__",
  version: "0.1.0",
  summary: "Likes notes that mention the functions of their file",
  parameters: [
    integer("most", 8, "functions that are looked for, from the top of the file", { low: 1, high: 100 }),
    number("pass_mark", 0.8, "share of them that is enough for a full score", { low: 0.1, high: 1 }),
  ],
};

// `def name`, `fn name`, `func name`, `function name`.
const FUNCTION = /\b(?:def|fn|func|function)\s+(\w+)/g;

/** The score of one note, from 0 to 1. The arguments are checked: every parameter is there. */
export function evaluate(note, { most, pass_mark }) {
  const found = [...note.source.matchAll(FUNCTION)].map((match) => match[1]);
  const names = [...new Set(found)].slice(0, most);
  if (names.length === 0) return notJudged("the file has no functions");

  const text = answer(note);
  const missing = names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
  const share = 1 - missing.length / names.length;
  return {
    value: Math.min(1, share / pass_mark),
    parts: { mentioned: share },
    reasons: missing.slice(0, 3).map((name) => `\`${name}\` is not mentioned`),
  };
}
