//! A scorer for wasm32-wasip2 that calls home.

use ralf_tune_sdk::scorer::prelude::*;

struct Guest;

impl Scorer for Guest {
    fn manifest() -> Manifest {
        Manifest::new("wasi-network", "0.1.0", "Calls home")
    }

    fn evaluate(note: &Note, _arguments: &Arguments) -> Result<Score, String> {
        let read = std::net::TcpStream::connect(&note.path).map(|stream| stream.peer_addr());
        Ok(Score::new(0.5).reason(format!("{read:?}")))
    }
}

ralf_tune_sdk::export!(scorer: Guest);
