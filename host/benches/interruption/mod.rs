//! Epochs against fuel: the two ways in which wasmtime ends a guest that does not end by itself, side by side on the same call.
//!
//! The host uses epochs. This speaks to wasmtime directly, because the host's engine has no other way built in.

use std::time::{Duration, Instant};

use wasmtime::{
    Config, Engine, Store,
    component::{Component, Func, Instance, Linker, Val},
};

use crate::figures::{Result, row, spread};

const ROUNDS: usize = 1000;

/// Prints what each way adds to a call of a scorer that reads 8 KB.
pub fn compare(scorer: &[u8]) -> Result<()> {
    let ways = [("none", false, false), ("epochs", true, false), ("fuel", false, true), ("both", true, true)];
    let mut calls = Vec::new();
    for (name, epochs, fuel) in ways {
        calls.push((name, Call::new(scorer, epochs, fuel)?, Vec::with_capacity(ROUNDS)));
    }
    // In turns, so that what else the machine does meets all alike.
    for _ in 0..ROUNDS {
        for (_, call, times) in &mut calls {
            times.push(call.time()?);
        }
    }
    let shown: Vec<String> = calls.iter().map(|(name, _, times)| format!("{name} {}", spread(times))).collect();
    row("the same call in an instance that is used again, ended by: none, epochs, fuel, both", &shown.join(", "), "");
    Ok(())
}

/// An instance, and a note to call it with.
struct Call {
    store: Store<()>,
    evaluate: Func,
    arguments: [Val; 2],
}

impl Call {
    fn new(scorer: &[u8], epochs: bool, fuel: bool) -> Result<Self> {
        let mut config = Config::new();
        config.epoch_interruption(epochs).consume_fuel(fuel);
        let engine = Engine::new(&config)?;
        let component = Component::new(&engine, scorer)?;
        let mut linker = Linker::new(&engine);
        linker.instance("ralf:tune/log@0.1.0")?.func_new("log", |_, _, _, _| Ok(()))?;
        let mut store = Store::new(&engine, ());
        if epochs {
            store.set_epoch_deadline(1_000_000);
        }
        if fuel {
            store.set_fuel(u64::MAX)?;
        }
        let instance = linker.instantiate(&mut store, &component)?;
        let evaluate = evaluate(&instance, &mut store).ok_or("the component exports no `evaluate`")?;
        Ok(Self { store, evaluate, arguments: [note(), arguments()] })
    }

    fn time(&mut self) -> Result<Duration> {
        let mut results = [Val::Bool(false)];
        let start = Instant::now();
        self.evaluate.call(&mut self.store, &self.arguments, &mut results)?;
        let took = start.elapsed();
        match &results {
            [Val::Result(Ok(_))] => Ok(took),
            other => Err(format!("the scorer answered {other:?}").into()),
        }
    }
}

fn evaluate(instance: &Instance, store: &mut Store<()>) -> Option<Func> {
    let scorer = instance.get_export_index(&mut *store, None, "ralf:tune/scorer@0.1.0")?;
    let function = instance.get_export_index(&mut *store, Some(&scorer), "evaluate")?;
    instance.get_func(store, function)
}

fn text(text: &str) -> Val {
    Val::String(text.into())
}

fn record(fields: impl IntoIterator<Item = (&'static str, Val)>) -> Val {
    Val::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The bundled scorer's parameters, as its manifest has them.
fn arguments() -> Val {
    let number = |name, value| {
        let value = Val::Variant("number".into(), Some(Box::new(Val::Float64(value))));
        record([("name", text(name)), ("value", value)])
    };
    Val::List(vec![number("loops", 0.1), number("echo", 0.2)])
}

/// 8 KB: half of it the source, half of it the answer.
fn note() -> Val {
    let line = "let total = items.iter().map(|item| item.price * item.count).sum::<f64>();\n";
    let half = line.repeat(4096 / line.len());
    let request = record([
        ("prompt", text("Describe it.")),
        ("answer", text(&half)),
        ("finish", Val::Enum("stop".into())),
        ("prompt-tokens", Val::U32(1000)),
        ("answer-tokens", Val::U32(1000)),
        ("truncated", Val::Bool(false)),
        ("start-char", Val::U32(0)),
        ("end-char", Val::U32(4096)),
    ]);
    record([
        ("path", text("total.rs")),
        ("language", text("rust")),
        ("source", text(&half)),
        ("requests", Val::List(vec![request])),
        ("settings", Val::List(Vec::new())),
    ])
}
