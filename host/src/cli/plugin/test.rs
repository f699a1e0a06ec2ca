//! `ralf-tune plugin test`.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use serde::Serialize;

use super::{named, test_args::PluginTestArgs};
use crate::{
    arena::{
        Contender, Contest,
        line_up::{Field, line_ups},
    },
    cli::{
        CommandResult, arena, deliver,
        exit::ExitStatus,
        failure::Failure,
        installed::{self, Needed},
        plan, session,
    },
    conformance::recorded,
    files,
    model::{nearest::nearest, plugin::Manifest, value::Value},
    plugin::{
        Registry,
        parameters::{Arguments, resolve},
        registry::Plugin,
        scorer::Scorer,
        selector::Selector,
        strategy::Strategy,
    },
    rehearsal::{
        cases::{self, CaseError},
        record::{Record, RecordError},
        replay, scorer,
        selector::{self, Source},
    },
    report,
    settings::{Setting, Settings},
    tune::PlanError,
};

/// Bytes of a file of cases at most.
const MOST_CASES_BYTES: u64 = 64 << 20;

/// Machines for strategies: an ordinary one, one where nothing is to be gained, one with a cliff.
const SCENARIOS: [&str; 3] = ["mid-range", "one-slot", "vram-cliff"];

/// Seeds on each of them: enough for a verdict.
const SEEDS: u64 = 3;

/// Shows what one plugin answers. That it failed is the exit code's business, the page shows how.
pub fn run(args: &PluginTestArgs) -> CommandResult {
    let file = named::file(&args.plugin);
    let (settings, env) =
        session::settings(&args.studies.overrides(Some(file.map(Path::to_owned).into_iter().collect())))?;
    let (usual, all) = session::plugins_beside(&settings, &env, Needed::All, installed::locked(&env).as_ref())?;
    let test = Test { args, settings, all, usual };
    let found = if file.is_some() {
        test.all.all().iter().rfind(|plugin| plugin.is_file())
    } else {
        test.all.all().iter().find(|plugin| plugin.manifest().name == args.plugin)
    };
    match found.ok_or_else(|| named::unknown(&args.plugin, names(&test.all)))? {
        Plugin::Scorer(scorer) => test.scorer(scorer),
        Plugin::Strategy(strategy) if args.cases.is_some() => test.replay(strategy),
        Plugin::Strategy(strategy) => test.strategy(strategy),
        Plugin::Selector(selector) => test.selector(selector),
    }
}

/// Plugin, parameter, value.
type Param = (String, String, Value);

/// One call of the command.
struct Test<'a> {
    args: &'a PluginTestArgs,
    settings: Settings,
    all: Registry,
    /// Those without the file, of which one may have the same name.
    usual: Registry,
}

impl Test<'_> {
    fn scorer(&self, own: &Arc<Scorer>) -> CommandResult {
        self.refuse_machines("scorer", "notes")?;
        let (cases, origin) = match &self.args.cases {
            None => (cases::recorded().map_err(Failure::from)?, "notes that come with the program".to_owned()),
            Some(path) => {
                let cases = cases::read(&self.text(path)?).map_err(|error| Failure::from(error).in_file(path))?;
                (cases, path.display().to_string())
            }
        };
        // Those that a study would ask.
        let bundled: Vec<scorer::Ready> = self
            .usual
            .all()
            .iter()
            .filter(|plugin| plugin.is_bundled() && plugin.manifest().is_on_by_default())
            .filter_map(|plugin| match plugin {
                Plugin::Scorer(scorer) => Some((Arc::clone(scorer), Arguments::defaults(&scorer.manifest))),
                _ => None,
            })
            .collect();
        let own = (Arc::clone(own), self.arguments(&own.manifest, &self.settings.intensity().params)?);
        let rehearsal = scorer::rehearse(&own, &bundled, &cases, &origin);
        let failed = rehearsal.summary.failed > 0;
        self.show(&rehearsal, failed, |width, colour| report::rehearsal::scorer::render(&rehearsal, width, colour))
    }

    /// Against the bundled strategy, and against nobody.
    fn strategy(&self, own: &Strategy) -> CommandResult {
        let intensity = self.settings.intensity();
        let field = Field { intensity: &intensity, usual: &self.usual, all: &self.all };
        let names: Vec<String> = if self.args.scenario.is_empty() {
            SCENARIOS.map(str::to_owned).to_vec()
        } else {
            self.args.scenario.clone()
        };
        let choices = plan::choices(&self.settings);
        let contest = Contest {
            line_ups: line_ups(field, &[Contender::InPlace(own.manifest.name.clone())], &[])?,
            scenarios: arena::scenarios(&names)?,
            seeds: (1..=self.args.seeds.unwrap_or(SEEDS)).collect(),
            intensity: &intensity,
            choices: &choices,
            registry: &self.all,
            threads: self.args.studies.jobs.unwrap_or_else(arena::usable_threads),
        };
        let report = arena::watched(&contest)?;
        if report.interrupted {
            self.show(&report, false, |width, colour| report::arena::render(&report, width, colour))?;
            return Ok(ExitStatus::Interrupted);
        }
        let failed = report.studies.iter().any(|study| !study.plugin_failures.is_empty());
        self.show(&report, failed, |width, colour| report::arena::render(&report, width, colour))
    }

    fn replay(&self, own: &Strategy) -> CommandResult {
        let record = self.record()?;
        let replay = replay::replay(own, &self.arguments(&own.manifest, &self.params_of(&record))?, &record);
        let failed = replay.failure.is_some();
        self.show(&replay, failed, |width, colour| report::rehearsal::replay::render(&replay, width, colour))
    }

    fn selector(&self, own: &Arc<Selector>) -> CommandResult {
        self.refuse_machines("selector", "candidates")?;
        let record = self.args.cases.as_ref().map(|_| self.record()).transpose()?;
        let (name, study) = match (&record, recorded::study()) {
            (Some(record), _) => (record.title(), Source::Study(record)),
            (None, Some(study)) => ("the study that comes with the program".to_owned(), Source::Recorded(study)),
            (None, None) => return Err(CaseError::Empty.into()),
        };
        let bundled: Vec<selector::Ready> = self
            .usual
            .all()
            .iter()
            .filter_map(|plugin| match plugin {
                Plugin::Selector(selector) if plugin.is_bundled() => {
                    Some((Arc::clone(selector), Arguments::defaults(&selector.manifest)))
                }
                _ => None,
            })
            .collect();
        let own = (Arc::clone(own), self.arguments(&own.manifest, &self.settings.intensity().params)?);
        let rehearsal = selector::rehearse(&own, &bundled, &name, &study);
        let failed = rehearsal.study.choices.first().is_some_and(|choice| choice.failure.is_some());
        self.show(&rehearsal, failed, |width, colour| report::rehearsal::selector::render(&rehearsal, width, colour))
    }

    /// The intensity's values for the plugin, then those that were typed.
    fn arguments(&self, manifest: &Manifest, intensity: &[Param]) -> Result<Arguments, Failure> {
        let typed = self.settings.given_params();
        if let Some((plugin, parameter, _)) = typed.iter().find(|(plugin, _, _)| *plugin != manifest.name) {
            let (name, parameter) = (plugin.clone(), parameter.clone());
            if !self.all.all().iter().any(|known| known.manifest().name == *plugin) {
                let nearest = nearest(plugin, [manifest.name.as_str()]);
                return Err(PlanError::UnknownOwner { name, parameter, nearest }.into());
            }
        }
        let own = intensity.iter().chain(&typed).filter(|(plugin, _, _)| *plugin == manifest.name);
        let given: Vec<(String, Value)> = own.map(|(_, name, value)| (name.clone(), value.clone())).collect();
        Ok(resolve(manifest, &given).map_err(PlanError::from)?)
    }

    /// What plugins were given at the intensity of a record, unless another one was typed.
    fn params_of(&self, record: &Record) -> Vec<Param> {
        let recorded = self.settings.intensities().get(&record.study.intensity);
        let Some(table) = recorded.filter(|_| self.args.studies.intensity.is_none()) else {
            return self.settings.intensity().params;
        };
        let values = |(plugin, values): (&String, &BTreeMap<String, Setting<Value>>)| -> Vec<Param> {
            values.iter().map(|(name, value)| (plugin.clone(), name.clone(), value.value.clone())).collect()
        };
        table.params.iter().flat_map(values).collect()
    }

    fn record(&self) -> Result<Record, Failure> {
        let path = self.args.cases.clone().unwrap_or_default();
        Record::read(&self.text(&path)?).map_err(|error| Failure::from(error).in_file(&path))
    }

    #[expect(clippy::unused_self, reason = "it reads what the call names")]
    fn text(&self, path: &Path) -> Result<String, Failure> {
        files::text(path, MOST_CASES_BYTES).map_err(|error| {
            let error = anyhow::Error::new(error).context(format!("cannot read the cases {}", path.display()));
            Failure::new(ExitStatus::Usage, error, Some("check the path after --cases".into()))
        })
    }

    fn refuse_machines(&self, kind: &str, what: &str) -> Result<(), Failure> {
        let flag = match (self.args.scenario.is_empty(), self.args.seeds) {
            (false, _) => "--scenario",
            (true, Some(_)) => "--seeds",
            (true, None) => return Ok(()),
        };
        let message = format!("{flag} is for strategies; a {kind} is tested on {what}");
        let whole = format!("whole studies: ralf-tune arena --plugin FILE; {what} of your own: --cases FILE");
        Err(Failure::usage(message, Some(whole)))
    }

    fn show(&self, data: &impl Serialize, failed: bool, page: impl FnOnce(usize, bool) -> String) -> CommandResult {
        deliver::show(&self.settings, "result", page, || arena::json(data))?;
        Ok(if failed { ExitStatus::Plugin } else { ExitStatus::Done })
    }
}

fn names(registry: &Registry) -> impl Iterator<Item = &str> {
    registry.all().iter().map(|plugin| plugin.manifest().name.as_str())
}

impl Failure {
    /// The same, with the file of cases that is wrong.
    fn in_file(self, path: &Path) -> Self {
        Self::new(self.status, self.error.context(format!("cannot use the cases {}", path.display())), self.hint)
    }
}

impl From<CaseError> for Failure {
    fn from(error: CaseError) -> Self {
        let hint = Some(error.hint());
        Self::new(ExitStatus::Usage, error, hint)
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        let hint = Some(error.hint());
        Self::new(ExitStatus::Usage, error, hint)
    }
}
