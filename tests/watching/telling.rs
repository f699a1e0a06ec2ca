//! Webhooks, the desktop, the files of services, the dashboard.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::mpsc,
    thread,
};

use ralf_tune::watch::metrics::METRICS;
use serde_json::Value;

use super::studied;
use crate::{architecture::root, program::World};

/// A server that takes what is posted, and says it to a channel.
fn hook() -> (String, mpsc::Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook?token=geheim", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let _ = reader
                .get_mut()
                .write_all(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = tell.send((head, serde_json::from_slice(&body).unwrap()));
        }
    });
    (address, told)
}

#[test]
fn a_webhook_hears_of_alerts_and_of_nothing_else() {
    let world = studied("mid-range");
    let (address, told) = hook();
    let scenario = "mid-range:noise=0.05,slowdown=0.3";
    let ran = world.run(&["watch", "--simulate", scenario, "--probes", "65", "--webhook", &address]);
    assert_eq!(ran.code, Some(6), "{ran}");
    assert!(!ran.stderr.contains("geheim"), "{ran}");
    let heard: Vec<(String, Value)> = told.try_iter().collect();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(
        heard[0].0.starts_with("POST /hook?token=geheim") && heard[0].0.to_lowercase().contains("application/json")
    );
    assert_eq!((&heard[0].1["event"], &heard[0].1["profile"]), (&"alert".into(), &"balanced".into()));
    // Whoever does not answer costs a warning, and no watching.
    let gone = world.run(&["watch", "--simulate", scenario, "--probes", "130", "--webhook", "http://127.0.0.1:1/x"]);
    assert!(gone.code == Some(6), "{gone}");
    for (address, why) in [("nonsense", "no address of the web"), ("http://example.com/x", "not encrypted")] {
        let refused = world.fails(2, &["watch", "--simulate", "--webhook", address]);
        assert!(refused.stderr.contains(why), "{refused}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_desktop_that_has_notify_send_shows_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = studied("mid-range");
    let script = world.write("bin/notify-send", "#!/bin/sh\nprintf '%s\\n' \"$@\" >> \"$HOME/shown\"\n");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", world.path("bin").display());
    let watch = ["watch", "--simulate", "mid-range:slowdown=0.3", "--probes", "60", "--notify"];
    world.run_with(&[("PATH", &path)], &watch);
    let shown = fs::read_to_string(world.home().join("shown")).unwrap();
    assert!(shown.contains("ralf-tune: llama3.1:8b ALERT") && shown.contains("slower since"), "{shown}");
    let world = studied("mid-range");
    let ran = world.run_with(&[("PATH", "/nowhere")], &watch);
    assert!(ran.stderr.contains("nothing shows messages on a desktop here"), "{ran}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_service_is_shown_written_and_removed() {
    let world = super::once::with_profile(4096);
    let place = world.home().join(".config/systemd/user/ralf-tune-watch.service");
    let install = ["watch", "mine", "--every", "10m", "--webhook", "https://example.com/a%20b?x=$y", "--install"];
    let asked = world.run(&install).succeeded();
    assert!(asked.stderr.contains("ExecStart=") && asked.stderr.contains("not written") && !place.exists(), "{asked}");
    let written = world.run(&[&install[..], &["--yes"]].concat()).succeeded();
    assert!(written.stderr.contains("systemctl --user enable --now ralf-tune-watch.service"), "{written}");
    assert!(written.stderr.contains("ralf-tune watch --uninstall"), "{written}");
    let unit = fs::read_to_string(&place).unwrap();
    assert!(unit.contains(r#""watch" "mine" "--every" "600s""#) && unit.contains("a%%20b?x=$$y"), "{unit}");
    let ask = world.run(&["watch", "mine", "--install", "--retune", "ask"]);
    assert_eq!(ask.code, Some(2), "{ask}");
    world.run(&["watch", "mine", "--uninstall", "--yes"]).succeeded();
    assert!(!place.exists());
}

#[test]
fn every_metric_of_the_dashboard_exists_and_every_metric_is_documented() {
    let text = fs::read_to_string(root().join("dashboards/ralf-tune-watch.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let names: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
    let mut used = 0;
    for (at, _) in text.match_indices("ralf_tune_") {
        let name: String = text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        assert!(names.contains(&name.as_str()), "{name}");
        used += 1;
    }
    assert!(used >= names.len() - 2, "{used}");
    let ids: Vec<&Value> = dashboard["panels"].as_array().unwrap().iter().map(|panel| &panel["id"]).collect();
    assert!(ids.len() > 8 && ids.iter().all(|id| ids.iter().filter(|other| other == &id).count() == 1));
    let page = fs::read_to_string(root().join("docs/watch.md")).unwrap();
    for name in names {
        assert!(page.contains(&format!("`{name}`")), "docs/watch.md does not explain {name}");
    }
}

#[test]
fn the_log_is_empty_at_first() {
    let log = World::new().run(&["watch", "--log"]).succeeded();
    assert!(log.stdout.is_empty() && log.stderr.contains("nothing is in the log yet"), "{log}");
}
