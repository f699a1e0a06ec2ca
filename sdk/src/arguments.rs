use crate::types::{Argument, Manifest, Value};

/// The values of a plugin's own parameters. The host fills in the defaults and checks bounds, so that
/// every declared parameter is there; asking for one that is not declared is a mistake of the plugin and gives 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Arguments(Vec<Argument>);

impl Arguments {
    /// From what the host sent.
    #[must_use]
    pub fn new(arguments: Vec<Argument>) -> Self {
        Self(arguments)
    }

    /// The defaults of a manifest, for tests.
    #[must_use]
    pub fn defaults(manifest: &Manifest) -> Self {
        let argument = |parameter: &crate::types::Parameter| Argument {
            name: parameter.name.clone(),
            value: parameter.default.clone(),
        };
        Self(manifest.parameters.iter().map(argument).collect())
    }

    /// The same with one value replaced or added, for tests.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.0.retain(|argument| argument.name != name);
        self.0.push(Argument { name: name.to_owned(), value });
        self
    }

    /// A parameter as it came.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|argument| argument.name == name).map(|argument| &argument.value)
    }

    /// An integer or number.
    #[must_use]
    pub fn number(&self, name: &str) -> f64 {
        match self.get(name) {
            Some(Value::Number(value)) => *value,
            #[expect(clippy::cast_precision_loss, reason = "parameters are far below 2^53")]
            Some(Value::Integer(value)) => *value as f64,
            _ => 0.0,
        }
    }

    /// A list of numbers; a single number is a list of one.
    #[must_use]
    pub fn numbers(&self, name: &str) -> Vec<f64> {
        match self.get(name) {
            Some(Value::Numbers(values)) => values.clone(),
            Some(Value::Number(_) | Value::Integer(_)) => vec![self.number(name)],
            _ => Vec::new(),
        }
    }

    /// A yes or no.
    #[must_use]
    pub fn boolean(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Boolean(true)))
    }

    /// A text.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        match self.get(name) {
            Some(Value::Text(value)) => value,
            _ => "",
        }
    }
}
