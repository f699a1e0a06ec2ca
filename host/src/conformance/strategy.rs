//! The suite of strategies: stages that are played against a small model of a server, and a recorded study.

use super::{
    recorded::{self, RecordedStudy},
    scorer::{describes_alike, rejected},
    server::Server,
    suite::{Problem, Suite},
    variations::{Given, arguments, variations},
    walk::{Ending, Start, Walk, walk},
};
use crate::{
    model::{
        observation::FailureCause,
        trial::{Trial, TrialState},
    },
    plugin::{
        PluginError,
        parameters::Arguments,
        registry::Plugin,
        strategy::{MOST_TRIALS, Strategy, WorkloadView},
    },
};

/// Seconds of a stage that has all the time it wants.
const PLENTY: f64 = 7200.0;
/// Seconds of a stage of a normal study, and of one that is hurried.
const USUAL: f64 = 240.0;
const LITTLE: f64 = 30.0;

/// Every cause that a strategy may meet in a history.
const CAUSES: [FailureCause; 13] = [
    FailureCause::Truncated,
    FailureCause::ContextExceeded,
    FailureCause::AnswerCut,
    FailureCause::TimedOut,
    FailureCause::OutOfMemory,
    FailureCause::Busy,
    FailureCause::Unreachable,
    FailureCause::ModelMissing,
    FailureCause::ServerError,
    FailureCause::Protocol,
    FailureCause::Spilled,
    FailureCause::OutOfTime,
    FailureCause::Invalid,
];

const DETERMINISM: &str = "let the answer follow from the study alone: the history, the arguments and the seed";
const ENDING: &str = "answer `done` when the history holds what was asked for, whatever it says, and never repeat a trial \
                      in the hope of another result";

/// A strategy, and the study that it is asked about.
struct Bench<'a> {
    strategy: &'a Strategy,
    study: &'a RecordedStudy,
    workload: WorkloadView,
    /// What was measured before the first stage.
    baseline: Vec<Trial>,
    given: Given<'a>,
    arguments: Arguments,
}

impl<'a> Bench<'a> {
    fn new(strategy: &'a Strategy, given: Given<'a>, study: &'a RecordedStudy) -> Self {
        let baseline = study.baseline();
        Self {
            strategy,
            study,
            workload: study.workload(),
            baseline,
            given,
            arguments: arguments(&strategy.manifest, given),
        }
    }

    fn walk(&self, seconds: f64, server: Server) -> Result<Walk, PluginError> {
        self.walk_with(seconds, server, &self.arguments)
    }

    fn walk_with(&self, seconds: f64, server: Server, arguments: &Arguments) -> Result<Walk, PluginError> {
        let view = self.study.view(&self.workload, &self.baseline, seconds);
        walk(self.strategy, Start { view, server, seconds }, arguments)
    }
}

/// Runs every check.
pub fn conform(
    strategy: &Strategy,
    given: Given<'_>,
    again: &dyn Fn() -> Option<Result<Plugin, PluginError>>,
    suite: &mut Suite,
) {
    describes_alike(&strategy.manifest, strategy.describe(), suite);
    let Some(study) = recorded::study() else {
        suite.skipped("plays a study", "the recorded study of this program cannot be read");
        return;
    };
    let bench = Bench::new(strategy, given, study);
    let usual = ends(&bench, suite);
    respects_time(&bench, suite);
    concludes(&bench, suite);
    recorded_study(&bench, suite);
    repeats(&bench, usual.as_ref(), again, suite);
    failed_trials(&bench, suite);
    few_files(&bench, suite);
    parameters(&bench, suite);
}

fn ends(bench: &Bench<'_>, suite: &mut Suite) -> Option<Walk> {
    let (bounds, check) = ("stays within the search space", "is done by itself");
    let walk = match bench.walk(PLENTY, Server::default()) {
        Ok(walk) => walk,
        Err(error) => {
            suite.call_failed(bounds, "two hours for a stage", &error);
            suite.skipped(check, "the stage failed before");
            return None;
        }
    };
    suite.passed(bounds, format!("{} trials in {} asks", walk.trials, walk.asks));
    match walk.ending {
        Ending::Done => suite.passed(check, format!("after {} trials and {:.0} s", walk.trials, walk.seconds)),
        Ending::OutOfTime => suite.warned(check, "it uses two hours and more", ENDING),
        Ending::NeverDone => suite.failed(check, format!("after {MOST_TRIALS} trials it still asks"), ENDING),
        Ending::Repeats => {
            let seen = format!("it asks for the same trial again and again, after {} trials", walk.trials);
            suite.failed(check, seen, ENDING);
        }
    }
    Some(walk)
}

/// A trial that cannot fit is cut off and lost: seconds for nothing.
fn respects_time(bench: &Bench<'_>, suite: &mut Suite) {
    let check = "plans within the seconds left";
    let mut cut_off = Vec::new();
    for seconds in [LITTLE, USUAL] {
        match bench.walk(seconds, Server::default()) {
            Ok(walk) if walk.cut_off > 1 => cut_off.push(format!("{} trials of {seconds:.0} s", walk.cut_off)),
            Ok(_) => {}
            Err(error) if error.is_decline() => {}
            Err(error) => {
                suite.call_failed(check, &format!("{seconds:.0} s for the stage"), &error);
                return;
            }
        }
    }
    if cut_off.is_empty() {
        suite.passed(check, format!("stages of {LITTLE:.0} s and {USUAL:.0} s"));
    } else {
        let mend = "compare what a trial cost before with `seconds_left`, and be done when nothing fits";
        suite.warned(check, format!("cut off: {}", cut_off.join(", ")), mend);
    }
}

fn concludes(bench: &Bench<'_>, suite: &mut Suite) {
    let view = bench.study.view(&bench.workload, &bench.baseline, 0.0);
    let problem = match bench.strategy.conclude(&view, &bench.arguments) {
        Ok(_) => None,
        Err(error) if error.is_decline() => Some(Problem::Answer(
            format!("`conclude` with no second left: it {}", error.kind),
            "conclude with an empty decision when nothing is known yet",
        )),
        Err(error) => Some(Problem::Call("no second left".to_owned(), error)),
    };
    suite.first_of("concludes when its time is over", problem, "a decision from the baseline alone");
}

/// Every beginning of a recorded study is a history that it may meet.
fn recorded_study(bench: &Bench<'_>, suite: &mut Suite) {
    let trials = &bench.study.trials;
    let problem = (0..=trials.len()).step_by(3).find_map(|length| {
        let history = trials.get(..length).unwrap_or_default();
        let view = bench.study.view(&bench.workload, history, USUAL);
        let asked = bench.strategy.ask(&view, &bench.arguments).map(|_| ());
        let concluded = || bench.strategy.conclude(&view, &bench.arguments).map(|_| ());
        match asked.and_then(|()| concluded()) {
            Err(error) if !error.is_decline() => {
                Some(Problem::Call(format!("the first {length} recorded trials"), error))
            }
            _ => None,
        }
    });
    suite.first_of(
        "goes on from a recorded study",
        problem,
        format!("beginnings of a study of {} trials", trials.len()),
    );
}

fn repeats(
    bench: &Bench<'_>,
    usual: Option<&Walk>,
    again: &dyn Fn() -> Option<Result<Plugin, PluginError>>,
    suite: &mut Suite,
) {
    let (check, elsewhere) = ("the same history gets the same answer", "a fresh engine gives the same answers");
    let Some(usual) = usual else {
        suite.skipped(check, "no stage came to its end");
        return;
    };
    let compare = |strategy: &Strategy| {
        let bench = Bench::new(strategy, bench.given, bench.study);
        match bench.walk(PLENTY, Server::default()) {
            Ok(walk) if walk.transcript == usual.transcript => None,
            Ok(walk) => {
                let pairs = walk.transcript.iter().zip(&usual.transcript);
                let first = pairs.take_while(|(one, other)| one == other).count() + 1;
                Some(Problem::Answer(format!("the answer to ask {first} differs from the first time"), DETERMINISM))
            }
            Err(error) => Some(Problem::Call("the same history".to_owned(), error)),
        }
    };
    suite.first_of(check, compare(bench.strategy), format!("{} answers", usual.transcript.len()));
    match again() {
        None => suite.skipped(elsewhere, "compiling it again would take long"),
        Some(Ok(Plugin::Strategy(other))) => suite.first_of(elsewhere, compare(&other), "the same answers"),
        Some(Ok(_)) => suite.skipped(elsewhere, "it loaded as another kind"),
        Some(Err(error)) => suite.call_failed(elsewhere, "another engine", &error),
    }
}

fn failed_trials(bench: &Bench<'_>, suite: &mut Suite) {
    let check = "survives failed trials";
    for cause in CAUSES {
        // All trials of its own fail; then also those that it finds in the history.
        let failing = Server { failing: Some(cause), ..Server::default() };
        let own = bench.walk(USUAL, failing);
        let mut history = bench.study.trials.clone();
        for trial in &mut history {
            trial.state = TrialState::Failed(cause);
            trial.samples.clear();
            trial.scores.clear();
        }
        let view = bench.study.view(&bench.workload, &history, USUAL);
        let found = bench.strategy.ask(&view, &bench.arguments).map(|_| ());
        let problem = match (own, found) {
            (Err(error), _) | (_, Err(error)) if !error.is_decline() => Some(error),
            _ => None,
        };
        if let Some(error) = problem {
            suite.call_failed(check, &format!("trials that fail with `{}`", cause.name()), &error);
            return;
        }
    }
    suite.passed(check, format!("{} causes", CAUSES.len()));
}

fn few_files(bench: &Bench<'_>, suite: &mut Suite) {
    let check = "survives a batch of no file and of one";
    for (what, files) in [("no file", vec![]), ("one empty file", vec![0]), ("one file", vec![3000])] {
        let mut few = Bench::new(bench.strategy, bench.given, bench.study);
        (few.workload.batch_chars, few.workload.file_chars) = (files.clone(), files);
        few.baseline.clear();
        match few.walk(USUAL, Server::default()) {
            Err(error) if !error.is_decline() => {
                suite.call_failed(check, what, &error);
                return;
            }
            _ => {}
        }
    }
    suite.passed(check, "all played to the end");
}

fn parameters(bench: &Bench<'_>, suite: &mut Suite) {
    let check = "accepts what its parameters promise";
    let tried = variations(&bench.strategy.manifest, bench.given);
    if tried.is_empty() {
        suite.skipped(check, "no parameter has bounds or choices");
        return;
    }
    let problem =
        tried.iter().find_map(|(label, arguments)| match bench.walk_with(USUAL, Server::default(), arguments) {
            Ok(_) => None,
            Err(error) if error.is_decline() => Some(rejected(label, &error)),
            Err(error) => Some(Problem::Call(label.clone(), error)),
        });
    suite.first_of(check, problem, format!("{} values at bounds and choices", tried.len()));
}
