use ralf_tune_sdk::{
    setting,
    testing::{Host, Outcome, Server, sample},
};

use super::*;

const FILES: [u32; 12] = [400, 800, 1_200, 1_500, 2_000, 2_600, 3_000, 4_000, 5_000, 7_000, 9_000, 14_000];

fn run(host: &mut Host, seconds: f64) -> Outcome {
    let outcome = host.run::<Graybox>(seconds).expect("the strategy keeps its promises");
    assert_eq!(outcome.cut_off, 0, "it asked for more than fits: {}", outcome.text());
    // Whoever tries another batch and finds none goes back.
    let tried = host.study.trials_of(NAME).any(|trial| trial.setting("num_batch") > 0.5);
    assert!(outcome.loaded_again <= u32::from(tried), "{}", outcome.text());
    outcome
}

/// A server on which the present settings made two notes.
fn host(server: Server) -> Host {
    let mut host = Host::new(server, &FILES);
    host.baseline(&[5]);
    host.baseline(&[10]);
    host
}

fn cpu() -> Server {
    Server { gpu: false, prefill: 200.0, decode: 15.0, ..Server::default() }
}

#[test]
fn all_slots_are_used_where_they_gain_and_no_load_is_wasted() {
    for slots in [2.0, 4.0, 8.0] {
        let outcome = run(&mut host(Server { slots, crowding: 0.1, ..Server::default() }), 300.0);
        assert_eq!(outcome.value("max_concurrent_requests"), slots, "{}", outcome.text());
        assert_eq!(
            (outcome.value("num_ctx"), outcome.reloads),
            (10_000.0, 0),
            "on the GPU another context gains nothing"
        );
        assert!(outcome.value("batch_size") >= (slots - 1.0) * 25.0);
    }
}

#[test]
fn slots_that_gain_nothing_are_left_unused() {
    // Each further request makes all others slower by as much as it does itself, and more: two at once are a dip.
    for crowding in [1.0, 1.3] {
        let outcome = run(&mut host(Server { slots: 4.0, crowding, ..Server::default() }), 400.0);
        assert_eq!(outcome.value("max_concurrent_requests"), 1.0, "{}", outcome.text());
    }
}

#[test]
fn nothing_to_gain_costs_one_short_probe() {
    let outcome = run(&mut host(Server::default()), 300.0);
    assert_eq!((outcome.trials, outcome.reloads), (1, 0), "{}", outcome.text());
    assert_eq!(outcome.value("max_concurrent_requests"), 1.0);
    assert_eq!(outcome.value("max_content_length"), 8_000.0);
}

#[test]
fn a_model_that_spills_gets_the_least_context_that_holds_what_is_read() {
    let outcome = run(&mut host(Server { spills_above: 8192.0, ..Server::default() }), 300.0);
    // 8000 / (3 x 0.9) + 300 + 1024 tokens.
    assert_eq!((outcome.value("num_ctx"), outcome.reloads), (4_352.0, 1), "{}", outcome.text());
    assert_eq!(outcome.value("chunk_size"), 100_000.0);
    // Where that spills as well, files are read in two pieces: 4000 / 2.7 + 1324.
    let outcome = run(&mut host(Server { spills_above: 4_000.0, ..Server::default() }), 300.0);
    assert_eq!((outcome.value("num_ctx"), outcome.value("chunk_size")), (2_816.0, 4_000.0), "{}", outcome.text());
    assert_eq!(outcome.value("max_content_length"), 8_000.0, "as much is read as before");
    // Two loads tell how much memory a token takes: where the next context cannot fit either, it is not loaded.
    let outcome = run(&mut host(Server { spills_above: 2_500.0, ..Server::default() }), 300.0);
    assert_eq!((outcome.value("num_ctx"), outcome.reloads), (2_304.0, 2), "{}", outcome.text());
    assert_eq!(outcome.value("chunk_size"), 2_000.0);
}

#[test]
fn files_are_cut_to_what_the_model_was_trained_on_without_a_load() {
    let run_with = |trained: u32| {
        let mut host = host(Server::default());
        host.study.model.trained_context = trained;
        run(&mut host, 300.0)
    };
    // The server gives 3072 of the 10000 tokens that are asked for, whatever is loaded; answers took some 300 of the 1024 that they may.
    let outcome = run_with(3_072);
    assert_eq!((outcome.value("num_ctx"), outcome.reloads), (10_000.0, 0), "{}", outcome.text());
    assert_eq!(outcome.value("chunk_size"), 4_000.0, "{}", outcome.text());
    assert!(
        outcome.text().contains("3072 tokens of context are all that the model was trained on"),
        "{}",
        outcome.text()
    );
    let outcome = run_with(1_664);
    assert_eq!(outcome.value("chunk_size"), 2_667.0, "three pieces, and not four: {}", outcome.text());
    let outcome = run_with(32_768);
    assert_eq!(outcome.value("chunk_size"), 100_000.0, "{}", outcome.text());
}

#[test]
fn memory_that_may_be_short_is_doubted_and_memory_to_spare_is_not() {
    let mut pressed = host(cpu());
    pressed.study.machine.available_memory_bytes = 7 << 30;
    assert_eq!(run(&mut pressed, 400.0).value("num_ctx"), 4_352.0, "5 GiB of weights and 1.2 GiB of context");
    let mut spare = host(cpu());
    spare.study.machine.available_memory_bytes = 60 << 30;
    assert_eq!(run(&mut spare, 400.0).value("num_ctx"), 10_000.0);
}

#[test]
fn a_context_that_does_not_fit_the_memory_is_made_smaller_by_cutting_files() {
    // 5 GiB of weights and an eighth of a MiB a token: 3600 tokens have room.
    let with = |bytes: u64| {
        let mut host = host(cpu());
        host.study.machine.available_memory_bytes = bytes;
        host.run::<Graybox>(900.0).expect("runs")
    };
    let outcome = with((5 << 30) + 3_600 * (128 << 10));
    assert_eq!((outcome.value("num_ctx"), outcome.value("chunk_size")), (2_816.0, 4_000.0), "{}", outcome.text());
    // Where the weights alone are too much, nothing is gained by it.
    let outcome = with(4 << 30);
    assert_eq!((outcome.value("num_ctx"), outcome.value("chunk_size")), (4_352.0, 100_000.0), "{}", outcome.text());
}

#[test]
fn a_container_gets_the_threads_that_it_may_use() {
    // 4 of 8 cores: the server's own choice is hopeless.
    let threads = |threads: f64| if (1.0..=4.0).contains(&threads) { threads / 4.0 } else { 0.02 };
    let mut host = host(Server { threads, ..cpu() });
    host.study.machine.usable_threads = 4;
    let outcome = run(&mut host, 400.0);
    assert_eq!(outcome.value("num_thread"), 4.0, "{}", outcome.text());
}

#[test]
fn threads_are_tried_where_writing_is_slower_than_memory_explains_and_else_not() {
    // Nobody knows of a limit, but with all cores the server writes 0.3 tokens a second from 5 GiB.
    let threads = |threads: f64| if (1.0..=4.0).contains(&threads) { threads / 4.0 } else { 0.02 };
    let mut limited = host(Server { threads, ..cpu() });
    // A quarter of them first, which a container has most likely; half of them where there is time to be wrong.
    let outcome = run(&mut limited.clone(), 2_000.0);
    assert_eq!(outcome.value("num_thread"), 2.0, "{}", outcome.text());
    let outcome = run(&mut limited, 20_000.0);
    assert_eq!(outcome.value("num_thread"), 4.0, "{}", outcome.text());
    let mut healthy = host(cpu());
    let outcome = run(&mut healthy, 20_000.0);
    assert!(limited.study.history.len() > healthy.study.history.len());
    assert_eq!(outcome.value("num_thread"), 0.0);
}

#[test]
fn batches_are_tried_where_reading_is_slower_than_memory_explains_and_else_not() {
    // The server's own choice is 1024 tokens; with 128 it would read four times as fast.
    let batches = |batch: f64| {
        let off = (if batch < 1.0 { 1_024.0 } else { batch } / 128.0).log2().abs();
        1.0 / (1.0 + off)
    };
    let mut slow = host(Server { prefill: 160.0, decode: 15.0, gpu: false, batches, ..Server::default() });
    let outcome = run(&mut slow, 1_200.0);
    assert_eq!(outcome.value("num_batch"), 128.0, "{}", outcome.text());
    let tried: Vec<f64> = slow.study.history.iter().map(|trial| trial.setting("num_batch")).collect();
    assert!(!tried.contains(&16.0), "64 was not better than 128: {tried:?}");
    let other_than_the_servers =
        |host: &Host| host.study.history.iter().filter(|trial| trial.setting("num_batch") > 0.5).count();
    assert!(slow.study.history.last().is_some_and(|trial| trial.setting("num_batch") == 128.0), "{tried:?}");
    // The same on a GPU, which is slow with seven times as many tokens read as written.
    let mut on_gpu = host(Server { prefill: 4_200.0, decode: 150.0, batches, ..Server::default() });
    assert_eq!(run(&mut on_gpu, 1_200.0).value("num_batch"), 128.0);
    // As slow, and no batch mends it: one is tried.
    for server in [
        Server { prefill: 40.0, decode: 15.0, gpu: false, ..Server::default() },
        Server { prefill: 40.0, ..Server::default() },
    ] {
        let mut hopeless = host(server);
        let outcome = run(&mut hopeless, 1_200.0);
        assert_eq!((outcome.value("num_batch"), other_than_the_servers(&hopeless)), (0.0, 1), "{}", outcome.text());
    }
    // Healthy: none, or one where reading takes much of the time and that costs little of what there is.
    for (server, seconds, tried) in [(cpu(), 1_200.0, 1), (cpu(), 120.0, 0), (Server::default(), 1_200.0, 0)] {
        let mut healthy = host(server);
        let outcome = run(&mut healthy, seconds);
        assert_eq!((outcome.value("num_batch"), other_than_the_servers(&healthy)), (0.0, tried), "{}", outcome.text());
    }
}

#[test]
fn where_reading_takes_much_of_the_time_the_present_batch_is_measured_and_then_another() {
    // Reading is not suspiciously slow, and with 256 tokens at a time it would be twice as fast; the present notes did not end.
    let batches = |batch: f64| if (200.0..300.0).contains(&batch) { 1.0 } else { 0.5 };
    let mut host = without_a_note(Server { prefill: 200.0, decode: 20.0, gpu: false, batches, ..Server::default() });
    let mut short = host.study.history[0].clone();
    let rates = Probe { prompt_tokens: 150, output_tokens: 12, parallel: 1, requests: 1 };
    (short.experiment, short.state) = (Experiment::Probe(rates), TrialState::Complete);
    for (metric, value) in
        [("prefill_tokens_per_second", 100.0), ("decode_tokens_per_second", 20.0), ("prompt_tokens", 150.0)]
    {
        short.samples.push(sample(metric, vec![value]));
    }
    host.study.history.push(short);
    let outcome = run(&mut host, 900.0);
    let probes: Vec<f64> = host
        .study
        .trials_of("graybox")
        .filter(|trial| matches!(&trial.experiment, Experiment::Probe(probe) if probe.prompt_tokens == 640))
        .map(|trial| trial.setting("num_batch"))
        .collect();
    assert_eq!(probes.get(..2), Some([0.0, 256.0].as_slice()), "{}", outcome.text());
    assert_eq!(outcome.value("num_batch"), 256.0, "{}", outcome.text());
}

#[test]
fn a_batch_whose_trial_says_nothing_is_not_tried_again() {
    let batches = |batch: f64| if batch < 0.5 { 0.04 } else { 1.0 / (1.0 + (batch / 32.0).log2().powi(2)) };
    let mut host = without_a_note(Server { batches, ..cpu() });
    // Loaded, and the requests after it failed.
    let mut loaded = host.study.history[0].clone();
    (loaded.stage, loaded.experiment, loaded.state) = (NAME.to_owned(), Experiment::Load, TrialState::Complete);
    loaded.facts.clear();
    loaded.candidate.retain(|setting| setting.name != "num_batch");
    loaded.candidate.push(setting("num_batch", 64.0));
    host.study.history.push(loaded);
    run(&mut host, 300.0);
    let again = host.study.trials_of("graybox").filter(|trial| trial.setting("num_batch") == 64.0);
    assert_eq!(again.filter(|trial| matches!(trial.experiment, Experiment::Load)).count(), 1);
}

#[test]
fn present_threads_that_are_too_many_are_not_waited_for() {
    // In the present settings no request ends in time: nothing is known of the speed but that.
    let threads = |threads: f64| if (1.0..=4.0).contains(&threads) { threads / 4.0 } else { 0.02 };
    let mut host = host(Server { threads, ..cpu() });
    host.study.machine.usable_threads = 4;
    for trial in &mut host.study.history {
        trial.state = ralf_tune_sdk::types::TrialState::Failed("out-of-time".to_owned());
        trial.samples.retain(|sample| sample.metric == "gpu_share" || sample.metric == "peak_memory_bytes");
        trial.seconds = 60.0;
    }
    let outcome = run(&mut host, 200.0);
    assert_eq!(outcome.value("num_thread"), 4.0, "{}", outcome.text());
    assert!(outcome.trials >= 3, "a short request first, then slots and notes: {}", outcome.text());
}

/// Present settings whose first note did not end in time.
fn without_a_note(server: Server) -> Host {
    let mut host = Host::new(server, &FILES);
    host.baseline(&[0]);
    let trial = host.study.history.last_mut().unwrap();
    trial.state = TrialState::Failed("out-of-time".to_owned());
    trial
        .samples
        .retain(|sample| ["load_duration_ms", "gpu_share", "peak_memory_bytes"].contains(&sample.metric.as_str()));
    trial.scores.clear();
    host
}

#[test]
fn where_no_note_was_made_loads_alone_find_the_threads_and_no_more_than_they_may_be() {
    let threads = |threads: f64| if (1.0..=5.0).contains(&threads) { threads / 8.0 } else { 0.01 };
    let mut host = without_a_note(Server { threads, ..cpu() });
    let outcome = run(&mut host, 300.0);
    assert_eq!(outcome.value("num_thread"), 5.0, "{}", outcome.text());
    let tried: Vec<f64> = host
        .study
        .trials_of("graybox")
        .take_while(|trial| matches!(trial.experiment, Experiment::Load))
        .map(|trial| trial.setting("num_thread"))
        .collect();
    assert_eq!(tried, [2.0, 4.0, 6.0, 5.0]);
    let seconds: f64 = host.study.trials_of("graybox").take(4).map(|trial| trial.seconds).sum();
    assert!(seconds < 90.0, "{seconds}");
}

#[test]
fn where_no_note_was_made_slow_reading_is_no_fault_of_the_threads() {
    let batches = |batch: f64| if batch < 0.5 { 0.04 } else { 1.0 / (1.0 + (batch / 32.0).log2().powi(2)) };
    let mut host = without_a_note(Server { batches, ..cpu() });
    let outcome = run(&mut host, 300.0);
    assert_eq!(outcome.value("num_batch"), 32.0, "{}", outcome.text());
    assert_eq!(outcome.value("num_thread"), 0.0, "{}", outcome.text());
}

fn indifferent(_: &[ralf_tune_sdk::types::Setting], chars: f64) -> f64 {
    0.8 + (chars % 7.0) * 0.001
}

fn reading_pays(settings: &[ralf_tune_sdk::types::Setting], chars: f64) -> f64 {
    let share = (settings.value("max_content_length") / chars).min(1.0);
    0.3 + 0.6 * share + (chars % 7.0) * 0.001
}

const LONG: [u32; 12] = [900, 1_500, 5_000, 6_200, 7_000, 7_500, 9_000, 10_000, 11_000, 12_000, 15_000, 18_000];

fn long_files(quality: fn(&[ralf_tune_sdk::types::Setting], f64) -> f64) -> Host {
    // Reading is what takes the time, so that reading less would gain.
    let mut host = Host::new(Server { prefill: 100.0, decode: 60.0, quality, ..Server::default() }, &LONG);
    for file in [5, 7, 10] {
        host.baseline(&[file]);
    }
    host
}

#[test]
fn less_is_read_only_where_pairs_prove_that_it_costs_nothing() {
    let outcome = run(&mut long_files(indifferent), 900.0);
    assert_eq!(outcome.value("max_content_length"), 6_000.0, "{}", outcome.text());
    let outcome = run(&mut long_files(|_, _| 0.02), 900.0);
    assert_eq!(outcome.value("max_content_length"), 8_000.0, "scores without a signal say nothing: {}", outcome.text());
}

#[test]
fn more_is_read_where_the_present_share_is_too_little() {
    let outcome = run(&mut long_files(reading_pays), 2_000.0);
    assert_eq!(outcome.value("max_content_length"), 18_000.0, "{}", outcome.text());
    let room = ralf_tune_sdk::study::Fit {
        num_ctx: 10_000.0,
        num_predict: 1024.0,
        overhead_tokens: 300.0,
        chars_per_token: 3.0,
    };
    assert!(outcome.value("chunk_size") <= room.chars().max(8_000.0) || outcome.value("chunk_size") >= 18_000.0);
}

#[test]
fn a_slow_machine_keeps_to_its_seconds() {
    let mut host = host(Server { prefill: 20.0, decode: 1.0, ..cpu() });
    for seconds in [1.0, 60.0, 600.0, 3_000.0, 20_000.0] {
        let outcome = run(&mut host.clone(), seconds);
        assert!(outcome.seconds <= seconds);
        assert_eq!(outcome.value("max_content_length"), 8_000.0);
    }
    host.study.history.clear();
    let concluded = Graybox::conclude(&host.study, &Arguments::defaults(&Graybox::manifest())).expect("concludes");
    assert!(!concluded.settings.is_empty());
}

#[test]
fn a_surprise_makes_all_that_was_not_measured_doubtful() {
    let mut host = host(Server { slots: 4.0, crowding: 0.1, ..Server::default() });
    run(&mut host, 300.0);
    let half = |host: &Host| {
        let target = design::target(&host.study);
        let server = server::Server::of(&host.study, &target.load, target.doubt);
        server.cost(&design::Design { parallel: 2.0, content: target.content, chunk: target.chunk })
    };
    let before = half(&host);
    assert!(before.measured == 0 && before.log.sd < 0.2, "{before:?}");
    // By the timers four at once are well; by the clock each note takes twice as long.
    let notes = host.study.history.iter_mut().filter(|trial| trial.parallel() > 3.5);
    for busy in notes.flat_map(|trial| &mut trial.samples).filter(|sample| sample.metric == "file_busy_ms") {
        busy.values.iter_mut().for_each(|value| *value *= 2.0);
    }
    assert!(half(&host).log.sd > 0.5, "{:?}", half(&host));
}

#[test]
fn where_nothing_could_be_measured_in_time_nothing_is_begun_that_does_not_fit() {
    let mut host = Host::new(Server { prefill: 20.0, decode: 1.0, ..cpu() }, &FILES);
    host.baseline(&[5]);
    for trial in &mut host.study.history {
        trial.state = ralf_tune_sdk::types::TrialState::Failed("out-of-time".to_owned());
        trial.samples.retain(|sample| sample.metric == "gpu_share" || sample.metric == "peak_memory_bytes");
        trial.seconds = 60.0;
    }
    assert_eq!(run(&mut host, 40.0).trials, 0);
    // Where the present settings make no note either, two short requests at least tell one slot from more.
    assert_eq!(run(&mut host, 140.0).trials, 1);
}
