//! `ralf-tune share pull`: what others measured, as a file of packs. Each is checked here, whatever the hub says.

use std::collections::BTreeMap;

use super::{hub_args::SharePullArgs, named};
use crate::{
    cli::{CommandResult, deliver, exit::ExitStatus, failure::Failure, session, ui},
    hub::client::HubClient,
    model::pack::SignedPack,
    share::{self, Refused},
};

pub fn run(args: &SharePullArgs) -> CommandResult {
    let (hub, _) = named(args.hub.as_ref())?;
    let (packs, refused) = session::block_on(false, all(&hub, args))??;
    for (why, count) in &refused {
        ui::message(&ui::errors::warning(&format!("{count} packs are left out: {why}"), None));
    }
    ui::message(&format!("{} packs from {}", packs.len(), hub.url()));
    deliver::deliver(args.output.as_deref(), &share::file(packs), "packs")?;
    Ok(ExitStatus::Done)
}

/// Page after page, until there are enough.
async fn all(hub: &HubClient, args: &SharePullArgs) -> Result<(Vec<SignedPack>, BTreeMap<Refused, usize>), Failure> {
    let most = usize::try_from(args.most).unwrap_or(usize::MAX);
    let (mut packs, mut refused) = (Vec::new(), BTreeMap::new());
    let mut since = 0;
    loop {
        let (page, next) = hub.pull(args.model.as_deref(), since).await?;
        let page = share::read(&page).map_err(|error| {
            let error = anyhow::Error::new(error).context(format!("what {} sent cannot be used", hub.url()));
            Failure::new(ExitStatus::Server, error, None)
        })?;
        packs.extend(page.good);
        for (why, count) in page.refused {
            *refused.entry(why).or_default() += count;
        }
        packs.truncate(most);
        match next {
            Some(next) if packs.len() < most => since = next,
            _ => return Ok((packs, refused)),
        }
    }
}
