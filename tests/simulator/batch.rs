//! The job that the machines are measured with: sixty generated source files made into notes, as the batch does it.

use std::{cell::RefCell, collections::VecDeque, fmt::Write, rc::Rc, sync::Arc};

use futures_util::future::join_all;
use ralf_tune::{
    model::{
        candidate::Candidate,
        workload::{SourceFile, cut},
    },
    simulate::{Scenario, SimulatedServer},
};
use rand::{RngExt, SeedableRng};
use serde_json::json;
use tokio::time::{Duration, Instant};

use super::client::{Answer, generate_request, send};

/// How a batch went.
pub struct Outcome {
    pub notes_per_minute: f64,
    pub lost: usize,
    pub answers: Vec<Answer>,
}

/// Sixty files: lognormal sizes around 4000 characters, from 400 to 40000.
pub fn files() -> Vec<SourceFile> {
    let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(60);
    let sizes = rand_distr::LogNormal::new(4_000.0_f64.ln(), 0.9).unwrap();
    let file = |index: usize| {
        let size = dice.sample(sizes).clamp(400.0, 40_000.0) as usize;
        let mut text = format!("import os\nfrom store_{index} import connect\n\n\n");
        for number in 0.. {
            if text.len() >= size {
                break;
            }
            let verbs = ["load", "save", "check", "merge", "find", "render", "parse"];
            let things = ["order", "customer", "invoice", "address", "payment", "report", "session", "filter"];
            let verb = verbs[dice.random_range(0..verbs.len())];
            let thing = things[dice.random_range(0..things.len())];
            let _ = write!(
                text,
                "def {verb}_{thing}_{number}(self, key, limit={number}):\n    \"\"\"Goes through every {thing} and keeps the last.\"\"\"\n    \
                 rows = self.connection.execute(key, limit)\n    return [row.{thing} for row in rows if row is not None]\n\n\n"
            );
        }
        SourceFile::new(format!("src/module_{index}.py"), "python", text)
    };
    (0..60).map(file).collect()
}

/// About 250 tokens around a piece of source.
pub fn prompt(nonce: usize, path: &str, content: &str) -> String {
    format!(
        "[{nonce:08x}] You write documentation for a knowledge base. Read the source file below and answer with exactly these \
         sections, in this order, each with its heading. Name only functions, classes and constants that are really in the \
         file, and cover the file from its beginning to its end. Put every name in backticks. Do not repeat yourself, do not \
         copy code, and write nothing before the first heading or behind the last section. Tags start with a number sign; \
         dependencies are the modules that the file imports; related notes are links in double brackets; callouts warn of \
         what a reader could get wrong.\n\n### TAGS\n### TYPE\n### SUMMARY\n### DETAILS\n### KEY_FUNCTIONS\n\
         ### DEPENDENCIES\n### USAGE\n### RELATED\n### CALLOUTS\n\nThe file is {path}:\n\n{content}\n\nThe note:\n"
    )
}

/// Runs the batch with a candidate and counts whole notes.
pub async fn run(scenario: &Scenario, candidate: &Candidate) -> Outcome {
    let server = SimulatedServer::new(scenario.clone(), 42);
    let preload = generate_request(&server, "", json!({ "keep_alive": -1 }), options(candidate));
    send(&server, preload).await.unwrap();
    let files = files();
    let requests = files.iter().enumerate().flat_map(|(index, file)| {
        let pieces = cut(file, candidate);
        pieces.into_iter().map(move |piece| (index, piece))
    });
    let queue: Rc<RefCell<VecDeque<_>>> = Rc::new(RefCell::new(requests.enumerate().collect()));
    let began = Instant::now();
    let worker = async || {
        let mut answers = Vec::new();
        loop {
            let next = queue.borrow_mut().pop_front();
            let Some((nonce, (index, piece))) = next else { break };
            let file = &files[index];
            let text = prompt(nonce, &file.path, piece.of(file));
            answers.push((index, request(&server, candidate, &text).await));
        }
        answers
    };
    let workers: Vec<_> = (0..candidate.max_concurrent_requests).map(|_| worker()).collect();
    let answers: Vec<_> = join_all(workers).await.into_iter().flatten().collect();
    let minutes = began.elapsed().as_secs_f64() / 60.0;
    let mut lost: Vec<_> = answers.iter().filter(|(_, answer)| answer.is_none()).map(|(index, _)| *index).collect();
    lost.sort_unstable();
    lost.dedup();
    Outcome {
        notes_per_minute: (files.len() - lost.len()) as f64 / minutes,
        lost: lost.len(),
        answers: answers.into_iter().filter_map(|(_, answer)| answer).collect(),
    }
}

/// One request with its retries.
async fn request(server: &Arc<SimulatedServer>, candidate: &Candidate, text: &str) -> Option<Answer> {
    let timeout = Duration::from_secs(u64::from(candidate.request_timeout_seconds));
    for attempt in 0..candidate.retry_attempts {
        let request = generate_request(server, text, json!({ "stream": true }), options(candidate));
        if let Ok(Ok(answer)) = tokio::time::timeout(timeout, send(server, request)).await
            && answer.status == 200
            && answer.last()["done"] == true
        {
            return Some(answer);
        }
        let wait = candidate.initial_backoff_seconds * candidate.backoff_multiplier.powi(attempt.cast_signed());
        tokio::time::sleep(Duration::from_secs_f64(wait)).await;
    }
    None
}

fn options(candidate: &Candidate) -> serde_json::Value {
    json!({
        "num_ctx": candidate.num_ctx, "num_thread": candidate.num_thread, "num_batch": candidate.num_batch,
        "num_predict": candidate.num_predict, "temperature": candidate.temperature,
    })
}
