//! The server that is tested against, one test at a time.

use std::{
    env,
    hash::{BuildHasher, RandomState},
    sync::{Arc, OnceLock},
    time::Duration,
};

use ralf_tune::{
    model::machine::{ModelProfile, ServerProfile},
    ollama::{
        address::ServerAddress,
        client::Client,
        http::{ApiKey, HttpTransport},
        request::Timeouts,
        transport::Transport,
    },
    profile::{
        model::{ModelError, model},
        server::server,
    },
};
use tokio::sync::{Mutex, MutexGuard};

/// A server, its model, and the turn of the test that has it.
pub struct Real {
    pub client: Client,
    pub transport: Arc<dyn Transport>,
    pub server: ServerProfile,
    pub model: ModelProfile,
    _turn: MutexGuard<'static, ()>,
}

impl Real {
    /// `None` where no server is named.
    pub async fn new() -> Option<Self> {
        static TURN: OnceLock<Mutex<()>> = OnceLock::new();
        let Ok(host) = env::var("RALF_TUNE_TEST_OLLAMA_HOST") else {
            say("skipped: RALF_TUNE_TEST_OLLAMA_HOST is not set");
            return None;
        };
        let turn = TURN.get_or_init(Mutex::default).lock().await;
        let address = ServerAddress::parse(&host).unwrap();
        let key = env::var("OLLAMA_API_KEY").ok().and_then(|key| ApiKey::new(&key).unwrap());
        let transport: Arc<dyn Transport> =
            Arc::new(HttpTransport::new(&address, key, Duration::from_secs(5)).unwrap());
        let client = Client::new(Arc::clone(&transport), timeouts());
        let server = server(&client, &address, None).await.unwrap();
        let model = a_model(&client).await;
        say(&format!("{server:?}\n{model:?}"));
        Some(Self { client, transport, server, model, _turn: turn })
    }
}

/// Another number each time: a server remembers the prompts of earlier runs, and answers those in no time.
pub fn fresh() -> u64 {
    RandomState::new().hash_one(())
}

/// Slow machines are tested against, too.
pub fn timeouts() -> Timeouts {
    Timeouts { first_byte: Duration::from_mins(10), ..Timeouts::default() }
}

/// The named model, or the first installed one that can be tuned.
async fn a_model(client: &Client) -> ModelProfile {
    if let Ok(name) = env::var("RALF_TUNE_TEST_MODEL") {
        return model(client, &name).await.unwrap();
    }
    for installed in client.tags().await.unwrap() {
        match model(client, &installed.name).await {
            Ok(profile) => return profile,
            Err(ModelError::EmbeddingOnly { .. } | ModelError::Remote { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    panic!("no installed model generates text");
}

#[expect(clippy::print_stdout, reason = "what a real server said is worth seeing with --nocapture")]
pub fn say(text: &str) {
    println!("{text}");
}
