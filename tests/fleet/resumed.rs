//! A study of several hosts that is killed goes on, and asks nothing twice.

use std::collections::BTreeMap;

use super::support::{Asked, pick, study};

#[test]
fn it_goes_on_from_anywhere_to_the_same_end() {
    let whole = study(&Asked::of(&["mid-range", "mid-range"], "quick", 1));
    let last = whole.asked.len() - 1;
    assert!(last > 20, "{last}");
    let again = study(&Asked { known: whole.asked.clone(), ..Asked::of(&["mid-range", "mid-range"], "quick", 1) });
    assert!(again.asked.is_empty(), "{} were asked again", again.asked.len());
    assert_eq!(again.study.trials.len(), whole.study.trials.len());
    assert_eq!(pick(&again.study), pick(&whole.study));
    for at in [1, last / 3, last / 2, 2 * last / 3, last, last + 1] {
        let known = whole.asked[..at].to_vec();
        let resumed = study(&Asked { known: known.clone(), ..Asked::of(&["mid-range", "mid-range"], "quick", 1) });
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for exchange in known.iter().filter(|exchange| exchange.request.starts_with("generate")) {
            *times.entry(exchange.request.as_str()).or_default() += 1;
        }
        let twice = resumed.asked.iter().filter(|exchange| times.contains_key(exchange.request.as_str())).count();
        assert_eq!(twice, 0, "killed after {at} of {last}");
        // What is asked from there on is its own: a second more or less is enough to ask something else.
        assert_eq!(resumed.asked.is_empty(), at == last + 1, "killed after {at}");
        assert_eq!(resumed.study.outcome, whole.study.outcome, "killed after {at}");
    }
}
