//! Packs that were written to do harm: refused, each for itself, and nothing of them is shown.

use ralf_tune::{
    model::pack::{PACK_FORMAT, Pack, SignedPack},
    share::{MOST_PACKS, NotPacks, PackError, Refused, canonical, check, file, id, read, read_pack},
};
use serde_json::{Value, json};

use super::{key, measured, pack};

fn signed(pack: Pack) -> SignedPack {
    key(1).sign_pack(pack)
}

/// The reason for which a file with this one pack takes nothing.
fn refusal(pack: &Value) -> Refused {
    let text = format!("{{\"format\": \"{PACK_FORMAT}\", \"packs\": [{pack}]}}");
    let packs = read(text.as_bytes()).unwrap();
    assert!(packs.good.is_empty() && packs.refused.len() == 1, "{pack}");
    packs.refused.into_keys().next().unwrap()
}

/// A pack that is changed and signed again by its key: whoever has a key can sign anything.
fn resigned(change: impl FnOnce(&mut Pack)) -> Result<(), PackError> {
    let mut pack = pack(10.0);
    change(&mut pack);
    check(&signed(pack))
}

#[test]
fn a_good_one_comes_through_as_it_was() {
    let packs = vec![signed(pack(10.0)), key(2).sign_pack(pack(12.0))];
    let found = read(file(packs.clone()).as_bytes()).unwrap();
    assert_eq!(found.good, packs);
    assert!(found.refused.is_empty());
    assert_ne!(id(&packs[0]), id(&packs[1]));
}

#[test]
fn whatever_is_changed_breaks_the_signature() {
    let good = serde_json::to_value(signed(pack(10.0))).unwrap();
    let mut changed = 0;
    for (path, value) in leaves(&good["pack"]) {
        let other = match value {
            // The next class, the next month: still of the right form, mostly.
            Value::Number(ref number) if number.is_u64() => json!(number.as_u64().unwrap() + 1),
            Value::Number(ref number) => json!(number.as_f64().unwrap() * 1.001),
            Value::Bool(value) => json!(!value),
            Value::String(ref text) => json!(text.replace('1', "2")),
            _ => continue,
        };
        if other == value {
            continue;
        }
        let mut hostile = good.clone();
        *hostile["pack"].pointer_mut(&path).unwrap() = other;
        refusal(&hostile);
        changed += 1;
    }
    assert!(changed > 60, "{changed}");
    for (field, value) in
        [("key", key(2).public()), ("signature", signed(pack(11.0)).signature), ("key", "00".repeat(32))]
    {
        let mut hostile = good.clone();
        hostile[field] = json!(value);
        assert_eq!(refusal(&hostile), Refused::Pack(PackError::Signature), "{field}");
    }
    let mut shouting = good;
    shouting["key"] = json!(key(1).public().to_uppercase());
    assert_eq!(refusal(&shouting), Refused::Pack(PackError::Signature));
}

/// Every leaf of a value, with its path.
fn leaves(value: &Value) -> Vec<(String, Value)> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| {
                leaves(value).into_iter().map(move |(path, leaf)| (format!("/{name}{path}"), leaf))
            })
            .collect(),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .flat_map(|(index, value)| {
                leaves(value).into_iter().map(move |(path, leaf)| (format!("/{index}{path}"), leaf))
            })
            .collect(),
        leaf => vec![(String::new(), leaf.clone())],
    }
}

#[test]
fn a_key_of_ones_own_makes_nothing_plausible() {
    use PackError::{Form, Implausible, Interval, Order, TooMany, Version};
    let cases: Vec<(&str, Result<(), PackError>, PackError)> = vec![
        ("version", resigned(|pack| pack.schema_version = 2), Version),
        ("release", resigned(|pack| pack.tool_version = "0.1.0-acme".into()), Form("tool_version")),
        ("month", resigned(|pack| pack.month = "2026-13".into()), Form("month")),
        ("server", resigned(|pack| pack.server_version = Some("acme.example".into())), Form("server_version")),
        ("namespace", resigned(|pack| pack.model.name = Some("acme/llama3.1:8b".into())), Form("name")),
        ("look-alike", resigned(|pack| pack.model.name = Some("ll\u{430}ma3.1:8b".into())), Form("name")),
        ("escape", resigned(|pack| pack.model.name = Some("llama3.1:8b\u{1b}[2J".into())), Form("name")),
        ("right to left", resigned(|pack| pack.model.name = Some("llama3.1:\u{202e}b8".into())), Form("name")),
        ("nothing wide", resigned(|pack| pack.model.name = Some("llama3.1\u{200b}:8b".into())), Form("name")),
        ("family", resigned(|pack| pack.model.family = Some("<script>".into())), Form("family")),
        ("digest", resigned(|pack| pack.model.digest = Some("AB".repeat(32))), Form("digest")),
        ("nobody", resigned(|pack| pack.present.settings.temperature = f64::NAN), Implausible("settings")),
        ("endless", resigned(|pack| pack.present.source_share = f64::INFINITY), Implausible("source_share")),
        ("huge", resigned(|pack| pack.present.peak_memory_bytes = Some(1e308)), Implausible("peak_memory_bytes")),
        (
            "too fast",
            resigned(|pack| pack.present = measured(pack.present.settings.clone(), 1e7)),
            Implausible("notes_per_minute"),
        ),
        (
            "negative",
            resigned(|pack| pack.present.notes_per_minute.as_mut().unwrap().interval.low = -1.0),
            Implausible("notes_per_minute"),
        ),
        (
            "beside",
            resigned(|pack| pack.present.notes_per_minute.as_mut().unwrap().value = 99.0),
            Interval("notes_per_minute"),
        ),
        (
            "sure",
            resigned(|pack| pack.present.notes_per_minute.as_mut().unwrap().interval.level = 0.5),
            Interval("notes_per_minute"),
        ),
        ("exact threads", resigned(|pack| pack.hardware.threads = Some(17)), Implausible("threads")),
        ("rare", resigned(|pack| pack.hardware.threads = Some(1)), Implausible("hardware")),
        ("exact size", resigned(|pack| pack.model.size_bytes = Some(4_920_753_328)), Implausible("size_bytes")),
        ("exact files", resigned(|pack| pack.workload.mean_chars = 5_023), Implausible("mean_chars")),
        ("confidence", resigned(|pack| pack.pick.as_mut().unwrap().confidence = 101.0), Implausible("confidence")),
        (
            "gain",
            resigned(|pack| pack.pick.as_mut().unwrap().gain = Some(super::within(1e6, 1.1))),
            Implausible("gain"),
        ),
        ("requests", resigned(|pack| pack.requests = 0), Implausible("requests")),
        ("settings", resigned(|pack| pack.others = vec![pack.present.clone(); 65]), TooMany("others")),
        ("curves", resigned(|pack| pack.curves = vec![pack.curves[0].clone(); 8]), TooMany("curves")),
        ("twice", resigned(|pack| pack.curves = vec![pack.curves[0].clone(); 2]), Order("curves")),
        ("points", resigned(|pack| pack.curves[0].points = vec![pack.curves[0].points[0]; 65]), TooMany("points")),
        ("same point", resigned(|pack| pack.curves[0].points = vec![pack.curves[0].points[0]; 2]), Order("points")),
        ("empty curve", resigned(|pack| pack.curves[0].points.clear()), TooMany("points")),
        ("light", resigned(|pack| pack.curves[0].points[0].estimate = super::within(1e9, 1.1)), Implausible("points")),
    ];
    for (what, found, expected) in cases {
        assert_eq!(found, Err(expected), "{what}");
    }
    assert_eq!(resigned(|_| {}), Ok(()));
}

#[test]
fn what_is_no_pack_is_no_pack() {
    let good = serde_json::to_string(&signed(pack(10.0))).unwrap();
    assert!(read_pack(good.as_bytes()).is_ok());
    let unknown_fields = [
        good.replacen("\"month\"", "\"owner\":\"alice\",\"month\"", 1),
        good.replacen("\"num_ctx\"", "\"owner\":\"alice\",\"num_ctx\"", 1),
        good.replacen("\"level\"", "\"owner\":\"alice\",\"level\"", 1),
    ];
    let twice = good.replacen("\"month\"", "\"month\":\"2026-10\",\"month\"", 1);
    let nested = good.replacen("\"2026-11\"", &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), 1);
    let too_large_a_number = good.replacen("\"confidence\":80.0", "\"confidence\":1e999", 1);
    let missing = good.replacen("\"month\":\"2026-11\",", "", 1);
    for hostile in unknown_fields.iter().chain([&twice, &nested, &too_large_a_number, &missing]) {
        assert_ne!(*hostile, good);
        assert_eq!(read_pack(hostile.as_bytes()), Err(Refused::Fields), "{}", &hostile[..200.min(hostile.len())]);
    }
    let padded = good.replacen('{', &format!("{{{}", " ".repeat(300 << 10)), 1);
    assert_eq!(read_pack(padded.as_bytes()), Err(Refused::TooLarge));
}

#[test]
fn a_bad_one_costs_the_others_nothing() {
    let good = serde_json::to_string(&signed(pack(10.0))).unwrap();
    let deep = format!("{{\"pack\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000));
    let broken = good.replacen("\"key\":\"", "\"key\":\"0", 1);
    let text = format!("{{ \"format\":\"{PACK_FORMAT}\" ,\n\"packs\" : [ {good} , {broken}, {deep},{{}} ]}}\n");
    let packs = read(text.as_bytes()).unwrap();
    assert_eq!((packs.good.len(), packs.refused.values().sum::<usize>()), (1, 3));
}

#[test]
fn a_file_is_bounded_and_of_one_form() {
    let good = serde_json::to_string(&signed(pack(10.0))).unwrap();
    let of = |packs: &str| format!("{{\"format\":\"{PACK_FORMAT}\",\"packs\":[{packs}]}}");
    let many = vec!["{}"; MOST_PACKS + 1].join(",");
    assert_eq!(read(of(&many).as_bytes()), Err(NotPacks::TooMany));
    let ten_thousand = vec!["{}"; MOST_PACKS].join(",");
    assert_eq!(read(of(&ten_thousand).as_bytes()).unwrap().refused.get(&Refused::Fields), Some(&MOST_PACKS));
    assert_eq!(read(&vec![b' '; (64 << 20) + 1]), Err(NotPacks::TooLarge));
    assert_eq!(read(b"{\"format\":\"something else\",\"packs\":[]}"), Err(NotPacks::Format));
    let whole = of(&good);
    for broken in [
        "",
        "[]",
        "{}",
        "\u{feff}{}",
        "null",
        &whole[..whole.len() - 1],
        &format!("{whole}x"),
        &of("1"),
        &of("[]"),
        &of(&format!("{good},")),
    ] {
        assert!(matches!(read(broken.as_bytes()), Err(NotPacks::Form { .. })), "{broken:.60}");
    }
    assert!(matches!(read(&[0xff; 100]), Err(NotPacks::Form { .. })));
}

#[test]
fn what_is_signed_is_written_in_one_way() {
    let pack = pack(10.0);
    let bytes = canonical(&pack);
    let again: Pack = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(canonical(&again), bytes);
    assert!(
        bytes.starts_with(b"{\"schema_version\":1,\"tool_version\":\"0.1.0\",\"month\":\"2026-11\",\"hardware\":{")
    );
}
