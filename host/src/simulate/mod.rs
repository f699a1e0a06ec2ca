//! placeholder until merge
use crate::ollama::transport::*;
use futures_util::future::BoxFuture;
use std::sync::Arc;
pub struct Scenario;
impl Scenario {
    pub fn noise_free(&self) -> Scenario {
        Scenario
    }
}
pub struct SimulatedServer;
impl SimulatedServer {
    pub fn new(_: Scenario, _: u64) -> Arc<Self> {
        Arc::new(Self)
    }
}
impl Transport for SimulatedServer {
    fn send(&self, _: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        Box::pin(async { Err(TransportError::Connect(String::new())) })
    }
}
