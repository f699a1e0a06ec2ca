//! `ralf-tune hub`: packs of many.

pub mod args;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use time::OffsetDateTime;
use tokio::net::{TcpListener, lookup_host};

use super::{CommandResult, exit::ExitStatus, failure::Failure, interrupt::interrupted, places, session::block_on, ui};
use crate::{
    hub::{Hub, HubLimits, Moment, Store, serve, store::StoreError},
    install::private,
    report::units::count,
    settings,
};
use args::{HubCommand, HubServeArgs};

/// The folder and the file in the program's own data.
const FOLDER: &str = "hub";
const FILE: &str = "hub.sqlite";

/// How often what is over is forgotten.
const BETWEEN_CLEANINGS: Duration = Duration::from_hours(6);

/// What the user asked for.
pub fn run(command: &HubCommand) -> CommandResult {
    match command {
        HubCommand::Serve(args) => serve_until_interrupted(args),
    }
}

/// This moment.
pub fn now() -> Moment {
    Moment { seconds: OffsetDateTime::now_utc().unix_timestamp() }
}

fn serve_until_interrupted(args: &HubServeArgs) -> CommandResult {
    let database = match &args.database {
        Some(database) => database.clone(),
        None => own_file()?,
    };
    block_on(false, async {
        let listener = listen(args).await?;
        let address = listener.local_addr().map_err(|error| Failure::new(ExitStatus::Unfit, error, None))?;
        let store = Store::open(&database).await?;
        let kind = store.dialect().name();
        let (packs, waiting) = store.counts().await?;
        ui::message(&format!(
            "serving {} from {kind}, {waiting} more waiting, on http://{address}\n\
             for a browser: http://{address}/\nfor others: ralf-tune share push --hub http://{address}\nCtrl-C stops it",
            count(usize::try_from(packs).unwrap_or(0), "pack")
        ));
        let hub = Arc::new(Hub::new(store, HubLimits::default(), Arc::new(now)));
        let serving = serve::serve(Arc::clone(&hub), listener, args.behind_proxy, interrupted());
        tokio::select! {
            served = serving => served.map_err(|error| Failure::new(ExitStatus::Unfit, error, None))?,
            () = clean(&hub) => {}
        }
        hub.store().close().await;
        Ok(ExitStatus::Done)
    })?
}

/// Forgets what is over, again and again.
async fn clean(hub: &Hub) {
    loop {
        if let Err(error) = hub.store().forget(now()).await {
            tracing::warn!("what is over is not forgotten: {error}");
        }
        tokio::time::sleep(BETWEEN_CLEANINGS).await;
    }
}

/// The address of the file in the data folder, which is made for the user alone.
fn own_file() -> Result<String, Failure> {
    let folder = places::needed_data(&settings::environment())?.join(FOLDER);
    private::check(&folder).map_err(|exposed| {
        let hint = Some(exposed.mend("RALF_TUNE_DATA_DIR"));
        Failure::new(ExitStatus::Unfit, anyhow::anyhow!("packs are not kept: {exposed}"), hint)
    })?;
    private::make(&folder).map_err(|error| {
        let error = anyhow::Error::new(error).context(format!("cannot make {}", folder.display()));
        Failure::new(ExitStatus::Unfit, error, Some("name another place with --database sqlite://FILE".to_owned()))
    })?;
    Ok(format!("sqlite://{}", folder.join(FILE).display()))
}

/// Listens on this machine only, unless more is allowed.
async fn listen(args: &HubServeArgs) -> Result<TcpListener, Failure> {
    let failed = |error: std::io::Error| {
        let is_typed_wrong = error.kind() == std::io::ErrorKind::InvalidInput;
        let status = if is_typed_wrong { ExitStatus::Usage } else { ExitStatus::Unfit };
        let error = anyhow::Error::new(error).context(format!("cannot listen on {}", args.listen));
        Failure::new(status, error, Some("choose another address with --listen, such as 127.0.0.1:8751".to_owned()))
    };
    let addresses: Vec<SocketAddr> = lookup_host(&args.listen).await.map_err(failed)?.collect();
    let is_open = addresses.iter().any(|address| !address.ip().to_canonical().is_loopback());
    if is_open && !args.allow_remote {
        return Err(Failure::usage(
            format!("{} can be reached from other machines", args.listen),
            Some("listen on 127.0.0.1 behind a server that speaks HTTPS, or say --allow-remote".into()),
        ));
    }
    TcpListener::bind(&addresses[..]).await.map_err(failed)
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let status = if matches!(error, StoreError::Address(_)) { ExitStatus::Usage } else { ExitStatus::Unfit };
        let hint = Some(error.hint());
        Self::new(status, error, hint)
    }
}
