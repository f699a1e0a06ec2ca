//! What is compared: which strategies and which selector take part in a study.

use std::sync::Arc;

use crate::{
    model::{arena::LineUpSummary, budget::Intensity},
    plugin::{
        Registry,
        registry::{Plugin, UnknownPlugin},
        selector::Selector,
        strategy::Strategy,
    },
    tune::plan::{DEFAULT_SELECTOR, take_place},
};

/// The name of the line-up that nothing was changed in.
pub const PLAN: &str = "plan";
/// The name of the line-up that sweeps one setting after the other, and whose sweeps those are.
const COORDINATE: &str = "coordinate";
const SWEEPS: [&str; 4] = ["context", "threads", "throughput", "chunk"];
const WITHOUT: &str = "without:";
const ONLY: &str = "only:";

/// Strategies of a line-up, as a person names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contender {
    /// `plan`: the intensity's plan as it is.
    Plan,
    /// `coordinate`: the plan, with a sweep for one setting after the other in the place of whoever decides those.
    Coordinate,
    /// `NAME`: the plan with that strategy in the place of whoever decides the same, or added.
    InPlace(String),
    /// `A+B+C`, or `only:A`: exactly these.
    Exactly(Vec<String>),
    /// `without:NAME`: the plan, and nobody decides what that strategy decides.
    Without(String),
}

impl Contender {
    /// What a text names. It may name plugins that do not exist.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        let names = |text: &str| text.split('+').map(|name| name.trim().to_owned()).collect();
        if text == PLAN {
            Self::Plan
        } else if text == COORDINATE {
            Self::Coordinate
        } else if let Some(name) = text.strip_prefix(WITHOUT) {
            Self::Without(name.trim().to_owned())
        } else if let Some(list) = text.strip_prefix(ONLY) {
            Self::Exactly(names(list))
        } else if text.contains('+') {
            Self::Exactly(names(text))
        } else {
            Self::InPlace(text.to_owned())
        }
    }
}

impl std::fmt::Display for Contender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plan => f.write_str(PLAN),
            Self::Coordinate => f.write_str(COORDINATE),
            Self::InPlace(name) => f.write_str(name),
            Self::Exactly(names) if names.len() == 1 => write!(f, "{ONLY}{}", names.concat()),
            Self::Exactly(names) => f.write_str(&names.join("+")),
            Self::Without(name) => write!(f, "{WITHOUT}{name}"),
        }
    }
}

/// Plugins to make line-ups of.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    pub intensity: &'a Intensity,
    /// Who takes part when nobody says otherwise: without the files that are to be compared with them.
    pub usual: &'a Registry,
    /// All; of two with the same name, the one from a file.
    pub all: &'a Registry,
}

/// Who takes part in the studies.
#[derive(Clone)]
pub struct LineUp {
    pub name: String,
    pub strategies: Vec<Arc<Strategy>>,
    pub selector: Arc<Selector>,
}

impl LineUp {
    /// The line-up as data.
    #[must_use]
    pub fn summary(&self) -> LineUpSummary {
        LineUpSummary {
            name: self.name.clone(),
            strategies: self.strategies.iter().map(|strategy| strategy.manifest.name.clone()).collect(),
            selector: self.selector.manifest.name.clone(),
        }
    }
}

/// The line-ups that were asked for: each contender with each selector.
///
/// Whoever names nothing gets the plan, the plan without each of its strategies, and the plan with each other bundled strategy; strategies
/// and selectors from files are named by being there. A contender alone is put beside the plan, and beside the plan with nobody in its
/// place; a selector alone beside the usual one.
///
/// # Errors
/// When a name is unknown.
pub fn line_ups(
    field: Field<'_>,
    contenders: &[Contender],
    selectors: &[String],
) -> Result<Vec<LineUp>, UnknownPlugin> {
    let (mut contenders, mut selectors) = (contenders.to_vec(), selectors.to_vec());
    if contenders.is_empty() && selectors.is_empty() {
        for plugin in field.all.all().iter().filter(|plugin| plugin.is_file()) {
            let name = plugin.manifest().name.clone();
            match plugin {
                Plugin::Strategy(_) => contenders.push(Contender::InPlace(name)),
                Plugin::Selector(_) => selectors.push(name),
                Plugin::Scorer(_) => {}
            }
        }
    }
    let plan = field.plan()?;
    match contenders.as_slice() {
        [] if selectors.is_empty() => contenders = everybody(field, &plan),
        [] => contenders = vec![Contender::Plan],
        [Contender::InPlace(name)] => {
            let own = field.all.strategy(name)?;
            let is_the_plans = plan.iter().any(|strategy| Arc::ptr_eq(strategy, &own));
            let alone = contenders.remove(0);
            let without = Contender::Without(alone.to_string());
            contenders = if is_the_plans {
                vec![Contender::Plan, without]
            } else if plan.iter().any(|strategy| shares(strategy, &own)) {
                vec![alone, Contender::Plan, without]
            } else {
                // Nobody else decides it: the plan is the plan without it.
                vec![alone, Contender::Plan]
            };
        }
        [alone] if *alone != Contender::Plan && selectors.len() < 2 => contenders.push(Contender::Plan),
        _ => {}
    }
    let selectors = match selectors.as_slice() {
        [] => vec![field.usual_selector()?],
        [alone] if contenders == [Contender::Plan] => {
            let (own, usual) = (field.all.selector(alone)?, field.usual_selector()?);
            if Arc::ptr_eq(&own, &usual) { vec![own] } else { vec![own, usual] }
        }
        names => names.iter().map(|name| field.all.selector(name)).collect::<Result<_, _>>()?,
    };
    let mut all = Vec::new();
    for contender in &contenders {
        let strategies = field.strategies(contender, &plan)?;
        for selector in &selectors {
            let chosen = (selectors.len() > 1).then_some(selector.manifest.name.as_str());
            let name = match (contender, chosen) {
                (Contender::Plan, Some(selector)) if contenders.len() == 1 => selector.to_owned(),
                (contender, Some(selector)) => format!("{contender}, {selector}"),
                (contender, None) => contender.to_string(),
            };
            all.push(LineUp {
                name: unused(name, &all),
                strategies: strategies.clone(),
                selector: Arc::clone(selector),
            });
        }
    }
    Ok(all)
}

/// The plan, the plan without each of its strategies, and with each bundled strategy that is not in it.
fn everybody(field: Field<'_>, plan: &[Arc<Strategy>]) -> Vec<Contender> {
    let mut contenders = vec![Contender::Plan];
    contenders.extend(plan.iter().map(|strategy| Contender::Without(strategy.manifest.name.clone())));
    contenders.extend(field.usual.all().iter().filter(|plugin| plugin.is_bundled()).filter_map(
        |plugin| match plugin {
            Plugin::Strategy(other) if !plan.iter().any(|strategy| Arc::ptr_eq(strategy, other)) => {
                Some(Contender::InPlace(other.manifest.name.clone()))
            }
            _ => None,
        },
    ));
    contenders
}

/// The name, with a number where it was given before: a line-up may be put beside itself.
fn unused(name: String, known: &[LineUp]) -> String {
    let is_known = |name: &str| known.iter().any(|line_up| line_up.name == name);
    let numbered = (2..).map(|number| format!("{name} ({number})"));
    std::iter::once(name.clone()).chain(numbered).find(|name| !is_known(name)).unwrap_or(name)
}

fn shares(a: &Arc<Strategy>, b: &Arc<Strategy>) -> bool {
    a.manifest.decides.iter().any(|name| b.manifest.decides.contains(name))
}

impl Field<'_> {
    /// The strategies of the intensity. Where it names one that only a file has, that one.
    fn plan(self) -> Result<Vec<Arc<Strategy>>, UnknownPlugin> {
        let names = &self.intensity.strategies;
        names.iter().map(|name| self.usual.strategy(name).or_else(|_| self.all.strategy(name))).collect()
    }

    fn usual_selector(self) -> Result<Arc<Selector>, UnknownPlugin> {
        self.usual.selector(DEFAULT_SELECTOR)
    }

    fn strategies(self, contender: &Contender, plan: &[Arc<Strategy>]) -> Result<Vec<Arc<Strategy>>, UnknownPlugin> {
        Ok(match contender {
            Contender::Plan => plan.to_vec(),
            Contender::Coordinate => {
                let sweeps: Vec<_> = SWEEPS.iter().map(|name| self.all.strategy(name)).collect::<Result<_, _>>()?;
                let others = plan.iter().filter(|strategy| !sweeps.iter().any(|sweep| shares(strategy, sweep)));
                sweeps.iter().chain(others).cloned().collect()
            }
            Contender::InPlace(name) => {
                let mut chosen = plan.to_vec();
                take_place(&mut chosen, &self.all.strategy(name)?, (self.usual, &self.intensity.name));
                chosen
            }
            Contender::Exactly(names) => names.iter().map(|name| self.all.strategy(name)).collect::<Result<_, _>>()?,
            Contender::Without(name) => {
                let left_out = self.all.strategy(name)?;
                plan.iter().filter(|strategy| !shares(strategy, &left_out)).cloned().collect()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contenders_are_read_as_they_are_written() {
        for (text, expected) in [
            ("plan", Contender::Plan),
            ("coordinate", Contender::Coordinate),
            ("my-context", Contender::InPlace("my-context".into())),
            ("without:latency", Contender::Without("latency".into())),
            ("context+latency", Contender::Exactly(vec!["context".into(), "latency".into()])),
            ("only:context", Contender::Exactly(vec!["context".into()])),
        ] {
            let read = Contender::read(text);
            assert_eq!(read, expected);
            assert_eq!(read.to_string(), text);
        }
    }
}
