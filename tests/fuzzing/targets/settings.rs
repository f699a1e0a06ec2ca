//! The files that settings come from, and the environment.
//!
//! Three parts, ended by 0xff: the environment (`NAME=value` lines), the project's file, the user's file.

use std::{collections::BTreeMap, path::Path};

use ralf_tune::settings::{KEYS, Origin, Overrides, Settings, SettingsError, resolve};

use super::reader::Reader;

pub fn check(input: &[u8]) {
    let [env, project, user] = Reader(input).parts().map(String::from_utf8_lossy);
    let env: BTreeMap<String, String> =
        env.lines().filter_map(|line| line.split_once('=')).map(|(name, value)| (name.into(), value.into())).collect();
    let (project_path, user_path) = (Path::new("/project/ralf-tune.toml"), Path::new("/user/config.toml"));
    let project = Some((project_path, &*project)).filter(|(_, text)| !text.is_empty());
    let user = Some((user_path, &*user)).filter(|(_, text)| !text.is_empty());
    let resolved = resolve(&Overrides::default(), &env, project, user);
    match &resolved {
        Ok(settings) => {
            a_project_gets_only_what_it_may(settings);
            everything_has_a_source(settings, &env);
            a_file_less_changes_only_what_it_said(settings, &env, project, user);
        }
        Err(error) => names_the_place(error, project.map(|(_, text)| text), user.map(|(_, text)| text)),
    }
    assert_eq!(format!("{resolved:?}"), format!("{:?}", resolve(&Overrides::default(), &env, project, user)));
}

fn is_project<T>(setting: &ralf_tune::settings::Setting<T>) -> bool {
    matches!(setting.origin, Origin::ProjectFile(_))
}

/// No consent, no grants, and no limit above the user's own.
fn a_project_gets_only_what_it_may(settings: &Settings) {
    assert!(!is_project(&settings.yes) && !is_project(&settings.allow), "a project gave its user's consent");
    for set in settings.limits.iter().filter(|set| is_project(set)) {
        let limit = &set.value;
        let own = settings
            .limits
            .iter()
            .find(|own| !is_project(own) && own.value.plugin == limit.plugin && own.value.limit == limit.limit);
        let most = own.map_or(limit.limit.default_value(), |own| own.value.value);
        assert!(limit.value <= most, "a project raised {limit:?} above {most}");
    }
    for set in &settings.limits {
        let limit = set.value.limit;
        assert!((limit.lowest()..=limit.highest()).contains(&set.value.value), "{set:?}");
    }
    assert!((0.0..=1.0).contains(&settings.quality_floor.value), "{:?}", settings.quality_floor);
    assert!(settings.files.value != Some(0));
    let intensity = settings.intensity();
    assert!(intensity.budget.total_seconds > 0.0 && intensity.budget.total_seconds.is_finite());
}

/// What nobody said is the default; what a variable says comes from it.
fn everything_has_a_source(settings: &Settings, env: &BTreeMap<String, String>) {
    let said = |variable: &str| env.get(variable).is_some_and(|value| !value.trim().is_empty());
    let Origin::Environment(variable) = settings.model.origin else {
        assert!(!said("RALF_TUNE_MODEL"));
        return;
    };
    assert!(said(variable) && settings.model.value.as_deref() == Some(env[variable].trim()));
}

/// Without the user's file, what the project said is as it was; without both, only the environment is left.
fn a_file_less_changes_only_what_it_said(
    settings: &Settings,
    env: &BTreeMap<String, String>,
    project: Option<(&Path, &str)>,
    user: Option<(&Path, &str)>,
) {
    let with = |project, user| resolve(&Overrides::default(), env, project, user);
    if let Ok(alone) = with(project, None) {
        assert_eq!(alone.host.value == settings.host.value, alone.host == settings.host);
        for (both, one) in [(&settings.model, &alone.model), (&settings.simulate, &alone.simulate)] {
            if matches!(both.origin, Origin::UserFile(_)) {
                assert!(one.is_default());
            } else {
                assert_eq!(both, one);
            }
        }
    }
    if let Ok(alone) = with(None, user) {
        assert!(!is_project(&alone.seed) && (is_project(&settings.seed) || settings.seed == alone.seed));
        assert!(is_project(&settings.save) || settings.save == alone.save);
    }
}

/// An error says which key, variable or line is meant, and what to do.
fn names_the_place(error: &SettingsError, project: Option<&str>, user: Option<&str>) {
    let lines = |path: &Path| {
        let text = if path.starts_with("/project") { project } else { user };
        text.unwrap().bytes().filter(|byte| *byte == b'\n').count() + 1
    };
    let text = error.to_string();
    match error {
        SettingsError::Syntax { path, line, .. } => assert!((1..=lines(path)).contains(line), "{text}"),
        SettingsError::UnknownKey { path, key, .. } | SettingsError::WrongType { path, key, .. } => {
            assert!(text.contains(key.as_str()) && text.contains(&path.display().to_string()), "{text}");
        }
        SettingsError::BadValue { place, reason, .. } => {
            let named = KEYS.iter().any(|key| place.contains(key.file) || place.contains(key.variable));
            assert!((named || place.contains('`') || place.contains(".toml")) && !reason.is_empty(), "{text}");
        }
        SettingsError::ForeignGrant { path, .. } | SettingsError::ForeignConsent { path, .. } => {
            assert!(path.starts_with("/project"), "{text}");
        }
        SettingsError::UnknownIntensity { .. } | SettingsError::IncompleteIntensity { .. } => {}
        SettingsError::Read { .. } | SettingsError::ForeignOutput { .. } => panic!("nothing is read here: {text}"),
    }
    assert!(!text.is_empty() && error.hint().is_some_and(|hint| !hint.is_empty()), "{text}");
}
