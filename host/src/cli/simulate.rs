//! `ralf-tune simulate`.

use std::{fmt::Write as _, sync::Arc};

use super::{
    CommandResult,
    args::SimulateArgs,
    exit::ExitStatus,
    failure::Failure,
    interrupt::interrupted,
    session::{self, block_on},
    ui,
};
use crate::{
    model::{candidate::Candidate, space::Parameter},
    ollama::{client::Client, request::Timeouts},
    plugin::Registry,
    profile, settings,
    simulate::{self, Scenario, SimulatedServer},
    tune::{
        self,
        oracle::{Oracle, Reads},
        plan::Choices,
    },
    workload::generate::generated_workload,
};

/// Serves a simulated Ollama until it is interrupted.
pub fn run(args: &SimulateArgs) -> CommandResult {
    let scenario = session::named_scenario(&args.scenario)?;
    if args.best {
        ui::data(&best(&scenario, args.seed)?)?;
    }
    let model = scenario.model_name().to_owned();
    let server = SimulatedServer::new(scenario, args.seed);
    let cannot_listen =
        |error: std::io::Error| anyhow::Error::new(error).context(format!("cannot listen on {}", args.listen));
    block_on(false, async {
        let listener = tokio::net::TcpListener::bind(&args.listen).await.map_err(|error| {
            let typed_wrong = error.kind() == std::io::ErrorKind::InvalidInput;
            Failure::new(
                if typed_wrong { ExitStatus::Usage } else { ExitStatus::Unfit },
                cannot_listen(error),
                Some("choose another address with --listen, such as 127.0.0.1:11500".into()),
            )
        })?;
        let address =
            listener.local_addr().map_err(|error| Failure::new(ExitStatus::Unfit, cannot_listen(error), None))?;
        ui::message(&format!(
            "simulating `{}` on http://{address}; in another terminal:\n  OLLAMA_HOST={address} ralf-tune run --quick --model {model}\nCtrl-C stops it",
            args.scenario
        ));
        simulate::serve(Arc::clone(&server), listener, interrupted())
            .await
            .map_err(|error| Failure::new(ExitStatus::Unfit, cannot_listen(error), None))?;
        Ok(ExitStatus::Done)
    })?
}

/// The best settings of a scenario, by trying them on a copy without noise.
fn best(scenario: &Scenario, seed: u64) -> Result<String, Failure> {
    let env = settings::environment();
    let registry = Registry::bundled(&session::engine(&env)?)?;
    let settings = settings::load(&settings::Overrides::default(), &env, std::path::Path::new("."))?;
    let prepared = tune::plan(&settings.intensity(), &registry, &Choices::default())?;
    let workload = generated_workload(seed);
    let (baseline, best) = block_on(true, async {
        let server = SimulatedServer::new(scenario.noise_free(), seed);
        let client = Client::new(Arc::new(server), Timeouts::default());
        let name = client
            .tags()
            .await?
            .into_iter()
            .find(crate::ollama::wire::InstalledModel::generates)
            .map(|model| model.name);
        let model = profile::model::model(&client, &name.unwrap_or_default()).await?;
        let oracle = Oracle { scenario, model: &model, workload: &workload, panel: &prepared.panel, seed };
        let start = Candidate::default();
        let baseline = oracle.evaluate(&start).await;
        Ok::<_, Failure>((baseline, oracle.best(&start, settings.quality_floor.value, Reads::Anything).await))
    })??;
    let Some((best, quality)) = best else { return Ok("nothing is feasible on this scenario\n".into()) };
    let mut text = format!(
        "best settings: {:.2} notes/min at a quality of {:.2} (the best attainable is {quality:.2}); RALF Note's own settings: {:.2} at {:.2}\n",
        best.notes_per_minute, best.quality, baseline.notes_per_minute, baseline.quality
    );
    for name in [Parameter::NumCtx, Parameter::MaxConcurrentRequests, Parameter::MaxContentLength, Parameter::ChunkSize]
    {
        let _ = writeln!(text, "  {} = {}", name.name(), best.candidate.get(name));
    }
    Ok(text)
}
