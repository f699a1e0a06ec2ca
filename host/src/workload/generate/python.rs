//! Python.

use super::{
    dialect::Dialect,
    template::{Style, Template},
    vocabulary::Name,
};

const STYLE: Style = Style { function: Name::snake, constant: Name::upper, local: Name::snake };

pub(super) const DIALECT: Dialect = Dialect {
    name: "python",
    extension: "py",
    comment: "#",
    style: &STYLE,
    header: &[
        "\"\"\"Helpers for the @w1 and its @w2.\n\n@d1\n\"\"\"\n\n",
        "import logging\nfrom dataclasses import dataclass, field\n\n",
        "from @w1.@w2 import @t1\nfrom @w3 import @l1\n\n",
        "logger = logging.getLogger(__name__)\n\n",
    ],
    constant: "@c1 = @n1\n",
    blocks: &[
        Template { code: RATE, callable: true },
        Template { code: TOTAL, callable: true },
        Template { code: TOTAL_AFTER, callable: true },
        Template { code: CHECK, callable: false },
        Template { code: INDEX, callable: false },
        Template { code: PARSE, callable: false },
        Template { code: CLASS, callable: false },
        Template { code: GENERATOR, callable: false },
        Template { code: RETRY, callable: false },
    ],
};

const RATE: &str = r#"
def @f1(@l1):
    """@F1."""
    return [@l2 * @m1 + @n1 for @l2 in @l1]

"#;

const TOTAL: &str = r#"
def @f1(@l1, @l2=@n1):
    """@F1 and return the @L3.

    @d1
    """
    @l3 = 0.0
    for @l4 in @l1:
        if @l4 > @l2:
            @l3 += @l4 * @m1
        else:
            @l3 -= @l2 / @n2
    return @l3

"#;

const TOTAL_AFTER: &str = r#"
def @f1(@l1):
    """@F1.

    @d1
    """
    @l2 = @p1(@l1)
    logger.debug("@L2: %s", @l2)
    return max(@l2, @n1) if @l1 else @n2

"#;

const CHECK: &str = r#"
@c1 = @n1


def @f1(@l1, *, @l2=False):
    """@F1; raise ValueError when the @L1 has no @w1.

    @d1
    """
    if not @l1.get("@w1"):
        raise ValueError("the @L1 has no @w1")
    @l3 = @l1["@w1"].strip().lower()
    if len(@l3) > @c1 and not @l2:
        raise ValueError(f"{@l3!r} is longer than {@c1} characters")
    return @l3

"#;

const INDEX: &str = r#"
def @f1(@l1):
    """@F1, one list for each @w1."""
    @l2 = {}
    for @l3 in @l1:
        @l4 = @l3.get("@w1", "@w2")
        @l2.setdefault(@l4, []).append(@l3)
    for @l5 in @l2.values():
        @l5.sort(key=lambda entry: entry["@w3"], reverse=True)
    return @l2

"#;

const PARSE: &str = r#"
def @f1(@l1, @l2=";"):
    """@F1 from a line of the @w1 file."""
    @l3, _, @l4 = @l1.partition(@l2)
    try:
        return @l3.strip(), int(@l4)
    except ValueError:
        logger.warning("no @L4 in %r", @l1)
        return @l3.strip(), @n1

"#;

const CLASS: &str = r#"
@dataclass
class @t1:
    """The @T1.

    @d1
    """

    @l1: str
    @l2: float = @m1
    @l3: list = field(default_factory=list)

    def @f1(self, @l4):
        """@F1 unless the @L3 holds it."""
        if @l4 in self.@l3:
            return False
        self.@l3.append(@l4)
        return len(self.@l3) < @n1

    def @f2(self):
        """@F2 by the @L2."""
        return sum(@l5 * self.@l2 for @l5 in self.@l3) + @n2

"#;

const GENERATOR: &str = r#"
def @f1(@l1, @l2=@n1):
    """@F1 in groups of @L2.

    @d1
    """
    @l3 = []
    for @l4 in @l1:
        @l3.append(@l4)
        if len(@l3) == @l2:
            yield tuple(@l3)
            @l3.clear()
    if @l3:
        yield tuple(@l3)

"#;

const RETRY: &str = r#"
class @t1(Exception):
    """Raised when the @w1 stays closed."""


def @f1(@l1, @l2):
    """@F1; ask the @w1 again while it is busy."""
    for @l3 in range(@n1):
        @l4 = @l1(@l2, attempt=@l3)
        if @l4 is not None:
            return @l4
        logger.info("@w1 busy, attempt %d", @l3)
    raise @t1(f"no @L4 for {@l2}")

"#;
