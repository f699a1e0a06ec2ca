//! Generated from `wit/`; nothing else lives here.
#![allow(clippy::pedantic, missing_docs, reason = "generated code")]

pub mod shared {
    wasmtime::component::bindgen!({ path: "../wit", world: "shared" });
}

pub mod strategy {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "strategy-plugin",
        with: { "ralf:tune/types": super::shared::ralf::tune::types, "ralf:tune/log": super::shared::ralf::tune::log },
    });
}

pub mod scorer {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "scorer-plugin",
        with: { "ralf:tune/types": super::shared::ralf::tune::types, "ralf:tune/log": super::shared::ralf::tune::log },
    });
}

pub mod asking {
    wasmtime::component::bindgen!({
        path: "../wit",
        inline: "
            package ralf:host;
            world asking { import ralf:tune/judge@0.1.0; }
        ",
        imports: { default: trappable },
        with: { "ralf:tune/types": super::shared::ralf::tune::types },
    });
}

pub mod selector {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "selector-plugin",
        with: { "ralf:tune/types": super::shared::ralf::tune::types, "ralf:tune/log": super::shared::ralf::tune::log },
    });
}

pub use asking::ralf::tune::judge;
pub use shared::ralf::tune::types;
