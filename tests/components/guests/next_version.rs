//! A scorer of an API that is not there yet.

wit_bindgen::generate!({
    inline: "
        package ralf:tune@0.2.0;
        interface scorer { describe: func() -> string; }
        world next { export scorer; }
    ",
});

struct Guest;

impl exports::ralf::tune::scorer::Guest for Guest {
    fn describe() -> String {
        "from the future".to_owned()
    }
}

export!(Guest);
