//! The plan that the settings make, and where a name was said that no plan can be made with.

use std::path::PathBuf;

use super::{failure::Failure, ui};
use crate::{
    install::private,
    model::{
        plugin::{Grant, PluginKind},
        study::Plan,
        value::Value,
    },
    plugin::{
        Registry,
        parameters::{self, ParameterError},
        registry::Plugin,
    },
    settings::{Origin, Settings},
    tune::{
        self, JudgeGrant, PlanError,
        plan::{Choices, DEFAULT_SELECTOR, Prepared},
    },
};

/// Makes the plan of the chosen intensity.
pub fn prepare(settings: &Settings, registry: &Registry) -> Result<Prepared, Failure> {
    let planned = prepare_named(settings, registry, &settings.intensity.value);
    let planned = planned.and_then(|prepared| check_idle_parameters(settings, registry).map(|()| prepared));
    let prepared = planned.map_err(|error| {
        let origin = origin(settings, &error);
        let failure = Failure::from(error);
        match origin {
            Some(origin) => failure.said_in(&origin),
            None => failure,
        }
    })?;
    warn_of_idle_parameters(settings, &prepared.plan);
    Ok(prepared)
}

/// Makes the plan of any intensity.
pub fn prepare_named(settings: &Settings, registry: &Registry, intensity: &str) -> Result<Prepared, PlanError> {
    tune::plan(&settings.intensity_named(intensity), registry, &choices(settings))
}

/// What the user allows the plugins of a plan beyond computing. Simulated answers are not kept: a simulation repeats with its seed.
pub fn grant(settings: &Settings, prepared: &mut Prepared, kept_in: Option<PathBuf>) -> Result<(), Failure> {
    let granted = &settings.allow.value;
    prepared.panel.check_grants(granted)?;
    // What lies there decides scores: only where nobody else could have put it.
    let kept_in = || kept_in.filter(|folder| private::check(folder).is_ok() && private::make(folder).is_ok());
    prepared.judge =
        granted.contains(&Grant::Judge).then(|| JudgeGrant { kept_in: kept_in(), ..JudgeGrant::default() });
    Ok(())
}

/// A value for a plugin that takes no part is checked too: with another intensity it would count.
fn check_idle_parameters(settings: &Settings, registry: &Registry) -> Result<(), PlanError> {
    for (plugin, parameter, value) in settings.given_params() {
        let value = [(parameter, value)];
        let namesakes = registry.all().iter().map(Plugin::manifest).filter(|manifest| manifest.name == plugin);
        let fits: Result<Vec<_>, _> = namesakes.map(|manifest| parameters::resolve(manifest, &value)).collect();
        fits?;
    }
    Ok(())
}

/// What was typed for a plugin that takes no part was typed in vain.
fn warn_of_idle_parameters(settings: &Settings, plan: &Plan) {
    let takes_part = |name: &str| {
        plan.selector == name
            || plan.stages.iter().any(|stage| stage.name == name)
            || plan.scorers.iter().any(|scorer| scorer.name == name)
    };
    for given in settings.params.iter().filter(|given| matches!(given.origin, Origin::Flag(_))) {
        let (plugin, parameter) = (&given.value.plugin, &given.value.param);
        if !takes_part(plugin) {
            let what = format!("`{plugin}` takes no part, so {plugin}.{parameter} has no effect");
            ui::message(&ui::errors::warning(&what, Some("`ralf-tune run --dry-run` shows who does")));
        }
    }
}

/// What the user chose about plugins.
pub fn choices(settings: &Settings) -> Choices {
    Choices {
        strategies: settings.strategies.value.clone(),
        scorers: settings.scorers.value.iter().map(|choice| (choice.name.clone(), choice.weight)).collect(),
        selector: settings.selector.value.clone(),
        parameters: given_parameters(settings),
        known: Vec::new(),
    }
}

/// Parameters of plugins as given. A quality floor that the user names is also the default selector's: its own stands only where nobody
/// says anything.
fn given_parameters(settings: &Settings) -> Vec<(String, String, Value)> {
    let mut given = Vec::new();
    if !settings.quality_floor.is_default() {
        given.push((DEFAULT_SELECTOR.to_owned(), "floor".to_owned(), Value::Number(settings.quality_floor.value)));
    }
    given.extend(settings.given_params());
    given
}

/// Who said what the plan cannot be made with.
fn origin(settings: &Settings, error: &PlanError) -> Option<Origin> {
    match error {
        PlanError::Unknown(unknown) => Some(match unknown.kind {
            PluginKind::Strategy if settings.strategies.value.is_empty() => {
                Origin::Intensity(settings.intensity.value.clone())
            }
            PluginKind::Strategy => settings.strategies.origin.clone(),
            PluginKind::Scorer => settings.scorers.origin.clone(),
            PluginKind::Selector => settings.selector.origin.clone(),
        }),
        PlanError::UnknownOwner { name: plugin, parameter, .. }
        | PlanError::Parameter(
            ParameterError::Unknown { plugin, name: parameter, .. }
            | ParameterError::WrongValue { plugin, name: parameter, .. },
        ) => parameter_origin(settings, plugin, parameter),
        PlanError::Circle(_) | PlanError::BadWeight { .. } | PlanError::NoScorer => None,
    }
}

/// The intensity's value is looked at before the one beside it, as the plan does.
fn parameter_origin(settings: &Settings, plugin: &str, parameter: &str) -> Option<Origin> {
    let beside = settings.params.iter().find(|given| given.value.plugin == plugin && given.value.param == parameter);
    let table = settings.intensities().get(&settings.intensity.value);
    let within = table.and_then(|table| table.params.get(plugin)?.get(parameter));
    let within = within.map(|value| &value.origin).filter(|origin| **origin != Origin::Default);
    within.or_else(|| beside.map(|given| &given.origin)).cloned()
}
