//! Calling a strategy.

use super::{
    bindings::strategy::{StrategyPluginPre, exports::ralf::tune::strategy as wit},
    bindings::types,
    call,
    component::CheckedComponent,
    convert,
    error::{PluginError, PluginErrorKind},
    limits::Limits,
    meter::texts_bytes,
    parameters::Arguments,
};
use crate::model::{
    candidate::Candidate,
    experiment::{Decision, Experiment, Proposal, StrategyAnswer},
    machine::{MachineProfile, ModelProfile, ServerProfile},
    plugin::Manifest,
    selection::Constraints,
    space::{Parameter, SearchSpace},
    trial::Trial,
};

/// Most trials of one stage: a strategy that never ends is ended, even where trials cost nothing.
pub const MOST_TRIALS: u32 = 200;

/// Most times that the same proposal is measured in a row: a repetition can be meant, an endless one cannot.
pub const MOST_REPEATS: usize = 12;

/// Most measurements that one answer may ask for; the next answer can ask for more.
const MOST_PROPOSALS: usize = 200;

/// What plugins see of the workload.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkloadView {
    pub file_chars: Vec<usize>,
    pub batch_chars: Vec<usize>,
    pub chars_per_token: f64,
    pub overhead_tokens: u32,
}

/// All that a strategy is told.
#[derive(Clone, Copy)]
pub struct StudyView<'a> {
    pub machine: &'a MachineProfile,
    pub server: &'a ServerProfile,
    pub model: &'a ModelProfile,
    pub workload: &'a WorkloadView,
    pub space: &'a SearchSpace,
    pub constraints: &'a Constraints,
    pub baseline: &'a Candidate,
    pub incumbent: &'a Candidate,
    pub seconds_left: f64,
    pub history: &'a [Trial],
    pub seed: u64,
}

/// A strategy that is ready to be asked.
pub struct Strategy {
    pub(super) checked: CheckedComponent,
    pre: StrategyPluginPre<call::CallState>,
    pub limits: Limits,
    pub manifest: Manifest,
}

impl Strategy {
    /// Links a checked component and reads its manifest.
    ///
    /// # Errors
    /// When it does not fit the interface, or its manifest is bad.
    pub fn new(mut checked: CheckedComponent, limits: Limits) -> Result<Self, PluginError> {
        let pre = checked.linked(StrategyPluginPre::new)?;
        let manifest = describe(&checked, &pre, limits)?;
        checked.named(&manifest);
        Ok(Self { checked, pre, limits, manifest })
    }

    /// Asks again what it says of itself.
    ///
    /// # Errors
    /// As of [`new`](Self::new).
    pub fn describe(&self) -> Result<Manifest, PluginError> {
        describe(&self.checked, &self.pre, self.limits)
    }

    /// What to measure next, or the decision.
    ///
    /// # Errors
    /// When the call fails, or a proposal or decision breaks the contract.
    pub fn ask(&self, view: &StudyView<'_>, arguments: &Arguments) -> Result<StrategyAnswer, PluginError> {
        let mut store = self.checked.store(self.limits);
        let study = study(view, arguments);
        let result = self.checked.isolated(|| {
            self.pre.instantiate(&mut store).and_then(|plugin| plugin.ralf_tune_strategy().call_ask(&mut store, &study))
        });
        match result {
            Err(error) => Err(call::failure(&store, "ask", &error)),
            Ok(Err(reason)) => Err(self.checked.error(Some("ask"), PluginErrorKind::Declined(convert::clean(&reason)))),
            Ok(Ok(wit::Answer::Done(decision))) => {
                store.data_mut().handed_over(decision_bytes(&decision));
                self.decision("ask", decision, view).map(StrategyAnswer::Done)
            }
            Ok(Ok(wit::Answer::Measure(proposals))) => {
                store.data_mut().handed_over(proposals.iter().map(proposal_bytes).sum());
                if proposals.is_empty() {
                    return Err(self.bad("ask", "it asks for nothing and is not done".into()));
                }
                if proposals.len() > MOST_PROPOSALS {
                    return Err(self.bad("ask", format!("it asks for {} measurements at once", proposals.len())));
                }
                proposals
                    .into_iter()
                    .map(|proposal| self.proposal(proposal, view))
                    .collect::<Result<_, _>>()
                    .map(StrategyAnswer::Measure)
            }
        }
    }

    /// The best decision from what there is.
    ///
    /// # Errors
    /// When the call fails or the decision breaks the contract.
    pub fn conclude(&self, view: &StudyView<'_>, arguments: &Arguments) -> Result<Decision, PluginError> {
        let mut store = self.checked.store(self.limits);
        let study = study(view, arguments);
        let result = self.checked.isolated(|| {
            self.pre
                .instantiate(&mut store)
                .and_then(|plugin| plugin.ralf_tune_strategy().call_conclude(&mut store, &study))
        });
        match result {
            Err(error) => Err(call::failure(&store, "conclude", &error)),
            Ok(Err(reason)) => {
                Err(self.checked.error(Some("conclude"), PluginErrorKind::Declined(convert::clean(&reason))))
            }
            Ok(Ok(decision)) => {
                store.data_mut().handed_over(decision_bytes(&decision));
                self.decision("conclude", decision, view)
            }
        }
    }

    fn bad(&self, function: &'static str, why: String) -> PluginError {
        self.checked.error(Some(function), PluginErrorKind::BadAnswer(why))
    }

    fn changed(
        &self,
        function: &'static str,
        from: &Candidate,
        changes: &[(String, f64)],
        space: &SearchSpace,
    ) -> Result<Candidate, PluginError> {
        let mut candidate = from.clone();
        for (name, value) in changes {
            let parameter =
                Parameter::from_name(name).ok_or_else(|| self.bad(function, format!("`{name}` is not a setting")))?;
            if !space.allows(parameter, *value) {
                return Err(self.bad(function, format!("{name} = {value} lies outside the search space")));
            }
            candidate.set(parameter, *value);
        }
        Ok(candidate)
    }

    fn decision(
        &self,
        function: &'static str,
        from: wit::Decision,
        view: &StudyView<'_>,
    ) -> Result<Decision, PluginError> {
        let settings = convert::pairs(from.settings);
        if let Some((name, _)) = settings.iter().find(|(name, _)| !self.manifest.decides.contains(name)) {
            return Err(self.bad(function, format!("it decides `{name}`, which its manifest does not name")));
        }
        self.changed(function, view.incumbent, &settings, view.space)?;
        Ok(Decision { settings, reasons: convert::texts(&from.reasons), not_found: convert::texts(&from.not_found) })
    }

    fn proposal(&self, from: wit::Proposal, view: &StudyView<'_>) -> Result<Proposal, PluginError> {
        let candidate = self.changed("ask", view.incumbent, &convert::pairs(from.changes), view.space)?;
        let files = |indices: Vec<u32>| -> Result<Vec<usize>, PluginError> {
            let known = view.workload.file_chars.len();
            match indices.iter().find(|index| **index as usize >= known) {
                Some(index) => Err(self.bad("ask", format!("there is no file {index}, only {known}"))),
                None if indices.is_empty() => Err(self.bad("ask", "it asks for notes of no file".into())),
                None => Ok(indices.into_iter().map(|index| index as usize).collect()),
            }
        };
        let experiment = match from.experiment {
            types::Experiment::Load => Experiment::Load,
            types::Experiment::Probe(probe) => {
                let in_range = (1..=1_000_000).contains(&probe.prompt_tokens)
                    && (1..=65_536).contains(&probe.output_tokens)
                    && (1..=64).contains(&probe.parallel)
                    && (1..=1000).contains(&probe.requests);
                if !in_range {
                    return Err(self.bad("ask", format!("a probe of {probe:?} is out of all bounds")));
                }
                Experiment::Probe {
                    prompt_tokens: probe.prompt_tokens,
                    output_tokens: probe.output_tokens,
                    parallel: probe.parallel,
                    requests: probe.requests,
                }
            }
            types::Experiment::Notes(indices) => Experiment::Notes { files: files(indices)? },
            types::Experiment::Needle(needle) => {
                let depths_fit =
                    !needle.depths.is_empty() && needle.depths.iter().all(|depth| (0.0..=1.0).contains(depth));
                if !depths_fit || needle.content_chars > 10_000_000 {
                    return Err(self.bad("ask", "a needle experiment needs depths within 0 to 1".into()));
                }
                Experiment::Needle { content_chars: needle.content_chars, depths: needle.depths }
            }
            types::Experiment::Compare(compare) => Experiment::Compare {
                other: Box::new(self.changed("ask", view.incumbent, &convert::pairs(compare.other), view.space)?),
                files: files(compare.files)?,
            },
        };
        Ok(Proposal { candidate, experiment, why: convert::clean(&from.why) })
    }
}

fn describe(
    checked: &CheckedComponent,
    pre: &StrategyPluginPre<call::CallState>,
    limits: Limits,
) -> Result<Manifest, PluginError> {
    checked.described(limits, |store| pre.instantiate(&mut *store)?.ralf_tune_strategy().call_describe(store))
}

fn settings_bytes(settings: &[types::Setting]) -> usize {
    settings.iter().map(|setting| setting.name.len() + 16).sum()
}

fn decision_bytes(decision: &wit::Decision) -> usize {
    settings_bytes(&decision.settings) + texts_bytes(&decision.reasons) + texts_bytes(&decision.not_found)
}

fn proposal_bytes(proposal: &wit::Proposal) -> usize {
    let lists = match &proposal.experiment {
        types::Experiment::Notes(files) => 4 * files.len(),
        types::Experiment::Needle(needle) => 8 * needle.depths.len(),
        types::Experiment::Compare(compare) => 4 * compare.files.len() + settings_bytes(&compare.other),
        types::Experiment::Load | types::Experiment::Probe(_) => 0,
    };
    settings_bytes(&proposal.changes) + proposal.why.len() + 40 + lists
}

fn study(view: &StudyView<'_>, arguments: &Arguments) -> wit::Study {
    wit::Study {
        machine: convert::machine(view.machine, view.server),
        model: convert::model(view.model),
        workload: convert::workload(view.workload),
        space: convert::space(view.space),
        constraints: convert::constraints(view.constraints),
        baseline: convert::settings(view.baseline),
        incumbent: convert::settings(view.incumbent),
        seconds_left: view.seconds_left,
        history: view.history.iter().map(convert::trial).collect(),
        arguments: convert::arguments(arguments),
        seed: view.seed,
    }
}
