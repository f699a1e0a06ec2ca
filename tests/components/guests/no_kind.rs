//! A component for another program.

wit_bindgen::generate!({
    inline: "
        package other:program;
        world tool { export run: func() -> string; }
    ",
});

struct Tool;

impl Guest for Tool {
    fn run() -> String {
        "ready".to_owned()
    }
}

export!(Tool);
