//! Whole days of simulated machines.

use serde_json::Value;

use super::{causes, lines, of, studied};
use crate::program::World;

const SHOW: [&str; 5] = ["profile", "show", "balanced", "--format", "json"];

/// Probes of the first day, one every half hour; then the conditions change something.
const A_DAY: usize = 48;

fn watched(world: &World, scenario: &str, probes: &str, more: &[&str]) -> (Vec<Value>, Option<i32>) {
    let command = ["watch", "--json", "--simulate", scenario, "--seed", "3", "--probes", probes];
    let ran = world.run(&[&command, more].concat());
    (lines(&ran), ran.code)
}

/// How many visits there were up to the first line of that event.
fn visits_before(lines: &[Value], event: &str) -> usize {
    let is_visit = |line: &&Value| ["probe", "skipped", "failed"].contains(&line["event"].as_str().unwrap());
    lines.iter().take_while(|line| line["event"] != event).filter(is_visit).count()
}

#[test]
fn two_quiet_days_are_no_alert() {
    let world = studied("mid-range");
    let (lines, code) = watched(&world, "mid-range:noise=0.15", "96", &[]);
    assert_eq!((code, of(&lines, "probe").len(), of(&lines, "alert").len()), (Some(0), 96, 0));
    assert_eq!(of(&lines, "begun").len(), 1);
    let tokens: u64 = of(&lines, "probe").iter().map(|line| line["tokens"].as_u64().unwrap()).sum();
    assert!((500..1500).contains(&(tokens / 96)), "{tokens}");
}

#[test]
fn a_fifth_slower_is_noticed_within_twenty_probes_and_dated() {
    let world = studied("mid-range");
    let (lines, code) = watched(&world, "mid-range:noise=0.15,slowdown=0.2", "70", &[]);
    let alerts = of(&lines, "alert");
    assert_eq!((code, alerts.len()), (Some(6), 1), "{alerts:?}");
    let at = visits_before(&lines, "alert");
    assert!((A_DAY..=A_DAY + 20).contains(&at), "{at}");
    let times = alerts[0]["times"]["value"].as_f64().unwrap();
    assert!((1.1..1.5).contains(&times), "{times}");
    assert_eq!(causes(alerts[0]), ["machine"]);
    // The moment is that of a probe a day after the first one, give or take two hours.
    let begun = of(&lines, "probe")[A_DAY]["at"].as_str().unwrap();
    let moment = |text: &str| {
        time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).unwrap().unix_timestamp()
    };
    let since = alerts[0]["since"].as_str().unwrap();
    assert!((moment(since) - moment(begun)).abs() <= 2 * 3600, "{since} {begun}");
}

#[test]
fn a_machine_that_fades_is_heat_or_power() {
    let world = studied("mid-range");
    let (lines, code) = watched(&world, "mid-range:noise=0.05,fading=0.5", "80", &[]);
    let alerts = of(&lines, "alert");
    assert!(code == Some(6) && !alerts.is_empty(), "{code:?} {alerts:?}");
    assert!(visits_before(&lines, "alert") <= A_DAY + 20);
    let named = causes(alerts[0]);
    assert!(named == ["heat"] || named == ["machine"], "{named:?}");
    let last = alerts.last().unwrap()["times"]["value"].as_f64().unwrap();
    assert!(last > 1.2, "it is told again when it gets worse: {last}");
}

#[test]
fn an_upgrade_that_costs_speed_is_named() {
    let world = studied("mid-range");
    let (lines, code) = watched(&world, "mid-range:noise=0.05,upgrade=0.25", "70", &[]);
    let noticed = of(&lines, "noticed");
    assert!(noticed.len() == 1 && noticed[0]["what"].as_str().unwrap().contains("0.33.0 now"), "{noticed:?}");
    let alerts = of(&lines, "alert");
    assert_eq!((code, alerts.len()), (Some(6), 1), "{alerts:?}");
    assert_eq!(causes(alerts[0])[0], "server");
    // One that costs none is noticed, and no alert.
    let (lines, code) = watched(&world, "mid-range:noise=0.05,upgrade=0", "70", &[]);
    assert_eq!((code, of(&lines, "noticed").len(), of(&lines, "alert").len()), (Some(0), 1, 0));
}

#[test]
fn a_second_client_is_left_alone_and_named() {
    let world = studied("one-slot");
    let (lines, _) = watched(&world, "one-slot:newcomer=15", "80", &[]);
    let skipped = of(&lines, "skipped");
    assert!(visits_before(&lines, "skipped") >= A_DAY, "nobody was there before");
    assert!(skipped.len() > 8, "{}", skipped.len());
    assert!(skipped.iter().all(|line| ["busy", "disturbed"].contains(&line["why"].as_str().unwrap())), "{skipped:?}");
    for alert in of(&lines, "alert") {
        assert_eq!(causes(alert)[0], "other-client", "{alert}");
    }
}

#[test]
fn what_drifted_is_measured_anew_for_a_quarter_and_stands_the_probes() {
    // The settings are those of a server that worked on one request at a time; now it works on several.
    let world = World::new();
    let full = world.run(&["run", "--simulate", "high-end:slots=1", "--full", "--seed", "1", "--no-report"]);
    full.succeeded();
    let before = world.run(&SHOW).succeeded().stdout;
    let (lines, _) = watched(&world, "high-end:noise=0.05,slowdown=0.3", "80", &["--retune", "auto"]);
    let told: Vec<&Value> = lines.iter().filter(|line| line["event"] != "probe").collect();
    let retuned = of(&lines, "retuned");
    assert_eq!((retuned.len(), of(&lines, "confirmed").len()), (1, 1), "{told:?}");
    let (seconds, all) = (&retuned[0]["seconds"], &retuned[0]["seconds_of_the_study"]);
    let share = seconds.as_f64().unwrap() / all.as_f64().unwrap();
    assert!(share <= 0.25, "{share}");
    assert!(retuned[0]["outcome"].as_str().unwrap().contains("max_concurrent_requests 1→"), "{told:?}");
    assert_eq!(retuned[0]["applied"], serde_json::json!(["profile balanced"]), "a simulated machine is not the user's");
    assert_ne!(world.run(&SHOW).succeeded().stdout, before);
    let log = world.run(&["watch", "--log"]).succeeded().stdout;
    for word in ["begun", "ALERT", "retuned", "confirmed"] {
        assert!(log.contains(word), "{log}");
    }
}

#[test]
fn a_model_that_spilled_gets_the_context_that_still_fits() {
    // 8192 tokens fitted beside the model, until another program took memory of the GPU.
    let world = World::new();
    world.write("config.json", "{\"num_ctx\": 8192, \"max_concurrent_requests\": 1}");
    let full = ["run", "--simulate", "vram-cliff", "--full", "--seed", "1", "--no-report", "--config", "config.json"];
    let ran = world.run(&full).succeeded();
    assert!(ran.stdout.contains("Keep your present settings"), "{ran}");
    let (lines, _) = watched(&world, "vram-cliff:noise=0.05,squeeze=0.7", "80", &["--retune", "auto"]);
    let told: Vec<&Value> = lines.iter().filter(|line| line["event"] != "probe").collect();
    assert!(of(&lines, "noticed")[0]["what"].as_str().unwrap().contains("left the GPU's memory"), "{told:?}");
    assert_eq!(causes(of(&lines, "alert")[0])[0], "spill");
    let retuned = of(&lines, "retuned");
    assert_eq!((retuned.len(), of(&lines, "confirmed").len()), (1, 1), "{told:?}");
    assert_eq!(retuned[0]["knobs"], serde_json::json!(["context"]));
    assert!(retuned[0]["outcome"].as_str().unwrap().starts_with("num_ctx 8192→"), "{told:?}");
    let profile: Value = serde_json::from_str(&world.run(&SHOW).succeeded().stdout).unwrap();
    let context = profile["tuned"]["candidate"]["num_ctx"].as_u64().unwrap();
    assert!((4000..6000).contains(&context), "what is read has room in it: {context}");
    // With them everything lies on the GPU again: no probe tells of a spill any more.
    let (after, code) = watched(&world, "vram-cliff:noise=0.05", "30", &[]);
    assert_eq!((code, of(&after, "alert").len()), (Some(0), 0));
}

#[test]
fn nobody_answers_a_question_here_and_nothing_is_measured() {
    let world = studied("one-slot");
    let (lines, _) = watched(&world, "one-slot:noise=0.05,slowdown=0.3", "65", &["--retune", "ask"]);
    assert_eq!((of(&lines, "retuned").len(), of(&lines, "not-retuned").len()), (0, 1));
}

#[test]
fn what_the_probes_disagree_with_is_taken_back() {
    let world = studied("high-end:slots=1");
    let before = world.run(&SHOW).succeeded().stdout;
    let profile: Value = serde_json::from_str(&before).unwrap();
    let settings = &profile["tuned"]["candidate"];
    world.write("config.json", "{\n  \"theirs\": 1\n}\n");
    // It goes on to fade after new settings were found: the probes cannot tell that from bad settings, and no risk is taken.
    let more = ["--retune", "auto", "--config", "config.json"];
    let (lines, _) = watched(&world, "high-end:noise=0.03,fading=3", "75", &more);
    let told: Vec<&Value> = lines.iter().filter(|line| line["event"] != "probe").collect();
    let (retuned, back) = (of(&lines, "retuned"), of(&lines, "rolled-back"));
    assert!(!retuned.is_empty() && back.len() == 1, "{told:?}");
    assert_eq!(retuned[0]["applied"].as_array().unwrap().len(), 2, "{told:?}");
    assert!(back[0]["times"].as_f64().unwrap() > 1.1);
    assert_eq!(world.run(&SHOW).succeeded().stdout, before, "the profile is what it was");
    let config: Value = serde_json::from_slice(&world.read("config.json")).unwrap();
    assert_eq!(
        (&config["theirs"], &config["max_concurrent_requests"]),
        (&1.into(), &settings["max_concurrent_requests"])
    );
    assert!(world.path("config.json.ralf-tune-backup").is_file());
}
