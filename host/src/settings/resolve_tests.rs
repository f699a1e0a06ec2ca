use std::time::Duration;

use super::*;
use crate::model::value::Value;

fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn project(text: &str) -> Option<(&Path, &str)> {
    Some((Path::new("/work/ralf-tune.toml"), text))
}

fn user(text: &str) -> Option<(&Path, &str)> {
    Some((Path::new("/home/u/.config/ralf-tune/config.toml"), text))
}

fn from_project(text: &str) -> Result<Settings, SettingsError> {
    resolve(&Overrides::default(), &env(&[]), project(text), None)
}

fn said<T: std::fmt::Debug>(setting: &Setting<T>) -> String {
    format!("{:?} from {}", setting.value, setting.origin)
}

/// One row a setting: how each source says it, and how it shows at the end.
struct Row {
    cli: Overrides,
    variable: (&'static str, &'static str),
    project: &'static str,
    user: &'static str,
    show: fn(&Settings) -> String,
    /// Command line, environment, project, user, default.
    expected: [&'static str; 5],
}

const USER: &str = "/home/u/.config/ralf-tune/config.toml";

fn rows() -> Vec<Row> {
    let none = Overrides::default;
    vec![
        Row {
            cli: Overrides { intensity: Some("full".into()), intensity_flag: Some("--full"), ..none() },
            variable: ("RALF_TUNE_INTENSITY", "quick"),
            project: "default_intensity = \"normal\"",
            user: "default_intensity = \"full\"",
            show: |s| said(&s.intensity),
            expected: [
                "\"full\" from --full",
                "\"quick\" from RALF_TUNE_INTENSITY",
                "\"normal\" from P",
                "\"full\" from U",
                "\"normal\" from default",
            ],
        },
        Row {
            cli: Overrides { budget: Some(Duration::from_secs(1)), ..none() },
            variable: ("RALF_TUNE_BUDGET", "2s"),
            project: "budget = \"3s\"",
            user: "budget = \"4s\"",
            show: |s| format!("{} from {}", s.budget().value.total_seconds, s.budget().origin),
            expected: [
                "1 from --budget",
                "2 from RALF_TUNE_BUDGET",
                "3 from P",
                "4 from U",
                "480 from intensity normal",
            ],
        },
        Row {
            cli: Overrides { host: Some("a".into()), ..none() },
            variable: ("RALF_TUNE_HOST", "b"),
            project: "host = \"c\"",
            user: "host = \"d\"",
            show: |s| said(&s.host),
            expected: [
                "\"a\" from --host",
                "\"b\" from RALF_TUNE_HOST",
                "\"c\" from P",
                "\"d\" from U",
                "\"127.0.0.1:11434\" from default",
            ],
        },
        Row {
            cli: Overrides { model: Some("a".into()), ..none() },
            variable: ("RALF_TUNE_MODEL", "b"),
            project: "model = \"c\"",
            user: "model = \"d\"",
            show: |s| said(&s.model),
            expected: [
                "Some(\"a\") from --model",
                "Some(\"b\") from RALF_TUNE_MODEL",
                "Some(\"c\") from P",
                "Some(\"d\") from U",
                "None from default",
            ],
        },
        Row {
            cli: Overrides { samples: Some("a".into()), ..none() },
            variable: ("RALF_TUNE_SAMPLES", "b"),
            project: "samples = \"c\"",
            user: "samples = \"~/d\"",
            show: |s| said(&s.samples),
            expected: [
                "Some(\"a\") from --samples",
                "Some(\"b\") from RALF_TUNE_SAMPLES",
                "Some(\"/work/c\") from P",
                "Some(\"/home/u/d\") from U",
                "None from default",
            ],
        },
        Row {
            cli: Overrides { plugins: Some(vec!["a".into()]), ..none() },
            variable: ("RALF_TUNE_PLUGIN", "b"),
            project: "plugins = [\"c\", \"/x/d\"]",
            user: "plugins = [\"e\"]",
            show: |s| said(&s.plugins),
            expected: [
                "[\"a\"] from --plugin",
                "[\"b\"] from RALF_TUNE_PLUGIN",
                "[\"/work/c\", \"/x/d\"] from P",
                "[\"/home/u/.config/ralf-tune/e\"] from U",
                "[] from default",
            ],
        },
        Row {
            cli: Overrides { strategies: Some(vec!["a".into()]), ..none() },
            variable: ("RALF_TUNE_STRATEGY", "b, c"),
            project: "strategies = [\"d\"]",
            user: "strategies = [\"e\"]",
            show: |s| said(&s.strategies),
            expected: [
                "[\"a\"] from --strategy",
                "[\"b\", \"c\"] from RALF_TUNE_STRATEGY",
                "[\"d\"] from P",
                "[\"e\"] from U",
                "[] from default",
            ],
        },
        Row {
            cli: Overrides { scorers: Some(vec![ScorerChoice { name: "a".into(), weight: None }]), ..none() },
            variable: ("RALF_TUNE_SCORER", "b=2,c"),
            project: "scorers = [\"d=3\"]",
            user: "scorers = [\"e\"]",
            show: |s| {
                let names: Vec<_> = s.scorers.value.iter().map(|s| format!("{}={:?}", s.name, s.weight)).collect();
                format!("{} from {}", names.join(" "), s.scorers.origin)
            },
            expected: [
                "a=None from --scorer",
                "b=Some(2.0) c=None from RALF_TUNE_SCORER",
                "d=Some(3.0) from P",
                "e=None from U",
                " from default",
            ],
        },
        Row {
            cli: Overrides { selector: Some("a".into()), ..none() },
            variable: ("RALF_TUNE_SELECTOR", "b"),
            project: "selector = \"c\"",
            user: "selector = \"d\"",
            show: |s| said(&s.selector),
            expected: [
                "Some(\"a\") from --selector",
                "Some(\"b\") from RALF_TUNE_SELECTOR",
                "Some(\"c\") from P",
                "Some(\"d\") from U",
                "None from default",
            ],
        },
        Row {
            cli: Overrides { params: vec![super::super::parse_param("x.y=a").unwrap()], ..none() },
            variable: ("RALF_TUNE_SET", "x.y=b"),
            project: "[params.x]\ny = \"c\"",
            user: "[params.x]\ny = \"d\"",
            show: |s| s.params.first().map_or("none".into(), |p| format!("{} from {}", p.value.value, p.origin)),
            expected: ["a from --set", "b from RALF_TUNE_SET", "c from P", "d from U", "none"],
        },
        Row {
            cli: Overrides { save: Some(false), ..none() },
            variable: ("RALF_TUNE_SAVE", "no"),
            project: "save = false",
            user: "save = false",
            show: |s| said(&s.save),
            expected: [
                "false from --no-save",
                "false from RALF_TUNE_SAVE",
                "false from P",
                "false from U",
                "true from default",
            ],
        },
        Row {
            cli: Overrides { report: Some(false), ..none() },
            variable: ("RALF_TUNE_REPORT", "0"),
            project: "report = false",
            user: "report = false",
            show: |s| said(&s.report),
            expected: [
                "false from --no-report",
                "false from RALF_TUNE_REPORT",
                "false from P",
                "false from U",
                "true from default",
            ],
        },
        Row {
            cli: Overrides { config: Some("a".into()), ..none() },
            variable: ("RALF_TUNE_CONFIG", "b"),
            project: "config = \"c\"",
            user: "config = \"/d\"",
            show: |s| said(&s.config),
            expected: [
                "Some(\"a\") from --config",
                "Some(\"b\") from RALF_TUNE_CONFIG",
                "Some(\"/work/c\") from P",
                "Some(\"/d\") from U",
                "None from default",
            ],
        },
        Row {
            cli: Overrides { seed: Some(1), ..none() },
            variable: ("RALF_TUNE_SEED", "2"),
            project: "seed = 3",
            user: "seed = 4",
            show: |s| said(&s.seed),
            expected: [
                "Some(1) from --seed",
                "Some(2) from RALF_TUNE_SEED",
                "Some(3) from P",
                "Some(4) from U",
                "None from default",
            ],
        },
        Row {
            cli: Overrides { quality_floor: Some(0.1), ..none() },
            variable: ("RALF_TUNE_QUALITY_FLOOR", "0.2"),
            project: "quality_floor = 0.3",
            user: "quality_floor = 1",
            show: |s| said(&s.quality_floor),
            expected: [
                "0.1 from --quality-floor",
                "0.2 from RALF_TUNE_QUALITY_FLOOR",
                "0.3 from P",
                "1.0 from U",
                "0.95 from default",
            ],
        },
        Row {
            cli: Overrides { prompt: Some("a".into()), ..none() },
            variable: ("RALF_TUNE_PROMPT", "b"),
            project: "prompt = \"c\"",
            user: "prompt = \"/d\"",
            show: |s| said(&s.prompt),
            expected: [
                "Some(\"a\") from --prompt",
                "Some(\"b\") from RALF_TUNE_PROMPT",
                "Some(\"/work/c\") from P",
                "Some(\"/d\") from U",
                "None from default",
            ],
        },
        Row {
            cli: Overrides { format: Some(Format::Json), ..none() },
            variable: ("RALF_TUNE_FORMAT", "json"),
            project: "format = \"json\"",
            user: "format = \"json\"",
            show: |s| said(&s.format),
            expected: [
                "Json from --format",
                "Json from RALF_TUNE_FORMAT",
                "Json from P",
                "Json from U",
                "Text from default",
            ],
        },
        Row {
            cli: Overrides { output: Some("a".into()), ..none() },
            variable: ("RALF_TUNE_OUTPUT", "b"),
            project: "output = \"c\"",
            user: "output = \"/d\"",
            show: |s| said(&s.output),
            expected: [
                "Some(\"a\") from --output",
                "Some(\"b\") from RALF_TUNE_OUTPUT",
                "Some(\"/work/c\") from P",
                "Some(\"/d\") from U",
                "None from default",
            ],
        },
        Row {
            cli: Overrides { simulate: Some("a".into()), ..none() },
            variable: ("RALF_TUNE_SIMULATE", "b"),
            project: "simulate = \"c\"",
            user: "simulate = \"d\"",
            show: |s| said(&s.simulate),
            expected: [
                "Some(\"a\") from --simulate",
                "Some(\"b\") from RALF_TUNE_SIMULATE",
                "Some(\"c\") from P",
                "Some(\"d\") from U",
                "None from default",
            ],
        },
    ]
}

#[test]
fn the_stronger_source_wins_and_is_named() {
    for row in rows() {
        let home = ("HOME", "/home/u");
        let nothing = Overrides::default();
        let all = env(&[home, row.variable]);
        let empty = env(&[home, (row.variable.0, " ")]);
        let sources = [
            (&row.cli, &all, project(row.project), user(row.user)),
            (&nothing, &all, project(row.project), user(row.user)),
            (&nothing, &empty, project(row.project), user(row.user)),
            (&nothing, &empty, None, user(row.user)),
            (&nothing, &empty, None, None),
        ];
        for ((cli, env, project, user), expected) in sources.into_iter().zip(row.expected) {
            let settings = resolve(cli, env, project, user).unwrap();
            let expected = expected.replace("from P", "from ralf-tune.toml").replace("from U", &format!("from {USER}"));
            assert_eq!((row.show)(&settings), expected, "{}", row.variable.0);
        }
    }
}

#[test]
fn consent_comes_from_the_user_alone() {
    let nothing = Overrides::default();
    let yes = |env: &BTreeMap<_, _>, user| resolve(&nothing, env, None, user).unwrap().yes.value;
    assert!(!yes(&env(&[]), None));
    assert!(yes(&env(&[]), user("yes = true")));
    assert!(yes(&env(&[("RALF_TUNE_YES", "true")]), None));
    let error = from_project("yes = true").unwrap_err();
    assert!(matches!(error, SettingsError::ForeignConsent { .. }));
    assert!(error.hint().unwrap().contains("--yes"));
}

#[test]
fn ollama_host_is_between_our_variable_and_the_files() {
    let host = |pairs: &[(&str, &str)]| {
        said(&resolve(&Overrides::default(), &env(pairs), project("host = \"file\""), None).unwrap().host)
    };
    assert_eq!(host(&[("OLLAMA_HOST", "theirs"), ("RALF_TUNE_HOST", "ours")]), "\"ours\" from RALF_TUNE_HOST");
    assert_eq!(host(&[("OLLAMA_HOST", "theirs")]), "\"theirs\" from OLLAMA_HOST");
    assert_eq!(host(&[("OLLAMA_HOST", "")]), "\"file\" from ralf-tune.toml");
}

#[test]
fn files_are_read_strictly() {
    for (text, message, hint) in [
        ("bugdet = \"4m\"", "unknown key `bugdet` in /work/ralf-tune.toml", Some("did you mean `budget`?")),
        ("strategy = [\"x\"]", "unknown key `strategy`", Some("did you mean `strategies`?")),
        ("[intensity.mine]\nstrategie = []", "unknown key `intensity.mine.strategie`", Some("`strategies`")),
        (
            "intensity = \"quick\"",
            "`intensity` in /work/ralf-tune.toml must be a table, not the text \"quick\"",
            Some("default_intensity"),
        ),
        ("model = 3", "`model` in /work/ralf-tune.toml must be a text, not 3", None),
        ("save = \"yes\"", "`save` in /work/ralf-tune.toml must be true or false, not the text \"yes\"", None),
        ("seed = -1", "must be a whole number of 0 or more, not -1", None),
        ("plugins = \"a.wasm\"", "`plugins` in /work/ralf-tune.toml must be a list of texts", None),
        ("strategies = [\"a\", 1]", "`strategies` in /work/ralf-tune.toml must be a list of texts, not 1", None),
        ("format = \"xml\"", "must be \"text\" or \"json\", not the text \"xml\"", None),
        ("budget = 240", "`budget` in /work/ralf-tune.toml must be a text such as \"4m\", not 240", None),
        ("budget = \"240\"", "`budget` in /work/ralf-tune.toml cannot be `240`: the unit is missing", None),
        ("quality_floor = 95", "cannot be `95`: a share between 0 and 1 is needed: did you mean 0.95?", None),
        ("[params.a]\nb = [1, \"x\"]", "`params.a.b` in /work/ralf-tune.toml must be a boolean, a number", None),
        ("params = 1", "`params` in /work/ralf-tune.toml must be a table, not 1", None),
        ("scorers = [\"a\", \"a=2\"]", "ralf-tune.toml cannot be `a`: it is named twice", None),
        ("model = \"x\"\nhost = ", "/work/ralf-tune.toml is not valid TOML: line 2: ", None),
        ("[intensity.mine]\nbudget = \"1m\"", "intensity `mine` has no list of strategies", Some("[intensity.mine]")),
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
    assert_eq!(error.to_string(), "unknown intensity `quik` (--intensity)");
    assert_eq!(error.hint().as_deref(), Some("did you mean `quick`? intensities: full, normal, quick"));
}

#[test]
fn the_built_in_intensities_are_those_of_the_design() {
    for (name, seconds, strategies, sizes) in [
        ("quick", 240.0, 3, vec![4096.0, 8192.0]),
        ("normal", 480.0, 5, vec![2048.0, 4096.0, 8192.0, 16384.0, 32768.0]),
        ("full", 900.0, 6, vec![2048.0, 4096.0, 8192.0, 16384.0, 32768.0]),
    ] {
        let cli = Overrides { intensity: Some(name.into()), ..Overrides::default() };
        let intensity = resolve(&cli, &env(&[]), None, None).unwrap().intensity();
        assert!((intensity.budget.total_seconds - seconds).abs() < 1e-9);
        assert_eq!(intensity.strategies.len(), strategies);
        assert_eq!(intensity.params, [("context".into(), "sizes".into(), Value::Numbers(sizes))]);
    }
}

#[test]
fn intensities_merge_key_by_key_and_what_is_given_beside_them_wins() {
    let user_text = "[intensity.quick]\nbudget = \"2m\"\nstrategies = [\"latency\"]\n\
                     [intensity.night]\nbudget = \"1h\"\nstrategies = [\"context\"]";
    let project_text = "[intensity.quick]\nbudget = \"3m\"\n[intensity.quick.params.context]\nrepeats = 2\n\
                        [params.context]\nrepeats = 4";
    let chosen = |name: &str| Overrides { intensity: Some(name.into()), ..Overrides::default() };
    let settings = resolve(&chosen("quick"), &env(&[]), project(project_text), user(user_text)).unwrap();
    let quick = settings.intensity();
    assert!((quick.budget.total_seconds - 180.0).abs() < 1e-9, "the project's budget");
    assert_eq!(quick.strategies, ["latency"], "the user's strategies");
    let of = |intensity: &crate::model::budget::Intensity, param: &str| {
        intensity.params.iter().find(|(_, name, _)| name == param).map(|(_, _, value)| value.clone())
    };
    assert_eq!(of(&quick, "sizes"), Some(Value::Numbers(vec![4096.0, 8192.0])), "the built-in parameter stays");
    assert_eq!(of(&quick, "repeats"), Some(Value::Integer(4)), "what is given beside the table wins");

    let cli = Overrides {
        budget: Some(Duration::from_secs(30)),
        strategies: Some(vec!["threads".into()]),
        params: vec![super::super::parse_param("context.sizes=1024").unwrap()],
        ..chosen("night")
    };
    let settings = resolve(&cli, &env(&[]), project(project_text), user(user_text)).unwrap();
    let night = settings.intensity();
    assert_eq!((night.name.as_str(), night.budget.total_seconds.round()), ("night", 30.0));
    assert_eq!(night.strategies, ["threads"]);
    assert_eq!(of(&night, "sizes"), Some(Value::Integer(1024)));
}
