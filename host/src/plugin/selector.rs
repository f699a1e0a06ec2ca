//! Calling a selector.

use super::{
    bindings::selector::{SelectorPluginPre, exports::ralf::tune::selector as wit},
    call,
    component::CheckedComponent,
    convert,
    error::{PluginError, PluginErrorKind},
    limits::Limits,
    meter::texts_bytes,
    parameters::Arguments,
    strategy::StudyView,
};
use crate::model::{
    metric::Estimate,
    plugin::Manifest,
    selection::{MeasuredCandidate, Selection},
    space::Parameter,
};

/// A selector that is ready to choose.
pub struct Selector {
    pub(super) checked: CheckedComponent,
    pre: SelectorPluginPre<call::CallState>,
    pub limits: Limits,
    pub manifest: Manifest,
}

impl Selector {
    /// Links a checked component and reads its manifest.
    ///
    /// # Errors
    /// When it does not fit the interface, or its manifest is bad.
    pub fn new(mut checked: CheckedComponent, limits: Limits) -> Result<Self, PluginError> {
        let pre = checked.linked(SelectorPluginPre::new)?;
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

    /// The winner among the candidates of a study.
    ///
    /// # Errors
    /// When the call fails, or it names a candidate that does not exist or must not be chosen.
    pub fn select(
        &self,
        candidates: &[MeasuredCandidate],
        view: &StudyView<'_>,
        arguments: &Arguments,
    ) -> Result<Selection, PluginError> {
        let input = wit::SelectionInput {
            candidates: candidates.iter().map(candidate).collect(),
            constraints: convert::constraints(view.constraints),
            machine: convert::machine(view.machine, view.server),
            model: convert::model(view.model),
            workload: convert::workload(view.workload),
            history: view.history.iter().map(convert::trial).collect(),
            arguments: convert::arguments(arguments),
        };
        let mut store = self.checked.store(self.limits);
        let result = self.checked.isolated(|| {
            self.pre
                .instantiate(&mut store)
                .and_then(|plugin| plugin.ralf_tune_selector().call_select(&mut store, &input))
        });
        let selection = match result {
            Err(error) => return Err(call::failure(&store, "select", &error)),
            Ok(Err(reason)) => return Err(self.error(PluginErrorKind::Declined(convert::clean(&reason)))),
            Ok(Ok(selection)) => selection,
        };
        let settings: usize = selection.settings.iter().map(|setting| setting.name.len() + 16).sum();
        let bytes = settings + 4 * selection.runners_up.len() + texts_bytes(&selection.reasons);
        store.data_mut().handed_over(bytes);
        let find = |id: u32| candidates.iter().find(|candidate| candidate.id == id);
        let Some(winner) = find(selection.winner) else {
            return Err(self.bad(format!("candidate {} does not exist", selection.winner)));
        };
        if let Some(violation) = winner.violations.first() {
            return Err(self.bad(format!("candidate {} must not be chosen: {violation}", winner.id)));
        }
        let settings = convert::pairs(selection.settings);
        for (name, value) in &settings {
            let Some(parameter) = Parameter::from_name(name) else {
                return Err(self.bad(format!("`{name}` is not a setting")));
            };
            if parameter.affects_quality() || parameter.is_load_time() {
                return Err(self.bad(format!("`{name}` can only be chosen by choosing a measured candidate")));
            }
            // Only what it sets: the user's present settings may lie anywhere.
            if !view.space.allows(parameter, *value) {
                return Err(self.bad(format!("{name} = {value} lies outside the search space")));
            }
        }
        Ok(Selection {
            selector: self.manifest.name.clone(),
            winner: selection.winner,
            runners_up: selection.runners_up.into_iter().filter(|id| find(*id).is_some()).collect(),
            reasons: convert::texts(&selection.reasons),
            settings,
        })
    }

    fn error(&self, kind: PluginErrorKind) -> PluginError {
        self.checked.error(Some("select"), kind)
    }

    fn bad(&self, why: String) -> PluginError {
        self.error(PluginErrorKind::BadAnswer(why))
    }
}

fn describe(
    checked: &CheckedComponent,
    pre: &SelectorPluginPre<call::CallState>,
    limits: Limits,
) -> Result<Manifest, PluginError> {
    checked.described(limits, |store| pre.instantiate(&mut *store)?.ralf_tune_selector().call_describe(store))
}

#[expect(clippy::cast_precision_loss, reason = "a handful of notes")]
fn candidate(from: &MeasuredCandidate) -> wit::Candidate {
    let estimate = |estimate: Estimate| wit::Estimate {
        value: estimate.value,
        low: estimate.interval.low,
        high: estimate.interval.high,
    };
    wit::Candidate {
        id: from.id,
        settings: convert::settings(&from.candidate),
        is_baseline: from.is_baseline,
        notes_per_minute: from.notes_per_minute.map(estimate),
        quality: from.quality.map(estimate),
        source_share: from.source_share,
        lost_share: from.lost_share,
        peak_memory_bytes: from.peak_memory_bytes,
        spilled: from.spilled,
        violations: from.violations.clone(),
        facts: convert::facts(&[("scored_notes".into(), from.scored_notes as f64)]),
    }
}
