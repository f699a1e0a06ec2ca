// What becomes the component: plugin.js behind the interface of its kind. Nothing to edit here.

export { scorer } from "./ralf-tune/scorer.js";
export { strategy } from "./ralf-tune/strategy.js";
export { selector } from "./ralf-tune/selector.js";
