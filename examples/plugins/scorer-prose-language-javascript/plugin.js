// prose-language: is the note written in the language that you want to read? Small models drift when the source has another one.

import { answer, integer, notJudged, text } from "./ralf-tune/index.js";

// The commonest words that the others do not have.
const WORDS = {
  english: "the and of is to with for that this from are be by which it not has",
  french: "le les est et une dans pour qui avec sur du pas sont ce par au cette",
  german: "der die und das ist von mit ein eine den dem wird nicht auf für werden sich als",
  spanish: "el los las y una para con por del se como al lo más pero sus esta cada",
};

const KNOWN = Object.fromEntries(Object.entries(WORDS).map(([name, words]) => [name, new Set(words.split(" "))]));

export const manifest = {
  name: "prose-language",
  version: "0.1.0",
  summary: "Wants notes in the language that you read",
  parameters: [
    text("wanted", "english", "the language of the notes", { choices: Object.keys(WORDS) }),
    integer("least", 20, "words that a note needs to be judged", { low: 1, high: 10_000 }),
  ],
};

export function evaluate(note, { wanted, least }) {
  const written = answer(note);
  if (written.trim() === "") return { value: 0, reasons: ["there is no note"] };

  const words = prose(written);
  if (words.length < least) return notJudged(`${words.length} words are too few to tell a language`);

  const counts = Object.fromEntries(Object.entries(KNOWN).map(([name, set]) => [name, words.filter((word) => set.has(word)).length]));
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  // Other alphabets have none of these words, and no letters from a to z either.
  const foreign = words.filter((word) => !/^[\p{Script=Latin}\d]+$/u.test(word)).length / words.length;
  if (total === 0 && foreign < 0.5) return notJudged("no word tells the language");

  const shares = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, total === 0 ? 0 : count / total]));
  const value = shares[wanted] * (1 - foreign);
  const [most] = Object.entries(counts).sort((a, b) => b[1] - a[1])[0];
  const other = foreign >= 0.5 ? "another alphabet" : most;
  return { value, parts: { ...shares, foreign }, reasons: value < 0.8 && other !== wanted ? [`written in ${other}`] : [] };
}

/** Words of sentences: code, headings and names are no language. */
function prose(written) {
  const plain = written
    .replace(/```.*?(```|$)/gs, " ")
    .replace(/`[^`\n]*`/g, " ")
    .replace(/^#.*$/gm, " ");
  // A sign of Chinese or Japanese is a word of its own.
  const words = plain.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\d]+/gu) ?? [];
  return words.map((word) => word.toLowerCase());
}
