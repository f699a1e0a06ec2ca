//! Errors of all modules as one thing that can be shown: the error, what to do, the exit code.

use super::{
    exit::ExitStatus,
    ui::{self, OutputError},
};
use crate::{
    author::AuthorError,
    emit::ralf_notes::ConfigError,
    model::observation::FailureCause,
    ollama::{address::AddressError, error::OllamaError, http::ApiKeyError},
    plugin::{PluginError, registry::UnknownPlugin},
    profile::model::ModelError,
    settings::{Origin, SettingsError},
    simulate::ScenarioError,
    tune::PlanError,
    workload::WorkloadError,
};

/// An error on its way to the user.
#[derive(Debug)]
pub struct Failure {
    pub error: anyhow::Error,
    pub hint: Option<String>,
    pub status: ExitStatus,
    /// Where the thing was said that is wrong, when that is neither typed nor in the error.
    place: Option<String>,
}

impl Failure {
    /// A failure that no module has a type for.
    pub fn new(status: ExitStatus, error: impl Into<anyhow::Error>, hint: Option<String>) -> Self {
        Self { error: error.into(), hint, status, place: None }
    }

    /// A wrong use of the command line.
    pub fn usage(message: String, hint: Option<String>) -> Self {
        Self::new(ExitStatus::Usage, anyhow::Error::msg(message), hint)
    }

    /// The same, with the place where the bad value was said. What was just typed needs none.
    pub fn said_in(self, origin: &Origin) -> Self {
        match origin {
            Origin::Flag(_) | Origin::Default => self,
            elsewhere => self.said_at(elsewhere.to_string()),
        }
    }

    /// The same, with a place that is none of the settings'.
    pub fn said_at(self, place: String) -> Self {
        Self { place: Some(place), ..self }
    }

    /// Tells the user.
    pub fn show(&self) {
        let mut messages = ui::errors::chain(&self.error);
        if let (Some(place), Some(outermost)) = (&self.place, messages.first_mut()) {
            *outermost = format!("{outermost} ({place})");
        }
        ui::message(&ui::errors::render(&messages, self.hint.as_deref()));
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        let hint = error.hint();
        Self::new(ExitStatus::Usage, error, hint)
    }
}

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Self {
        let hint = Some(error.hint());
        Self::new(ExitStatus::Usage, error, hint)
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        let hint = error.hint();
        Self::new(ExitStatus::Usage, error, hint)
    }
}

impl From<UnknownPlugin> for Failure {
    fn from(error: UnknownPlugin) -> Self {
        let hint = Some(error.hint());
        Self::new(ExitStatus::Usage, error, hint)
    }
}

impl From<PluginError> for Failure {
    fn from(error: PluginError) -> Self {
        let hint = Some(error.hint());
        Self::new(ExitStatus::Plugin, error, hint)
    }
}

impl From<AuthorError> for Failure {
    fn from(error: AuthorError) -> Self {
        let hint = Some(error.hint());
        let status = if matches!(error, AuthorError::Broken { .. }) { ExitStatus::Internal } else { ExitStatus::Usage };
        Self::new(status, error, hint)
    }
}

impl From<WorkloadError> for Failure {
    fn from(error: WorkloadError) -> Self {
        let hint = error.hint();
        Self::new(ExitStatus::Usage, error, hint)
    }
}

impl From<AddressError> for Failure {
    fn from(error: AddressError) -> Self {
        let hint = error.hint();
        Self::new(ExitStatus::Usage, error, hint)
    }
}

impl From<ApiKeyError> for Failure {
    fn from(error: ApiKeyError) -> Self {
        Self::new(ExitStatus::Usage, error, Some("set OLLAMA_API_KEY to the key alone, or unset it".into()))
    }
}

impl From<OllamaError> for Failure {
    fn from(error: OllamaError) -> Self {
        let look =
            || "the log of the server says more; if it is no Ollama server, check `--host` and OLLAMA_HOST".to_owned();
        let hint = error.hint().or_else(|| Some(look()));
        Self::new(ExitStatus::Server, error, hint)
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        let error = match error {
            ModelError::Server(error) => return error.into(),
            error => error,
        };
        let hint = error.hint();
        Self::new(ExitStatus::Server, error, hint)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let (hint, status) = (error.hint(), error.is_about_content());
        Self::new(if status { ExitStatus::Usage } else { ExitStatus::Unfit }, error, hint)
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        Self::new(ExitStatus::Unfit, error, Some("free some space there, or write to another place".into()))
    }
}

/// A study that ended because of the server is a failure of the server.
pub fn status_of(cause: FailureCause) -> Option<ExitStatus> {
    cause.is_of_the_server().then_some(ExitStatus::Server)
}
