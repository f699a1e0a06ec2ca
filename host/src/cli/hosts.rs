//! The hosts that share a study: who they are, and who can take part at all.

use super::connection::Connection;
use crate::{
    model::{
        fleet::{Hosts, Likeness, Mate},
        machine::{Locality, ModelProfile},
    },
    profile,
};

/// Looks at the hosts beside the first one, which has the model. `None` where there are none, and no other process could bring some. Whoever does not answer, or has another model by that
/// name, takes no part.
pub async fn look(first: &Connection, mates: &[Connection], model: &ModelProfile, is_shared: bool) -> Option<Hosts> {
    if mates.is_empty() && !is_shared {
        return None;
    }
    let looks = (2..).zip(mates).map(|(number, mate)| look_at(number, mate, model));
    Some(Hosts { first: name(1, first), mates: futures_util::future::join_all(looks).await })
}

async fn look_at(number: usize, mate: &Connection, model: &ModelProfile) -> Mate {
    let out = |likeness, why: String| Mate { name: name(number, mate), server: None, left_out: Some((likeness, why)) };
    let server = match profile::server::server(&mate.client, &mate.address, mate.locality).await {
        Ok(server) => server,
        Err(error) => return out(Likeness::Silent, format!("left out, it did not answer: {error}")),
    };
    let own = match profile::model::model(&mate.client, &model.name).await {
        Ok(own) => own,
        Err(error) => return out(Likeness::OtherModel, format!("left out: {error}")),
    };
    if own.digest.value != model.digest.value {
        let why = format!("left out: its {} is not the same model, the digests differ", model.name);
        return out(Likeness::OtherModel, why);
    }
    Mate { name: name(number, mate), server: Some(server), left_out: None }
}

/// How a host is called: its address, or which of the simulated machines it is.
fn name(number: usize, host: &Connection) -> String {
    if host.locality == Some(Locality::Simulated) { format!("machine {number}") } else { host.address.authority() }
}
