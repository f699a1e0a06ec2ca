//! Apple's own chips, through `sysctl`. Their graphics processor works in the machine's memory.

use super::Search;
use crate::model::machine::{Gpu, GpuVendor};

const GIB: u64 = 1 << 30;

/// Asks `read` for the values of `sysctl` names.
#[must_use]
pub fn search(read: impl Fn(&str) -> Option<String>) -> Search {
    let none = |why: &str| Search { gpus: Vec::new(), source: format!("Apple: {why}") };
    // True also for a program that runs translated, where the processor's name is a made-up one.
    if read("hw.optional.arm64").as_deref() != Some("1") {
        return none("not an Apple chip, and the server uses no other graphics on macOS");
    }
    let name = read("machdep.cpu.brand_string").unwrap_or_else(|| "Apple chip".to_owned());
    let number = |name: &str| read(name).and_then(|text| text.parse::<u64>().ok());
    let (memory, source) = match (number("iogpu.wired_limit_mb"), number("hw.memsize")) {
        (Some(limit), _) if limit > 0 => (limit.checked_mul(1 << 20), "sysctl iogpu.wired_limit_mb"),
        (_, Some(memory)) => (Some(default_limit(memory)), "the usual share of sysctl hw.memsize"),
        _ => (None, "sysctl does not say how much memory there is"),
    };
    let gpu = Gpu {
        name,
        vendor: GpuVendor::Apple,
        memory_total_bytes: memory,
        memory_free_bytes: None,
        unified: true,
        source: source.to_owned(),
    };
    Search { gpus: vec![gpu], source: "Apple: sysctl".to_owned() }
}

/// What Metal recommends when nobody set a limit: about two thirds of the memory, three quarters of it on large machines.
/// From reports of `recommendedMaxWorkingSetSize`; the lower figure where they differ.
fn default_limit(memory_bytes: u64) -> u64 {
    if memory_bytes > 36 * GIB { memory_bytes / 4 * 3 } else { memory_bytes / 3 * 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search_with(values: &[(&str, &str)]) -> Search {
        search(|name| values.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn a_limit_that_was_set_wins_over_the_usual_share() {
        let chip =
            [("hw.optional.arm64", "1"), ("machdep.cpu.brand_string", "Apple M9"), ("hw.memsize", "51539607552")];
        let usual = search_with(&chip);
        assert_eq!(usual.gpus[0].name, "Apple M9");
        assert_eq!(usual.gpus[0].memory_total_bytes, Some(36 * GIB));
        let unset = search_with(&[&chip[..], &[("iogpu.wired_limit_mb", "0")]].concat());
        assert_eq!(unset, usual);
        let set = search_with(&[&chip[..], &[("iogpu.wired_limit_mb", "40960")]].concat());
        assert_eq!(set.gpus[0].memory_total_bytes, Some(40 * GIB));
    }

    #[test]
    fn an_intel_mac_has_none() {
        let found = search_with(&[("machdep.cpu.brand_string", "Intel"), ("hw.memsize", "17179869184")]);
        assert!(found.gpus.is_empty() && !found.source.is_empty());
    }
}
