//! It claims to be a scorer of today's API, and is not.

wit_bindgen::generate!({
    inline: "
        package ralf:tune@0.1.0;
        interface scorer { describe: func() -> string; }
        world other { export scorer; }
    ",
});

struct Guest;

impl exports::ralf::tune::scorer::Guest for Guest {
    fn describe() -> String {
        "something else".to_owned()
    }
}

export!(Guest);
