// A selector's side of the interface. Only in a component. Nothing to edit here.

import * as plugin from "../plugin.js";
import { call, describe, given, named, pairs, surroundings, texts } from "./component.js";

const select = (input) => call(() => {
  const candidates = input.candidates.map((one) => ({ ...one, settings: named(one.settings), facts: named(one.facts) }));
  const chosen = plugin.select({ ...surroundings(input), candidates }, given(input.arguments));
  const { winner, runnersUp, reasons, settings } = chosen;
  return { winner, runnersUp: runnersUp ?? [], reasons: texts(reasons), settings: pairs(settings) };
});

export const selector = { describe, select };
