//! How long a component would take to compile, bounded before it is compiled.
//!
//! Some code is small and takes minutes: 7 KB of nested loops over some hundred variables, for example, because the compiler
//! carries every variable around every loop. So what grows faster than the file is measured, and what no toolchain makes of
//! hand-written source is refused. The bounds are at least twice what the largest known guests have: `CPython`, `SpiderMonkey`, `QuickJS`.
//! At the bounds, compiling takes some minutes of one core.

use wasmparser::{BinaryReaderError, BlockType, CompositeInnerType, FunctionBody, Operator, Payload};

/// Most functions of a component; `SpiderMonkey` has 20 000.
const MOST_FUNCTIONS: usize = 200_000;
/// Most bytes of code; `SpiderMonkey` has 10 MB.
const MOST_CODE_BYTES: usize = 24 << 20;
/// Most bytes of one function; the largest of `CPython` has 427 kB.
const MOST_FUNCTION_BYTES: usize = 1 << 20;
/// Most values that meet in one function: see [`Cost::most_meetings`]. The most known are 184 000.
const MOST_MEETINGS: u64 = 1_000_000;
/// The same of all functions together; `SpiderMonkey` has less than 4 million.
const MOST_MEETINGS_OF_ALL: u64 = 12_000_000;

/// What there is to compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    pub functions: usize,
    /// Bytes of code of all functions.
    pub code_bytes: usize,
    pub largest_function: usize,
    /// Variables times the places where control flow meets, a loop counted once for each loop around it: what the compiler
    /// may have to carry.
    pub meetings: u64,
    pub most_meetings: u64,
}

impl Cost {
    /// Why it is refused, when it is.
    #[must_use]
    pub fn excess(&self) -> Option<String> {
        let bytes = |value: usize| format!("{} KiB", value >> 10);
        if self.functions > MOST_FUNCTIONS {
            Some(format!("it has {} functions, more than {MOST_FUNCTIONS}", self.functions))
        } else if self.code_bytes > MOST_CODE_BYTES {
            Some(format!("it has {} of code, more than {}", bytes(self.code_bytes), bytes(MOST_CODE_BYTES)))
        } else if self.largest_function > MOST_FUNCTION_BYTES {
            let (has, most) = (bytes(self.largest_function), bytes(MOST_FUNCTION_BYTES));
            Some(format!("a function of it has {has} of code, more than {most}"))
        } else if self.most_meetings > MOST_MEETINGS {
            Some("a function of it has too many variables in too many loops and branches".to_owned())
        } else if self.meetings > MOST_MEETINGS_OF_ALL {
            Some("its functions have too many variables in too many loops and branches".to_owned())
        } else {
            None
        }
    }
}

/// Adds up the cost of one file, module by module.
#[derive(Default)]
pub struct Counter {
    pub cost: Cost,
    /// Of each type of the module: parameters, and parameters with results.
    types: Vec<(u64, u64)>,
    /// Parameters of each function of the module.
    parameters: Vec<u64>,
    next: usize,
}

impl Counter {
    /// Takes a piece of a core module into account.
    ///
    /// # Errors
    /// When it is no valid code.
    pub fn add(&mut self, payload: &Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::Version { .. } => {
                self.types.clear();
                self.parameters.clear();
                self.next = 0;
            }
            Payload::TypeSection(section) => {
                for group in section.clone() {
                    for kind in group?.into_types() {
                        let (parameters, results) = match &kind.composite_type.inner {
                            CompositeInnerType::Func(function) => (function.params().len(), function.results().len()),
                            _ => (0, 0),
                        };
                        self.types.push((parameters as u64, (parameters + results) as u64));
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for index in section.clone() {
                    self.parameters.push(self.types.get(index? as usize).map_or(0, |(parameters, _)| *parameters));
                }
            }
            Payload::CodeSectionEntry(body) => self.add_function(body)?,
            _ => {}
        }
        Ok(())
    }

    fn add_function(&mut self, body: &FunctionBody<'_>) -> Result<(), BinaryReaderError> {
        let bytes = body.as_bytes().len();
        let mut variables = 1 + self.parameters.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        for local in body.get_locals_reader()? {
            variables += u64::from(local?.0);
        }
        let (mut meetings, mut loops) = (0_u64, 0_u64);
        let mut open = Vec::new();
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let (is_loop, kind) = match operators.read()? {
                Operator::Loop { blockty } => (true, blockty),
                Operator::Block { blockty } | Operator::If { blockty } => (false, blockty),
                Operator::TryTable { try_table } => (false, try_table.ty),
                Operator::End => {
                    loops -= u64::from(open.pop() == Some(true));
                    continue;
                }
                _ => continue,
            };
            open.push(is_loop);
            loops += u64::from(is_loop);
            let values = match kind {
                BlockType::FuncType(index) => self.types.get(index as usize).map_or(0, |(_, values)| *values),
                BlockType::Empty | BlockType::Type(_) => 0,
            };
            meetings = meetings.saturating_add((variables + values).saturating_mul(if is_loop { loops } else { 1 }));
        }
        self.cost.functions += 1;
        self.cost.code_bytes += bytes;
        self.cost.largest_function = self.cost.largest_function.max(bytes);
        self.cost.meetings = self.cost.meetings.saturating_add(meetings);
        self.cost.most_meetings = self.cost.most_meetings.max(meetings);
        Ok(())
    }
}
