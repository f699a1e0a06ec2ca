//! Every recorded answer, field by field.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use ralf_tune::{
    model::{
        machine::LoadedModel,
        observation::{FinishReason, ServerTimings},
    },
    ollama::{
        generation::Generation,
        rates::{decode_tokens_per_second, prefill_tokens_per_second},
        request::{KeepAlive, LoadRequest},
    },
};
use serde_json::json;

use super::scripted::{Reply, Scripted, client, recorded, replay, request, transcripts_directory};

/// What one recorded generation must come to. Durations as the server wrote them: total, load, prompt, answer, in nanoseconds.
struct Expected {
    case: &'static str,
    model: &'static str,
    /// How the answer begins, and how many characters it has.
    answer: (&'static str, usize),
    /// Prompt, answer.
    tokens: (u32, u32),
    nanoseconds: [u64; 4],
    first_ms: f64,
    last_ms: f64,
}

const SMOLLM2: &str = "smollm2:135m";
const GEMMA3: &str = "gemma3:270m";

#[rustfmt::skip]
const GENERATIONS: [Expected; 16] = [
    Expected { case: "gemma3-270m-generate-stream", model: GEMMA3, answer: ("def handler_0(request):", 159), tokens: (327, 48), nanoseconds: [1_215_731_337, 708_250, 495_591_000, 715_374_000], first_ms: 500.3, last_ms: 1217.3 },
    Expected { case: "smollm2-135m-generate-stream", model: SMOLLM2, answer: ("b-2\ndef handler_0(", 150), tokens: (347, 48), nanoseconds: [1_700_088_994, 976_417, 1_139_774_000, 546_974_000], first_ms: 1153.2, last_ms: 1706.6 },
    Expected { case: "gemma3-270m-generate", model: GEMMA3, answer: ("a-15\ndef handler_0(", 150), tokens: (327, 48), nanoseconds: [1_247_560_739, 773_417, 519_251_000, 711_889_000], first_ms: 1249.4, last_ms: 1249.4 },
    Expected { case: "smollm2-135m-generate", model: SMOLLM2, answer: ("def handler_0(request):", 159), tokens: (347, 48), nanoseconds: [1_968_639_536, 1_091_558, 1_389_627_000, 573_768_000], first_ms: 1971.5, last_ms: 1971.5 },
    Expected { case: "gemma3-270m-length", model: GEMMA3, answer: ("eleven", 6), tokens: (89, 2), nanoseconds: [1_878_177_948, 1_668_179_653, 187_665_000, 17_958_000], first_ms: 1880.1, last_ms: 1880.1 },
    Expected { case: "smollm2-135m-length", model: SMOLLM2, answer: ("def handler", 11), tokens: (109, 2), nanoseconds: [1_051_602_106, 560_435_464, 474_877_000, 11_702_000], first_ms: 1054.0, last_ms: 1054.0 },
    Expected { case: "gemma3-270m-one-token", model: GEMMA3, answer: ("def", 3), tokens: (89, 1), nanoseconds: [194_449_126, 840_756, 188_187_000, 1_000], first_ms: 198.6, last_ms: 198.6 },
    Expected { case: "smollm2-135m-one-token", model: SMOLLM2, answer: ("The", 3), tokens: (109, 1), nanoseconds: [367_157_935, 873_625, 360_194_000, 1_000], first_ms: 369.7, last_ms: 369.7 },
    Expected { case: "gemma3-270m-overflow-silent", model: GEMMA3, answer: ("user\nbig handler_161(", 148), tokens: (1027, 48), nanoseconds: [2_590_436_751, 769_651, 1_697_371_000, 854_840_000], first_ms: 2596.1, last_ms: 2596.1 },
    Expected { case: "smollm2-135m-overflow-silent", model: SMOLLM2, answer: ("The code is already", 213), tokens: (1026, 48), nanoseconds: [4_644_173_243, 635_171, 3_983_115_000, 643_212_000], first_ms: 4650.6, last_ms: 4650.6 },
    Expected { case: "gemma3-270m-prefix-cache-1", model: GEMMA3, answer: ("def handler_0(", 159), tokens: (410, 48), nanoseconds: [1_347_417_695, 696_393, 624_810_000, 715_626_000], first_ms: 1349.6, last_ms: 1349.6 },
    Expected { case: "gemma3-270m-prefix-cache-2", model: GEMMA3, answer: ("def handler_0(", 159), tokens: (410, 48), nanoseconds: [741_441_433, 676_934, 35_195_000, 702_637_000], first_ms: 743.5, last_ms: 743.5 },
    Expected { case: "smollm2-135m-prefix-cache-1", model: SMOLLM2, answer: ("def handler_0(", 159), tokens: (430, 48), nanoseconds: [1_997_157_391, 794_047, 1_452_085_000, 536_717_000], first_ms: 2000.0, last_ms: 2000.0 },
    Expected { case: "smollm2-135m-prefix-cache-2", model: SMOLLM2, answer: ("def handler_0(", 159), tokens: (430, 48), nanoseconds: [576_006_936, 4_982_235, 11_760_000, 553_883_000], first_ms: 578.6, last_ms: 578.6 },
    Expected { case: "gemma3-270m-reload", model: GEMMA3, answer: ("d-21\ndef handler_0(", 150), tokens: (327, 48), nanoseconds: [3_650_867_114, 1_892_260_790, 765_726_000, 988_985_000], first_ms: 3653.4, last_ms: 3653.4 },
    Expected { case: "smollm2-135m-reload", model: SMOLLM2, answer: ("def handler_0(", 159), tokens: (347, 48), nanoseconds: [2_335_265_473, 550_963_318, 1_244_540_000, 536_144_000], first_ms: 2338.4, last_ms: 2338.4 },
];

async fn generated(case: &str, model: &str) -> Generation {
    client(replay(case)).generate(&request(model)).await.unwrap_or_else(|error| panic!("{case}: {error}"))
}

fn close(actual: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((actual - expected).abs() <= tolerance, "{what}: {actual} instead of {expected}");
}

#[tokio::test(start_paused = true)]
async fn every_generation_is_reported_field_by_field() {
    for expected in GENERATIONS {
        let case = expected.case;
        let generation = generated(case, expected.model).await;
        let (begins, characters) = expected.answer;
        assert!(generation.answer.starts_with(begins), "{case}: {:?}", generation.answer);
        assert_eq!(generation.answer.chars().count(), characters, "{case}");
        assert_eq!(generation.finish, FinishReason::Length, "{case}");
        assert_eq!((generation.prompt_tokens, generation.answer_tokens), expected.tokens, "{case}");
        assert_eq!(generation.cached_prompt_tokens, None, "{case}");
        let [total, load, prefill, decode] =
            expected.nanoseconds.map(|nanoseconds| Duration::from_nanos(nanoseconds).as_secs_f64() * 1e3);
        let server = generation.server.expect(case);
        close(server.total_ms, total, 1e-6, case);
        close(server.load_ms, load, 1e-6, case);
        close(server.prefill_ms, prefill, 1e-6, case);
        close(server.decode_ms, decode, 1e-6, case);
        // The test's clock has whole milliseconds, and every line rounds up to the next.
        let rounding = 1.0 + f64::from(u8::try_from(replay(case).parts.len()).unwrap());
        close(generation.latency_ms, expected.last_ms, rounding, case);
        close(generation.time_to_first_token_ms.expect(case), expected.first_ms, 2.0, case);
    }
}

#[tokio::test(start_paused = true)]
async fn bytes_may_be_cut_anywhere() {
    let whole: Vec<u8> =
        replay("smollm2-135m-generate-stream").parts.into_iter().flat_map(|(_, part)| part.unwrap()).collect();
    let once = Generation {
        latency_ms: 0.0,
        time_to_first_token_ms: Some(0.0),
        ..generated("smollm2-135m-generate-stream", SMOLLM2).await
    };
    for size in [1, 2, 3, 7, 1000, whole.len()] {
        let parts = whole.chunks(size).map(|chunk| (Duration::ZERO, Ok(Bytes::copy_from_slice(chunk)))).collect();
        let reply = Reply { parts, ..Reply::new(200, "") };
        assert_eq!(client(reply).generate(&request(SMOLLM2)).await.as_ref(), Ok(&once), "parts of {size} bytes");
    }
    // Every single boundary, on a short answer with letters of several bytes, without a line end at the end.
    let text = "{\"response\":\"größe ≥ 1\",\"done\":false}\n{\"response\":\"\",\"done\":true,\"done_reason\":\"stop\",\"eval_count\":9}";
    for boundary in 0..=text.len() {
        let (left, right) = text.as_bytes().split_at(boundary);
        let parts = [left, right].map(|part| (Duration::ZERO, Ok(Bytes::copy_from_slice(part)))).to_vec();
        let generation = client(Reply { parts, ..Reply::new(200, "") }).generate(&request("m")).await.unwrap();
        assert_eq!((generation.answer.as_str(), generation.answer_tokens), ("größe ≥ 1", 9), "boundary {boundary}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_transcripts_teach_is_seen_by_the_helpers() {
    // One token: a rate of a million tokens a second is no rate.
    let one = generated("gemma3-270m-one-token", GEMMA3).await;
    assert_eq!(decode_tokens_per_second(one.answer_tokens, &one.server.unwrap()), None);
    // 48 tokens in 711.889 ms are 47 steps.
    let plain = generated("gemma3-270m-generate", GEMMA3).await;
    let decode = decode_tokens_per_second(plain.answer_tokens, &plain.server.unwrap()).unwrap();
    close(decode, 47.0 / 0.711_889, 1e-6, "decode rate");
    let prefill = prefill_tokens_per_second(plain.prompt_tokens, &plain.server.unwrap()).unwrap();
    close(prefill, 327.0 / 0.519_251, 1e-6, "prefill rate");
    // The same prompt again: the full count in a hundredth of the time.
    let first = generated("smollm2-135m-prefix-cache-1", SMOLLM2).await;
    let again = generated("smollm2-135m-prefix-cache-2", SMOLLM2).await;
    assert_eq!(first.prompt_tokens, again.prompt_tokens);
    assert!(first.server.unwrap().prefill_ms > 100.0 * again.server.unwrap().prefill_ms);
    // A prompt of 3695 tokens, cut to half of the context under status 200: the count is all that shows it.
    let cut = generated("gemma3-270m-overflow-silent", GEMMA3).await;
    assert_eq!((cut.prompt_tokens, cut.finish), (1027, FinishReason::Length));
}

#[tokio::test(start_paused = true)]
async fn requests_at_once_show_their_wait_in_what_no_clock_explains() {
    let waits = [
        ("gemma3-270m-four-at-once", [944.5, 2.7, 2913.4, 1875.9]),
        ("smollm2-135m-four-at-once", [3.5, 1164.2, 2218.0, 3195.9]),
    ];
    for (case, expected) in waits {
        for (reply, wait) in super::scripted::replies(case).into_iter().zip(expected) {
            let generation = client(reply).generate(&request("m")).await.unwrap();
            close(generation.server.unwrap().queue_wait_ms(), wait, 0.1, case);
            assert_eq!(generation.answer_tokens, 48, "{case}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_is_timed_by_the_wall_clock() {
    for (model, case, wall_ms) in [(SMOLLM2, "smollm2-135m-load", 534.1), (GEMMA3, "gemma3-270m-load", 1.9)] {
        let scripted = Scripted::new([replay(case)]);
        let load = LoadRequest {
            model: model.to_owned(),
            num_ctx: 2048,
            num_thread: 0,
            num_batch: 0,
            keep_alive: Some(KeepAlive::seconds(600)),
            timeouts: None,
        };
        let wall = scripted.client().load(&load).await.unwrap();
        close(wall.as_secs_f64() * 1000.0, wall_ms, 1.5, case);
        let sent = json!({ "model": model, "stream": false, "options": { "num_ctx": 2048 }, "keep_alive": 600 });
        assert_eq!(scripted.asked(), [("/api/generate".to_owned(), sent)]);
        // The same answer to a prompt: nothing was generated, and no duration is made up.
        let generation = generated(case, model).await;
        assert_eq!((generation.finish, generation.server), (FinishReason::None, None::<ServerTimings>));
        assert_eq!((generation.time_to_first_token_ms, generation.answer.as_str()), (None, ""));
    }
}

#[tokio::test(start_paused = true)]
async fn an_unload_is_answered_before_it_is_done() {
    for (model, case) in [(SMOLLM2, "smollm2-135m-unload"), (GEMMA3, "gemma3-270m-unload")] {
        let gone = Reply::new(200, r#"{"models":[]}"#);
        let scripted =
            Scripted::new([replay(case), replay("gemma3-270m-ps-4096"), replay("smollm2-135m-ps-4096"), gone]);
        let client = scripted.client();
        client.unload(model).await.unwrap();
        let sent = recorded(case)["request"]["body"].clone();
        assert_eq!(scripted.asked()[0].1["keep_alive"], sent["keep_alive"]);
        assert_eq!(scripted.asked()[0].1["model"], sent["model"]);
        assert_eq!(client.wait_until_unloaded(model, Duration::from_secs(5)).await, Ok(true));
    }
    let still = Scripted::new([replay("gemma3-270m-ps-4096"), replay("gemma3-270m-ps-4096")]);
    let wait = still.client().wait_until_unloaded(GEMMA3, Duration::from_millis(150)).await;
    assert_eq!(wait, Ok(false));
}

#[tokio::test(start_paused = true)]
async fn loaded_models_are_listed_with_the_context_in_force() {
    let smollm2 = |size_bytes, context, expires: &str| LoadedModel {
        name: SMOLLM2.to_owned(),
        digest: "d835623f097db7a558bb17674067172277453773d6b1d100d21d0da0ea4598fd".to_owned(),
        size_bytes,
        size_vram_bytes: 0,
        context_length: Some(context),
        expires_at: Some(expires.to_owned()),
    };
    let small = client(replay("smollm2-135m-ps-loaded")).ps().await.unwrap();
    assert_eq!(small[0], smollm2(160_222_411, 2048, "2026-11-23T04:49:58.75746765Z"));
    assert_eq!((small.len(), small[1].name.as_str(), small[1].is_spilled()), (2, GEMMA3, false));
    let large = client(replay("smollm2-135m-ps-4096")).ps().await.unwrap();
    assert_eq!(large[0], smollm2(209_505_483, 4096, "2026-11-23T04:45:13.253542248Z"));
    for (case, context, size) in [
        ("gemma3-270m-ps-loaded", 2048, 285_149_756),
        ("gemma3-270m-ps-4096", 4096, 287_246_908),
        ("ps-empty", 2048, 285_149_756),
    ] {
        let loaded = client(replay(case)).ps().await.unwrap();
        assert_eq!(
            (loaded[0].name.as_str(), loaded[0].context_length, loaded[0].size_bytes),
            (GEMMA3, Some(context), size),
            "{case}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn installed_models_and_the_version_are_read() {
    assert_eq!(client(replay("version")).version().await.as_deref(), Ok("0.32.15"));
    let tags = client(replay("tags")).tags().await.unwrap();
    let listed: Vec<_> =
        tags.iter().map(|tag| (tag.name.as_str(), tag.size, tag.details.quantization_level.as_str())).collect();
    assert_eq!(listed, [(GEMMA3, Some(253_113_688), "Q4_K_M"), (SMOLLM2, Some(98_362_906), "Q4_1")]);
    assert_eq!(tags[0].digest, "c664568d6686a75ed9fa9e1a44cf7190ff66cdd54f3d7f625918a6f792c9f3b5");
    assert_eq!((tags[1].details.family.as_str(), tags[1].details.parameter_size.as_str()), ("llama", "134.52M"));
    assert_eq!((tags[0].capabilities.as_slice(), &tags[0].remote_host), (["completion".to_owned()].as_slice(), &None));
}

#[tokio::test(start_paused = true)]
async fn a_model_is_shown_with_its_arrays_left_out() {
    for (case, model, architecture) in [("gemma3-270m", GEMMA3, "gemma3"), ("smollm2-135m", SMOLLM2, "llama")] {
        let scripted = Scripted::new([replay(&format!("{case}-show")), replay(&format!("{case}-show-verbose"))]);
        let shown = scripted.client().show(model, false).await.unwrap();
        assert_eq!(shown.model_info["general.architecture"], architecture);
        assert_eq!(shown.model_info["tokenizer.ggml.tokens"], json!(null));
        assert_eq!(shown.capabilities, ["completion"]);
        assert!(shown.parameters.starts_with("stop  ") && !shown.template.is_empty());
        // The recorder cut the verbose answer's `model_info` down to a text: what is of another type is left out, not fatal.
        let verbose = scripted.client().show(model, true).await.unwrap();
        assert!(verbose.model_info.is_empty());
        assert_eq!(verbose.details, shown.details);
        let sent = [json!({ "model": model }), json!({ "model": model, "verbose": true })];
        assert_eq!(scripted.asked().into_iter().map(|(_, body)| body).collect::<Vec<_>>(), sent);
    }
}

#[test]
fn no_recorded_case_is_forgotten() {
    // The client does not chat, and asks for the version instead of the root.
    let not_ours = ["gemma3-270m-chat-stream", "smollm2-135m-chat-stream", "root"];
    let elsewhere = ["version", "tags", "ps-empty", "bad-json", "unknown-model-generate", "unknown-model-show"];
    let per_model = [
        "four-at-once",
        "load",
        "unload",
        "ps-loaded",
        "ps-4096",
        "show",
        "show-verbose",
        "overflow-refused",
        "wrong-type",
        "think-refused",
    ];
    let mut known: BTreeSet<String> = GENERATIONS.iter().map(|expected| expected.case.to_owned()).collect();
    known.extend(not_ours.into_iter().chain(elsewhere).map(str::to_owned));
    known.extend(
        ["gemma3-270m", "smollm2-135m"].iter().flat_map(|model| per_model.map(|case| format!("{model}-{case}"))),
    );
    let recorded: BTreeSet<String> = std::fs::read_dir(transcripts_directory())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(recorded, known);
}
