//! A strategy that decides one setting: it makes a few notes with two sizes of context, and keeps the larger unless that
//! costs too much speed. With `--plugin` it takes the place of the bundled stage that decides the context.

use ralf_tune_sdk::strategy::prelude::*;

pub struct TwoContexts;

const NAME: &str = "two-contexts";

impl Strategy for TwoContexts {
    fn manifest() -> Manifest {
        Manifest::new(NAME, "0.1.0", "Measures two sizes of context on the same files")
            .parameter(Parameter::integer("small", 4096, "tokens of the smaller context").bounds(256.0, 1e6))
            .parameter(Parameter::integer("large", 8192, "tokens of the larger context").bounds(256.0, 1e6))
            .parameter(Parameter::integer("files", 3, "files made into notes with each").bounds(1.0, 50.0))
            .parameter(Parameter::number("worth", 0.1, "share of speed that the larger may cost").bounds(0.0, 1.0))
            .decides(&["num_ctx"])
            .intensities(&["quick", "normal", "full"])
    }

    /// Called until it is done. What was measured so far stands in the history; nothing else is remembered.
    fn ask(study: &Study, arguments: &Arguments) -> Result<Answer, String> {
        let files = (0..).take(study.workload.file_chars.len().min(arguments.number("files") as usize));
        let files: Vec<u32> = files.collect();
        let missing = sizes(study, arguments).into_iter().filter(|size| measured(study, *size).is_none());
        let proposals: Vec<Proposal> = missing
            .map(|size| Proposal::new(Experiment::Notes(files.clone()), format!("context {size}")).set("num_ctx", size))
            .collect();
        if proposals.is_empty() || files.is_empty() {
            return Self::conclude(study, arguments).map(Answer::Done);
        }
        Ok(Answer::Measure(proposals))
    }

    /// The best decision from what there is.
    fn conclude(study: &Study, arguments: &Arguments) -> Result<Decision, String> {
        let [small, large] = sizes(study, arguments);
        let speed = |size| measured(study, size).and_then(notes_per_minute);
        Ok(match (speed(small), speed(large)) {
            (Some(with_small), Some(with_large)) if with_large < with_small * (1.0 - arguments.number("worth")) => {
                let why = format!("{large} tokens make {with_large:.2} notes a minute, {small} make {with_small:.2}");
                Decision::new().set("num_ctx", small).reason(why)
            }
            (_, Some(_)) => Decision::new().set("num_ctx", large).reason(format!("{large} tokens cost little speed")),
            (Some(_), None) => Decision::new().set("num_ctx", small).reason(format!("{large} tokens do not work")),
            (None, None) => Decision::new().not_found("neither context made a note"),
        })
    }
}

/// Not more than the model was trained on; 0 means that nobody knows.
fn sizes(study: &Study, arguments: &Arguments) -> [f64; 2] {
    let most = if study.model.trained_context > 0 { f64::from(study.model.trained_context) } else { f64::INFINITY };
    [arguments.number("small").min(most), arguments.number("large").min(most)]
}

/// Our own trial with that context, however it ended.
fn measured(study: &Study, size: f64) -> Option<&Trial> {
    study.history.iter().find(|trial| trial.stage == NAME && trial.candidate.value("num_ctx") == size)
}

/// None when the trial failed.
fn notes_per_minute(trial: &Trial) -> Option<f64> {
    let complete = matches!(trial.state, TrialState::Complete);
    let sample = trial.samples.iter().find(|sample| sample.metric == "notes_per_minute");
    sample.filter(|_| complete).map(|sample| sample.mean)
}

ralf_tune_sdk::export!(strategy: TwoContexts);
