//! The name of every setting: on the command line, in the environment, in a file.

/// The three names of one setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    pub flag: &'static str,
    pub variable: &'static str,
    pub file: &'static str,
}

const fn key(flag: &'static str, variable: &'static str, file: &'static str) -> Key {
    Key { flag, variable, file }
}

/// In files `intensity` is the table of all intensities, so choosing one needs a name of its own.
pub const INTENSITY: Key = key("--intensity", "RALF_TUNE_INTENSITY", "default_intensity");
pub const BUDGET: Key = key("--budget", "RALF_TUNE_BUDGET", "budget");
pub const MODEL: Key = key("--model", "RALF_TUNE_MODEL", "model");
pub const HOST: Key = key("--host", "RALF_TUNE_HOST", "host");
pub const SAMPLES: Key = key("--samples", "RALF_TUNE_SAMPLES", "samples");
pub const WORKLOAD: Key = key("--workload", "RALF_TUNE_WORKLOAD", "workload");
pub const FILES: Key = key("--files", "RALF_TUNE_FILES", "files");
pub const PLUGINS: Key = key("--plugin", "RALF_TUNE_PLUGIN", "plugins");
pub const STRATEGIES: Key = key("--strategy", "RALF_TUNE_STRATEGY", "strategies");
pub const SCORERS: Key = key("--scorer", "RALF_TUNE_SCORER", "scorers");
pub const SELECTOR: Key = key("--selector", "RALF_TUNE_SELECTOR", "selector");
pub const ALLOW: Key = key("--allow", "RALF_TUNE_ALLOW", "allow");
pub const PARAMS: Key = key("--set", "RALF_TUNE_SET", "params");
pub const LIMITS: Key = key("--limit", "RALF_TUNE_LIMIT", "limits");
pub const SAVE: Key = key("--save", "RALF_TUNE_SAVE", "save");
pub const REPORT: Key = key("--report", "RALF_TUNE_REPORT", "report");
pub const YES: Key = key("--yes", "RALF_TUNE_YES", "yes");
pub const CONFIG: Key = key("--config", "RALF_TUNE_CONFIG", "config");
pub const SEED: Key = key("--seed", "RALF_TUNE_SEED", "seed");
pub const QUALITY_FLOOR: Key = key("--quality-floor", "RALF_TUNE_QUALITY_FLOOR", "quality_floor");
pub const PROMPT: Key = key("--prompt", "RALF_TUNE_PROMPT", "prompt");
pub const FORMAT: Key = key("--format", "RALF_TUNE_FORMAT", "format");
pub const OUTPUT: Key = key("--output", "RALF_TUNE_OUTPUT", "output");
pub const STORE: Key = key("--store", "RALF_TUNE_STORE", "store");
pub const HUB: Key = key("--hub", "RALF_TUNE_HUB", "hub");
pub const SIMULATE: Key = key("--simulate", "RALF_TUNE_SIMULATE", "simulate");

/// Every setting, in the order of the help text.
pub const KEYS: [Key; 26] = [
    INTENSITY,
    BUDGET,
    MODEL,
    HOST,
    SAMPLES,
    WORKLOAD,
    FILES,
    PLUGINS,
    STRATEGIES,
    SCORERS,
    SELECTOR,
    PARAMS,
    LIMITS,
    ALLOW,
    SAVE,
    REPORT,
    YES,
    CONFIG,
    SEED,
    QUALITY_FLOOR,
    PROMPT,
    FORMAT,
    OUTPUT,
    HUB,
    STORE,
    SIMULATE,
];

/// Variables of the program that are not settings.
pub const OTHER_VARIABLES: [&str; 5] =
    ["RALF_TUNE_LOG", "RALF_TUNE_CONFIG_DIR", "RALF_TUNE_DATA_DIR", "RALF_TUNE_CACHE_DIR", "RALF_TUNE_STATE_DIR"];
