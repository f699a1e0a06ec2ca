// Makes __snake__.wasm. Nothing to edit here.

import { readFile, writeFile } from "node:fs/promises";
import * as plugin from "./plugin.js";

const OUTPUT = "__snake__.wasm";
// What plugin.js exports says what it is.
const KINDS = { evaluate: "scorer", ask: "strategy", select: "selector" };

const kinds = Object.keys(KINDS).filter((name) => name in plugin).map((name) => KINDS[name]);
if (kinds.length !== 1) {
  console.error(`error: plugin.js must export exactly one of ${Object.keys(KINDS).join(", ")}`);
  process.exit(1);
}
const { componentize } = await import("componentize-qjs").catch(() => {
  console.error("error: componentize-qjs is not there\n\nhint: npm install");
  process.exit(1);
});

process.chdir(import.meta.dirname);
const { component } = await componentize({
  witPath: "wit",
  world: `${kinds[0]}-plugin`,
  jsSource: await readFile("app.js", "utf8"),
  jsPath: "app.js",
  moduleRoot: ".",
  // Without WASI: a plugin has no files, clock or network, and its random numbers repeat.
  stubWasi: true,
  // Calls compute and never wait.
  sync: true,
});
await writeFile(OUTPUT, component);
console.log(`${OUTPUT} is a ${kinds[0]}`);
