use std::time::Duration;

use super::{
    Format, Overrides, ScorerChoice, Settings, parse_limit, parse_param, resolve,
    resolve::tests::{env, project, said, user},
};

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

#[expect(clippy::too_many_lines, reason = "a table")]
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
                "Some(\"/project/c\") from P",
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
                "[\"/project/c\", \"/x/d\"] from P",
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
            cli: Overrides { params: vec![parse_param("x.y=a").unwrap()], ..none() },
            variable: ("RALF_TUNE_SET", "x.y=b"),
            project: "[params.x]\ny = \"c\"",
            user: "[params.x]\ny = \"d\"",
            show: |s| s.params.first().map_or("none".into(), |p| format!("{} from {}", p.value.value, p.origin)),
            expected: ["a from --set", "b from RALF_TUNE_SET", "c from P", "d from U", "none"],
        },
        Row {
            cli: Overrides { limits: vec![parse_limit("x.call=1s").unwrap()], ..none() },
            variable: ("RALF_TUNE_LIMIT", "x.call=900ms"),
            project: "[limits.x]\ncall = \"800ms\"",
            user: "[limits.x]\ncall = \"5s\"",
            show: |s| s.limits.first().map_or("none".into(), |l| format!("{} from {}", l.value.value, l.origin)),
            expected: ["1000 from --limit", "900 from RALF_TUNE_LIMIT", "800 from P", "5000 from U", "none"],
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
                "Some(\"/project/c\") from P",
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
                "Some(\"/project/c\") from P",
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
                "Some(\"/project/c\") from P",
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
            (&row.cli, &all, Some(project(row.project)), Some(user(row.user))),
            (&nothing, &all, Some(project(row.project)), Some(user(row.user))),
            (&nothing, &empty, Some(project(row.project)), Some(user(row.user))),
            (&nothing, &empty, None, Some(user(row.user))),
            (&nothing, &empty, None, None),
        ];
        for ((cli, env, project, user), expected) in sources.into_iter().zip(row.expected) {
            let settings = resolve(cli, env, project, user).unwrap();
            let expected = expected.replace("from P", "from ralf-tune.toml").replace("from U", &format!("from {USER}"));
            assert_eq!((row.show)(&settings), expected, "{}", row.variable.0);
        }
    }
}
