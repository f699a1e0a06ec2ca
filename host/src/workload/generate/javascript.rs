//! JavaScript.

use super::{
    dialect::Dialect,
    template::{Style, Template},
    vocabulary::Name,
};

const STYLE: Style = Style { function: Name::camel, constant: Name::upper, local: Name::camel };

pub(super) const DIALECT: Dialect = Dialect {
    name: "javascript",
    extension: "js",
    comment: "//",
    style: &STYLE,
    header: &[
        "/**\n * The @w1 and its @w2.\n *\n * @d1\n */\n\n",
        "import { readFile } from \"node:fs/promises\";\n",
        "import { @f1, @t1 } from \"./@w1-@w2.js\";\n",
    ],
    constant: "export const @c1 = @n1;\n",
    blocks: &[
        Template { code: RATE, callable: true },
        Template { code: TOTAL, callable: true },
        Template { code: TOTAL_AFTER, callable: true },
        Template { code: CHECK, callable: false },
        Template { code: INDEX, callable: false },
        Template { code: READ, callable: false },
        Template { code: CLASS, callable: false },
        Template { code: GENERATOR, callable: false },
        Template { code: TABLE, callable: false },
    ],
};

const RATE: &str = r"
/** @F1. */
export const @f1 = (@l1) => @l1.map((@l2) => @l2 * @m1 + @n1);
";

const TOTAL: &str = r"
/**
 * @F1 and return the @L3.
 * @d1
 */
export function @f1(@l1, @l2 = @n1) {
  let @l3 = 0;
  for (const @l4 of @l1) {
    if (@l4 > @l2) {
      @l3 += @l4 * @m1;
    } else {
      @l3 -= @l2 / @n2;
    }
  }
  return @l3;
}
";

const TOTAL_AFTER: &str = r"
/**
 * @F1.
 * @d1
 */
export function @f1(@l1) {
  const @l2 = @p1(@l1);
  return @l1.length === 0 ? @n1 : [@l2, @n2];
}
";

const CHECK: &str = r#"
const @c1 = @n1;

/**
 * @F1; throws when the @L1 has no @w1.
 * @d1
 */
export function @f1(@l1, { @l2 = false } = {}) {
  if (!@l1.@w1) {
    throw new TypeError("the @L1 has no @w1");
  }
  const @l3 = String(@l1.@w1).trim().toLowerCase();
  if (@l3.length > @c1 && !@l2) {
    throw new RangeError(`${@l3} is longer than ${@c1} characters`);
  }
  return @l3;
}
"#;

const INDEX: &str = r#"
/** @F1, one list for each @w1. */
export function @f1(@l1) {
  const @l2 = new Map();
  for (const @l3 of @l1) {
    const @l4 = @l3.@w1 ?? "@w2";
    @l2.set(@l4, [...(@l2.get(@l4) ?? []), @l3]);
  }
  return @l2;
}
"#;

const READ: &str = r#"
/** @F1 from the @w1 file. */
export async function @f1(@l1) {
  const @l2 = await readFile(@l1, "utf8");
  return @l2
    .split("\n")
    .filter((@l3) => @l3.length > @n1)
    .map((@l4) => ({ @w1: @l4, @l5: @l4.indexOf(";") }));
}
"#;

const CLASS: &str = r"
/**
 * The @T1.
 * @d1
 */
export class @t1 {
  #@l1 = new Set();

  constructor(@l2, @l3 = @m1) {
    this.@l2 = @l2;
    this.@l3 = @l3;
  }

  /** @F1 unless it is known. */
  @f1(@l4) {
    if (this.#@l1.has(@l4)) {
      return false;
    }
    this.#@l1.add(@l4);
    return this.#@l1.size < @n1;
  }

  /** @F2 by the @L3. */
  get @f2() {
    return this.#@l1.size * this.@l3 + @n2;
  }
}
";

const GENERATOR: &str = r"
/**
 * @F1 in groups.
 * @d1
 */
export function* @f1(@l1, @l2 = @n1) {
  for (let @l3 = 0; @l3 < @l1.length; @l3 += @l2) {
    yield @l1.slice(@l3, @l3 + @l2);
  }
}
";

const TABLE: &str = r#"
/** What the @w1 does with each kind of @w2. */
export const @l1 = Object.freeze({
  @f1: (@l2) => @l2 > @n1,
  @f2: (@l3) => `${@l3}: @L1`,
  @l4: @m1,
  @l5: ["@w1", "@w3"],
});
"#;
