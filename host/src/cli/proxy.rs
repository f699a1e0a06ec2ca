//! `ralf-tune proxy`.

use std::{
    collections::BTreeMap,
    iter,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

use tokio::net::{TcpListener, lookup_host};

use super::{
    CommandResult,
    connection::connect,
    drift,
    exit::ExitStatus,
    failure::Failure,
    interrupt::interrupted,
    places,
    proxy_args::ProxyArgs,
    proxy_report,
    run::{now, present_settings, target},
    session::{self, block_on},
    study, ui,
};
use crate::{
    learning,
    model::{
        exchange::{ExchangeRecord, StudyTraffic},
        kept::chosen,
    },
    ollama::address::ServerAddress,
    proxy::{Hear, Proxy, Server, Tuned, advice::Adviser},
    settings::Overrides,
    store::{RequestLog, Requests},
};

/// Records that wait to be written; what is more is not recorded rather than waited for.
const MOST_WAITING: usize = 10_000;

/// Records that are written in one go at most.
const MOST_AT_ONCE: usize = 256;

/// What a record waits for others at most. To wake the writer for each costs as much as half of passing a short answer on.
const GATHERING: Duration = Duration::from_millis(100);

/// Serves until it is interrupted.
pub fn run(args: &ProxyArgs) -> CommandResult {
    if args.report {
        return proxy_report::run(args);
    }
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let present = present_settings(target(&settings, None).as_deref())?;
    let server = connect(&settings, None, present.as_ref(), &env, 0)?.address;
    let behind = behind(&server)?;
    let tuned = args.apply.as_deref().map(|meant| tuned(&env, meant)).transpose()?;
    if args.advise {
        advise_of_studies(&env);
    }
    let (log, place) = if args.no_record { (None, None) } else { record(&env) };
    let (sender, receiver) = sync_channel(MOST_WAITING);
    let advise = args.advise;
    let writer = thread::spawn(move || write(&receiver, log, advise));
    let ended = block_on(false, async {
        let listener = listen(args, &server).await?;
        let address = listener.local_addr().map_err(|error| Failure::new(ExitStatus::Unfit, error, None))?;
        ui::message(&format!(
            "listening on http://{address}, before {}; for clients: OLLAMA_HOST={address}\nCtrl-C stops it",
            server.base_url()
        ));
        if let Some(place) = place {
            ui::message(&format!("requests are recorded in {}, without their texts", place.display()));
        }
        if let Some(Tuned { model, load }) = &tuned {
            let model = crate::model::clean::clean(model);
            ui::message(&format!(
                "requests for {model} that bring no load-time options get num_ctx {} and what belongs to it",
                load.num_ctx
            ));
        }
        Proxy::new(behind, server.prefix(), tuned, now, hear(sender))
            .serve(listener, interrupted())
            .await
            .map_err(|error| Failure::new(ExitStatus::Unfit, error, None))?;
        Ok(ExitStatus::Done)
    })?;
    // Everybody who could send is gone with the proxy.
    if writer.join().is_err() {
        tracing::warn!("the writer of records failed");
    }
    ended
}

/// The server as the proxy speaks to it.
fn behind(address: &ServerAddress) -> Result<Server, Failure> {
    if !address.is_https() {
        return Ok(Server::plain(address.authority()));
    }
    Server::over_tls(address.authority(), &address.host()).map_err(|error| {
        let error = anyhow::Error::new(error).context(format!("no TLS to {}", address.base_url()));
        let hint = "install the system's certificates (ca-certificates), or name a server that is reached by http";
        Failure::new(ExitStatus::Unfit, error, Some(hint.to_owned()))
    })
}

/// What was recorded so far, where it is no longer what was tuned for.
fn advise_of_studies(env: &BTreeMap<String, String>) {
    let Some(requests) = places::data(env).and_then(|data| Requests::read(&data).ok()) else { return };
    let Some(model) = learning::most_used(&requests.records) else { return };
    if let Some(StudyTraffic { study, drift, mend: Some(mend), .. }) = drift::of_newest(env, &model, &requests.records)
    {
        ui::message(&format!("advice: study {study}: {}: {mend}", drift.sentence()));
    }
}

/// The load-time options of a study, and the model that they are for.
fn tuned(env: &BTreeMap<String, String>, meant: &str) -> Result<Tuned, Failure> {
    let (study, _) = study::load_named(env, meant)?;
    Ok(Tuned { load: chosen(&study).load_key(), model: study.model.name })
}

/// Where requests are recorded; nowhere, with a word about it, where that cannot be.
fn record(env: &BTreeMap<String, String>) -> (Option<RequestLog>, Option<PathBuf>) {
    let opened = places::needed_data(env).and_then(|data| Ok(RequestLog::open(&data)?));
    match opened {
        Ok(log) => {
            let place = log.path();
            (Some(log), Some(place))
        }
        Err(failure) => {
            let what = format!("requests are not recorded: {}", ui::errors::chain(&failure.error).join(": "));
            ui::message(&ui::errors::warning(&what, failure.hint.as_deref()));
            (None, None)
        }
    }
}

/// Listens on this machine only, unless more is allowed.
async fn listen(args: &ProxyArgs, server: &ServerAddress) -> Result<TcpListener, Failure> {
    let hint = || Some("choose another address with --listen, such as 127.0.0.1:11435".to_owned());
    let failed = |error: std::io::Error| {
        let is_typed_wrong = error.kind() == std::io::ErrorKind::InvalidInput;
        let status = if is_typed_wrong { ExitStatus::Usage } else { ExitStatus::Unfit };
        Failure::new(status, anyhow::Error::new(error).context(format!("cannot listen on {}", args.listen)), hint())
    };
    let addresses: Vec<SocketAddr> = lookup_host(&args.listen).await.map_err(failed)?.collect();
    let is_open = addresses.iter().any(|address| !address.ip().to_canonical().is_loopback());
    if is_open && !args.allow_remote {
        return Err(Failure::usage(
            format!("{} can be reached from other machines, and whoever reaches it may use the server", args.listen),
            Some("listen on 127.0.0.1, or say --allow-remote".into()),
        ));
    }
    if addresses.iter().any(|address| address.to_string() == server.authority()) {
        return Err(Failure::usage("the proxy would stand before itself".into(), hint()));
    }
    TcpListener::bind(&addresses[..]).await.map_err(failed)
}

/// Hands records to the writer, and never waits for it.
fn hear(sender: SyncSender<ExchangeRecord>) -> Hear {
    Arc::new(move |record| match sender.try_send(record) {
        Ok(()) => {}
        Err(TrySendError::Full(_)) => tracing::warn!("a request is not recorded: too many wait"),
        Err(TrySendError::Disconnected(_)) => tracing::warn!("a request is not recorded: the writer is gone"),
    })
}

/// Writes records and gives advice until nobody sends any more.
fn write(records: &Receiver<ExchangeRecord>, mut log: Option<RequestLog>, advise: bool) {
    let mut adviser = Adviser::default();
    let mut waiting = Vec::with_capacity(MOST_AT_ONCE);
    while let Ok(first) = records.recv() {
        // Whatever comes meanwhile is written with it: a busy machine is not asked for each.
        thread::park_timeout(GATHERING);
        let mut come = iter::once(first).chain(records.try_iter());
        loop {
            waiting.extend(come.by_ref().take(MOST_AT_ONCE));
            if waiting.is_empty() {
                break;
            }
            if let Some(Err(error)) = log.as_mut().map(|log| log.add(&waiting)) {
                let what = format!("requests are no longer recorded: {error}");
                ui::message(&ui::errors::warning(&what, Some(&error.hint())));
                log = None;
            }
            for record in waiting.drain(..).filter(|_| advise) {
                for line in adviser.hear(&record) {
                    ui::message(&format!("advice: {line}"));
                }
            }
        }
    }
}
