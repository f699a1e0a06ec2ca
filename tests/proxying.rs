//! The proxy passes everything on, unchanged and at once, tells the server when a client leaves, and keeps no word of what was said.

mod leaving;
mod passing;
mod recording;
mod tls;
mod wire;

use std::{
    net::TcpListener,
    sync::{Arc, Mutex, mpsc},
    thread,
};

use ralf_tune::{
    model::exchange::ExchangeRecord,
    proxy::{Proxy, Server, Tuned},
};
use tokio::sync::oneshot;

/// A proxy on a port of its own, until it is dropped, and the records so far.
pub struct Standing {
    pub address: String,
    records: Arc<Mutex<Vec<ExchangeRecord>>>,
    _stop: oneshot::Sender<()>,
}

impl Standing {
    pub fn before(server: &str) -> Self {
        Self::with(server, None)
    }

    fn with(server: &str, tuned: Option<Tuned>) -> Self {
        Self::on(tokio::runtime::Builder::new_current_thread().enable_all(), server, tuned)
    }

    /// On a clock that jumps over every wait, so that whatever ends after some time ends at once.
    fn without_time(server: &str) -> Self {
        Self::on(tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true), server, None)
    }

    fn on(runtime: &mut tokio::runtime::Builder, server: &str, tuned: Option<Tuned>) -> Self {
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let records = Arc::<Mutex<Vec<ExchangeRecord>>>::default();
        let heard = Arc::clone(&records);
        let server = server.to_owned();
        let runtime = runtime.build().unwrap();
        thread::spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap().to_string()).unwrap();
                let hear = Arc::new(move |record| heard.lock().unwrap().push(record));
                let proxy = Proxy::new(Server::plain(server), "", tuned, || "2026-01-01T00:00:00Z".to_owned(), hear);
                let stopped = async {
                    let _ = stopped.await;
                };
                proxy.serve(listener, stopped).await.unwrap();
            });
        });
        Self { address: told.recv().unwrap(), records, _stop: stop }
    }

    /// The records, as soon as there are so many: a record is heard a moment after the last byte.
    fn recorded(&self, number: usize) -> Vec<ExchangeRecord> {
        loop {
            let records = self.records.lock().unwrap().clone();
            if records.len() >= number {
                return records;
            }
            thread::yield_now();
        }
    }
}

/// A listener and its address.
fn listening() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}
