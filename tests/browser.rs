//! The page for a browser in a real one: at the widths of a telephone, a tablet and a screen, in light and dark, nothing is wider than the window and
//! every text is there. Screenshots stay in `target/screenshots`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command as Process,
    time::Duration,
};

use assert_cmd::Command;
use ralf_tune::{model::study::Study, report::html};
use serde_json::Value;

use crate::program::World;

const WIDTHS: [u32; 3] = [360, 768, 1280];

/// Far longer than a page takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// What is under which name on which system.
const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// What a browser is told that has nothing to do but to draw: no sandbox within a container, no word to anybody.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

/// Asked of the copy of a page, in a frame: what is wider than it, with its tables unfolded, too; the colours; how tall it is; what it does not say.
const QUESTION: &str = r"<script>
addEventListener('load', () => {
  const page = document.documentElement;
  const wide = () => [...document.querySelectorAll('body *')].filter((one) => {
    const box = one.getBoundingClientRect();
    const scrolls = one.parentElement.closest('.scroll');
    return !scrolls && !one.closest('svg *') && box.width > 0 && (box.right > page.clientWidth + 1 || box.left < -1);
  }).map((one) => one.tagName + ' ' + one.textContent.slice(0, 40));
  const folded = wide(), height = page.scrollHeight, said = document.body.innerText;
  for (const data of document.querySelectorAll('details')) data.open = true;
  const texts = [...document.querySelectorAll('figure svg[role=img] text')].map((one) => one.getBoundingClientRect().height);
  const colours = getComputedStyle(document.body);
  parent.postMessage({
    width: page.clientWidth,
    height,
    wide: [...folded, ...wide(), ...(page.scrollWidth > page.clientWidth ? ['the page'] : [])],
    ground: colours.backgroundColor,
    ink: colours.color,
    smallest: Math.min(...texts),
    missing: TEXTS.filter((text) => !said.includes(text)),
  }, '*');
});
</script>";

/// Every page says this, in letters that can be seen.
const TEXTS: [&str; 6] = [
    "ralf-tune: ",
    "What was measured",
    "How it was found",
    "Confidence",
    "How often such a confidence is right",
    "ralf-tune 0.",
];

/// A window with a frame of each width: a browser's own is never as narrow as a telephone's.
const FRAMES: &str = "<!DOCTYPE html><script>const all = []; addEventListener('message', (said) => { all.push(said.data); \
                      document.documentElement.dataset.said = JSON.stringify(all); });</script>";

/// The browser of this machine; where there is none, the test says so and is left out.
#[expect(clippy::print_stderr, reason = "a test that did not happen says so")]
pub fn browser() -> Option<PathBuf> {
    let named = env::var_os("RALF_TUNE_TEST_BROWSER").map(PathBuf::from);
    let is_there =
        |name: &PathBuf| Process::new(name).arg("--version").output().is_ok_and(|said| said.status.success());
    let found = named.into_iter().chain(NAMES.map(PathBuf::from)).find(is_there);
    if found.is_none() {
        assert!(env::var_os("RALF_TUNE_REQUIRE_BROWSER").is_none(), "there is no Chromium on this machine");
        eprintln!("NOT TESTED: there is no Chromium on this machine; RALF_TUNE_TEST_BROWSER names one");
    }
    found
}

/// Starts it with a profile of its own, which is empty and goes away.
fn start(browser: &Path, flags: &[String], page: &Path) -> Vec<u8> {
    let profile = tempfile::tempdir().unwrap();
    let mut process = Process::new(browser);
    process.args(FLAGS).arg(format!("--user-data-dir={}", profile.path().display())).args(flags);
    process.arg(format!("file://{}", page.display()));
    let output = Command::from_std(process).timeout(PATIENCE).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What the frames say of themselves: the answers to [`QUESTION`], the narrowest first.
fn answers(dom: &str) -> Vec<Value> {
    let said = dom.split(" data-said=\"").nth(1).unwrap_or_else(|| panic!("no frame said anything: {dom}"));
    let said = said.split('"').next().unwrap().replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
    let mut all: Vec<Value> = serde_json::from_str(&said.replace("&amp;", "&")).unwrap();
    all.sort_by_key(|one| one["width"].as_u64());
    all
}

/// Three studies of different kinds: with a gain, without one, full of faults.
fn pages(world: &World) -> Vec<(&'static str, Study)> {
    let study = |arguments: &[&str]| -> Study {
        world.run(&[&["run", "--simulate"], arguments, &["--no-save", "--no-report"]].concat());
        world.run(&["report", "--format", "json", "--output", "study.json"]).succeeded();
        serde_json::from_slice(&world.read("study.json")).unwrap()
    };
    vec![
        ("gain", study(&["high-end", "--seed", "2", "--full"])),
        ("kept", study(&["one-slot", "--seed", "1", "--quick"])),
        ("faults", study(&["flaky:faults=0.3,stalls=0.2,competitor=30", "--seed", "3"])),
    ]
}

#[test]
fn nothing_is_wider_than_the_window_and_every_text_is_there() {
    let Some(browser) = browser() else { return };
    let world = World::new();
    let mut grounds = Vec::new();
    for (name, study) in pages(&world) {
        grounds.extend(look(&browser, &world, name, &html::render(&study), &TEXTS));
    }
    are_two(&grounds);
}

/// The ground of a page in each scheme of colours.
pub type Grounds = Vec<(&'static str, Value)>;

/// That dark is dark, and the same on every page.
pub fn are_two(grounds: &Grounds) {
    let of = |wanted: &str| grounds.iter().find(|(scheme, _)| *scheme == wanted).map(|(_, ground)| ground);
    assert_ne!(of("dark"), of("light"), "dark is dark");
    assert!(grounds.iter().all(|(scheme, ground)| Some(ground) == of(scheme)), "{grounds:?}");
}

/// Looks at a page, whose policy stands in its head, at each width in light and dark, and leaves pictures of it.
pub fn look(browser: &Path, world: &World, name: &str, page: &str, texts: &[&str]) -> Grounds {
    // Beside what tests leave for each other: CI keeps it.
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
    fs::create_dir_all(&shots).unwrap();
    let mut grounds = Vec::new();
    let path = world.write(&format!("{name}.html"), page);
    // The page forbids scripts; its copy may ask one question.
    let (before, policy) = page.split_once("<meta http-equiv=\"Content-Security-Policy\"").unwrap();
    let question = QUESTION.replace("TEXTS", &serde_json::to_string(&texts).unwrap());
    let behind = policy.split_once(">\n").unwrap().1.replacen("</head>", &format!("{question}</head>"), 1);
    world.write(&format!("{name}-asked.html"), format!("{before}{behind}"));
    let frame =
        |width: &u32| format!("<iframe src=\"{name}-asked.html\" width={width} height=900 frameborder=0></iframe>");
    let frames =
        world.write(&format!("{name}-frames.html"), FRAMES.to_owned() + &WIDTHS.iter().map(frame).collect::<String>());
    for (scheme, number) in [("dark", 0), ("light", 1)] {
        let colours = format!("--blink-settings=preferredColorScheme={number}");
        let flags = ["--window-size=1400,900", "--virtual-time-budget=20000", "--dump-dom", &colours];
        let dom = start(browser, &flags.map(str::to_owned), &frames);
        let said = answers(&String::from_utf8(dom).unwrap());
        assert_eq!(
            said.iter().map(|one| &one["width"]).collect::<Vec<_>>(),
            WIDTHS.iter().collect::<Vec<_>>(),
            "{name}"
        );
        for (one, width) in said.iter().zip(WIDTHS) {
            let case = format!("{name}-{width}-{scheme}");
            assert_eq!(one["wide"], serde_json::json!([]), "{case} is wider than its window");
            assert_eq!(one["missing"], serde_json::json!([]), "{case} does not say all");
            assert_ne!(one["ground"], one["ink"], "{case}");
            // A page without figures has no smallest text.
            let smallest = one["smallest"].as_f64();
            assert!(smallest.is_none_or(|pixels| pixels > 9.0), "{case}: texts of figures have {smallest:?} pixels");
            grounds.push((scheme, one["ground"].clone()));
            let height = u32::try_from(one["height"].as_u64().unwrap()).unwrap();
            let shot = shots.join(format!("{case}.png"));
            let _ = fs::remove_file(&shot);
            let flags = [
                format!("--window-size={width},{height}"),
                colours.clone(),
                format!("--screenshot={}", shot.display()),
            ];
            start(browser, &flags, &path);
            let picture = fs::read(&shot).unwrap();
            let number = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().unwrap());
            assert!(picture.starts_with(b"\x89PNG"), "{case}");
            assert_eq!((number(16), number(20)), (width, height), "{case}");
        }
    }
    grounds
}
