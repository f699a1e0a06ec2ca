//! Servers that are not there, are something else, or do not have what is asked.

use ralf_tune::simulate::ModelFacts;

use crate::program::{
    World, check,
    server::{Ollama, answering, model, nobody},
};

#[test]
fn nobody_listens() {
    let world = World::new();
    let address = nobody();
    let named = |ran: crate::program::Ran| ran.with(&address, "[NOBODY]");
    let typed = named(world.fails(3, &["run", "--host", &address]));
    let inherited = named(world.run_with(&[("OLLAMA_HOST", &address)], &["run"]).failed(3));
    world.write("config.json", format!("{{\"ollama_host\": \"http://{address}\"}}"));
    // An empty OLLAMA_HOST counts as none.
    let configured = named(world.run_with(&[("OLLAMA_HOST", "")], &["run", "--config", "config.json"]).failed(3));
    // The machine is shown all the same.
    let machine = world.run(&["machine", "--host", &address]);
    assert!(machine.code == Some(3) && machine.stdout.contains("No Ollama server answered."), "{machine}");
    let machine = named(machine.said_plainly().messages());
    check("bad_input_unreachable", &[typed, inherited, configured, machine]);

    let json = world.run(&["machine", "--host", &address, "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert!(json.code == Some(3) && document["server"].is_null() && document["machine"].is_object(), "{json}");
}

#[test]
fn something_else_listens() {
    let world = World::new();
    let cases = [
        (
            "[PAGE]",
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 19\r\nConnection: close\r\n\r\n<html>\u{1b}[2Jhi</html>",
        ),
        ("[LOCKED]", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        (
            "[MOVED]",
            "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        ),
        ("[BROKEN]", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nConnection: close\r\n\r\n{\"version\":"),
        ("[SPEECHLESS]", "220 mail.example.com ESMTP\r\n"),
    ];
    let ran: Vec<_> = cases
        .iter()
        .map(|(name, answer)| {
            let address = answering(answer);
            world.fails(3, &["run", "--model", "m", "--host", &address]).with(&address, name)
        })
        .collect();
    check("bad_input_not_ollama", &ran);
}

#[test]
fn models_that_cannot_be_tuned() {
    let world = World::new();
    let cloud = ModelFacts { name: "gpt-oss:120b-cloud".to_owned(), ..model("llama3.1:8b") };
    let served = Ollama::with(vec![model("llama3.1:8b"), model("nomic-embed-text:latest"), cloud]);
    let run = |code, name: &str| {
        let ran = world.fails(code, &["run", "--host", &served.address, "--model", name]);
        ran.with(&served.address, "[SERVER]")
    };
    let mut ran: Vec<_> = ["llama3.1", "lama3.1:8b", "banana", "nomic-embed-text", "gpt-oss:120b-cloud", "a\u{1b}[2Jb"]
        .iter()
        .map(|name| run(3, name))
        .collect();
    world.write("config.json", "{\"model_name\": \"mistral:7b\"}");
    let configured = ["run", "--host", &served.address, "--config", "config.json"];
    ran.push(world.fails(3, &configured).with(&served.address, "[SERVER]"));
    assert_eq!(world.read("config.json"), b"{\"model_name\": \"mistral:7b\"}");
    check("bad_input_models", &ran);
}

#[test]
fn no_model_is_named() {
    let world = World::new();
    let mut ran = Vec::new();
    let several = Ollama::serving(&["llama3.1:8b", "qwen2.5-coder:7b", "nomic-embed-text:latest"]);
    ran.push(world.fails(2, &["run", "--host", &several.address]).with(&several.address, "[SEVERAL]"));
    // Who only looks has done nothing wrong.
    let machine = world.run(&["machine", "--host", &several.address]).succeeded();
    ran.push(machine.messages().with(&several.address, "[SEVERAL]"));
    for (name, models) in [("[NONE]", Vec::new()), ("[EMBEDDING]", vec!["nomic-embed-text:latest"])] {
        let served = Ollama::serving(&models);
        ran.push(world.fails(3, &["run", "--host", &served.address]).with(&served.address, name));
    }
    check("bad_input_no_model_named", &ran);
}
