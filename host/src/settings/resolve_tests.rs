use std::time::Duration;

use super::*;
use crate::model::{plugin::Grant, value::Value};

pub fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub fn project(text: &str) -> (&Path, &str) {
    (Path::new("/project/ralf-tune.toml"), text)
}

pub fn user(text: &str) -> (&Path, &str) {
    (Path::new("/home/u/.config/ralf-tune/config.toml"), text)
}

fn from_project(text: &str) -> Result<Settings, SettingsError> {
    resolve(&Overrides::default(), &env(&[]), Some(project(text)), None)
}

pub fn said<T: std::fmt::Debug>(setting: &Setting<T>) -> String {
    format!("{:?} from {}", setting.value, setting.origin)
}

#[test]
fn consent_comes_from_the_user_alone() {
    let nothing = Overrides::default();
    let yes = |env: &BTreeMap<_, _>, user| resolve(&nothing, env, None, user).unwrap().yes.value;
    assert!(!yes(&env(&[]), None));
    assert!(yes(&env(&[]), Some(user("yes = true"))));
    assert!(yes(&env(&[("RALF_TUNE_YES", "true")]), None));
    let error = from_project("yes = true").unwrap_err();
    assert!(matches!(error, SettingsError::ForeignConsent { .. }));
    assert!(error.hint().unwrap().contains("--yes"));

    let allowed = |env: &BTreeMap<_, _>, user| resolve(&nothing, env, None, user).unwrap().allow.value;
    assert_eq!(allowed(&env(&[]), None), []);
    assert_eq!(allowed(&env(&[]), Some(user("allow = [\"judge\"]"))), [Grant::Judge]);
    assert_eq!(allowed(&env(&[("RALF_TUNE_ALLOW", "judge")]), None), [Grant::Judge]);
    let error = from_project("allow = [\"judge\"]").unwrap_err();
    assert!(error.to_string().starts_with("`allow` in ") && matches!(error, SettingsError::ForeignConsent { .. }));
    assert!(error.hint().unwrap().contains("--allow judge"));

    let hub = |env: &BTreeMap<_, _>, user| resolve(&nothing, env, None, user).unwrap().hub.value;
    assert_eq!(hub(&env(&[]), None), None);
    assert_eq!(hub(&env(&[]), Some(user("hub = \"https://a\""))).as_deref(), Some("https://a"));
    assert_eq!(hub(&env(&[("RALF_TUNE_HUB", "https://b")]), None).as_deref(), Some("https://b"));
    let error = from_project("hub = \"https://c\"").unwrap_err();
    assert!(error.to_string().starts_with("`hub` in ") && matches!(error, SettingsError::ForeignConsent { .. }));
    assert!(error.hint().unwrap().contains("--hub"));
}

#[test]
fn ollama_host_is_between_our_variable_and_the_files() {
    let host = |pairs: &[(&str, &str)]| {
        said(&resolve(&Overrides::default(), &env(pairs), Some(project("host = \"file\"")), None).unwrap().host)
    };
    assert_eq!(host(&[("OLLAMA_HOST", "theirs"), ("RALF_TUNE_HOST", "ours")]), "\"ours\" from RALF_TUNE_HOST");
    assert_eq!(host(&[("OLLAMA_HOST", "theirs")]), "\"theirs\" from OLLAMA_HOST");
    assert_eq!(host(&[("OLLAMA_HOST", "")]), "\"file\" from ralf-tune.toml");
}

#[test]
fn files_are_read_strictly() {
    for (text, message, hint) in [
        ("bugdet = \"4m\"", "unknown key `bugdet` in /project/ralf-tune.toml", Some("did you mean `budget`?")),
        ("strategy = [\"x\"]", "unknown key `strategy`", Some("did you mean `strategies`?")),
        ("[intensity.mine]\nstrategie = []", "unknown key `intensity.mine.strategie`", Some("`strategies`")),
        (
            "intensity = \"quick\"",
            "`intensity` in /project/ralf-tune.toml must be a table, not the text \"quick\"",
            Some("default_intensity"),
        ),
        ("model = 3", "`model` in /project/ralf-tune.toml must be a text, not 3", Some("--help")),
        (
            "save = \"yes\"",
            "`save` in /project/ralf-tune.toml must be true or false, not the text \"yes\"",
            Some("--help"),
        ),
        ("seed = -1", "must be a whole number of 0 or more, not -1", Some("--help")),
        ("plugins = \"a.wasm\"", "`plugins` in /project/ralf-tune.toml must be a list of texts", Some("--help")),
        (
            "strategies = [\"a\", 1]",
            "`strategies` in /project/ralf-tune.toml must be a list of texts, not 1",
            Some("--help"),
        ),
        ("format = \"xml\"", "must be \"text\" or \"json\", not the text \"xml\"", Some("--help")),
        ("budget = 240", "`budget` in /project/ralf-tune.toml must be a text such as \"4m\", not 240", Some("--help")),
        (
            "budget = \"240\"",
            "`budget` in /project/ralf-tune.toml cannot be `240`: the unit is missing",
            Some("--help"),
        ),
        ("quality_floor = 95", "cannot be `95`: a share between 0 and 1 is needed: did you mean 0.95?", Some("--help")),
        (
            "[params.a]\nb = [1, \"x\"]",
            "`params.a.b` in /project/ralf-tune.toml must be a boolean, a number",
            Some("--help"),
        ),
        ("params = 1", "`params` in /project/ralf-tune.toml must be a table, not 1", Some("--help")),
        ("scorers = [\"a\", \"a=2\"]", "ralf-tune.toml cannot be `a`: it is named twice", Some("--help")),
        ("model = \"x\"\nhost = ", "/project/ralf-tune.toml is not valid TOML: line 2: ", Some("mend that line")),
        ("[intensity.mine]\nbudget = \"1m\"", "intensity `mine` has no strategies", Some("[intensity.mine]")),
        ("[intensity.mine]\nstrategies = []", "intensity `mine` has no budget", Some("budget = \"8m\"")),
    ] {
        let error = from_project(text).unwrap_err();
        assert!(error.to_string().contains(message), "{text}: {error}");
        match (error.hint(), hint) {
            (None, None) => {}
            (Some(hint), Some(part)) => assert!(hint.contains(part), "{text}: {hint}"),
            (hint, part) => panic!("{text}: {hint:?} for {part:?}"),
        }
    }
}

#[test]
fn variables_are_read_strictly() {
    for (name, value, part) in [
        ("RALF_TUNE_BUDGET", "soon", "a duration is needed"),
        ("RALF_TUNE_SAVE", "maybe", "true or false"),
        ("RALF_TUNE_SEED", "x", "whole number"),
        ("RALF_TUNE_SCORER", "a=0", "above 0"),
        ("RALF_TUNE_SET", "a.b", "value is missing"),
        ("RALF_TUNE_FORMAT", "xml", "text or json"),
        ("RALF_TUNE_INTENSITY", "quik", "(RALF_TUNE_INTENSITY)"),
    ] {
        let error = resolve(&Overrides::default(), &env(&[(name, value)]), None, None).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(part), "{error}");
    }
    let settings =
        resolve(&Overrides::default(), &env(&[("RALF_TUNE_MODLE", "x"), ("RALF_TUNE_LOG", "info")]), None, None)
            .unwrap();
    let warnings: Vec<_> = settings.warnings.iter().filter_map(|warning| warning.advice.as_deref()).collect();
    assert_eq!(warnings, ["did you mean RALF_TUNE_MODEL?"]);
}

#[test]
fn an_unknown_intensity_names_the_nearest_and_all() {
    let cli = Overrides { intensity: Some("quik".into()), ..Overrides::default() };
    let error = resolve(&cli, &env(&[]), None, None).unwrap_err();
    assert_eq!(error.to_string(), "there is no intensity `quik` (--intensity)");
    assert_eq!(error.hint().as_deref(), Some("did you mean `quick`?"));
}

#[test]
fn the_built_in_intensities_are_those_of_the_design() {
    for (name, seconds, strategies, sizes) in [
        ("quick", 240.0, 3, vec![4096.0, 8192.0]),
        ("normal", 480.0, 3, vec![2048.0, 4096.0, 8192.0, 16384.0, 32768.0]),
        ("full", 900.0, 3, vec![2048.0, 4096.0, 8192.0, 16384.0, 32768.0]),
    ] {
        let cli = Overrides { intensity: Some(name.into()), ..Overrides::default() };
        let intensity = resolve(&cli, &env(&[]), None, None).unwrap().intensity();
        assert!((intensity.budget.total_seconds - seconds).abs() < 1e-9);
        assert_eq!(intensity.strategies.len(), strategies);
        let of = |strategy: &'static str| intensity.params.iter().filter(move |(owner, ..)| owner == strategy);
        assert!(of("context").eq([&("context".into(), "sizes".into(), Value::Numbers(sizes))]));
        let when = of("temperature").find(|(_, name, _)| name == "when").map(|(.., value)| value);
        assert_eq!(when.is_some(), name != "full", "temperatures are compared in any case only where there is time");
    }
}

#[test]
fn intensities_merge_key_by_key_and_what_is_given_beside_them_wins() {
    let user_text = "[intensity.quick]\nbudget = \"2m\"\nstrategies = [\"latency\"]\n\
                     [intensity.night]\nbudget = \"1h\"\nstrategies = [\"context\"]";
    let project_text = "[intensity.quick]\nbudget = \"3m\"\n[intensity.quick.params.context]\nrepeats = 2\n\
                        [params.context]\nrepeats = 4";
    let chosen = |name: &str| Overrides { intensity: Some(name.into()), ..Overrides::default() };
    let settings = resolve(&chosen("quick"), &env(&[]), Some(project(project_text)), Some(user(user_text))).unwrap();
    let quick = settings.intensity();
    assert!((quick.budget.total_seconds - 180.0).abs() < 1e-9, "the project's budget");
    assert_eq!(quick.strategies, ["latency"], "the user's strategies");
    // The plan reads them in this order, and the last one counts.
    let of = |settings: &Settings, param: &str| {
        let all = settings.intensity().params.into_iter().chain(settings.given_params());
        all.filter(|(_, name, _)| name == param).map(|(_, _, value)| value).next_back()
    };
    assert_eq!(of(&settings, "sizes"), Some(Value::Numbers(vec![4096.0, 8192.0])), "the built-in parameter stays");
    assert_eq!(of(&settings, "repeats"), Some(Value::Integer(4)), "what is given beside the table wins");

    let cli = Overrides {
        budget: Some(Duration::from_secs(30)),
        strategies: Some(vec!["threads".into()]),
        params: vec![crate::settings::parse_param("context.sizes=1024").unwrap()],
        ..chosen("night")
    };
    let settings = resolve(&cli, &env(&[]), Some(project(project_text)), Some(user(user_text))).unwrap();
    let night = settings.intensity();
    assert_eq!((night.name.as_str(), night.budget.total_seconds.round()), ("night", 30.0));
    assert_eq!(night.strategies, ["threads"]);
    assert_eq!(of(&settings, "sizes"), Some(Value::Text("1024".into())));
}
