//! Which stages, in which order, with how much time each. Pure: it looks at manifests only.

use std::sync::Arc;

use super::{
    judge::JudgeGrant,
    score::{Panel, WeightedScorer},
};
use crate::{
    model::{
        budget::Intensity,
        plugin::Manifest,
        profile::STUDIED,
        space::Parameter,
        study::{Plan, PlannedScorer, PlannedStage},
        trial::Trial,
        value::Value,
    },
    plugin::{
        Registry,
        parameters::{Arguments, ParameterError, resolve},
        registry::{Plugin, UnknownPlugin},
        selector::Selector,
        strategy::Strategy,
    },
};

/// Share of the budget that is kept for the last comparison.
pub const CONFIRM_SHARE: f64 = 0.25;

/// Parts of a budget that no strategy has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// For the present settings.
    pub baseline: f64,
    /// For the last comparison.
    pub confirm: f64,
}

impl Shares {
    /// Of a study that begins from nothing.
    const USUAL: Self = Self { baseline: 0.15, confirm: CONFIRM_SHARE };

    /// Of one that is told what the present settings do. It asks for few knobs, short requests tell most of them, and two settings beside each other
    /// cost as many notes as ever.
    const TOLD: Self = Self { baseline: 0.0, confirm: 0.7 };
}

/// The selector when nobody names one.
pub const DEFAULT_SELECTOR: &str = "balanced";

/// Intensities that plugins can know of.
const BUILT_IN: [&str; 3] = ["quick", "normal", "full"];

/// What the user chose, beyond the intensity.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// Strategies by name, instead of the intensity's.
    pub strategies: Vec<String>,
    /// Scorers by name. A weight changes or adds to the usual mix; names without one replace it.
    pub scorers: Vec<(String, Option<f64>)>,
    pub selector: Option<String>,
    /// Plugin, parameter, value.
    pub parameters: Vec<(String, String, Value)>,
    /// What was measured of the present settings just before: with it, the study does not begin with them.
    pub known: Vec<Trial>,
}

/// A plan with the plugins that carry it out.
pub struct Prepared {
    pub plan: Plan,
    pub stages: Vec<PreparedStage>,
    pub panel: Panel,
    pub shares: Shares,
    /// As it was chosen.
    pub known: Vec<Trial>,
    /// The user's leave for scorers to ask the model; none unless it is set here.
    pub judge: Option<JudgeGrant>,
    pub selector: Arc<Selector>,
    pub selector_arguments: Arguments,
    /// The selectors of the profiles that every study makes.
    pub profiles: Vec<Ready>,
}

/// A selector with its parameters.
pub type Ready = (Arc<Selector>, Arguments);

/// A strategy with its parameters.
pub struct PreparedStage {
    pub strategy: Arc<Strategy>,
    pub arguments: Arguments,
}

/// The choices do not make a plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error(transparent)]
    Unknown(#[from] UnknownPlugin),
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    #[error("there is no plugin `{name}` to set `{parameter}` of")]
    UnknownOwner { name: String, parameter: String, nearest: Option<String> },
    #[error("the strategies {} need each other's decisions first", .0.join(", "))]
    Circle(Vec<String>),
    #[error("the weight {weight} of scorer `{name}` is not a number of at least 0")]
    BadWeight { name: String, weight: f64 },
    #[error("no scorer takes part")]
    NoScorer,
}

impl PlanError {
    /// What to type instead.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown(error) => Some(error.hint()),
            Self::Parameter(error) => Some(error.hint()),
            Self::UnknownOwner { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            Self::UnknownOwner { .. } => Some("`ralf-tune plugin list` shows all plugins".into()),
            Self::Circle(_) => Some("leave one of them out with --strategy".into()),
            Self::BadWeight { name, .. } => Some(format!("write --scorer {name}=0.5, for example")),
            Self::NoScorer => Some("give at least one scorer a weight above 0".into()),
        }
    }
}

/// Makes the plan of a study.
///
/// # Errors
/// When a name is unknown, a parameter does not fit, or the strategies need each other in a circle.
pub fn plan(intensity: &Intensity, registry: &Registry, choices: &Choices) -> Result<Prepared, PlanError> {
    check_owners(registry, intensity, choices)?;
    let mut left_out = Vec::new();
    let chosen = choose_strategies(intensity, registry, choices, &mut left_out)?;
    let selector = choose_selector(registry, choices)?;
    assemble(intensity, registry, choices, (&chosen, selector), left_out)
}

/// Makes the plan of exactly those strategies and that selector; scorers and parameters are as [`plan`] chooses them.
///
/// # Errors
/// When a parameter does not fit, or the strategies need each other in a circle.
pub fn plan_of(
    intensity: &Intensity,
    registry: &Registry,
    choices: &Choices,
    strategies: &[Arc<Strategy>],
    selector: Arc<Selector>,
) -> Result<Prepared, PlanError> {
    check_owners(registry, intensity, choices)?;
    assemble(intensity, registry, choices, (strategies, selector), Vec::new())
}

fn assemble(
    intensity: &Intensity,
    registry: &Registry,
    choices: &Choices,
    (strategies, selector): (&[Arc<Strategy>], Arc<Selector>),
    left_out: Vec<String>,
) -> Result<Prepared, PlanError> {
    let ordered = order(strategies)?;
    let stages = ordered
        .iter()
        .map(|strategy| {
            let arguments = resolve(&strategy.manifest, &given(&strategy.manifest.name, intensity, choices))?;
            Ok(PreparedStage { strategy: Arc::clone(strategy), arguments })
        })
        .collect::<Result<Vec<_>, PlanError>>()?;
    let panel = choose_scorers(registry, intensity, choices)?;
    let selector_arguments = resolve(&selector.manifest, &given(&selector.manifest.name, intensity, choices))?;
    let profiles = STUDIED
        .into_iter()
        .filter_map(|name| registry.selector(name).ok())
        .map(|selector| {
            let arguments = resolve(&selector.manifest, &given(&selector.manifest.name, intensity, choices))?;
            Ok((selector, arguments))
        })
        .collect::<Result<Vec<_>, PlanError>>()?;
    let manifests: Vec<&Manifest> = ordered.iter().map(|strategy| &strategy.manifest).collect();
    let known = choices.known.clone();
    let shares = if known.is_empty() { Shares::USUAL } else { Shares::TOLD };
    let plan = Plan {
        stages: describe_stages(&manifests, intensity.budget.total_seconds, shares),
        scorers: panel.members().map(|(name, weight)| PlannedScorer { name: name.to_owned(), weight }).collect(),
        selector: selector.manifest.name.clone(),
        left_out,
    };
    Ok(Prepared { plan, stages, panel, shares, known, judge: None, selector, selector_arguments, profiles })
}

/// The values given for a plugin: the intensity's, then the user's.
fn given(name: &str, intensity: &Intensity, choices: &Choices) -> Vec<(String, Value)> {
    intensity
        .params
        .iter()
        .chain(&choices.parameters)
        .filter(|(plugin, _, _)| plugin == name)
        .map(|(_, parameter, value)| (parameter.clone(), value.clone()))
        .collect()
}

/// A parameter of a plugin that does not exist is a typing mistake, not something to ignore.
fn check_owners(registry: &Registry, intensity: &Intensity, choices: &Choices) -> Result<(), PlanError> {
    for (plugin, parameter, _) in intensity.params.iter().chain(&choices.parameters) {
        let known = || registry.all().iter().map(|plugin| plugin.manifest().name.as_str());
        if !known().any(|name| name == plugin) {
            return Err(PlanError::UnknownOwner {
                name: plugin.clone(),
                parameter: parameter.clone(),
                nearest: crate::model::nearest::nearest(plugin, known()),
            });
        }
    }
    // What is given to one that does not take part is looked at as well: it may take part tomorrow.
    for plugin in registry.all() {
        let manifest = plugin.manifest();
        resolve(manifest, &given(&manifest.name, intensity, choices))?;
    }
    Ok(())
}

fn choose_strategies(
    intensity: &Intensity,
    registry: &Registry,
    choices: &Choices,
    left_out: &mut Vec<String>,
) -> Result<Vec<Arc<Strategy>>, PlanError> {
    let names = if choices.strategies.is_empty() { &intensity.strategies } else { &choices.strategies };
    let mut chosen: Vec<Arc<Strategy>> = names.iter().map(|name| registry.strategy(name)).collect::<Result<_, _>>()?;
    // A strategy from a file takes the stage of whoever decides what it decides.
    for plugin in registry.all().iter().filter(|plugin| plugin.is_file()) {
        let Plugin::Strategy(own) = plugin else { continue };
        if chosen.iter().any(|strategy| Arc::ptr_eq(strategy, own)) {
            continue;
        }
        left_out.extend(take_place(&mut chosen, own, (registry, &intensity.name)));
    }
    // Two that decide the same: the first one counts.
    let mut kept: Vec<Arc<Strategy>> = Vec::new();
    for strategy in chosen {
        let rival = kept
            .iter()
            .find(|other| other.manifest.decides.iter().any(|name| strategy.manifest.decides.contains(name)));
        match rival {
            Some(rival) => {
                left_out.push(format!("{}: `{}` decides the same", strategy.manifest.name, rival.manifest.name));
            }
            None => kept.push(strategy),
        }
    }
    for plugin in registry.all() {
        let Plugin::Strategy(strategy) = plugin else { continue };
        let name = &strategy.manifest.name;
        if !kept.iter().any(|kept| kept.manifest.name == *name)
            && !left_out.iter().any(|line| line.starts_with(&format!("{name}:")))
        {
            left_out.push(format!("{name}: not part of {}", intensity.name));
        }
    }
    Ok(kept)
}

/// Puts a strategy in the place of whoever decides what it decides, or at the end; says who left and why. What they decided besides is left to
/// bundled strategies that decide nothing else, those of the intensity where they say which are theirs.
pub fn take_place(
    chosen: &mut Vec<Arc<Strategy>>,
    own: &Arc<Strategy>,
    (registry, intensity): (&Registry, &str),
) -> Vec<String> {
    let mut undecided: Vec<String> = chosen.iter().flat_map(|strategy| strategy.manifest.decides.clone()).collect();
    let shared = |strategy: &Arc<Strategy>| -> Vec<String> {
        let decides = &own.manifest.decides;
        strategy.manifest.decides.iter().filter(|name| decides.contains(name)).cloned().collect()
    };
    let mut place = chosen.iter().position(|strategy| !shared(strategy).is_empty()).unwrap_or(chosen.len());
    let mut left = Vec::new();
    chosen.retain(|strategy| {
        let shared = shared(strategy);
        if !shared.is_empty() {
            let (name, own) = (&strategy.manifest.name, &own.manifest.name);
            left.push(format!("{name}: `{own}` decides {} instead", shared.join(", ")));
        }
        shared.is_empty()
    });
    chosen.insert(place, Arc::clone(own));
    let open = |name: &String, chosen: &[Arc<Strategy>]| !chosen.iter().any(|one| one.manifest.decides.contains(name));
    undecided.retain(|name| open(name, chosen));
    // An intensity of the user's own is as thorough as can be.
    let is_built_in = BUILT_IN.contains(&intensity);
    for plugin in registry.all().iter().filter(|plugin| plugin.is_bundled()) {
        let Plugin::Strategy(strategy) = plugin else { continue };
        let (decides, intensities) = (&strategy.manifest.decides, &strategy.manifest.intensities);
        let takes_part =
            if is_built_in { intensities.iter().any(|name| name == intensity) } else { !intensities.is_empty() };
        if takes_part
            && !decides.is_empty()
            && decides.iter().all(|name| undecided.contains(name) && open(name, chosen))
        {
            // What decides the load comes first: all else is measured with it.
            let loads = decides.iter().filter_map(|name| Parameter::from_name(name)).any(Parameter::is_load_time);
            chosen.insert(if loads { place } else { place + 1 }, Arc::clone(strategy));
            place += usize::from(loads);
        }
    }
    left
}

/// Everybody after those who decide what they need; otherwise in the order given.
fn order(strategies: &[Arc<Strategy>]) -> Result<Vec<Arc<Strategy>>, PlanError> {
    let mut waiting: Vec<Arc<Strategy>> = strategies.to_vec();
    let mut ordered: Vec<Arc<Strategy>> = Vec::new();
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|strategy| {
            let needs = &strategy.manifest.needs;
            !waiting.iter().any(|other| {
                !Arc::ptr_eq(other, strategy) && other.manifest.decides.iter().any(|name| needs.contains(name))
            })
        });
        match ready {
            Some(index) => ordered.push(waiting.remove(index)),
            None => {
                return Err(PlanError::Circle(waiting.iter().map(|strategy| strategy.manifest.name.clone()).collect()));
            }
        }
    }
    Ok(ordered)
}

fn choose_scorers(registry: &Registry, intensity: &Intensity, choices: &Choices) -> Result<Panel, PlanError> {
    let replaces = choices.scorers.iter().any(|(_, weight)| weight.is_none());
    let mut mix: Vec<(String, f64)> = registry
        .all()
        .iter()
        .filter(|plugin| matches!(plugin, Plugin::Scorer(_)) && plugin.manifest().is_on_by_default())
        .filter(|plugin| registry.joins_unasked(plugin) && (!replaces || plugin.is_file()))
        .map(|plugin| (plugin.manifest().name.clone(), 1.0))
        .collect();
    for (name, weight) in &choices.scorers {
        registry.scorer(name)?;
        let weight = weight.unwrap_or(1.0);
        if !weight.is_finite() || weight < 0.0 {
            return Err(PlanError::BadWeight { name: name.clone(), weight });
        }
        mix.retain(|(known, _)| known != name);
        mix.push((name.clone(), weight));
    }
    mix.retain(|(_, weight)| *weight > 0.0);
    if mix.is_empty() {
        return Err(PlanError::NoScorer);
    }
    let scorers = mix
        .into_iter()
        .map(|(name, weight)| {
            let scorer = registry.scorer(&name)?;
            let arguments = resolve(&scorer.manifest, &given(&name, intensity, choices))?;
            Ok(WeightedScorer { scorer, weight, arguments })
        })
        .collect::<Result<Vec<_>, PlanError>>()?;
    Ok(Panel::new(scorers))
}

fn choose_selector(registry: &Registry, choices: &Choices) -> Result<Arc<Selector>, PlanError> {
    if let Some(name) = &choices.selector {
        return Ok(registry.selector(name)?);
    }
    let own = registry.all().iter().rev().find_map(|plugin| match plugin {
        Plugin::Selector(selector) if plugin.is_file() => Some(Arc::clone(selector)),
        _ => None,
    });
    own.map_or_else(|| Ok(registry.selector(DEFAULT_SELECTOR)?), Ok)
}

/// How much time a strategy is worth beside the others: notes, which quality needs, take longest; loads come next; timeouts and
/// retries follow from what the others measured.
#[must_use]
pub fn weight(manifest: &Manifest) -> f64 {
    weight_of(&manifest.decides)
}

/// The same for whoever decides those settings.
#[must_use]
pub fn weight_of(decides: &[String]) -> f64 {
    let parameters = || decides.iter().filter_map(|name| Parameter::from_name(name));
    let loads = parameters().any(Parameter::is_load_time);
    let notes = parameters().any(|parameter| parameter.affects_quality() && !parameter.is_load_time());
    let derives = parameters().all(Parameter::is_policy);
    if derives { 0.5 } else { 1.0 + f64::from(u8::from(loads)) + 2.5 * f64::from(u8::from(notes)) }
}

/// What a stage gets of the time that is left: its own weight beside those of the stages that follow.
#[must_use]
pub fn stage_share(left: f64, own: f64, later: impl Iterator<Item = f64>) -> f64 {
    left * own / (own + later.sum::<f64>())
}

fn describe_stages(manifests: &[&Manifest], budget_seconds: f64, shares: Shares) -> Vec<PlannedStage> {
    let all: f64 = manifests.iter().map(|manifest| weight(manifest)).sum();
    let for_strategies = budget_seconds * (1.0 - shares.baseline - shares.confirm);
    let stage = |name: &str, summary: &str, decides: &[String], seconds: f64, why: String| PlannedStage {
        name: name.to_owned(),
        summary: summary.to_owned(),
        decides: decides.to_vec(),
        seconds,
        why_here: why,
    };
    let (what, why) = if shares.baseline > 0.0 {
        ("a few notes with your present settings", "first, so that everything can be compared with it")
    } else {
        ("what was measured of your present settings just before", "it is known, and costs nothing")
    };
    let mut stages = vec![stage("baseline", what, &[], budget_seconds * shares.baseline, why.into())];
    for manifest in manifests {
        let before: Vec<&str> = manifests
            .iter()
            .take_while(|other| other.name != manifest.name)
            .filter(|other| other.decides.iter().any(|name| manifest.needs.contains(name)))
            .map(|other| other.name.as_str())
            .collect();
        let why = if before.is_empty() {
            "needs nothing decided before".into()
        } else {
            format!("needs what {} decided", before.join(", "))
        };
        stages.push(stage(
            &manifest.name,
            &manifest.summary,
            &manifest.decides,
            for_strategies * weight(manifest) / all.max(1.0),
            why,
        ));
    }
    stages.push(stage(
        "confirm",
        "the winner against your present settings, on other files",
        &[],
        budget_seconds * shares.confirm,
        "last, so that nothing is saved that was not proven".into(),
    ));
    stages
}
