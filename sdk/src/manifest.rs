use crate::types::{Manifest, Parameter, Value};

/// Builds a manifest.
pub trait ManifestExt: Sized {
    /// A manifest with nothing but a name, a semantic version and one sentence.
    fn new(name: &str, version: &str, summary: &str) -> Self;
    /// Adds a parameter.
    #[must_use]
    fn parameter(self, parameter: Parameter) -> Self;
    /// Strategies: the settings that it decides.
    #[must_use]
    fn decides(self, settings: &[&str]) -> Self;
    /// Strategies: the settings that must be decided before.
    #[must_use]
    fn needs(self, settings: &[&str]) -> Self;
    /// Strategies: the intensities in which it takes part.
    #[must_use]
    fn intensities(self, names: &[&str]) -> Self;
    /// Takes part only when the user names it.
    #[must_use]
    fn off_by_default(self) -> Self {
        self.extra("default", "off")
    }
    /// Anything else that it wants known: a scorer may claim `monotone-under-truncation` as `true`, and
    /// `ralf-tune plugin check` puts it to the test.
    #[must_use]
    fn extra(self, name: &str, value: &str) -> Self;
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

impl ManifestExt for Manifest {
    fn new(name: &str, version: &str, summary: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            summary: summary.to_owned(),
            parameters: Vec::new(),
            decides: Vec::new(),
            needs: Vec::new(),
            intensities: Vec::new(),
            extra: Vec::new(),
        }
    }

    fn parameter(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    fn decides(mut self, settings: &[&str]) -> Self {
        self.decides = owned(settings);
        self
    }

    fn needs(mut self, settings: &[&str]) -> Self {
        self.needs = owned(settings);
        self
    }

    fn intensities(mut self, names: &[&str]) -> Self {
        self.intensities = owned(names);
        self
    }

    fn extra(mut self, name: &str, value: &str) -> Self {
        self.extra.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Builds a parameter.
pub trait ParameterExt: Sized {
    /// A parameter with any default.
    fn new(name: &str, default: Value, help: &str) -> Self;
    /// A whole number.
    #[must_use]
    fn integer(name: &str, default: i64, help: &str) -> Self {
        Self::new(name, Value::Integer(default), help)
    }
    /// A number.
    #[must_use]
    fn number(name: &str, default: f64, help: &str) -> Self {
        Self::new(name, Value::Number(default), help)
    }
    /// A list of numbers.
    #[must_use]
    fn numbers(name: &str, default: &[f64], help: &str) -> Self {
        Self::new(name, Value::Numbers(default.to_vec()), help)
    }
    /// A yes or no.
    #[must_use]
    fn boolean(name: &str, default: bool, help: &str) -> Self {
        Self::new(name, Value::Boolean(default), help)
    }
    /// A text.
    #[must_use]
    fn text(name: &str, default: &str, help: &str) -> Self {
        Self::new(name, Value::Text(default.to_owned()), help)
    }
    /// The least and the greatest value.
    #[must_use]
    fn bounds(self, low: f64, high: f64) -> Self;
    /// The only allowed texts.
    #[must_use]
    fn choices(self, texts: &[&str]) -> Self;
}

impl ParameterExt for Parameter {
    fn new(name: &str, default: Value, help: &str) -> Self {
        Self { name: name.to_owned(), help: help.to_owned(), default, low: None, high: None, choices: Vec::new() }
    }

    fn bounds(mut self, low: f64, high: f64) -> Self {
        (self.low, self.high) = (Some(low), Some(high));
        self
    }

    fn choices(mut self, texts: &[&str]) -> Self {
        self.choices = owned(texts);
        self
    }
}
