//! All bundled strategies in a row, as a study runs them, against many pretended servers.
#![expect(clippy::expect_used, reason = "a test may fail")]

use ralf_tune_sdk::{
    Settings,
    study::{Fit, StudyExt, TrialExt},
    testing::{Host, Outcome, Server},
};
use strategy_chunk::Chunk;
use strategy_context::Context;
use strategy_latency::Latency;
use strategy_temperature::Temperature;
use strategy_threads::Threads;
use strategy_throughput::Throughput;

/// Every stage with the same seconds.
fn all(host: &mut Host, seconds: f64) -> [Outcome; 6] {
    [
        host.run::<Context>(seconds).expect("context"),
        host.run::<Threads>(seconds).expect("threads"),
        host.run::<Throughput>(seconds).expect("throughput"),
        host.run::<Chunk>(seconds).expect("chunk"),
        host.run::<Temperature>(seconds).expect("temperature"),
        host.run::<Latency>(seconds).expect("latency"),
    ]
}

/// Whatever is decided: the longest piece, with its prompt and answer, fits the context.
fn pieces_fit(host: &Host) -> bool {
    let study = &host.study;
    let fit = Fit::of(study);
    let longest = study.largest_chars().min(study.incumbent("max_content_length")).min(study.incumbent("chunk_size"));
    fit.prompt_tokens(longest) + fit.num_predict <= fit.num_ctx
}

const FILES: [u32; 9] = [300, 700, 1_200, 2_500, 4_000, 7_000, 12_000, 18_000, 40_000];

#[test]
fn a_usual_machine_is_tuned_in_minutes() {
    let server = Server { slots: 4.0, crowding: 0.15, spills_above: 14_000.0, ..Server::default() };
    let mut host = Host::new(server, &FILES);
    host.baseline(&[0, 3, 5]);
    let stages = all(&mut host, 100.0);
    assert!((host.study.incumbent("num_ctx") - 8192.0).abs() < 0.5, "{}", stages[0].text());
    assert!((host.study.incumbent("max_concurrent_requests") - 4.0).abs() < 0.5, "{}", stages[2].text());
    assert!(pieces_fit(&host));
    let reloads: u32 = stages.iter().map(|stage| stage.reloads).sum();
    assert!(reloads <= 4, "{reloads} reloads");
    assert!(stages.iter().all(|stage| stage.cut_off == 0), "{stages:#?}");
}

/// A plain linear congruential generator (Numerical Recipes): the same cases every time.
struct Dice(u32);

impl Dice {
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        from[(self.0 >> 16) as usize % from.len()]
    }
}

#[test]
fn no_server_and_no_present_setting_breaks_a_stage() {
    let mut dice = Dice(7);
    let mut cut_off = 0;
    for case in 0..600 {
        let server = Server {
            prefill: dice.pick(&[5.0, 20.0, 200.0, 5_000.0]),
            decode: dice.pick(&[0.5, 1.0, 10.0, 100.0]),
            load_seconds: dice.pick(&[0.5, 5.0, 60.0]),
            slots: dice.pick(&[1.0, 2.0, 3.0, 8.0, 16.0]),
            crowding: dice.pick(&[0.0, 0.3, 1.0, 1.5]),
            gpu: dice.pick(&[true, false]),
            spills_above: dice.pick(&[0.0, 3_000.0, 9_000.0, f64::INFINITY]),
            fails_above: dice.pick(&[0.0, 5_000.0, f64::INFINITY, f64::INFINITY]),
            answer_tokens: dice.pick(&[20.0, 300.0, 1024.0]),
            quality: dice.pick(&[
                |_, _| 0.0,
                |_, _| 0.8,
                |settings, chars| (settings.value("max_content_length") / chars).min(1.0) * 0.8,
                |settings, chars| (chars * settings.value("temperature")).sin().abs(),
            ]),
            success: dice.pick(&[|_| 1.0, |_| 0.9, |_| 0.0]),
            ..Server::default()
        };
        let mut host = Host::new(server, dice.pick(&[&FILES[..], &FILES[..1], &FILES[..4], &[900_000], &[]]));
        host.set("num_ctx", dice.pick(&[512.0, 2048.0, 10_000.0, 32_768.0]));
        host.set("num_predict", dice.pick(&[16.0, 1024.0, 8192.0]));
        host.set("chunk_size", dice.pick(&[500.0, 5_000.0, 100_000.0]));
        host.set("max_content_length", dice.pick(&[500.0, 8_000.0, 1e6]));
        host.set("max_concurrent_requests", dice.pick(&[1.0, 4.0, 16.0]));
        host.study.baseline = host.study.incumbent.clone();
        host.study.machine.usable_threads = dice.pick(&[0, 1, 8]);
        host.study.workload.chars_per_token = dice.pick(&[0.0, 2.5, 4.0]);
        if dice.pick(&[true, true, false]) {
            host.baseline(dice.pick(&[&[0][..], &[0, 0]]));
        }
        let seconds = dice.pick(&[0.0, 1.0, 30.0, 300.0, 5_000.0]);
        let stages = all(&mut host, seconds);
        assert!(stages.iter().all(|stage| stage.seconds <= seconds), "case {case}: {stages:#?}");
        assert!(stages.iter().all(|stage| stage.loaded_again == 0), "case {case}: {stages:#?}");
        assert!(stages.iter().all(|stage| !stage.text().contains("NaN")), "case {case}: {stages:#?}");
        // Where rates are known, estimates keep to the time; only an unknown load or a spill surprises.
        if host.study.history.first().is_some_and(|trial| trial.stage == "baseline" && trial.is_complete()) {
            cut_off += stages.iter().map(|stage| stage.cut_off).sum::<usize>();
        }
        let room = Fit::of(&host.study).chars();
        assert!(room < 500.0 || pieces_fit(&host), "case {case}: {:?}", host.study.incumbent);
    }
    assert!(cut_off <= 10, "{cut_off} of 3600 stages asked for more than their time");
}
