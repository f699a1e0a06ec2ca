//! What the proxy costs: the same requests directly and through it, in turns, and through what others pass requests on with. Prints a table of
//! docs/performance.md.
//!
//! `cargo bench -p ralf-tune --bench proxy`. The server, the program and the clients share this machine, so that a server that answers at once shows what
//! the work of a proxy costs, and one that answers as fast as a model does what of it can be noticed. What is installed of nginx and haproxy (Debian has both)
//! takes its turns too, with one process and one thread, nothing held back, and no record of requests.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

#[expect(dead_code, reason = "shared with benchmarks that repeat a piece of work")]
mod figures;
#[cfg(target_os = "linux")]
mod traffic;
#[cfg(target_os = "linux")]
mod turns;
#[cfg(target_os = "linux")]
mod ways;

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("this benchmark needs Linux");
}

#[cfg(target_os = "linux")]
fn main() -> figures::Result<()> {
    if figures::wanted() { turns::taken() } else { Ok(()) }
}
