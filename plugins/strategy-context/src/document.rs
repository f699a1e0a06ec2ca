//! The rule of the user's design document, to the letter, for `rule = "document"`.

/// What was measured at one size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    pub num_ctx: f64,
    pub latency_ms: f64,
    /// 0 to 1.
    pub success_rate: f64,
    /// Memory that the context takes, in bytes.
    pub memory_bytes: f64,
}

/// What the document takes when no size is good.
pub const SAFE_DEFAULT: f64 = 8192.0;

/// Drop what succeeds less than `least_success` (0.9); nothing good: 8192. Drop what takes `budget_bytes` or more (half
/// of the available memory); nothing fits: the smallest that worked. Else the largest whose latency is within
/// `slower` (0.20) of the smallest's.
#[must_use]
pub fn choose(tests: &[Test], budget_bytes: f64, slower: f64, least_success: f64) -> f64 {
    let mut good: Vec<Test> = tests.iter().filter(|test| test.success_rate >= least_success).copied().collect();
    good.sort_by(|left, right| left.num_ctx.total_cmp(&right.num_ctx));
    let Some(smallest_good) = good.first() else { return SAFE_DEFAULT };
    let fits: Vec<Test> = good.iter().filter(|test| test.memory_bytes < budget_bytes).copied().collect();
    let Some(smallest) = fits.first() else { return smallest_good.num_ctx };
    let within = |test: &&Test| test.latency_ms <= smallest.latency_ms * (1.0 + slower);
    fits.iter().rev().find(within).unwrap_or(smallest).num_ctx
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(num_ctx: f64, latency_ms: f64, success_rate: f64, memory_bytes: f64) -> Test {
        Test { num_ctx, latency_ms, success_rate, memory_bytes }
    }

    #[test]
    fn row_choose_context() {
        let sizes = |latencies: [f64; 3]| {
            [
                test(2048.0, latencies[0], 1.0, 1.0),
                test(4096.0, latencies[1], 1.0, 2.0),
                test(8192.0, latencies[2], 1.0, 4.0),
            ]
        };
        let all = sizes([100.0, 110.0, 120.0]);
        assert_eq!(choose(&all, 10.0, 0.2, 0.9), 8192.0, "20 % slower is still within");
        assert_eq!(choose(&sizes([100.0, 110.0, 121.0]), 10.0, 0.2, 0.9), 4096.0, "the largest within 20 %");
        assert_eq!(choose(&sizes([100.0, 130.0, 115.0]), 10.0, 0.2, 0.9), 8192.0, "the largest, not the first");
        assert_eq!(choose(&all, 4.0, 0.2, 0.9), 4096.0, "memory must stay below the budget");
        assert_eq!(choose(&all, 0.5, 0.2, 0.9), 2048.0, "none fits: the smallest that worked");
        assert_eq!(choose(&[test(2048.0, 1.0, 0.67, 1.0), all[1]], 0.5, 0.2, 0.9), 4096.0, "which did work");
        assert_eq!(choose(&[test(2048.0, 1.0, 0.67, 1.0)], 10.0, 0.2, 0.9), 8192.0, "nothing good");
        assert_eq!(choose(&[], 10.0, 0.2, 0.9), 8192.0);
    }
}
