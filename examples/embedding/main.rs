//! A program of one's own that tunes: it shows the plan, runs a study of a simulated machine, hears what happens, and has two selectors choose.
//!
//! `cargo run --release -p ralf-tune --example embedding`. For a real server, put `Server::at("127.0.0.1:11434")?.model("llama3.1:8b")` in the place
//! of the simulated one.

use std::{error::Error, io::Write, time::Duration};

use ralf_tune::{
    embed::{Server, Tuner},
    model::{
        candidate::Candidate,
        study::{Outcome, StudyEvent},
    },
};

/// The program; what it says goes to `out`.
///
/// # Errors
/// When no study can be made, or nothing can be written.
pub fn run(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let present = Candidate { num_ctx: 16_384, max_concurrent_requests: 1, ..Candidate::default() };
    let tuner = Tuner::new()?.intensity("quick")?.budget(Duration::from_mins(5)).present(present).seed(1);

    for stage in tuner.plan()?.stages {
        writeln!(out, "plan: {} for {:.0} s at most: {}", stage.name, stage.seconds, stage.summary)?;
    }

    // Events come while the study runs. What is collected here could be shown, sent or drawn.
    let mut heard = Vec::new();
    let study = tuner.run_blocking(&Server::simulated("mid-range")?, |event| {
        if let StudyEvent::TrialFinished { number, what, headline, .. } = event {
            heard.push(format!("trial {number}, {what}: {headline}"));
        }
    })?;
    for line in heard {
        writeln!(out, "{line}")?;
    }

    match (study.outcome, &study.tuned) {
        (Outcome::Improved, Some(winner)) => {
            let confidence = winner.confidence.percent;
            writeln!(out, "use num_ctx {}; confidence {confidence:.0} %", winner.candidate.num_ctx)?;
        }
        (outcome, _) => writeln!(out, "the present settings stay: {outcome:?}")?,
    }
    for name in ["fast", "quality"] {
        let selection = tuner.select(&study, name)?;
        writeln!(out, "{name} would take candidate {}: {}", selection.winner, selection.reasons.join("; "))?;
    }
    Ok(())
}

#[cfg_attr(test, expect(dead_code, reason = "tests call `run`"))]
fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout().lock())
}
