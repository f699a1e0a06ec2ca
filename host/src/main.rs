//! The program `ralf-tune`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ralf_tune::cli::main()
}
