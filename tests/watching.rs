//! Watching notices what changes, says why, disturbs nobody, and takes back what does not stand.

mod figures;
mod once;
mod partial;
mod prometheus;
mod stories;
mod telling;

use serde_json::Value;

use crate::program::{Ran, World};

/// A world with the profiles of a study of a simulated machine.
fn studied(scenario: &str) -> World {
    let world = World::new();
    world.run(&["run", "--simulate", scenario, "--seed", "1", "--no-report", "--quick"]).succeeded();
    world
}

/// The lines of JSON that a run wrote.
fn lines(ran: &Ran) -> Vec<Value> {
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}\n{ran}"));
    ran.stdout.lines().map(parse).collect()
}

/// Those of an event.
fn of<'a>(lines: &'a [Value], event: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["event"] == event).collect()
}

/// The kinds of the causes of an alert, the strongest first.
fn causes(alert: &Value) -> Vec<&str> {
    alert["causes"].as_array().unwrap().iter().map(|cause| cause["kind"].as_str().unwrap()).collect()
}
