//! `ralf-tune apply --to ollama-model`: a model on the server that keeps what was tuned, for clients that cannot say it.

use std::collections::BTreeMap;

use super::{args::ApplyArgs, meant::Meant};
use crate::{
    cli::{
        CommandResult,
        connection::{Connection, connect},
        exit::ExitStatus,
        failure::Failure,
        session::block_on,
        ui,
    },
    emit::modelfile,
    model::{clean::clean, machine::same_model},
    ollama::{client::Client, error::OllamaError, request::CreateRequest},
    settings::{Origin, Settings},
};

/// Shows what would be sent, asks, sends it, and looks whether the server keeps it.
pub fn make(args: &ApplyArgs, settings: &Settings, env: &BTreeMap<String, String>, meant: &Meant) -> CommandResult {
    let tuned = meant.tuned()?;
    let request = CreateRequest {
        model: args.name.clone().unwrap_or_default(),
        from: tuned.model_name.clone(),
        parameters: modelfile::parameters(tuned)?.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    };
    let name = clean(&request.model);
    if same_model(&request.model, &request.from) {
        let hint = Some(format!("the tuned model stays as it is: take another name, such as {name}-tuned"));
        return Err(Failure::usage(format!("{name} is the model that was tuned"), hint));
    }
    let settings = with_server(settings, meant)?;
    block_on(false, async {
        let connection = connect(&settings, None, None, env, 0)?;
        let url = connection.address.base_url();
        let server = connection.server().await?;
        if let Some(measured) = meant.host().filter(|measured| *measured != server.host) {
            let what = format!("the study measured the server {}, not {url}", clean(measured));
            ui::message(&ui::errors::warning(&what, None));
        }
        let found = look(&connection, &request, meant).await?;
        if found == Found::TheSame {
            ui::message(&format!("{name} says that already, on {url}"));
            return Ok(ExitStatus::Done);
        }
        if found == Found::Another && !args.replace {
            let hint = "take another name, or say --replace: what the model of that name is now is lost";
            return Err(Failure::usage(format!("{name} is on the server already"), Some(hint.into())));
        }
        show(&url, &request, found);
        let question = format!("Make {name} on {url}?");
        if !settings.yes.value && !ui::confirm(&question) {
            ui::message("not made; run again with --yes to make it without a question");
            return Ok(ExitStatus::Done);
        }
        connection.client.create(&request).await.map_err(|error| refused(error, &request))?;
        let kept = keeps(&connection.client, &request).await?;
        if !kept {
            let what = format!("{name} is there, and the server does not show the parameters that it was made with");
            ui::message(&ui::errors::warning(&what, Some("`ollama show` says what it has")));
        }
        ui::message(&format!("made {name}; to undo it: {}", undo(&connection, &request.model)));
        Ok(ExitStatus::Done)
    })?
}

/// The settings with the server that was measured where nobody named one. A simulated machine is nobody's: its result goes only where
/// somebody said.
fn with_server(settings: &Settings, meant: &Meant) -> Result<Settings, Failure> {
    let mut settings = settings.clone();
    if meant.is_simulated() && !matches!(settings.host.origin, Origin::Flag(_)) {
        return Err(Failure::usage(
            format!("the {} is of a simulated machine, which is not yours", meant.kind()),
            Some("name the server for its result with --host, or a study of a real one: ralf-tune study list".into()),
        ));
    }
    if let (true, Some(measured)) = (settings.host.is_default(), meant.host()) {
        measured.clone_into(&mut settings.host.value);
    }
    Ok(settings)
}

/// What the server has under the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    TheSame,
    Another,
}

/// What is there. The server would download a model that is missing, so that is found out before.
async fn look(connection: &Connection, request: &CreateRequest, meant: &Meant) -> Result<Found, Failure> {
    let installed = connection.client.tags().await?;
    let Some(base) = installed.iter().find(|model| same_model(&model.name, &request.from)) else {
        return Err(OllamaError::ModelMissing { model: clean(&request.from) }.into());
    };
    if meant.digest().is_some_and(|digest| digest != base.digest) {
        let what = format!("{} on the server is not what was tuned: its digest is another", clean(&request.from));
        ui::message(&ui::errors::warning(&what, Some("tune it again: ralf-tune run")));
    }
    if !installed.iter().any(|model| same_model(&model.name, &request.model)) {
        return Ok(Found::Nothing);
    }
    let same = keeps(&connection.client, request).await?;
    Ok(if same { Found::TheSame } else { Found::Another })
}

/// Whether the model is made of the tuned one and has all its parameters.
async fn keeps(client: &Client, request: &CreateRequest) -> Result<bool, Failure> {
    let shown = client.show(&request.model, false).await?;
    let has = |(name, value): (&String, &serde_json::Value)| {
        shown.number(name).zip(value.as_f64()).is_some_and(|(kept, wanted)| (kept - wanted).abs() < 1e-6)
    };
    // Not every server says what a model was made of.
    let parent = &shown.details.parent_model;
    Ok(request.parameters.iter().all(has) && (parent.is_empty() || same_model(parent, &request.from)))
}

fn show(url: &str, request: &CreateRequest, found: Found) {
    let body = serde_json::to_string_pretty(&request.body()).unwrap_or_default();
    let lines: Vec<String> = body.lines().map(|line| format!("  {line}")).collect();
    ui::message(&format!("POST {url}/api/create\n{}", lines.join("\n")));
    if found == Found::Another {
        let what = format!("the model {} that is there now is lost", clean(&request.model));
        ui::message(&ui::errors::warning(&what, None));
    }
}

/// What takes the model away again.
fn undo(connection: &Connection, name: &str) -> String {
    let url = connection.address.base_url();
    let elsewhere = url != format!("http://{}", crate::settings::DEFAULT_HOST);
    let host = if elsewhere { format!("OLLAMA_HOST={url} ") } else { String::new() };
    format!("{host}ollama rm {}", clean(name))
}

/// The server's refusal, with the way that every server understands.
fn refused(error: OllamaError, request: &CreateRequest) -> Failure {
    let own_words = matches!(error, OllamaError::Status { .. });
    let mut failure = Failure::from(error);
    if own_words {
        failure.hint = Some(format!(
            "before 0.5.5 a server takes no parameters there: ralf-tune apply --to modelfile --output Modelfile, then ollama create {} \
             -f Modelfile",
            clean(&request.model)
        ));
    }
    failure
}
