// A scorer's side of the interface. Only in a component. Nothing to edit here.

import * as plugin from "../plugin.js";
import { call, describe, given, named, pairs, texts } from "./component.js";

const evaluate = (note, args) => call(() => {
  const { value, parts, reasons } = plugin.evaluate({ ...note, settings: named(note.settings) }, given(args));
  return { value: Number(value), parts: pairs(parts), reasons: texts(reasons) };
});

export const scorer = { describe, evaluate };
