use crate::types::Setting;

/// Reading and changing a list of settings by the keys of the user's configuration file.
pub trait Settings {
    /// The value of a setting; 0 when the host does not know it.
    fn value(&self, name: &str) -> f64;
}

impl Settings for [Setting] {
    fn value(&self, name: &str) -> f64 {
        self.iter().find(|setting| setting.name == name).map_or(0.0, |setting| setting.value)
    }
}

/// One setting.
#[must_use]
pub fn setting(name: &str, value: f64) -> Setting {
    Setting { name: name.to_owned(), value }
}
