//! The shared store: the same suite in an `SQLite` file and on a real `PostgreSQL` server, where there is one.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use ralf_tune::store::shared::{LEASE_SECONDS, Role, SharedError, SharedStore, Standing, Terms};

/// A `PostgreSQL` server of our own, in a folder of its own, reached by a socket.
pub struct Postgres {
    programs: PathBuf,
    folder: tempfile::TempDir,
}

/// The user that the server runs as where we are root, which it refuses to be.
const USER: &str = "postgres";

impl Postgres {
    /// `None`, with a word, where no server is installed.
    #[expect(clippy::print_stderr, reason = "a test that did not happen says so")]
    pub fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!("skipped on PostgreSQL: no server is installed here");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let server = Self { programs, folder };
        if is_root() {
            let owner = Command::new("chown").arg(USER).arg(server.folder.path()).status().unwrap();
            assert!(owner.success());
        }
        let data = server.path("data");
        server.run("initdb", &["-D", &data, "-U", USER, "-A", "trust", "--no-sync"]);
        let options = format!("-k {} -c listen_addresses= -c fsync=off", server.folder.path().display());
        server.run("pg_ctl", &["-D", &data, "-w", "-t", "120", "-l", &server.path("log"), "-o", &options, "start"]);
        Some(server)
    }

    pub fn address(&self) -> String {
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://{USER}@{socket}/postgres")
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", USER, "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let ran = command.args(arguments).current_dir("/").stdout(Stdio::null()).status().unwrap();
        assert!(ran.success(), "{arguments:?}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.run("pg_ctl", &["-D", &self.path("data"), "-w", "-m", "immediate", "stop"]);
    }
}

fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.starts_with("Uid:\t0"))
}

/// Where Debian puts the server's programs; the newest of several.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let mut folders: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    folders.retain(|folder| folder.join("initdb").exists());
    folders.sort();
    folders.pop()
}

/// Addresses of an empty store of each kind, while the guard lives.
fn with_each(test: impl Fn(&dyn Fn() -> String)) {
    let folder = tempfile::tempdir().unwrap();
    let file = std::cell::Cell::new(0);
    test(&|| {
        file.set(file.get() + 1);
        sqlite(&folder.path().join(format!("{}.db", file.get())))
    });
    if let Some(server) = Postgres::start() {
        test(&|| server.address());
    }
}

fn sqlite(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

fn terms(seed: u64) -> Terms {
    Terms { seed, salt: seed + 1, age_seconds: 0.0 }
}

#[test]
fn one_leads_and_the_others_help() {
    with_each(|address: &dyn Fn() -> String| {
        let address = address();
        let open = |study: &str, me: &str| SharedStore::open(&address, study, me).unwrap();
        let (one, two) = (open("leads", "one"), open("leads", "two"));
        let Role::Lead(found) = one.begin(&terms(7)).unwrap() else { panic!("the first leads") };
        assert_eq!((found.seed, found.salt), (7, 8));
        let Role::Help(found) = two.begin(&terms(9)).unwrap() else { panic!("the second helps") };
        assert_eq!((found.seed, found.salt), (7, 8), "with the seed of the first");
        assert!(matches!(open("another", "two").begin(&terms(9)).unwrap(), Role::Lead(_)), "another study is another");
        assert_eq!(two.standing().unwrap(), Standing::Running);
        assert_eq!(two.reference().unwrap(), None);
        one.publish_reference("how it is").unwrap();
        assert_eq!(two.reference().unwrap().as_deref(), Some("how it is"));
        assert_eq!((one.join(0, "a").unwrap(), two.join(0, "b").unwrap(), two.join(0, "c").unwrap()), (0, 1, 2));
        two.report(2, "gone", false).unwrap();
        let hosts = one.hosts().unwrap();
        let hosts: Vec<_> = hosts.iter().map(|(place, report, there)| (*place, report.as_str(), *there)).collect();
        assert_eq!(hosts, [(0, "a", true), (1, "b", true), (2, "gone", false)]);
        one.end("the result").unwrap();
        assert_eq!(two.standing().unwrap(), Standing::Over("the result".into()));
        // The same once more is a new study.
        let Role::Lead(found) = two.begin(&terms(9)).unwrap() else { panic!("nobody makes it any more") };
        assert_eq!(found.seed, 9);
        assert!(two.hosts().unwrap().is_empty());
    });
}

#[test]
fn a_piece_is_held_by_one_until_it_gives_no_word() {
    with_each(|address: &dyn Fn() -> String| {
        let address = address();
        let open = |me: &str| SharedStore::open(&address, "held", me).unwrap();
        let (one, two) = (open("one"), open("two"));
        one.begin(&terms(1)).unwrap();
        one.offer("b", 2, "work b").unwrap();
        one.offer("a", 1, "work a").unwrap();
        one.offer("a", 1, "work a again").unwrap();
        let held = one.claim().unwrap().unwrap();
        assert_eq!((held.piece.as_str(), held.work.as_str()), ("a", "work a"), "in their order, each once");
        assert_eq!(two.claim().unwrap().unwrap().piece, "b");
        assert_eq!((one.claim().unwrap(), two.claim().unwrap()), (None, None));
        assert!(one.renew("a", LEASE_SECONDS).unwrap());
        assert!(!two.renew("a", LEASE_SECONDS).unwrap(), "it is another's");
        assert!(!two.finish("a", "stolen").unwrap());
        assert!(two.finish("b", "made").unwrap());
        assert_eq!(one.result("b").unwrap().as_deref(), Some("made"));
        // Without a word it is anybody's, and what its holder makes all the same is nobody's.
        assert!(one.renew("a", -1.0).unwrap());
        assert_eq!(two.claim().unwrap().unwrap().piece, "a");
        assert!(!one.finish("a", "late").unwrap());
        assert_eq!(one.result("a").unwrap(), None);
        assert!(two.finish("a", "in time").unwrap());
        assert!(!two.finish("a", "twice").unwrap());
        assert_eq!(one.result("a").unwrap().as_deref(), Some("in time"));
        assert_eq!(one.result("never offered").unwrap(), None);
    });
}

#[test]
fn whoever_claims_at_the_same_moment_gets_different_pieces() {
    const PIECES: u32 = 60;
    with_each(|address: &dyn Fn() -> String| {
        let address = Arc::new(address());
        let first = SharedStore::open(&address, "crowd", "first").unwrap();
        first.begin(&terms(1)).unwrap();
        for piece in 0..PIECES {
            first.offer(&format!("piece {piece}"), piece, "work").unwrap();
        }
        let work = |me: u32| {
            let address = Arc::clone(&address);
            std::thread::spawn(move || {
                let store = SharedStore::open(&address, "crowd", &format!("worker {me}")).unwrap();
                let mut own = Vec::new();
                while let Some(held) = store.claim().unwrap() {
                    assert!(store.finish(&held.piece, &me.to_string()).unwrap());
                    own.push(held.piece);
                }
                own
            })
        };
        let workers: Vec<_> = (0..4).map(work).collect();
        let all: Vec<String> = workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
        assert_eq!(all.len(), PIECES as usize);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), PIECES as usize, "each once");
    });
}

#[test]
fn what_is_no_store_is_refused_and_a_password_is_not_said() {
    for address in ["", "studies.db", "mysql://a/b", "sqlite://", "http://127.0.0.1"] {
        assert!(matches!(SharedStore::open(address, "s", "me"), Err(SharedError::Address(_))), "{address}");
    }
    let error = SharedStore::open("postgres://user:hunter2@127.0.0.1:1/none", "s", "me").err().unwrap();
    let said = format!("{error} {error:?} {}", error.hint());
    assert!(!said.contains("hunter2"), "{said}");
    let error = SharedStore::open("sqlite:///no/such/folder/studies.db", "s", "me").err().unwrap();
    assert!(matches!(error, SharedError::Database(_)), "{error:?}");
}

#[test]
fn waiting_is_on_the_real_clock() {
    let folder = tempfile::tempdir().unwrap();
    let store = SharedStore::open(&sqlite(&folder.path().join("s.db")), "s", "me").unwrap();
    let runtime = crate::support::studies::runtime();
    let passed = runtime.block_on(async {
        let before = tokio::time::Instant::now();
        store.pause(Duration::from_millis(20)).unwrap();
        before.elapsed()
    });
    assert_eq!(passed, Duration::ZERO, "a simulated clock stands still meanwhile");
}
