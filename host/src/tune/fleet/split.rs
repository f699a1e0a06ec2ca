//! One proposal as parts for several hosts. Pure.

use crate::model::experiment::{Experiment, Proposal};

/// The parts of a proposal for so many hosts, or `None` where it stays whole. Each part has at least one request for each that the settings
/// want at the same time, so that every host is as busy as the one machine would be that the settings are for.
#[must_use]
pub fn parts(proposal: &Proposal, hosts: usize) -> Option<Vec<Proposal>> {
    let at_once = proposal.candidate.max_concurrent_requests.max(1) as usize;
    let with = |experiment: Experiment| Proposal { experiment, ..proposal.clone() };
    let parts: Vec<Proposal> = match &proposal.experiment {
        Experiment::Notes { files } => {
            dealt(files, hosts.min(files.len() / at_once)).map(|files| with(Experiment::Notes { files })).collect()
        }
        Experiment::Compare { other, files } => {
            let at_once = at_once.max(other.max_concurrent_requests as usize);
            let dealt = dealt(files, hosts.min(files.len() / at_once));
            dealt.map(|files| with(Experiment::Compare { other: other.clone(), files })).collect()
        }
        // Several at once look for slots, and the more there are on one server, the better that shows.
        Experiment::Probe { prompt_tokens, output_tokens, parallel: 1, requests } => {
            let parts = u32::try_from(hosts).unwrap_or(u32::MAX).min(*requests);
            let shares = (0..parts).map(|part| requests / parts + u32::from(part < requests % parts));
            let (prompt_tokens, output_tokens) = (*prompt_tokens, *output_tokens);
            shares
                .map(|requests| with(Experiment::Probe { prompt_tokens, output_tokens, parallel: 1, requests }))
                .collect()
        }
        // Neighbours stay together, so that what was found stands in the order of the depths when the parts are one again.
        Experiment::Needle { content_chars, depths } => {
            let each = depths.len().div_ceil(hosts.max(1)).max(1);
            let needle = |depths: &[f64]| Experiment::Needle { content_chars: *content_chars, depths: depths.to_vec() };
            depths.chunks(each).map(|depths| with(needle(depths))).collect()
        }
        // Every host loads for itself, or the next trial would find one that has, and others that have not.
        Experiment::Load => vec![proposal.clone(); hosts],
        Experiment::Probe { .. } => Vec::new(),
    };
    (parts.len() > 1).then_some(parts)
}

/// Dealt like cards, so that each hand is spread over the sizes as the whole is.
fn dealt(files: &[usize], hands: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..hands).map(move |hand| files.iter().copied().skip(hand).step_by(hands.max(1)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::candidate::Candidate;
    use proptest::prelude::*;

    fn notes(files: Vec<usize>, at_once: u32) -> Proposal {
        let candidate = Candidate { max_concurrent_requests: at_once, ..Candidate::default() };
        Proposal { candidate, experiment: Experiment::Notes { files }, why: String::new() }
    }

    fn files_of(proposal: &Proposal) -> Vec<usize> {
        match &proposal.experiment {
            Experiment::Notes { files } => files.clone(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn what_would_leave_a_host_idle_stays_whole() {
        assert_eq!(parts(&notes(vec![1, 2, 3], 2), 2), None);
        assert_eq!(parts(&notes(vec![1, 2, 3, 4], 2), 1), None);
        let two = parts(&notes(vec![1, 2, 3, 4, 5], 2), 4).unwrap();
        assert_eq!(two.iter().map(files_of).collect::<Vec<_>>(), [vec![1, 3, 5], vec![2, 4]]);
        let probe = |parallel| Proposal {
            experiment: Experiment::Probe { prompt_tokens: 24, output_tokens: 2, parallel, requests: 5 },
            ..notes(Vec::new(), 1)
        };
        assert_eq!(parts(&probe(1), 2).unwrap().len(), 2);
        assert_eq!(parts(&probe(2), 2), None);
    }

    #[test]
    fn needles_are_dealt_in_their_order_and_every_host_loads() {
        let needle = |depths: &[f64]| Proposal {
            experiment: Experiment::Needle { content_chars: 9_000, depths: depths.to_vec() },
            ..notes(Vec::new(), 1)
        };
        let depths = [0.1, 0.3, 0.5, 0.7, 0.9];
        let dealt: Vec<Proposal> = parts(&needle(&depths), 2).unwrap();
        assert_eq!(dealt, [needle(&depths[..3]), needle(&depths[3..])]);
        assert_eq!(parts(&needle(&depths), 4).unwrap().len(), 3, "two, two, one");
        assert_eq!(parts(&needle(&[0.5]), 4), None);
        let load = Proposal { experiment: Experiment::Load, ..notes(Vec::new(), 1) };
        assert_eq!(parts(&load, 3).unwrap(), vec![load.clone(); 3]);
        assert_eq!(parts(&load, 1), None);
    }

    proptest! {
        #[test]
        fn every_file_is_in_one_part_and_every_part_is_wide_enough(
            files in 0..40_usize, at_once in 1..9_u32, hosts in 1..9_usize,
        ) {
            let whole = notes((0..files).collect(), at_once);
            let parts = parts(&whole, hosts).unwrap_or_else(|| vec![whole.clone()]);
            let mut all: Vec<usize> = parts.iter().flat_map(files_of).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..files).collect::<Vec<_>>());
            prop_assert!(parts.len() <= hosts);
            prop_assert!(parts.len() == 1 || parts.iter().all(|part| files_of(part).len() >= at_once as usize));
        }
    }
}
