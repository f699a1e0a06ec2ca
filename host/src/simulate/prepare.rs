//! From a request to work: checks in the server's order, the rendered prompt, truncation, and the answer to come.

use std::sync::Arc;

use super::{
    SimulatedServer,
    answers::{self, Reading},
    chance::{self, Circumstances},
    events::{Generation, Work},
    faults::{BUSY, Fault},
    lines::Route,
    model_facts::ModelFacts,
    request::{GenerateRequest, Refusal},
    seed::{Dice, hash},
    tokens::Tokenized,
    truncation::{self, Limits},
};

/// The server's own default.
const TEMPERATURE: f64 = 0.8;

/// The index of a model.
///
/// # Errors
/// 404 when it is not installed.
pub(super) fn find(server: &SimulatedServer, name: &str) -> Result<usize, Refusal> {
    server.models_mut().iter().position(|model| model.is_named(name)).ok_or_else(|| unknown(name))
}

pub(super) fn unknown(name: &str) -> Refusal {
    Refusal::new(404, format!("model '{name}' not found"))
}

/// Checks a request and prepares its answer.
///
/// # Errors
/// What the server refuses before it loads anything.
pub(super) fn prepare(
    server: &SimulatedServer,
    request: &GenerateRequest,
    route: Route,
) -> Result<(usize, Work), Refusal> {
    if route == Route::Chat && request.model.is_empty() {
        return Err(Refusal::new(400, "model is required"));
    }
    let index = find(server, &request.model)?;
    let Some(model) = server.model(index) else { return Err(unknown(&request.model)) };
    if !model.can("completion") {
        let what = if route == Route::Chat { "chat" } else { "generate" };
        return Err(Refusal::new(400, format!("\"{}\" does not support {what}", request.model)));
    }
    if request.think == Some(true) && !model.can("thinking") {
        return Err(Refusal::new(400, format!("\"{}\" does not support thinking", request.model)));
    }
    request.check_options()?;
    if request.is_empty() {
        return Ok((index, Work::Load));
    }
    let number = server.next_request();
    let mut luck = Dice::new(&[server.seed, number, 1]);
    let fault = server.scenario.faults.draw(&mut luck);
    if fault == Some(Fault::Busy) {
        return Err(Refusal::new(503, BUSY));
    }
    let around = Circumstances { kind: kind(server, request), sharing: server.state().requests_in_hand() + 1 };
    let noise = chance::factor(server.scenario.noise, around, &mut luck);
    Ok((index, work(server, request, &model, &Luck { number, noise, fault })))
}

/// Requests whose prompts are equally long are alike: mostly they are about the same file, read to the same length.
fn kind(server: &SimulatedServer, request: &GenerateRequest) -> u64 {
    let said: usize = request.messages.iter().map(|(_, content)| content.len()).sum();
    Dice::new(&[server.seed, (request.prompt.len() + said) as u64, 4]).next()
}

/// What chance decided about one request.
struct Luck {
    number: u64,
    noise: f64,
    fault: Option<Fault>,
}

fn work(server: &SimulatedServer, request: &GenerateRequest, model: &ModelFacts, luck: &Luck) -> Work {
    let settings = request.load_settings(model, server.scenario.server.default_context);
    let num_ctx = settings.num_ctx as usize;
    let shift = request.shift && model.shifts;
    let whole = rendered(request, model, num_ctx);
    let whole_prompt_tokens = whole.count();
    let limits = Limits {
        era: server.era,
        num_ctx,
        keep: request.count("num_keep").unwrap_or(4) as usize + usize::from(model.adds_bos),
        truncate: request.truncate,
        shift: request.shift,
    };
    let prompt = match truncation::fit(whole, limits) {
        Ok(prompt) => prompt,
        Err(message) => return Work::Refuse { status: 400, message },
    };
    let temperature = request.number("temperature").unwrap_or(TEMPERATURE);
    let content = hash(&prompt.text);
    let dice = match request.count("seed") {
        _ if temperature <= 0.0 => Dice::new(&[content]),
        Some(seed) => Dice::new(&[content, u64::from(seed), temperature.to_bits()]),
        None => Dice::new(&[content, server.seed, luck.number, 2]),
    };
    let answer = answers::compose(Reading {
        prompt: &prompt,
        behaviour: server.scenario.behaviour,
        temperature,
        most_tokens: request.count("num_predict").filter(|most| *most > 0).map(|most| most as usize),
        num_ctx,
        shift,
        // Models that think do so unless they are told not to.
        thinks: model.can("thinking") && request.think != Some(false),
        stop: &request.stop_texts(),
        dice,
    });
    Work::Generate(Generation {
        prompt,
        whole_prompt_tokens,
        answer: Arc::new(answer),
        streamed: request.stream,
        noise: luck.noise,
        fault: luck.fault,
    })
}

/// The prompt as the model's template renders it. A chat that is too long first loses its oldest messages.
fn rendered(request: &GenerateRequest, model: &ModelFacts, num_ctx: usize) -> Tokenized {
    if request.raw {
        return Tokenized::new(&request.prompt);
    }
    let system: String = std::iter::once(request.system.as_str())
        .chain(request.messages.iter().filter(|(role, _)| role == "system").map(|(_, content)| content.as_str()))
        .filter(|text| !text.is_empty())
        .flat_map(|text| [text, "\n"])
        .collect();
    let mut said: Vec<&str> =
        request.messages.iter().filter(|(role, _)| role != "system").map(|(_, content)| content.as_str()).collect();
    if !request.prompt.is_empty() {
        said.push(&request.prompt);
    }
    loop {
        let turns = said.iter().flat_map(|text| [&model.template_before, *text, &model.template_behind]);
        let prompt = Tokenized::new(&std::iter::once(system.as_str()).chain(turns).collect::<String>());
        if prompt.count() < num_ctx || said.len() <= 1 {
            return prompt;
        }
        said.remove(0);
    }
}
