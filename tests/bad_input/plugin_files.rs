//! Files after `--plugin` that are no plugins.

use std::fs;

use crate::program::{World, check};

/// The first eight bytes of every component.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

#[test]
fn files_that_are_no_plugins() {
    let world = World::new();
    world.write("text.wasm", "hello\n");
    world.write("empty.wasm", "");
    world.write("core.wasm", b"\0asm\x01\0\0\0");
    world.write("bare.wasm", COMPONENT);
    // A section that promises more than follows: a download that broke off.
    world.write("cut.wasm", [COMPONENT, b"\x01\xff\x7f\0asm"].concat());
    world.write("garbage.wasm", [COMPONENT, b"\x63garbage"].concat());
    fs::create_dir(world.path("folder.wasm")).unwrap();
    let cases = [
        "missing.wasm",
        "folder.wasm",
        "text.wasm",
        "empty.wasm",
        "core.wasm",
        "bare.wasm",
        "cut.wasm",
        "garbage.wasm",
    ];
    let ran: Vec<_> = cases
        .iter()
        .map(|file| {
            // The same answer, whoever asks.
            let info = world.fails(4, &["plugin", "info", file]);
            let run = world.fails(4, &["run", "--simulate", "--plugin", file]);
            assert_eq!(info.stderr, run.stderr);
            run
        })
        .collect();
    check("bad_input_plugin_files", &ran);
    world.fails(4, &["plugin", "list", "--plugin", "text.wasm"]);
}
