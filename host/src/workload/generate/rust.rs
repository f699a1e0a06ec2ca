//! Rust.

use super::{
    dialect::Dialect,
    template::{Style, Template},
    vocabulary::Name,
};

const STYLE: Style = Style { function: Name::snake, constant: Name::upper, local: Name::snake };

pub(super) const DIALECT: Dialect = Dialect {
    name: "rust",
    extension: "rs",
    comment: "//",
    style: &STYLE,
    header: &[
        "//! The @w1 and its @w2.\n//!\n//! @d1\n\n",
        "use std::collections::HashMap;\n\n",
        "use crate::@w1::{@t1, @t2};\n\n",
    ],
    constant: "pub const @c1: u32 = @n1;\n",
    blocks: &[
        Template { code: RATE, callable: false },
        Template { code: TOTAL, callable: true },
        Template { code: TOTAL_AFTER, callable: true },
        Template { code: CHECK, callable: false },
        Template { code: INDEX, callable: false },
        Template { code: ENUM, callable: false },
        Template { code: STRUCT, callable: false },
        Template { code: TRAIT, callable: false },
        Template { code: CHAIN, callable: false },
    ],
};

const RATE: &str = r"
/// @F1.
pub fn @f1(@l1: f64) -> f64 {
    @l1 * @m1 + @n1.0
}
";

const TOTAL: &str = r"
/// @F1 and give back the @L2.
///
/// @d1
pub fn @f1(@l1: &[f64]) -> f64 {
    let mut @l2 = 0.0;
    for @l3 in @l1 {
        if *@l3 > @n1.0 {
            @l2 += @l3 * @m1;
        } else {
            @l2 -= @n2.0;
        }
    }
    @l2
}
";

const TOTAL_AFTER: &str = r"
/// @F1.
///
/// @d1
pub fn @f1(@l1: &[f64]) -> f64 {
    let @l2 = @p1(@l1);
    if @l1.is_empty() { @n1.0 } else { @l2.max(@n2.0) }
}
";

const CHECK: &str = r#"
const @c1: usize = @n1;

/// @F1.
///
/// # Errors
/// When the @L1 is empty or longer than the limit.
pub fn @f1(@l1: &str) -> Result<String, String> {
    let @l2 = @l1.trim().to_lowercase();
    if @l2.is_empty() {
        return Err("the @L1 is empty".to_owned());
    }
    if @l2.len() > @c1 {
        return Err(format!("the @L1 is longer than {@c1} bytes"));
    }
    Ok(@l2)
}
"#;

const INDEX: &str = r"
/// @F1, one list for each @w1.
pub fn @f1(@l1: &[(String, u64)]) -> HashMap<&str, Vec<u64>> {
    let mut @l2: HashMap<&str, Vec<u64>> = HashMap::new();
    for (@l3, @l4) in @l1 {
        @l2.entry(@l3.as_str()).or_default().push(*@l4);
    }
    for @l5 in @l2.values_mut() {
        @l5.sort_unstable();
    }
    @l2
}
";

const ENUM: &str = r#"
/// The @T1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum @t1 {
    @t2,
    @t3,
}

impl @t1 {
    /// @F1 from its name in the @w1 file.
    pub fn @f1(@l1: &str) -> Option<Self> {
        match @l1 {
            "@w2" => Some(Self::@t2),
            "@L2" => Some(Self::@t3),
            _ => None,
        }
    }
}
"#;

const STRUCT: &str = r"
/// The @T1.
///
/// @d1
#[derive(Debug, Default)]
pub struct @t1 {
    @l1: String,
    @l2: f64,
    @l3: Vec<u64>,
}

impl @t1 {
    /// @F1 unless the @L3 holds it.
    pub fn @f1(&mut self, @l4: u64) -> bool {
        if self.@l3.contains(&@l4) {
            return false;
        }
        self.@l3.push(@l4);
        self.@l3.len() < @n1
    }

    /// @F2 by the @L2.
    pub fn @f2(&self) -> f64 {
        self.@l2 * self.@l3.len() as f64 + self.@l1.len() as f64
    }
}
";

const TRAIT: &str = r"
/// What the @w1 needs to know of the @w2.
pub trait @t1 {
    /// @F1; `None` before the @w1 is open.
    fn @f1(&self, @l1: &str) -> Option<u64>;

    /// @F2, at most @n1 at a time.
    fn @f2(&mut self, @l2: Vec<u64>) -> usize {
        @l2.into_iter().take(@n1).filter(|@l3| @l3 % 2 == 0).count()
    }
}
";

const CHAIN: &str = r"
/// @F1 from the lines of the @w1 file.
///
/// @d1
pub fn @f1(@l1: &str) -> Vec<(String, i64)> {
    @l1.lines()
        .filter_map(|@l2| @l2.split_once(';'))
        .map(|(@l3, @l4)| (@l3.trim().to_owned(), @l4.parse().unwrap_or(@n1)))
        .filter(|(_, @l5)| *@l5 != @n2)
        .collect()
}
";
