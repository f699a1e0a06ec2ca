// A scorer that does what it is told.

import { Declined, piece, text } from "./ralf-tune/index.js";

export const manifest = {
  name: "faults",
  version: "0.1.0",
  summary: "Does what it is told",
  parameters: [text("fault", "none", "what goes wrong")],
};

export function evaluate(note, { fault }) {
  const [request] = note.requests;
  if (fault === "decline") throw new Declined("the note has no title");
  if (fault === "bug") return { value: null.x }; // fault: bug
  if (fault === "deep") return { value: deep(1) };
  if (fault === "nan") return { value: NaN };
  if (fault === "print") console.log("two\nlines");
  if (fault === "half") return { value: 1, reasons: [`half of one: ${"🦀".slice(0, 1)}`] };
  if (fault === "allocate") return { value: new Uint8Array(200_000_000).length };
  while (fault === "loop");
  const parts = { context: note.settings.num_ctx, characters: [...note.source].length, random: Math.random() };
  return { value: 0.5, parts, reasons: [piece(note, request), request.finish] };
}

const deep = (number) => 1 + deep(number + 1);
