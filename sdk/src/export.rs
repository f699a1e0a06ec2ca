/// Exports a type as a component: `export!(scorer: MyScorer);`, `export!(strategy: …)`, `export!(selector: …)`.
///
/// It stands once in a plugin. Its code exists only on WebAssembly targets, so that unit tests link and run natively. A panic
/// of the plugin arrives at the host as text with its place.
///
/// ```
/// use ralf_tune_sdk::selector::prelude::*;
///
/// struct First;
///
/// impl Selector for First {
///     fn manifest() -> Manifest {
///         Manifest::new("first", "0.1.0", "Takes the first candidate that may be chosen")
///     }
///
///     fn select(input: &SelectionInput, _: &Arguments) -> Result<Selection, String> {
///         let winner = input.eligible().next().ok_or("every candidate has a violation")?;
///         Ok(Selection::new(winner.id).reason("it came first"))
///     }
/// }
///
/// ralf_tune_sdk::export!(selector: First);
/// ```
#[macro_export]
macro_rules! export {
    (scorer: $plugin:ty) => {
        $crate::export_scorer!($plugin);
    };
    (strategy: $plugin:ty) => {
        $crate::export_strategy!($plugin);
    };
    (selector: $plugin:ty) => {
        $crate::export_selector!($plugin);
    };
}
