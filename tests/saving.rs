//! Saving changes the keys that were tuned, keeps everything else byte for byte, and never loses what was there.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::{fs, path::Path};

use ralf_tune::{
    emit::FileChange as _,
    emit::ralf_notes::{ConfigChange, ConfigError, default_target, read_baseline},
    model::{
        candidate::Candidate,
        selection::{Confidence, TunedConfig},
        space::Parameter,
    },
};
use tempfile::TempDir;

fn tuned() -> TunedConfig {
    TunedConfig {
        model_name: "llama3.2:3b".into(),
        candidate: Candidate {
            num_ctx: 8192,
            temperature: 0.1 + 0.2,
            chunk_size: 24_000,
            max_content_length: 12_000,
            max_concurrent_requests: 4,
            request_timeout_seconds: 90,
            ..Candidate::default()
        },
        benchmark_date: "2026-01-31T12:00:00Z".into(),
        confidence: Confidence { percent: 87.456, meaning: String::new(), parts: Vec::new() },
    }
}

fn planned(existing: &str) -> ConfigChange {
    ConfigChange::plan(Path::new("config.json"), Some(existing), &tuned()).unwrap()
}

fn changed_keys(change: &ConfigChange) -> Vec<&str> {
    change.changes().iter().map(|change| change.key.as_str()).collect()
}

/// A folder with a `config.json` of that text, and the change planned for it.
fn folder(text: &str) -> (TempDir, std::path::PathBuf, ConfigChange) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    fs::write(&path, text).unwrap();
    let change = ConfigChange::prepare(&path, &tuned()).unwrap();
    (folder, path, change)
}

fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

const EXISTING: &str = "{\n    \"source_paths\": [\n        \"/home/u/caf\\u00e9\"\n    ],\n    \"num_ctx\": 10000,\n    \
     \"max_files_to_process\": 1.50e2,\n    \"temperature\": 0.30,\n    \"model_name\": \"llama3.2:3b\",\n    \
     \"notes\": { \"num_ctx\": 1 },\n    \"request_timeout_seconds\": 300\n}\n";

#[test]
fn unknown_keys_and_layout_stay_byte_for_byte() {
    assert_eq!(
        planned(EXISTING).text(),
        "{\n    \"source_paths\": [\n        \"/home/u/caf\\u00e9\"\n    ],\n    \"num_ctx\": 8192,\n    \
         \"max_files_to_process\": 1.50e2,\n    \"temperature\": 0.30,\n    \"model_name\": \"llama3.2:3b\",\n    \
         \"notes\": { \"num_ctx\": 1 },\n    \"request_timeout_seconds\": 90,\n    \"chunk_size\": 24000,\n    \
         \"max_content_length\": 12000,\n    \"max_chunk_summary_length\": 960,\n    \"request_delay_seconds\": 0.0,\n    \
         \"max_concurrent_requests\": 4,\n    \"retry_attempts\": 3,\n    \"initial_backoff_seconds\": 1.0,\n    \
         \"backoff_multiplier\": 2.0,\n    \"batch_size\": 10,\n    \"batch_delay_seconds\": 0.0,\n    \
         \"benchmark_date\": \"2026-01-31T12:00:00Z\",\n    \"confidence_score\": 87.5\n}\n"
    );
}

#[test]
fn tabs_windows_lines_and_a_missing_last_newline_stay() {
    let text = planned("{\r\n\t\"target_dir\": \"x\"\r\n}").text().to_owned();
    assert!(text.starts_with("{\r\n\t\"target_dir\": \"x\",\r\n\t\"model_name\": \"llama3.2:3b\",\r\n\t\"num_ctx\""));
    assert!(text.ends_with("\r\n\t\"confidence_score\": 87.5\r\n}"));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
}

#[test]
fn a_second_time_changes_nothing() {
    let text = planned(EXISTING).text().to_owned();
    let again = planned(&text);
    assert_eq!(again.text(), text);
    assert!(again.changes().is_empty());
    assert!(again.render(false).contains("nothing to change"));
}

#[test]
fn whole_numbers_are_written_as_integers() {
    let change = planned("{\"num_ctx\": 8192.0, \"retry_attempts\": 3}");
    let written: serde_json::Value = serde_json::from_str(change.text()).unwrap();
    for parameter in Parameter::ALL.into_iter().filter(|parameter| parameter.is_integer()) {
        if let Some(value) = written.get(parameter.name()) {
            assert!(value.is_u64(), "{}: {value}", parameter.name());
        }
    }
    assert!(written["max_chunk_summary_length"].is_u64());
    assert!(changed_keys(&change).contains(&"num_ctx"), "8192.0 becomes 8192");
    assert!(!changed_keys(&change).contains(&"retry_attempts"));
    assert_eq!(written["temperature"].to_string(), "0.3");
}

#[test]
fn server_settings_appear_only_where_they_were_tuned() {
    let keys = |existing: &str, candidate: Candidate| {
        let tuned = TunedConfig { candidate, ..tuned() };
        let text = ConfigChange::plan(Path::new("c"), Some(existing), &tuned).unwrap().text().to_owned();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        ["num_thread", "num_batch", "num_predict"].map(|key| value.get(key).map(ToString::to_string))
    };
    let automatic = Candidate::default();
    assert_eq!(keys("{}", automatic.clone()), [None, None, None]);
    let set = Candidate { num_thread: 6, num_batch: 1024, num_predict: 700, ..automatic.clone() };
    assert_eq!(keys("{}", set), [Some("6".into()), Some("1024".into()), Some("700".into())]);
    let before = "{\"num_thread\": 6, \"a\": 1, \"num_batch\": 256, \"num_predict\": 1024}";
    assert_eq!(keys(before, automatic), [None, None, Some("1024".into())]);
}

#[test]
fn the_summary_length_follows_a_new_chunk_size_only() {
    let length = |existing: &str, candidate: Candidate| {
        let tuned = TunedConfig { candidate, ..tuned() };
        let text = ConfigChange::plan(Path::new("c"), Some(existing), &tuned).unwrap().text().to_owned();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["max_chunk_summary_length"].as_u64()
    };
    let chunk = |chunk_size| Candidate { chunk_size, max_content_length: 12_000, ..Candidate::default() };
    let own = "{\"chunk_size\": 50000, \"max_chunk_summary_length\": 1234}";
    assert_eq!(length(own, chunk(50_000)), Some(1234), "the user's own choice stays");
    assert_eq!(length(own, chunk(100_000)), Some(4000));
    assert_eq!(length("{}", chunk(100_000)), Some(4000), "RALF Note's default, said aloud");
    assert_eq!(length("{}", chunk(6000)), Some(500), "240 characters are no summary's worth");
    assert_eq!(length("{}", chunk(1_000_000)), Some(12_000), "what one request carries");
}

#[test]
fn what_is_not_understood_is_named_and_never_overwritten() {
    for (text, part) in [
        ("", "holds nothing where an object"),
        ("{\"num_ctx\": 8192,}", "is not JSON"),
        ("# notes\n", "is not JSON"),
        ("[1]", "holds a list where an object"),
        ("{\"num_ctx\": \"8192\"}", "`num_ctx` in"),
        ("{\"num_ctx\": -1}", "must be a whole number between 1 and 4294967295, not -1"),
        ("{\"num_ctx\": 8192.5}", "not 8192.5"),
        ("{\"num_ctx\": null}", "not null"),
        ("{\"retry_attempts\": 0}", "`retry_attempts` in"),
        ("{\"temperature\": 3}", "must be a number between 0 and 2, not 3"),
        ("{\"request_delay_seconds\": true}", "not a boolean"),
        ("{\"max_chunk_summary_length\": \"many\"}", "not the text \"many\""),
        ("{\"model_name\": 7}", "`model_name` in"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        fs::write(&path, text).unwrap();
        for error in [read_baseline(&path).unwrap_err(), ConfigChange::prepare(&path, &tuned()).unwrap_err()] {
            let message = error.to_string();
            assert!(message.contains(part) && message.contains("config.json"), "{text}: {message}");
            assert!(error.hint().is_some());
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(files(folder.path()), ["config.json"]);
    }
}

#[test]
fn a_result_that_cannot_work_is_not_written() {
    for candidate in [
        Candidate { temperature: f64::NAN, ..Candidate::default() },
        Candidate { retry_attempts: 0, ..Candidate::default() },
    ] {
        let error = ConfigChange::plan(Path::new("c"), None, &TunedConfig { candidate, ..tuned() }).unwrap_err();
        assert!(matches!(error, ConfigError::BadResult { .. }), "{error}");
    }
}

#[test]
fn the_baseline_is_what_the_file_says_over_what_ralf_note_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    assert_eq!(read_baseline(&path).unwrap(), None);
    fs::write(&path, "{\"num_ctx\": 4096.0, \"temperature\": 0, \"model_name\": \" 'm:1b' \", \"ollama_host\": \"h\"}")
        .unwrap();
    let present = read_baseline(&path).unwrap().unwrap();
    assert_eq!(present.candidate, Candidate { num_ctx: 4096, temperature: 0.0, ..Candidate::default() });
    assert_eq!(present.named, [Parameter::NumCtx, Parameter::Temperature]);
    assert_eq!((present.model_name.as_deref(), present.ollama_host.as_deref()), (Some("m:1b"), Some("h")));
}

#[test]
fn the_default_target_is_ralf_notes_file_when_it_exists() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(default_target(home.path()), None);
    let path = home.path().join(".ralf-notes/config.json");
    fs::create_dir(path.parent().unwrap()).unwrap();
    fs::write(&path, "{}").unwrap();
    assert_eq!(default_target(home.path()), Some(path));
}

#[test]
fn the_difference_shows_changed_keys_only() {
    let change = planned(EXISTING);
    let plain = change.render(false);
    assert!(plain.starts_with("config.json\n"));
    assert!(plain.contains("~ num_ctx                     10000 -> 8192\n"), "{plain}");
    assert!(plain.contains("+ max_concurrent_requests   not set -> 4\n"), "{plain}");
    assert!(!plain.contains("source_paths") && !plain.contains("temperature") && !plain.contains('\u{1b}'));
    let coloured = change.render(true);
    assert!(coloured.contains("\u{1b}[32m8192\u{1b}[0m"));
    // A file must not be able to steer the terminal.
    assert!(!planned("{\"model_name\": \"\\u001b[2J\"}").render(false).contains('\u{1b}'));
    let new = ConfigChange::plan(Path::new("config.json"), None, &tuned()).unwrap();
    assert!(new.render(false).starts_with("config.json (new file)\n"));
}

#[test]
fn writing_keeps_a_backup_and_leaves_nothing_else() {
    let (folder, path, change) = folder(EXISTING);
    let saved = change.write().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), change.text());
    let backup = saved.backup.unwrap();
    assert_eq!(backup, folder.path().join("config.json.ralf-tune-backup"));
    assert_eq!(fs::read_to_string(&backup).unwrap(), EXISTING);
    assert_eq!(files(folder.path()), ["config.json", "config.json.ralf-tune-backup"]);
}

#[test]
fn older_backups_are_kept_too() {
    let (folder, path, change) = folder(EXISTING);
    change.write().unwrap();
    for temperature in [0.5, 0.7] {
        let mut other = tuned();
        other.candidate.temperature = temperature;
        ConfigChange::prepare(&path, &other).unwrap().write().unwrap();
    }
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("config.json.ralf-tune-backup.1"), EXISTING);
    assert_eq!(read("config.json.ralf-tune-backup.2"), change.text());
    assert!(read("config.json.ralf-tune-backup").contains("0.5"));
    assert!(read("config.json").contains("0.7"));
}

#[test]
fn a_change_in_between_is_never_overwritten() {
    let (folder, path, change) = folder(EXISTING);
    fs::write(&path, "{\"mine\": 1}").unwrap();
    let error = change.write().unwrap_err();
    assert!(error.to_string().contains("was changed by something else in the meantime"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"mine\": 1}");
    assert_eq!(files(folder.path()), ["config.json"]);

    fs::remove_file(&path).unwrap();
    assert!(change.write().is_err(), "a file that went away was removed for a reason");
    let new = ConfigChange::prepare(&path, &tuned()).unwrap();
    fs::write(&path, "{}").unwrap();
    assert!(new.write().is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "{}");
}

#[test]
fn a_missing_file_and_its_folders_are_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/config.json");
    let saved = ConfigChange::prepare(&path, &tuned()).unwrap().write().unwrap();
    assert_eq!((saved.path, saved.backup), (path.clone(), None));
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("{\n  \"model_name\": \"llama3.2:3b\",\n  \"num_ctx\": 8192,\n"));
    assert!(text.ends_with("\"confidence_score\": 87.5\n}\n"));
    assert_eq!(files(path.parent().unwrap()), ["config.json"]);
    assert!(read_baseline(&path).unwrap().is_some());
}

#[test]
fn a_folder_in_the_files_place_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = ConfigChange::prepare(folder.path(), &tuned()).unwrap_err();
    assert!(error.to_string().ends_with("is not a file"), "{error}");
    assert!(error.hint().unwrap().contains("--config"));
    let inside_a_file = folder.path().join("config.json/x");
    fs::write(folder.path().join("config.json"), "{}").unwrap();
    let change = ConfigChange::plan(&inside_a_file, None, &tuned()).unwrap();
    assert!(change.write().unwrap_err().to_string().contains("config.json"));
    assert_eq!(fs::read_to_string(folder.path().join("config.json")).unwrap(), "{}");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_mode_stays() {
        let (_folder, path, change) = folder(EXISTING);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let saved = change.write().unwrap();
        assert_eq!((mode(&path), mode(&saved.backup.unwrap())), (0o640, 0o640));
    }

    #[test]
    fn a_link_stays_a_link() {
        let (folder, real, _) = folder(EXISTING);
        let elsewhere = tempfile::tempdir().unwrap();
        let link = elsewhere.path().join("config.json");
        symlink(&real, &link).unwrap();
        let saved = ConfigChange::prepare(&link, &tuned()).unwrap().write().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(saved.path, real);
        assert!(fs::read_to_string(&real).unwrap().contains("8192"));
        assert_eq!(saved.backup, Some(folder.path().join("config.json.ralf-tune-backup")));
        assert_eq!(files(elsewhere.path()), ["config.json"]);

        let dangling = elsewhere.path().join("dangling");
        symlink("later/config.json", &dangling).unwrap();
        let saved = ConfigChange::prepare(&dangling, &tuned()).unwrap().write().unwrap();
        assert_eq!(saved.path, elsewhere.path().join("later/config.json"));
        assert!(fs::symlink_metadata(&dangling).unwrap().is_symlink());

        let round = elsewhere.path().join("round");
        symlink(&round, &round).unwrap();
        let change = ConfigChange::plan(&round, None, &tuned()).unwrap();
        assert!(change.write().unwrap_err().to_string().contains("leads nowhere"));
    }

    #[test]
    fn a_read_only_file_is_respected() {
        let (folder, path, change) = folder(EXISTING);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        let error = change.write().unwrap_err();
        assert!(error.to_string().ends_with("config.json is read-only"), "{error}");
        assert!(error.hint().unwrap().contains("chmod u+w"));
        assert_eq!(fs::read_to_string(&path).unwrap(), EXISTING);
        assert_eq!(files(folder.path()), ["config.json"]);
    }

    #[test]
    fn a_folder_that_takes_no_files_is_named() {
        // Not even root may write in /proc.
        #[cfg(target_os = "linux")]
        {
            let change = ConfigChange::plan(Path::new("/proc/ralf/config.json"), None, &tuned()).unwrap();
            let error = change.write().unwrap_err();
            assert_eq!(error.to_string(), "cannot create the folder /proc/ralf");
            assert!(error.hint().unwrap().contains("--config"));
        }
        let (folder, path, change) = folder(EXISTING);
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
        let outcome = change.write();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // Permissions do not bind root, for whom the write succeeds.
        if let Err(error) = outcome {
            assert!(error.to_string().starts_with("cannot write"), "{error}");
            assert!(error.hint().unwrap().contains("who may write"));
            assert_eq!(fs::read_to_string(&path).unwrap(), EXISTING);
        } else {
            assert_eq!(fs::read_to_string(&path).unwrap(), change.text());
        }
    }
}
