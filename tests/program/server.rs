//! Servers on a port of this machine, each on a thread of its own.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::mpsc,
    thread,
};

use ralf_tune::simulate::{ModelFacts, Scenario, SimulatedServer, serve};
use tokio::sync::oneshot;

/// A simulated Ollama on the real clock, until it is dropped.
pub struct Ollama {
    pub address: String,
    _stop: oneshot::Sender<()>,
}

impl Ollama {
    /// Serves a machine with these models.
    pub fn with(models: Vec<ModelFacts>) -> Self {
        let scenario = Scenario { models, ..Scenario::named("mid-range").unwrap() };
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap().to_string()).unwrap();
                let stopped = async {
                    let _ = stopped.await;
                };
                serve(SimulatedServer::new(scenario, 1), listener, stopped).await.unwrap();
            });
        });
        Self { address: told.recv().unwrap(), _stop: stop }
    }

    /// The models of the built-in machines that have these names.
    pub fn serving(names: &[&str]) -> Self {
        Self::with(names.iter().map(|name| model(name)).collect())
    }
}

/// A model of one of the built-in machines.
pub fn model(name: &str) -> ModelFacts {
    let mut all = Scenario::NAMES.into_iter().filter_map(Scenario::named).flat_map(|scenario| scenario.models);
    all.find(|model| model.name == name).unwrap()
}

/// A port that nobody listens on.
pub fn nobody() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// A web server that gives every request the same answer.
pub fn answering(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}
