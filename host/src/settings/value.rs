//! Small values as people type them: `NAME=WEIGHT`, `PLUGIN.PARAM=VALUE`, shares, yes and no.

use super::overrides::{PluginParam, ScorerChoice};
use crate::model::{
    limit::{Limit, PluginLimit},
    nearest::nearest,
    plugin::Grant,
    value::Value,
};

/// Reads `NAME` or `NAME=WEIGHT`.
///
/// # Errors
///
/// A sentence that says what is wrong.
pub fn parse_scorer(text: &str) -> Result<ScorerChoice, String> {
    let (name, weight) = match text.split_once('=') {
        Some((name, weight)) => (name, Some(weight.trim())),
        None => (text, None),
    };
    let name = plugin_name(name)?;
    let weight = match weight {
        None => None,
        Some(written) => match written.parse::<f64>() {
            Ok(weight) if weight.is_finite() && weight > 0.0 => Some(weight),
            Ok(_) => return Err(format!("the weight of `{name}` must be above 0, not {written}")),
            Err(_) => return Err(format!("the weight of `{name}` must be a number, not `{written}`")),
        },
    };
    Ok(ScorerChoice { name, weight })
}

/// Reads `PLUGIN.PARAM=VALUE`; what the value means, the plugin's manifest decides later.
///
/// # Errors
///
/// A sentence that says what is wrong.
pub fn parse_param(text: &str) -> Result<PluginParam, String> {
    let form = "write PLUGIN.PARAM=VALUE, such as context.sizes=4096,8192";
    let Some((target, value)) = text.split_once('=') else {
        return Err(format!("the value is missing: {form}"));
    };
    let Some((plugin, param)) = target.split_once('.') else {
        return Err(format!("the plugin's name is missing before `{target}`: {form}"));
    };
    let param = param.trim();
    if param.is_empty() {
        return Err(format!("the parameter's name is missing after `{plugin}.`: {form}"));
    }
    Ok(PluginParam {
        plugin: plugin_name(plugin)?,
        param: param.to_owned(),
        value: Value::Text(value.trim().to_owned()),
    })
}

/// Reads `NAME.LIMIT=VALUE`.
///
/// # Errors
///
/// A sentence that says what is wrong.
pub fn parse_limit(text: &str) -> Result<PluginLimit, String> {
    let form = "write NAME.LIMIT=VALUE, such as my-scorer.memory=128MiB";
    let Some((target, value)) = text.split_once('=') else {
        return Err(format!("the value is missing: {form}"));
    };
    // A file's name may have points of its own.
    let Some((plugin, limit)) = target.rsplit_once('.') else {
        return Err(format!("the plugin's name is missing before `{target}`: {form}"));
    };
    let plugin = plugin_name(plugin)?;
    let limit = Limit::from_name(limit.trim()).map_err(|error| error.to_string())?;
    let value = limit.parse(value).map_err(|error| error.to_string())?;
    Ok(PluginLimit { plugin, limit, value })
}

/// Reads what plugins may do beyond computing.
///
/// # Errors
///
/// A sentence that says what is wrong.
pub fn parse_grant(text: &str) -> Result<Grant, String> {
    let text = text.trim();
    let names = || Grant::ALL.into_iter().map(Grant::name);
    Grant::ALL.into_iter().find(|grant| grant.name() == text).ok_or_else(|| match nearest(text, names()) {
        Some(name) => format!("there is nothing of that name to allow: did you mean {name}?"),
        None => format!("there is nothing of that name to allow, only {}", names().collect::<Vec<_>>().join(", ")),
    })
}

/// A name of a plugin, without the space around it.
///
/// # Errors
///
/// When nothing is left, or a space is inside.
pub fn plugin_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() {
        return Err("a plugin's name is missing".to_owned());
    }
    if name.contains(char::is_whitespace) {
        return Err(format!("`{name}` is not a plugin's name: it has a space in it"));
    }
    Ok(name.to_owned())
}

/// Reads a share between 0 and 1.
///
/// # Errors
///
/// A sentence that says what is wrong.
pub fn parse_share(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        Ok(percent) if percent > 1.0 && percent <= 100.0 => {
            Err(format!("a share between 0 and 1 is needed: did you mean {}?", percent / 100.0))
        }
        _ => Err("a share between 0 and 1 is needed, such as 0.95".to_owned()),
    }
}

/// Files of a batch at most.
const MOST_FILES: usize = 10_000_000;

/// Reads a number of files.
///
/// # Errors
///
/// A sentence that says what is wrong.
pub fn parse_files(text: &str) -> Result<usize, &'static str> {
    let wrong = "a whole number of 1 to 10000000 is needed, such as 800";
    text.trim().parse().ok().filter(|files| (1..=MOST_FILES).contains(files)).ok_or(wrong)
}

/// Reads the seed of a study.
///
/// # Errors
///
/// A sentence that says what is wrong.
pub fn parse_seed(text: &str) -> Result<u64, &'static str> {
    text.trim().parse().map_err(|_| "a whole number of 0 or more is needed, such as 1")
}

/// Reads yes and no in their usual spellings.
pub fn parse_bool(text: &str) -> Result<bool, String> {
    match text.trim().to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err("true or false is needed".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scorers_have_a_name_and_maybe_a_weight() {
        assert_eq!(parse_scorer("format"), Ok(ScorerChoice { name: "format".into(), weight: None }));
        assert_eq!(parse_scorer(" format = 2.5"), Ok(ScorerChoice { name: "format".into(), weight: Some(2.5) }));
        for (text, part) in [
            ("=2", "missing"),
            ("a=0", "above 0"),
            ("a=-1", "above 0"),
            ("a=nan", "above 0"),
            ("a=x", "number"),
            ("a b", "space"),
        ] {
            let error = parse_scorer(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn parameters_keep_their_text() {
        let param = parse_param("context.sizes=4096,8192").unwrap();
        assert_eq!((param.plugin.as_str(), param.param.as_str()), ("context", "sizes"));
        assert_eq!(param.value, Value::Text("4096,8192".into()));
        // Only the first sign splits: a value may hold both.
        let odd = parse_param("a.b=x=y.z").unwrap();
        assert_eq!((odd.param.as_str(), odd.value.to_string().as_str()), ("b", "x=y.z"));
        for (text, part) in
            [("a.b", "value"), ("b=1", "plugin's name"), (".b=1", "missing"), ("a.=1", "parameter's name")]
        {
            let error = parse_param(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn limits_name_a_plugin_and_have_a_unit() {
        let limit = parse_limit("my.scorer.memory = 128MiB");
        assert_eq!(limit, Ok(PluginLimit { plugin: "my.scorer".into(), limit: Limit::Memory, value: 128 << 20 }));
        for (text, part) in [
            ("a.memory", "value is missing"),
            ("memory=1MiB", "plugin's name"),
            (".memory=1MiB", "missing"),
            ("a.memroy=1MiB", "did you mean `memory`?"),
            ("a.memory=128", "such as 512KiB"),
            ("a.call=1h", "such as 500ms"),
            ("a.call=2m", "10 ms to 60 s"),
        ] {
            let error = parse_limit(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn shares_know_percent() {
        assert_eq!(parse_share("0.95"), Ok(0.95));
        assert!(parse_share("95").unwrap_err().contains("0.95?"));
        assert!(parse_share("-0.1").is_err() && parse_share("nan").is_err() && parse_share("much").is_err());
    }
}
