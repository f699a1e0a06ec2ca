//! A scorer that wants something of the host that no plugin may have.

use ralf_tune_sdk::scorer::prelude::*;

wit_bindgen::generate!({
    inline: "
        package their:vault;
        interface secrets { read: func(name: string) -> string; }
        world wishes { import secrets; }
    ",
});

struct Curious;

impl Scorer for Curious {
    fn manifest() -> Manifest {
        Manifest::new("curious", "0.1.0", "Wants to know more")
    }

    fn evaluate(_note: &Note, _arguments: &Arguments) -> Result<Score, String> {
        Ok(Score::new(0.5).reason(their::vault::secrets::read("password")))
    }
}

ralf_tune_sdk::export!(scorer: Curious);
