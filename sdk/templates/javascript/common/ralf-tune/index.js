// The words of ralf-tune's plugins in plain JavaScript. Nothing here needs WebAssembly, so that tests run anywhere.
//
// Settings and facts are objects by name: `{ num_ctx: 8192 }`. What may be unknown is null. Whole numbers of the
// interface beyond 2^53 (only a seed can be) lose their last digits.

/** Throw it with one sentence for the user when you cannot answer. The study goes on without the answer. */
export class Declined extends Error {}

/**
 * Something that the user can set.
 * @typedef {{ low?: number, high?: number, choices?: string[] }} Bounds
 */

/** A whole number. @param {Bounds} bounds */
export const integer = (name, value, help, bounds = {}) => parameter("integer", name, value, help, bounds);
/** Any number. @param {Bounds} bounds */
export const number = (name, value, help, bounds = {}) => parameter("number", name, value, help, bounds);
/** A list of numbers. @param {Bounds} bounds */
export const numbers = (name, value, help, bounds = {}) => parameter("numbers", name, value, help, bounds);
/** A text. @param {Bounds} bounds */
export const text = (name, value, help, bounds = {}) => parameter("text", name, value, help, bounds);
/** A yes or no. */
export const boolean = (name, value, help) => parameter("boolean", name, value, help, {});

function parameter(type, name, value, help, { low = null, high = null, choices = [] }) {
  return { name, help, default: { tag: type, val: value }, low, high, choices };
}

/** The arguments that the host would send, for tests. */
export function defaults(manifest, changed = {}) {
  const own = (manifest.parameters ?? []).map((one) => [one.name, one.default.val]);
  return { ...Object.fromEntries(own), ...changed };
}

const sink = { write: (_level, _message) => {} };

/** Where `log` goes; the component sets it. */
export function logTo(write) {
  sink.write = write;
}

/** Says something to whoever debugs the plugin (RALF_TUNE_LOG=debug); in tests it goes nowhere. */
export function log(message, level = "info") {
  sink.write(level, String(message));
}

// --- Scorers: evaluate(note, arguments) gives a Score

/**
 * @typedef {object} Request One request of a note.
 * @property {string} prompt
 * @property {string} answer
 * @property {"stop" | "length" | "aborted" | "none"} finish
 * @property {number} promptTokens
 * @property {number} answerTokens
 * @property {boolean} truncated The server cut the prompt.
 * @property {number} startChar The first character of the file that it carried; see `piece`.
 * @property {number} endChar
 *
 * @typedef {object} Note One note, and the whole file that it was made from.
 * @property {string} path
 * @property {string} language Lower case, `text` when unknown.
 * @property {string} source
 * @property {Request[]} requests
 * @property {Record<string, number>} settings
 *
 * @typedef {object} Score From 0 (worthless) to 1 (nothing to wish for).
 * @property {number} value
 * @property {Record<string, number>} [parts] Shares of 1 for the report.
 * @property {string[]} [reasons] Sentences for the report.
 */

/** The note: all answers, in order. @param {Note} note */
export const answer = (note) => note.requests.map((request) => request.answer).join("\n");

/** The part of the file that a request carried: the host counts characters, JavaScript halves of some. */
export const piece = (note, request) => [...note.source].slice(request.startChar, request.endChar).join("");

/** There was nothing that this scorer knows how to judge: the score does not count. @returns {Score} */
export const notJudged = (reason) => ({ value: 1, parts: { judged: 0 }, reasons: [reason] });

/** A note for tests: only what matters has to be written down. @returns {Note} */
export function makeNote({ source = "", answers = [], path = "", language = "text", settings = {} }) {
  const rest = { prompt: "", finish: "stop", promptTokens: 0, answerTokens: 0, truncated: false, startChar: 0 };
  const requests = answers.map((one) => ({ ...rest, answer: one, endChar: [...source].length }));
  return { path, language, source, requests, settings };
}

// --- Strategies: ask(study, arguments) gives Proposals, or a Decision; conclude(study, arguments) gives a Decision

/**
 * @typedef {{ tag: "load" }
 *   | { tag: "probe", val: { promptTokens: number, outputTokens: number, parallel: number, requests: number } }
 *   | { tag: "notes", val: number[] }
 *   | { tag: "needle", val: { contentChars: number, depths: number[] } }
 *   | { tag: "compare", val: { other: Record<string, number>, files: number[] } }} Experiment
 *
 * @typedef {object} Proposal
 * @property {Experiment} experiment
 * @property {Record<string, number>} changes Settings that differ from the incumbent's.
 * @property {string} why One line for people.
 *
 * @typedef {object} Decision
 * @property {Record<string, number>} settings Only those that the manifest says it decides.
 * @property {string[]} [reasons]
 * @property {string[]} [notFound] What was looked for and not found.
 *
 * @typedef {object} Trial A measured proposal.
 * @property {number} number
 * @property {string} stage The strategy that asked for it, or `baseline`, `confirm`.
 * @property {Record<string, number>} candidate
 * @property {Experiment} experiment
 * @property {"complete" | "pruned" | "failed"} state
 * @property {string} cause Of a failure.
 * @property {number} seconds
 * @property {number} reloads
 * @property {Record<string, { values: number[], mean: number, median: number, standardDeviation: number }>} samples
 * @property {{ file: number, value: number, parts: Record<string, number> }[]} scores
 * @property {Record<string, number>} facts
 *
 * @typedef {object} Study All that a strategy knows: nothing else is kept between two calls.
 * @property {Trial[]} history
 * @property {{ fileChars: number[], batchChars: number[], charsPerToken: number, overheadTokens: number }} workload
 * @property {{ name: string, sizeBytes: number, trainedContext: number, layers: number, thinking: boolean }} model
 * @property {{ physicalCores: number, usableThreads: number, availableMemoryBytes: number, gpuMemoryBytes: number }} machine
 * @property {Record<string, { low: number, high: number, step: number, loadTime: boolean }>} space
 * @property {{ qualityFloor: number, maxLostShare: number }} constraints
 * @property {Record<string, number>} baseline
 * @property {Record<string, number>} incumbent
 * @property {number} secondsLeft
 * @property {number} seed
 */

/** Files of the workload, by index, made into notes as the batch would. */
export const notes = (files) => ({ tag: "notes", val: files });

/** The mean of a metric; null when the trial did not end well or did not measure it. @param {Trial} trial */
export function mean(trial, metric) {
  return trial.state === "complete" ? (trial.samples[metric]?.mean ?? null) : null;
}

// --- Selectors: select(choice, arguments) gives a Selection

/**
 * @typedef {{ value: number, low: number, high: number }} Estimate
 *
 * @typedef {object} Candidate A measured candidate. One with violations must not win.
 * @property {number} id
 * @property {Record<string, number>} settings
 * @property {boolean} isBaseline
 * @property {Estimate | null} notesPerMinute
 * @property {Estimate | null} quality
 * @property {number} sourceShare
 * @property {number} lostShare
 * @property {number | null} peakMemoryBytes
 * @property {boolean} spilled
 * @property {string[]} violations
 * @property {Record<string, number>} facts
 *
 * @typedef {object} Choice
 * @property {Candidate[]} candidates
 * @property {Trial[]} history Beside it: constraints, machine, model and workload, as in a study.
 *
 * @typedef {object} Selection
 * @property {number} winner
 * @property {number[]} [runnersUp]
 * @property {string[]} [reasons]
 * @property {Record<string, number>} [settings] What the selector's own rules set.
 */
