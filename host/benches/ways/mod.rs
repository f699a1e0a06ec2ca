//! The ways to a server: directly, through the program, and through reverse proxies that many use, where they are installed.

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::figures::{Result, row};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ralf-tune");

/// What is waited for a proxy to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// A way to the server. What stands on it ends with it.
pub struct Way {
    pub name: &'static str,
    pub address: String,
    process: Option<Child>,
    _home: Option<tempfile::TempDir>,
}

/// All there are, the direct one first. What is not installed is said.
pub fn before(server: &str) -> Result<Vec<Way>> {
    let direct = Way { name: "directly", address: server.to_owned(), process: None, _home: None };
    let mut ways = vec![direct, ours(server)?];
    for (name, configuration) in [("nginx", nginx as fn(&str, &str, &Path) -> String), ("haproxy", haproxy)] {
        match other(name, configuration, server) {
            Ok(way) => ways.push(way),
            Err(why) => row(name, &format!("takes no turns: {why}"), ""),
        }
    }
    Ok(ways)
}

/// `ralf-tune proxy`, with its records on.
pub fn ours(server: &str) -> Result<Way> {
    let home = tempfile::tempdir()?;
    let mut process = Command::new(PROGRAM)
        .args(["proxy", "--listen", "127.0.0.1:0", "--host", server])
        .current_dir(home.path())
        .env("RALF_TUNE_DATA_DIR", home.path())
        .env("RALF_TUNE_CONFIG_DIR", home.path())
        .env("HOME", home.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut said = BufReader::new(process.stderr.take().ok_or("no stderr")?);
    let mut line = String::new();
    said.read_line(&mut line)?;
    let address = line.trim().rsplit('=').next().unwrap_or_default().to_owned();
    // Somebody must go on reading, or the program would wait.
    thread::spawn(move || said.lines().for_each(drop));
    Ok(Way { name: "ralf-tune proxy", address, process: Some(process), _home: Some(home) })
}

/// A program of somebody else, with a configuration of ours.
fn other(name: &'static str, configuration: fn(&str, &str, &Path) -> String, server: &str) -> Result<Way> {
    let places = [name.to_owned(), format!("/usr/sbin/{name}")];
    let is_there =
        |place: &&String| Command::new(place).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    let place = places.iter().find(is_there).ok_or("it is not installed")?;
    let home = tempfile::tempdir()?;
    // The listener is closed before the program opens its own: nobody else asks for ports here.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let file = home.path().join("configuration");
    fs::write(&file, configuration(&address, server, home.path()))?;
    let arguments: Vec<&OsStr> = match name {
        "nginx" => vec!["-p".as_ref(), home.path().as_os_str(), "-c".as_ref(), file.as_os_str()],
        _ => vec!["-db".as_ref(), "-q".as_ref(), "-f".as_ref(), file.as_os_str()],
    };
    let mut process = Command::new(place).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let began = Instant::now();
    while TcpStream::connect(&address).is_err() {
        if process.try_wait()?.is_some() || began.elapsed() > PATIENCE {
            let _ = process.kill();
            return Err("it does not start with the configuration of this benchmark".into());
        }
        thread::yield_now();
    }
    Ok(Way { name, address, process: Some(process), _home: Some(home) })
}

fn nginx(address: &str, server: &str, home: &Path) -> String {
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|what| format!("  {what}_temp_path {}/{what};\n", home.display()))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\npid {home}/pid;\nerror_log {home}/errors crit;\nevents {{ worker_connections 1024; }}\n\
         http {{\n  access_log off;\n{temporary}  keepalive_requests 100000000;\n  upstream model {{ server {server}; keepalive 64; \
         keepalive_requests 100000000; }}\n  server {{\n    listen {address};\n    location / {{\n      proxy_pass http://model;\n      \
         proxy_http_version 1.1;\n      proxy_set_header Connection \"\";\n      proxy_set_header Host $http_host;\n      \
         proxy_buffering off;\n      proxy_request_buffering off;\n    }}\n  }}\n}}\n",
        home = home.display()
    )
}

fn haproxy(address: &str, server: &str, _home: &Path) -> String {
    format!(
        "global\n  nbthread 1\n  maxconn 1024\ndefaults\n  mode http\n  option http-no-delay\n  http-reuse always\n  timeout connect 5s\n  \
         timeout client 60s\n  timeout server 60s\nlisten model\n  bind {address}\n  server model {server}\n"
    )
}

impl Way {
    /// What it used of processors so far: other load on the machine is not in it.
    pub fn processor_seconds(&self) -> Option<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.as_ref()?.id())).ok()?;
        // The name of the program, in brackets, may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |field: usize| fields.get(field)?.parse::<f64>().ok();
        // `utime` and `stime` are the 14th and 15th, in hundredths of a second (proc(5)).
        Some((ticks(11)? + ticks(12)?) / 100.0)
    }

    pub fn resident_bytes(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.as_ref()?.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib * 1024.0)
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
