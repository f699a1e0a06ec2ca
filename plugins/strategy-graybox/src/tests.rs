use ralf_tune_sdk::testing::{Host, Outcome, Server};

use super::*;

const FILES: [u32; 12] = [400, 800, 1_200, 1_500, 2_000, 2_600, 3_000, 4_000, 5_000, 7_000, 9_000, 14_000];

fn run(host: &mut Host, seconds: f64) -> Outcome {
    let outcome = host.run::<Graybox>(seconds).expect("the strategy keeps its promises");
    assert_eq!(outcome.cut_off, 0, "it asked for more than fits: {}", outcome.text());
    assert_eq!(outcome.loaded_again, 0);
    outcome
}

fn host(server: Server) -> Host {
    let mut host = Host::new(server, &FILES);
    host.baseline(&[5]);
    host.baseline(&[10]);
    host
}

#[test]
fn all_slots_are_used_where_they_gain_and_no_load_is_wasted() {
    for slots in [2.0, 4.0] {
        let outcome = run(&mut host(Server { slots, crowding: 0.1, ..Server::default() }), 300.0);
        assert_eq!(outcome.value("max_concurrent_requests"), slots, "{}", outcome.text());
        assert_eq!(
            (outcome.value("num_ctx"), outcome.reloads),
            (10_000.0, 0),
            "on the GPU the present context is as good"
        );
    }
}
