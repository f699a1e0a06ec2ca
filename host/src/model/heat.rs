//! What a machine says of heat and power that hold it back. What it does not say is missing, and nothing is concluded from that.

use serde::{Deserialize, Serialize};

/// One look at it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Heat {
    /// Times that the processor slowed itself down since the machine started, by the kernel's count. It only grows.
    pub throttled: Option<u64>,
    /// Sensors that stand at the limit at which the machine slows down, in words.
    pub at_limit: Vec<String>,
    /// Clocks that the machine may not run at although it could, in words.
    pub clocks: Vec<String>,
    /// Why a GPU runs more slowly than it could, by its driver, in words.
    pub gpus: Vec<String>,
}

impl Heat {
    /// What says that the machine was held back between an earlier look and this one, in words; empty where nothing does.
    #[must_use]
    pub fn since(&self, before: &Self) -> Vec<String> {
        let times = self.throttled.zip(before.throttled).map_or(0, |(now, then)| now.saturating_sub(then));
        let throttled = (times > 0).then(|| format!("the processor slowed itself down {times} times during the probe"));
        throttled.into_iter().chain([&self.at_limit, &self.clocks, &self.gpus].into_iter().flatten().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_grew_is_a_sign_and_one_that_stands_is_none() {
        let at = |throttled| Heat { throttled, ..Heat::default() };
        assert!(at(Some(7)).since(&at(Some(7))).is_empty());
        assert!(at(Some(7)).since(&at(None)).is_empty(), "nobody knows how many there were");
        assert!(at(Some(1)).since(&at(Some(7))).is_empty(), "the machine was started again");
        assert_eq!(at(Some(9)).since(&at(Some(7))), ["the processor slowed itself down 2 times during the probe"]);
        let hot = Heat { at_limit: vec!["it is hot".into()], gpus: vec!["so is that".into()], ..at(None) };
        assert_eq!(hot.since(&Heat::default()), ["it is hot", "so is that"]);
    }
}
