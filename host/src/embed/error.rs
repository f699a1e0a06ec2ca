//! What keeps a study from beginning.

use crate::{
    ollama::{address::AddressError, error::OllamaError},
    plugin::PluginError,
    profile::model::ModelError,
    settings::SettingsError,
    simulate::ScenarioError,
    tune::PlanError,
    workload::WorkloadError,
};

/// Why there is no study, or no selection. Its text is a lowercase fragment, and its sources say more.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// A plugin cannot be used, or failed.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// The choices make no plan: a name that nobody has, or strategies that need each other.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// There is no such intensity.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The files cannot be used.
    #[error(transparent)]
    Samples(#[from] WorkloadError),
    /// What was named is no address of a server.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// What was named is no machine to simulate.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The server does not answer as one.
    #[error(transparent)]
    Server(#[from] OllamaError),
    /// The server does not have the model, or has several and none was named.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The server has no model that makes text.
    #[error("no model on the server makes text")]
    NoModel,
    /// Which of several models is meant was not said.
    #[error("several models are installed and none was named: {}", .0.join(", "))]
    SeveralModels(Vec<String>),
    /// The system gives no runtime.
    #[error("no runtime can be made")]
    Runtime(#[source] std::io::Error),
}
