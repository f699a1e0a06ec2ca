//! The databases that a hub can have: a file, and a PostgreSQL server of our own where this machine has one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU32, Ordering},
    },
};

use tempfile::TempDir;

/// A database that is empty, and gone with this.
pub struct Database {
    pub name: &'static str,
    pub address: String,
    _folder: Option<TempDir>,
    _server: Option<Arc<Server>>,
}

/// A server that was started here, for all tests that run at the time: it ends with the last of them.
struct Server {
    programs: PathBuf,
    folder: TempDir,
    as_postgres: bool,
    databases: AtomicU32,
}

/// A file of SQLite.
pub fn sqlite() -> Database {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite://{}", folder.path().join("hub.sqlite").display());
    Database { name: "sqlite", address, _folder: Some(folder), _server: None }
}

/// All there are: where there is no PostgreSQL, the test says so.
pub fn all() -> Vec<Database> {
    [Some(sqlite()), postgres()].into_iter().flatten().collect()
}

/// A database of a PostgreSQL server with a cluster of its own.
#[expect(clippy::print_stderr, reason = "a test that did not happen says so")]
pub fn postgres() -> Option<Database> {
    static RUNNING: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    let Some(programs) = programs() else {
        assert!(std::env::var_os("RALF_TUNE_REQUIRE_POSTGRES").is_none(), "there is no PostgreSQL on this machine");
        eprintln!("NOT TESTED: there is no PostgreSQL on this machine (Debian: apt-get install postgresql)");
        return None;
    };
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let server = running.upgrade().unwrap_or_else(|| Arc::new(Server::start(programs)));
    *running = Arc::downgrade(&server);
    drop(running);
    let name = format!("hub{}", server.databases.fetch_add(1, Ordering::Relaxed));
    let place = server.folder.path().display().to_string();
    server.run("createdb", &["-h", &place, "-U", "hub", &name]);
    let address = format!("postgres://hub@localhost/{name}?host={place}");
    Some(Database { name: "postgres", address, _folder: None, _server: Some(server) })
}

fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> =
        fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    versions.sort();
    versions.into_iter().rev().find(|folder| folder.join("initdb").exists())
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

#[cfg(not(unix))]
const fn is_root() -> bool {
    false
}

impl Server {
    /// Starts one that listens on a socket in its folder, and on nothing else.
    fn start(programs: PathBuf) -> Self {
        // The path of a socket must be short.
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let as_postgres = is_root();
        if as_postgres {
            let owned = Command::new("chown").arg("postgres").arg(folder.path()).status().unwrap();
            assert!(owned.success());
        }
        let server = Self { programs, folder, as_postgres, databases: AtomicU32::new(0) };
        let data = server.data();
        server.run("initdb", &["--auth=trust", "--username=hub", "--encoding=UTF8", "--no-sync", "-D", &data]);
        // Durability is the package's business, not this test's.
        let place = server.folder.path().display().to_string();
        let options = format!("-k {place} -h '' -c fsync=off -c max_connections=200");
        server.run("pg_ctl", &["start", "--wait", "--silent", "--log=/dev/null", "-o", &options, "-D", &data]);
        server
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// Runs a program of the server's: root may not.
    fn run(&self, program: &str, arguments: &[&str]) {
        let path = self.programs.join(program);
        let mut command = if self.as_postgres {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.args(arguments).current_dir(Path::new("/"));
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(status.success(), "{program} failed: {status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.run("pg_ctl", &["stop", "--mode=immediate", "--silent", "-D", &self.data()]);
    }
}
