//! The pages as people see them: whole without scripts, nothing on them from elsewhere, and looked at in a browser.

use ralf_tune::{
    hub::{Answer, Hub},
    share,
};

use super::{
    asking::{asked, hub, open, run, signed},
    databases::sqlite,
    packs::{Kind, MODELS, USUAL, pack},
};
use crate::{
    browser::{are_two, browser, look},
    program::World,
};

/// What somebody with the usual machine is shown.
const FOUND: &str = "model=qwen2.5-coder:7b&system=linux&processor=amd&threads=16&memory=64&graphics=nvidia&graphics-memory=24&files=usual";

async fn get(hub: &Hub, path: &str, query: &str) -> Answer {
    hub.answer(&asked("GET", path, query, b"")).await
}

/// Forty keys on one class, a few on others.
pub async fn fill(hub: &Hub) {
    let mut packs = Vec::new();
    for number in 0..40_u8 {
        let spread = f64::from((u32::from(number) * 7919) % 41) / 41.0 - 0.5;
        packs.push(signed(number + 1, pack(&USUAL, 24.0 * (0.6 * spread).exp())));
        if number % 4 == 0 {
            let other = Kind { machine: usize::from(number / 4), ..USUAL };
            packs.push(signed(number + 1, pack(&other, 8.0 + f64::from(number) / 4.0)));
            let model = Kind { model: MODELS[usize::from(number / 4) % MODELS.len()], mean_chars: 2_500, ..USUAL };
            packs.push(signed(number + 1, pack(&model, 15.0 + f64::from(number) / 10.0)));
        }
    }
    for part in packs.chunks(50) {
        let answer = hub.answer(&asked("POST", "/api/v1/packs", "", share::file(part.to_vec()).as_bytes())).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(!answer.body.contains("refused"), "{}", answer.body);
    }
}

#[test]
fn pages_need_nothing_but_themselves() {
    run(async {
        let database = sqlite();
        let hub = hub(&database, open()).await;
        let empty = get(&hub, "/", "").await;
        assert!(empty.body.contains("Nobody has shared a measurement here yet"), "{}", empty.body);
        fill(&hub).await;
        let pages = [
            (get(&hub, "/", "").await, 200),
            (get(&hub, "/find", FOUND).await, 200),
            (get(&hub, "/find", "model=qwen2.5-coder:7b").await, 200),
            (get(&hub, "/find", "model=%3Cscript%3Ealert(1)%3C/script%3E").await, 200),
            (get(&hub, "/find", "").await, 400),
            (get(&hub, "/find", "model=a&threads=7").await, 400),
            (get(&hub, "/nothing", "").await, 404),
        ];
        for (page, status) in pages {
            assert_eq!(page.status, status, "{}", page.body);
            assert!(page.content_type.starts_with("text/html"));
            // The name of a language, which nothing is fetched from.
            let body = page.body.replace("http://www.w3.org/2000/svg", "");
            for forbidden in ["<script", "javascript:", " style=", "http://", "https://", "<img", "<iframe", " onload"]
            {
                assert!(!body.contains(forbidden), "{forbidden}: {body}");
            }
            // Landmarks, a title, one first heading, and a label for every list.
            for part in ["<html lang=\"en\">", "<main id=\"main\">", "<nav aria-label", "<footer>", "<title>"] {
                assert!(body.contains(part), "{part}");
            }
            assert_eq!(body.matches("<h1>").count(), 1, "{body}");
            let selects: Vec<&str> =
                body.split("<select id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
            for select in &selects {
                assert!(body.contains(&format!("<label for=\"{select}\">")), "{select} has no label");
            }
        }
        let found = get(&hub, "/find", FOUND).await.body;
        for part in ["<figure id=\"distribution\">", "<svg role=\"img\"", "Who else measured", "/api/v1/packs?model="] {
            assert!(found.contains(part), "{part}");
        }
        // Keys are counted, and never shown.
        for number in 1..=40 {
            assert!(!found.contains(&super::asking::key(number).public()));
        }
        assert!(found.contains("<option value=\"24\" selected>24 GiB</option>"), "what was chosen is shown again");
    });
}

#[test]
fn one_is_one_and_several_are_several() {
    run(async {
        let database = sqlite();
        let hub = hub(&database, open()).await;
        let push = async |packs| {
            let answer = hub.answer(&asked("POST", "/api/v1/packs", "", share::file(packs).as_bytes())).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
        };
        push(vec![signed(1, pack(&USUAL, 20.0))]).await;
        let start = get(&hub, "/", "").await.body;
        assert!(
            start.contains("<p>1 pack of measurements. A pack has") && start.contains("qwen2.5-coder:7b (1)<"),
            "{start}"
        );
        let found = get(&hub, "/find", FOUND).await.body;
        assert!(found.contains("1 pack by 1 key stands behind it"), "{found}");
        // Five agree, and one is far from them.
        push((2..=5).map(|number| signed(number, pack(&USUAL, 20.0 + f64::from(number) / 10.0))).collect()).await;
        push(vec![signed(6, pack(&USUAL, 200.0))]).await;
        let start = get(&hub, "/", "").await.body;
        assert!(start.contains("<p>5 packs of measurements. One more is far"), "{start}");
        assert!(start.contains("qwen2.5-coder:7b (5)<"), "{start}");
        let found = get(&hub, "/find", FOUND).await.body;
        assert!(found.contains("5 packs by 5 keys stand behind it"), "{found}");
    });
}

#[test]
fn pages_fit_every_window_in_light_and_dark() {
    let Some(browser) = browser() else { return };
    let world = World::new();
    let (start, found) = run(async {
        let database = sqlite();
        let hub = hub(&database, open()).await;
        fill(&hub).await;
        let style = get(&hub, "/style.css", "").await.body;
        // As it comes over the network, with its parts in one file.
        let whole = |page: Answer| {
            let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n";
            let link = "<link rel=\"stylesheet\" href=\"/style.css\">\n";
            assert!(page.body.contains(link));
            page.body.replace(link, &format!("{policy}<style>\n{style}</style>\n"))
        };
        (whole(get(&hub, "/", "").await), whole(get(&hub, "/find", FOUND).await))
    });
    let mut grounds =
        look(&browser, &world, "hub-start", &start, &["What others measured", "Find your machine and model"]);
    let texts = ["qwen2.5-coder:7b on Linux", "How fast others are", "Who else measured", "Download"];
    grounds.extend(look(&browser, &world, "hub-found", &found, &texts));
    are_two(&grounds);
}
