//! The hosts are compared before anything is decided.

use ralf_tune::{
    model::fleet::{FleetReport, Likeness},
    tune::HOSTS,
};

use super::support::{Asked, study};

/// Studies of each kind.
const SEEDS: u64 = 6;

fn fleet(hosts: &[&str], seed: u64) -> FleetReport {
    let study = study(&Asked::of(hosts, "quick", seed)).study;
    let left_out = study.fleet.as_ref().unwrap().hosts.iter().filter(|host| !host.likeness.takes_part());
    for host in left_out {
        let told = study.warnings.iter().any(|warning| warning.what.contains(&host.name) && warning.advice.is_some());
        assert!(told, "{:?}", study.warnings);
        assert_eq!(host.requests, 0, "nothing of it is in the study");
    }
    assert_eq!(study.stages.first().unwrap().name, HOSTS);
    study.fleet.unwrap()
}

#[test]
fn a_host_that_is_slower_by_30_percent_is_noticed_and_left_out() {
    for seed in 0..SEEDS {
        let found = fleet(&["mid-range", "mid-range:slower=0.3"], 10 * seed);
        let slow = &found.hosts[1];
        assert_eq!(slow.likeness, Likeness::Unlike, "{slow:?}");
        let ratio = slow.time_ratio.unwrap();
        assert!(ratio.interval.low > 1.0 + found.tolerance && ratio.interval.low < 1.35, "{ratio:?}");
        assert!((1.15..1.45).contains(&ratio.value), "{ratio:?}");
        assert!(slow.verdict.contains("times as long as on host-0"), "{}", slow.verdict);
        // Of three, the odd one is known, whoever was named first.
        let found = fleet(&["mid-range:slower=0.3", "mid-range", "mid-range"], 10 * seed);
        let likenesses: Vec<Likeness> = found.hosts.iter().map(|host| host.likeness).collect();
        assert_eq!(likenesses[..2], [Likeness::Unlike, Likeness::Reference], "{found:?}");
        assert!(likenesses[2].takes_part(), "{found:?}");
    }
}

#[test]
fn alike_hosts_stay_and_most_are_shown_to_be_alike() {
    let mut alike = 0;
    for seed in 0..SEEDS {
        let found = fleet(&["mid-range", "mid-range"], 10 * seed);
        assert!(found.hosts[1].likeness.takes_part(), "{found:?}");
        alike += u64::from(found.hosts[1].likeness == Likeness::Alike);
    }
    assert!(2 * alike > SEEDS, "{alike} of {SEEDS}");
}

#[test]
fn a_host_that_works_on_fewer_requests_at_once_is_left_out() {
    let found = fleet(&["mid-range:slots=4", "mid-range:slots=1"], 1);
    assert_eq!(found.hosts[1].likeness, Likeness::Unlike, "{found:?}");
    assert!(found.hosts[1].verdict.contains("at once"), "{found:?}");
}

#[test]
fn another_version_of_the_server_is_named_and_takes_part_only_where_it_is_shown_to_be_alike() {
    let mut alike = 0;
    for seed in 0..SEEDS {
        let mut asked = Asked::of(&["mid-range", "mid-range"], "quick", 10 * seed);
        asked.versions = vec!["0.32.15", "0.33.0"];
        let study = study(&asked).study;
        let hosts = &study.fleet.as_ref().unwrap().hosts;
        let versions: Vec<Option<&str>> = hosts.iter().map(|host| host.server_version.as_deref()).collect();
        assert_eq!(versions, [Some("0.32.15"), Some("0.33.0")]);
        let other = &hosts[1];
        assert!(matches!(other.likeness, Likeness::Alike | Likeness::Unlike), "never perhaps: {other:?}");
        assert!(other.verdict.contains("its server is 0.33.0, that of host-0 0.32.15"), "{}", other.verdict);
        let told = study.warnings.iter().any(|warning| warning.what.contains("0.33.0") && warning.advice.is_some());
        assert!(told, "{:?}", study.warnings);
        alike += u64::from(other.likeness == Likeness::Alike);
    }
    assert!(2 * alike > SEEDS, "{alike} of {SEEDS}");
}
