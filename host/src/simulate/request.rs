//! Reading requests, with the refusals of the real server.

use serde_json::{Map, Value};

use super::{
    convert::{span, whole},
    events::KeepAlive,
    model_facts::ModelFacts,
    scenario::IgnoredOption,
    settings::LoadSettings,
};

/// An error with its status, in the server's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }
}

/// The body of `/api/generate` or `/api/chat`.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "they are the request's own fields")]
pub(super) struct GenerateRequest {
    pub(super) model: String,
    pub(super) prompt: String,
    pub(super) system: String,
    /// Role and content; empty for `/api/generate`.
    pub(super) messages: Vec<(String, String)>,
    pub(super) raw: bool,
    pub(super) stream: bool,
    pub(super) truncate: bool,
    pub(super) shift: bool,
    pub(super) think: Option<bool>,
    pub(super) keep_alive: Option<KeepAlive>,
    pub(super) options: Map<String, Value>,
}

/// The JSON object of a body.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if body.is_empty() {
        return Err(Refusal::new(400, "missing request body"));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Refusal::new(400, "json: cannot unmarshal value into Go value of type api.GenerateRequest")),
        Err(_) => Err(Refusal::new(400, complaint(body))),
    }
}

/// What the server's JSON parser says of a body that is none, for the plain cases.
fn complaint(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut characters = text.trim_start().chars();
    let first = characters.next();
    match (first, characters.as_str().trim_start().chars().next()) {
        (Some('{'), Some(wrong)) if wrong != '"' => {
            format!("invalid character '{wrong}' looking for beginning of object key string")
        }
        (Some('{' | '['), _) => "unexpected EOF".to_owned(),
        (Some(wrong), _) => format!("invalid character '{wrong}' looking for beginning of value"),
        (None, _) => "EOF".to_owned(),
    }
}

impl GenerateRequest {
    /// Reads a body.
    ///
    /// # Errors
    /// A 400 in the server's words.
    pub(super) fn read(body: &[u8]) -> Result<Self, Refusal> {
        let mut fields = object(body)?;
        let text = |name| text_of(&fields, name);
        let flag = |name| flag_of(&fields, name);
        let request = Self {
            model: text("model")?,
            prompt: text("prompt")?,
            system: text("system")?,
            messages: messages(&fields),
            raw: flag("raw")?.unwrap_or(false),
            stream: flag("stream")?.unwrap_or(true),
            truncate: flag("truncate")?.unwrap_or(true),
            shift: flag("shift")?.unwrap_or(true),
            think: think(&fields)?,
            keep_alive: keep_alive(&fields)?,
            options: Map::new(),
        };
        let options = match fields.remove("options") {
            Some(Value::Object(options)) => options,
            _ => Map::new(),
        };
        Ok(Self { options, ..request })
    }

    /// Whether there is anything to generate from: without, the request only loads or unloads.
    pub(super) fn is_empty(&self) -> bool {
        self.prompt.is_empty() && self.messages.is_empty()
    }

    /// Checks the options' types.
    ///
    /// # Errors
    /// A 500, as the server does it.
    pub(super) fn check_options(&self) -> Result<(), Refusal> {
        const INTEGERS: [&str; 11] = [
            "num_ctx",
            "num_batch",
            "num_gpu",
            "main_gpu",
            "num_thread",
            "draft_num_predict",
            "num_keep",
            "seed",
            "num_predict",
            "top_k",
            "repeat_last_n",
        ];
        const FLOATS: [&str; 7] =
            ["top_p", "min_p", "typical_p", "temperature", "repeat_penalty", "presence_penalty", "frequency_penalty"];
        for (name, value) in &self.options {
            let name = name.as_str();
            let wanted = match value {
                Value::Null | Value::Number(_) => continue,
                _ if INTEGERS.contains(&name) => "integer",
                _ if FLOATS.contains(&name) => "float32",
                Value::Bool(_) => continue,
                _ if name == "use_mmap" => "boolean",
                Value::Array(_) => continue,
                _ if name == "stop" => "array",
                _ => continue,
            };
            return Err(Refusal::new(500, format!("option \"{name}\" must be of type {wanted}")));
        }
        Ok(())
    }

    /// Takes over what the model's own parameters say and the request does not: numbers, as far as they are options.
    pub(super) fn complete(&mut self, model: Option<&ModelFacts>) {
        for (name, value) in model.into_iter().flat_map(|model| &model.parameters) {
            if let (false, Ok(number @ Value::Number(_))) = (self.options.contains_key(name), value.parse::<Value>()) {
                self.options.insert(name.clone(), number);
            }
        }
    }

    /// Takes options away that the server does not heed.
    pub(super) fn disregard(&mut self, ignored: &[IgnoredOption]) {
        for option in ignored {
            self.options.remove(option.name());
        }
    }

    /// An option as a float.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.options.get(name).and_then(Value::as_f64)
    }

    /// An option as a whole number that is not negative; fractions are cut off.
    pub(super) fn count(&self, name: &str) -> Option<u32> {
        self.number(name).filter(|value| *value >= 0.0).map(|value| u32::try_from(whole(value)).unwrap_or(u32::MAX))
    }

    pub(super) fn stop_texts(&self) -> Vec<String> {
        let texts = self.options.get("stop").and_then(Value::as_array).into_iter().flatten();
        texts.filter_map(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }

    /// The load-time settings that it asks for: its own, else the Modelfile's, else the server's.
    pub(super) fn load_settings(&self, model: &ModelFacts, default_context: u32) -> LoadSettings {
        let asked = self.number("num_ctx").map(|value| u32::try_from(whole(value)).unwrap_or(u32::MAX));
        let stated = asked.or_else(|| model.modelfile_num_ctx());
        let positive = |name| self.count(name).filter(|value| *value > 0);
        LoadSettings {
            // The server raises tiny contexts and clamps to what the model was trained on, both silently.
            num_ctx: stated.unwrap_or(default_context).clamp(4, model.trained_context.max(4)),
            num_ctx_automatic: stated.is_none(),
            num_batch: positive("num_batch"),
            num_thread: positive("num_thread"),
            num_gpu: self.count("num_gpu"),
            main_gpu: i64::from(self.count("main_gpu").unwrap_or(0)),
            use_mmap: self.options.get("use_mmap").and_then(Value::as_bool).unwrap_or(false),
            shift: self.shift,
        }
    }
}

fn text_of(fields: &Map<String, Value>, name: &str) -> Result<String, Refusal> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(wrong_type(other, name, "string")),
    }
}

fn flag_of(fields: &Map<String, Value>, name: &str) -> Result<Option<bool>, Refusal> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(other) => Err(wrong_type(other, name, "bool")),
    }
}

fn wrong_type(value: &Value, name: &str, wanted: &str) -> Refusal {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let text = format!("json: cannot unmarshal {kind} into Go struct field GenerateRequest.{name} of type {wanted}");
    Refusal::new(400, text)
}

fn messages(fields: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |message: &Value, name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let messages = fields.get("messages").and_then(Value::as_array).into_iter().flatten();
    messages.map(|message| (text(message, "role"), text(message, "content"))).collect()
}

fn think(fields: &Map<String, Value>) -> Result<Option<bool>, Refusal> {
    match fields.get("think") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(think)) => Ok(Some(*think)),
        Some(Value::String(level)) if ["low", "medium", "high", "max"].contains(&level.as_str()) => Ok(Some(true)),
        Some(_) => Err(Refusal::new(
            400,
            "think must be a boolean or string (\"high\", \"medium\", \"low\", \"max\", true, or false)",
        )),
    }
}

/// A number of seconds, or a duration as the server's language writes it: `"10m"`, `"1h30m"`, `"-1s"`.
fn keep_alive(fields: &Map<String, Value>) -> Result<Option<KeepAlive>, Refusal> {
    let seconds = match fields.get("keep_alive") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_f64().unwrap_or(0.0),
        Some(Value::String(text)) => duration(text)?,
        Some(other) => return Err(wrong_type(other, "keep_alive", "Duration")),
    };
    Ok(Some(KeepAlive((seconds >= 0.0).then(|| span(seconds)))))
}

/// Seconds of a duration text.
fn duration(text: &str) -> Result<f64, Refusal> {
    let wrong = |what: &str| Refusal::new(400, format!("time: {what}duration \"{text}\""));
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    if rest == "0" {
        return Ok(0.0);
    }
    let mut seconds = 0.0;
    if rest.is_empty() {
        return Err(wrong("invalid "));
    }
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(rest.len());
        let (number, behind) = rest.split_at(digits);
        let value: f64 = number.parse().map_err(|_| wrong("invalid "))?;
        let letters = behind.find(|character: char| character.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(letters);
        seconds += value
            * match unit {
                "" => return Err(wrong("missing unit in ")),
                "ns" => 1e-9,
                "us" | "µs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                unknown => return Err(wrong(&format!("unknown unit \"{unknown}\" in "))),
            };
        rest = behind;
    }
    Ok(sign * seconds)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn keep(value: &str) -> Result<Option<KeepAlive>, Refusal> {
        GenerateRequest::read(format!("{{\"model\":\"m\",\"keep_alive\":{value}}}").as_bytes())
            .map(|request| request.keep_alive)
    }

    #[test]
    fn keep_alive_is_seconds_or_a_duration() {
        assert_eq!(keep("90"), Ok(Some(KeepAlive(Some(Duration::from_secs(90))))));
        assert_eq!(keep("\"1h1m\""), Ok(Some(KeepAlive(Some(Duration::from_mins(61))))));
        assert_eq!(keep("-1"), Ok(Some(KeepAlive(None))));
        assert_eq!(keep("\"-1m\""), Ok(Some(KeepAlive(None))));
        let refused = keep("\"-1\"").unwrap_err();
        assert_eq!((refused.status, refused.message.as_str()), (400, "time: missing unit in duration \"-1\""));
    }

    #[test]
    fn bad_json_is_refused_in_the_servers_words() {
        for (body, message) in [
            ("", "missing request body"),
            ("{bad", "invalid character 'b' looking for beginning of object key string"),
            ("hello", "invalid character 'h' looking for beginning of value"),
            ("{\"model\":\"m\"", "unexpected EOF"),
        ] {
            assert_eq!(GenerateRequest::read(body.as_bytes()).unwrap_err(), Refusal::new(400, message));
        }
    }

    #[test]
    fn options_have_types() {
        let request = |options: &str| {
            GenerateRequest::read(format!("{{\"options\":{options}}}").as_bytes()).unwrap().check_options()
        };
        assert_eq!(request("{\"num_ctx\":\"big\"}").unwrap_err().message, "option \"num_ctx\" must be of type integer");
        assert_eq!(request("{\"nonsense\":\"big\",\"num_ctx\":2048.5,\"stop\":[\"x\"],\"use_mmap\":true}"), Ok(()));
    }
}
