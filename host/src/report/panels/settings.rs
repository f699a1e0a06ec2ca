//! Every setting, before and after.

use Parameter::{
    BackoffMultiplier, BatchDelaySeconds, BatchSize, ChunkSize, InitialBackoffSeconds, MaxConcurrentRequests,
    MaxContentLength, NumBatch, NumCtx, NumPredict, NumThread, RequestDelaySeconds, RequestTimeoutSeconds,
    RetryAttempts, Temperature,
};

use crate::{
    model::{candidate::Candidate, space::Parameter},
    report::{
        page::Page,
        style::Style,
        table::{Cell, Table},
        units::{bytes, count, duration, percent, plain, rate},
        view::{View, number},
    },
};

const MODEL: [Parameter; 7] = [NumCtx, ChunkSize, MaxContentLength, Temperature, NumPredict, NumThread, NumBatch];
const PERFORMANCE: [Parameter; 6] = [
    MaxConcurrentRequests,
    RequestDelaySeconds,
    RequestTimeoutSeconds,
    RetryAttempts,
    InitialBackoffSeconds,
    BackoffMultiplier,
];
const BATCH: [Parameter; 2] = [BatchSize, BatchDelaySeconds];

pub(in crate::report) fn write_model(page: &mut Page, view: &View) {
    page.heading("Model settings");
    let model = &view.study.model;
    let facts: Vec<String> = [
        model.quantization.value.clone(),
        model.size_bytes.value.map(bytes),
        model.trained_context.value.map(|tokens| format!("trained on {tokens} tokens of context")),
    ]
    .into_iter()
    .flatten()
    .collect();
    page.paragraph(Style::Name, &model.name);
    if !facts.is_empty() {
        page.paragraph(Style::Dim, &facts.join(", "));
    }
    page.table(&table(view, &MODEL));
}

pub(in crate::report) fn write_performance(page: &mut Page, view: &View) {
    page.heading("Performance settings");
    page.table(&table(view, &PERFORMANCE));
}

pub(in crate::report) fn write_batch(page: &mut Page, view: &View) {
    page.heading("Batch settings");
    page.table(&table(view, &BATCH));
    let Some(estimate) = view.batch_estimate() else { return };
    let files = view.study.workload.files_in_batch;
    let seconds = 60.0 * number(files) / estimate.value;
    page.paragraph(
        Style::Plain,
        &format!(
            "Estimated: {} notes per minute ({} interval {} to {}), {} for {}.",
            rate(estimate.value),
            percent(estimate.interval.level),
            rate(estimate.interval.low),
            rate(estimate.interval.high),
            duration(seconds),
            count(files, "file"),
        ),
    );
}

/// Least widths of names and values, so that the columns of the three panels line up.
const NAME: usize = 23;
const VALUE: usize = 6;

/// Before -> after of each parameter where it changed, its one value where it did not.
fn table(view: &View, parameters: &[Parameter]) -> Table {
    let before = &view.study.baseline;
    let tuned = view.tuned().filter(|tuned| !tuned.differences(before).is_empty());
    let mut table =
        Table::new().left("").at_least(NAME).right("").at_least(VALUE).left("").left("").at_least(VALUE).left("");
    for parameter in parameters {
        let name = Cell::plain(parameter.name());
        let left_to_server = is_left_to_server(before, *parameter);
        let unit = Cell::new(Style::Dim, if left_to_server { "left to the server" } else { unit(*parameter) });
        let now = value(before, *parameter);
        match tuned {
            Some(tuned) if (tuned.get(*parameter) - before.get(*parameter)).abs() > 1e-9 => {
                let after = Cell::new(Style::Good, value(tuned, *parameter));
                let unit = Cell::new(Style::Dim, self::unit(*parameter));
                table.row([name, Cell::plain(now), Cell::new(Style::Dim, "→"), after, unit]);
            }
            Some(_) => table.row([name, Cell::plain(now), Cell::empty(), Cell::new(Style::Dim, "kept"), unit]),
            None => table.row([name, Cell::plain(now), unit]),
        }
    }
    table
}

/// A setting as the configuration file says it; 0 threads or 0 tokens of a prefill batch leave the choice to the server.
fn value(candidate: &Candidate, parameter: Parameter) -> String {
    if is_left_to_server(candidate, parameter) { "auto".to_owned() } else { plain(candidate.get(parameter)) }
}

fn is_left_to_server(candidate: &Candidate, parameter: Parameter) -> bool {
    matches!(parameter, NumThread | NumBatch) && candidate.get(parameter) == 0.0
}

const fn unit(parameter: Parameter) -> &'static str {
    match parameter {
        NumCtx | NumPredict | NumBatch => "tokens",
        NumThread => "threads",
        ChunkSize | MaxContentLength => "characters",
        MaxConcurrentRequests => "at once",
        RequestDelaySeconds | BatchDelaySeconds | RequestTimeoutSeconds | InitialBackoffSeconds => "s",
        BatchSize => "files",
        RetryAttempts => "tries in all",
        BackoffMultiplier => "times, each try",
        Temperature => "",
    }
}
