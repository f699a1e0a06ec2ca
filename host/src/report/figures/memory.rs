//! Memory of the loaded model against the context.

use super::{
    Figure,
    plot::{Axis, Mark, Plot, Shape, Tone},
};
use crate::{
    model::{metric::Metric, study::Study},
    report::{
        table::{Cell, Table},
        units::{ColumnUnit, bytes, fixed, grouped},
    },
};

pub(super) const TITLE: &str = "Memory and context";

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

/// A limit is drawn up to this many times the largest use; one farther off would squeeze all else.
const FARTHEST: f64 = 1.6;

/// A shortage that rounding makes is none.
const WHOLLY: f64 = 0.999;

#[derive(Clone, Copy, PartialEq)]
struct Load {
    /// Tokens of context of a slot.
    context: f64,
    bytes: f64,
    /// Share of it in GPU memory, 0 to 1.
    gpu_share: Option<f64>,
    spilled: bool,
}

pub(super) fn figure(study: &Study) -> Result<Figure, &'static str> {
    let mut loads: Vec<Load> = Vec::new();
    for trial in &study.trials {
        let Some(bytes) = trial.mean(Metric::PeakMemoryBytes).filter(|bytes| bytes.is_finite() && *bytes > 0.0) else {
            continue;
        };
        let context = trial.fact("loaded_context_tokens").unwrap_or(f64::from(trial.candidate.num_ctx));
        let spilled = trial.fact("spilled").is_some_and(|spilled| spilled > 0.0);
        let load = Load { context, bytes, gpu_share: trial.mean(Metric::GpuShare), spilled };
        if !loads.contains(&load) {
            loads.push(load);
        }
    }
    loads.sort_by(|a, b| a.context.total_cmp(&b.context).then(a.bytes.total_cmp(&b.bytes)));
    let (Some(least), Some(most)) = (loads.first(), loads.last()) else {
        return Err("the server never said how much memory the model takes");
    };
    if most.context - least.context < 0.5 {
        return Err("the model was loaded with one context only");
    }
    let a_thousand = (most.bytes - least.bytes) / (most.context - least.context) * 1000.0 / (1024.0 * 1024.0);
    let mut says = format!(
        "What the server says that the loaded model takes: about {} MiB more for a thousand tokens of context.",
        fixed(a_thousand, 0)
    );
    if loads.iter().any(|load| load.spilled) {
        says.push_str(" Rings lie partly outside the GPU's memory.");
    }
    let limit = limit(study);
    if let Some((what, bytes)) = &limit {
        says = format!("{says} The {what} is {}.", self::bytes(*bytes));
    }
    Ok(Figure { id: "memory", title: TITLE, says, plot: plot(&loads, limit), data: data(&loads) })
}

/// What the memory is held against: the GPU's where there is one, else the machine's.
fn limit(study: &Study) -> Option<(&'static str, u64)> {
    let gpu: Vec<u64> = study.machine.gpus.iter().filter_map(|gpu| gpu.memory_total_bytes).collect();
    if gpu.is_empty() {
        return study.machine.total_memory_bytes.value.map(|bytes| ("memory of the machine", bytes));
    }
    Some(("memory of the GPU", gpu.iter().sum()))
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn plot(loads: &[Load], limit: Option<(&'static str, u64)>) -> Plot {
    let most = loads.iter().map(|load| load.bytes / GIB).fold(0.0, f64::max);
    let level = limit.map(|(what, bytes)| (what, bytes as f64 / GIB)).filter(|(_, level)| *level < most * FARTHEST);
    let mut marks = vec![Mark::Line {
        points: loads.iter().map(|load| (load.context, load.bytes / GIB)).collect(),
        tone: Tone::Rule,
    }];
    let mut key = vec![(Tone::Other, "a load of the model".to_owned())];
    if let Some((what, y)) = level {
        marks.push(Mark::Level { y, tone: Tone::Fault });
        key.push((Tone::Fault, what.to_owned()));
    }
    for load in loads {
        let shape = if load.spilled { Shape::Ring } else { Shape::Disc };
        marks.push(Mark::Dot { at: (load.context, load.bytes / GIB), tone: Tone::Other, shape });
    }
    Plot {
        x: Axis::from_zero("context of a slot, tokens", loads.iter().map(|load| load.context)),
        y: Axis::from_zero("memory, GiB", [most, level.map_or(0.0, |(_, level)| level)]),
        marks,
        key,
    }
}

fn data(loads: &[Load]) -> Table {
    let unit = ColumnUnit::of_bytes(loads.iter().map(|load| load.bytes));
    let mut table = Table::new()
        .right("context of a slot, tokens")
        .right(&format!("memory, {}", unit.name))
        .right("in GPU memory, %")
        .left("");
    for load in loads {
        let partly = load.spilled || load.gpu_share.is_some_and(|share| share > 0.0 && share < WHOLLY);
        table.row([
            Cell::plain(grouped(load.context)),
            Cell::plain(unit.show(load.bytes)),
            Cell::plain(load.gpu_share.map_or_else(String::new, |share| fixed(share * 100.0, 0))),
            Cell::plain(if partly { "partly outside" } else { "" }),
        ]);
    }
    table
}
