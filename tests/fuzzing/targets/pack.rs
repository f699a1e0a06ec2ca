//! A file of packs that somebody sent, and what a pack says.

use ralf_tune::{
    model::pack::Pack,
    share::{
        Key, MOST_PACKS, check as holds, file, read, read_pack,
        recommend::{Asked, Here, recommend},
    },
};

use super::is_fit_to_show;

/// As a file: what is taken is taken again as it was. As what a pack says, signed by a key, for whoever has one can sign anything: what holds can be
/// asked, and the answer has numbers in it.
pub fn check(input: &[u8]) {
    match read(input) {
        Ok(packs) => {
            assert!(packs.good.len() + packs.refused.values().sum::<usize>() <= MOST_PACKS);
            packs.refused.keys().for_each(|why| is_fit_to_show(&why.to_string()));
            let again = read(file(packs.good.clone()).as_bytes()).unwrap();
            assert!(again.good == packs.good && again.refused.is_empty());
        }
        Err(error) => is_fit_to_show(&error.to_string()),
    }
    let Ok(pack) = serde_json::from_slice::<Pack>(input) else { return };
    let signed = Key::from_bytes(&[1; 32], [2; 32]).sign_pack(pack);
    if let Err(why) = holds(&signed) {
        is_fit_to_show(&why.to_string());
        return;
    }
    let text = serde_json::to_vec(&signed).unwrap();
    assert_eq!(read_pack(&text).as_ref(), Ok(&signed));
    let asked = Asked {
        hardware: signed.pack.hardware.clone(),
        model: signed.pack.model.clone(),
        server_version: signed.pack.server_version.clone(),
        workload: signed.pack.workload.clone(),
        here: Here::default(),
    };
    if let Some(found) = recommend(&asked, [&signed]) {
        let speed = &found.notes_per_minute;
        assert!(speed.interval.low.is_finite() && speed.interval.high.is_finite(), "{speed:?}");
        assert!(speed.interval.low <= speed.value && speed.value <= speed.interval.high, "{speed:?}");
        assert!(found.settings.num_ctx > 0 && found.settings.max_concurrent_requests > 0, "{:?}", found.settings);
    }
}
