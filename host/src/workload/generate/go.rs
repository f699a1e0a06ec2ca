//! Go.

use super::{
    dialect::Dialect,
    template::{Style, Template},
    vocabulary::Name,
};

const STYLE: Style = Style { function: Name::pascal, constant: Name::pascal, local: Name::camel };

pub(super) const DIALECT: Dialect = Dialect {
    name: "go",
    extension: "go",
    comment: "//",
    style: &STYLE,
    header: &[
        "// Package @w1 keeps the @w2.\n//\n// @d1\npackage @w1\n\n",
        "import (\n\t\"errors\"\n\t\"sort\"\n\t\"strings\"\n\n\t\"example.com/@w1/@w2\"\n)\n",
    ],
    constant: "const @c1 = @n1\n",
    blocks: &[
        Template { code: RATE, callable: false },
        Template { code: TOTAL, callable: true },
        Template { code: TOTAL_AFTER, callable: true },
        Template { code: CHECK, callable: false },
        Template { code: INDEX, callable: false },
        Template { code: INTERFACE, callable: false },
        Template { code: STRUCT, callable: false },
        Template { code: SWITCH, callable: false },
        Template { code: CHANNEL, callable: false },
    ],
};

const RATE: &str = "
// @f1 turns the @L1 into a rate.
func @f1(@l1 float64) float64 {
\treturn @l1*@m1 + @n1
}
";

const TOTAL: &str = "
// @f1 gives back the @L2.
// @d1
func @f1(@l1 []float64) float64 {
\tvar @l2 float64
\tfor _, @l3 := range @l1 {
\t\tif @l3 > @n1 {
\t\t\t@l2 += @l3 * @m1
\t\t} else {
\t\t\t@l2 -= @n2
\t\t}
\t}
\treturn @l2
}
";

const TOTAL_AFTER: &str = "
// @f1 is the @L2, and @n1 when there is none.
// @d1
func @f1(@l1 []float64) float64 {
\t@l2 := @p1(@l1)
\tif len(@l1) == 0 {
\t\treturn @n1
\t}
\treturn @l2 / @n2
}
";

const CHECK: &str = "
const @c1 = @n1

// @f1 fails when the @L1 is empty or too long.
// @d1
func @f1(@l1 string) (string, error) {
\t@l2 := strings.ToLower(strings.TrimSpace(@l1))
\tif @l2 == \"\" {
\t\treturn \"\", errors.New(\"the @L1 is empty\")
\t}
\tif len(@l2) > @c1 {
\t\treturn \"\", errors.New(\"the @L1 is too long\")
\t}
\treturn @l2, nil
}
";

const INDEX: &str = "
// @f1 has one list for each @w1.
func @f1(@l1 map[string]int) map[int][]string {
\t@l2 := make(map[int][]string)
\tfor @l3, @l4 := range @l1 {
\t\t@l2[@l4] = append(@l2[@l4], @l3)
\t}
\tfor _, @l5 := range @l2 {
\t\tsort.Strings(@l5)
\t}
\treturn @l2
}
";

const INTERFACE: &str = "
// @t1 is what the @w1 needs to know.
type @t1 interface {
\t// @f1 answers before the @w2 does.
\t@f1(@l1 string) (int, error)
\t// @f2 may be called twice.
\t@f2(@l2 []float64) float64
}
";

const STRUCT: &str = "
// @t1 keeps the @L3.
// @d1
type @t1 struct {
\t@l1 string
\t@l2 float64
\t@l3 map[string]bool
}

// @f1 adds to the @L3 unless it holds the @L4.
func (s *@t1) @f1(@l4 string) bool {
\tif s.@l3[@l4] {
\t\treturn false
\t}
\ts.@l3[@l4] = true
\treturn len(s.@l3) < @n1
}

// @f2 counts by the @L2.
func (s *@t1) @f2() float64 {
\treturn s.@l2*float64(len(s.@l3)) + float64(len(s.@l1))
}
";

const SWITCH: &str = "
// @f1 names the @L2 of the @w1.
func @f1(@l1 int) string {
\tswitch {
\tcase @l1 > @n1:
\t\treturn \"@L2\"
\tcase @l1 > @n2 && @l1%2 == 0:
\t\treturn \"@L3\"
\tdefault:
\t\treturn \"@w2\"
\t}
}
";

const CHANNEL: &str = "
// @f1 sends each @L3 once and then closes the channel.
// @d1
func @f1(@l1 []string) <-chan string {
\t@l2 := make(chan string, @n1)
\tgo func() {
\t\tdefer close(@l2)
\t\tfor _, @l3 := range @l1 {
\t\t\t@l2 <- strings.TrimPrefix(@l3, \"@w1:\")
\t\t}
\t}()
\treturn @l2
}
";
