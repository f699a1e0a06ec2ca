//! What goes wrong with notes, and how much of it.

use ralf_tune_sdk::{markdown, scorer::prelude::*};

use crate::{
    corpus::SourceFile,
    dice::Dice,
    pieces, prompts,
    reading::{Reading, words},
    writer::split,
};

/// A way in which a note goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    TwoInvented,
    HalfInvented,
    AnotherFile,
    SaysNothing,
    HalfIgnored,
    HalfSeen,
    QuarterSeen,
    DroppedQuarter,
    DroppedHalf,
    ThreeSectionsLeftOut,
    TwoSectionsTwice,
    WholeTwice,
    Loop,
    BrokenFormat,
    EchoedPrompt,
    EchoedSource,
    Cut,
    Refusal,
    SameForEveryPiece,
}

use Fault::{
    AnotherFile, BrokenFormat, Cut, DroppedHalf, DroppedQuarter, EchoedPrompt, EchoedSource, HalfIgnored, HalfInvented,
    HalfSeen, Loop, QuarterSeen, Refusal, SameForEveryPiece, SaysNothing, ThreeSectionsLeftOut, TwoInvented,
    TwoSectionsTwice, WholeTwice,
};

/// A file, what was read in it, and another of the same language with a good note.
pub struct Case<'a> {
    pub file: &'a SourceFile,
    pub reading: &'a Reading<'a>,
    pub good: &'a Note,
    pub other: Option<&'a Note>,
}

impl Fault {
    pub const ALL: [Self; 19] = [
        TwoInvented,
        HalfInvented,
        AnotherFile,
        SaysNothing,
        HalfIgnored,
        HalfSeen,
        QuarterSeen,
        DroppedQuarter,
        DroppedHalf,
        ThreeSectionsLeftOut,
        TwoSectionsTwice,
        WholeTwice,
        Loop,
        BrokenFormat,
        EchoedPrompt,
        EchoedSource,
        Cut,
        Refusal,
        SameForEveryPiece,
    ];

    pub fn name(self) -> &'static str {
        match self {
            TwoInvented => "two invented names",
            HalfInvented => "every second name invented",
            AnotherFile => "another file's note",
            SaysNothing => "fits every file",
            HalfIgnored => "second half not spoken of",
            HalfSeen => "half the source sent",
            QuarterSeen => "a quarter of the source sent",
            DroppedQuarter => "last quarter dropped",
            DroppedHalf => "last half dropped",
            ThreeSectionsLeftOut => "three sections left out",
            TwoSectionsTwice => "two sections twice",
            WholeTwice => "all sections twice",
            Loop => "a loop",
            BrokenFormat => "broken format",
            EchoedPrompt => "echo of the prompt",
            EchoedSource => "echo of the source",
            Cut => "cut for lack of room",
            Refusal => "refusal",
            SameForEveryPiece => "same text for every piece",
        }
    }

    /// The note, gone wrong. `None` where that cannot be done: half of a file that defines nothing in that half.
    pub fn of(self, case: &Case<'_>, dice: &mut Dice) -> Option<Note> {
        let mut note = case.good.clone();
        let whole = case.reading.lines;
        match self {
            HalfIgnored => {
                let half = pieces::of_lines(case.file, case.reading, 0, whole / 2, dice)?;
                note.requests = vec![prompts::request(case.file, 0, case.file.text.chars().count(), half.answer)];
            }
            HalfSeen => note.requests = vec![pieces::of_lines(case.file, case.reading, 0, whole / 2, dice)?],
            QuarterSeen => note.requests = vec![pieces::of_lines(case.file, case.reading, 0, whole / 4, dice)?],
            SameForEveryPiece => {
                let count = dice.pick(&[2, 3, 4]);
                let answer = note.requests.first()?.answer.clone();
                let request = |(from, to)| {
                    let start = |line| pieces::start_of(&case.file.text, line);
                    prompts::request(case.file, start(from), start(to), answer.clone())
                };
                note.requests = pieces::cuts(whole, count).into_iter().map(request).collect();
            }
            AnotherFile => {
                let answers: Vec<&str> = case.other?.requests.iter().map(|request| request.answer.as_str()).collect();
                for (index, request) in note.requests.iter_mut().enumerate() {
                    answers[index % answers.len()].clone_into(&mut request.answer);
                }
            }
            EchoedSource => {
                let source = case.file.text.clone();
                for request in &mut note.requests {
                    let (from, to) = (request.start_char as usize, request.end_char as usize);
                    let piece: String = source.chars().skip(from).take((to - from).min(6_000)).collect();
                    request.answer = echoed_source(&piece, dice);
                }
            }
            _ => {
                for request in &mut note.requests {
                    request.answer = self.applied(&request.answer, request, case, dice);
                    if self == Cut {
                        request.finish = FinishReason::Length;
                    }
                }
            }
        }
        Some(note)
    }

    /// For what happens to each answer alone.
    fn applied(self, answer: &str, request: &Request, case: &Case<'_>, dice: &mut Dice) -> String {
        match self {
            TwoInvented => invented(answer, case, 2, dice),
            HalfInvented => invented(answer, case, usize::MAX, dice),
            SaysNothing => says_nothing(dice),
            DroppedQuarter => share(answer, 75).to_owned(),
            DroppedHalf => share(answer, 50).to_owned(),
            ThreeSectionsLeftOut => {
                let mut parts = sections(answer);
                for _ in 0..3 {
                    parts.remove(dice.below(parts.len()));
                }
                parts.concat()
            }
            TwoSectionsTwice => {
                let mut parts = sections(answer);
                for _ in 0..2 {
                    let place = dice.below(parts.len());
                    parts.insert(place, parts[place].clone());
                }
                parts.concat()
            }
            WholeTwice => format!("{answer}\n{answer}"),
            Loop => looped(answer, dice),
            BrokenFormat => broken(answer, dice),
            EchoedPrompt => {
                let (before, behind) = prompts::around(case.file);
                // Without the line that makes every prompt another.
                let all = before.split_once('\n').map_or("", |(_, rest)| rest);
                match dice.below(3) {
                    0 => all.to_owned(),
                    1 => format!("{all}{}", share(&case.file.text, 20)),
                    _ => format!("{}{behind}", share(all, 70)),
                }
            }
            Cut => share(answer, 20 + dice.below(70)).to_owned(),
            Refusal => refusal(request, dice),
            _ => answer.to_owned(),
        }
    }
}

/// The first so many percent of a text.
fn share(text: &str, percent: usize) -> &str {
    &text[..text.floor_char_boundary(text.len() * percent / 100)]
}

/// The sections as they stand, each with its heading.
fn sections(answer: &str) -> Vec<String> {
    answer.split_inclusive('\n').fold(Vec::new(), |mut parts: Vec<String>, line| {
        match parts.last_mut().filter(|_| !line.starts_with("### ")) {
            Some(last) => last.push_str(line),
            None => parts.push(line.to_owned()),
        }
        parts
    })
}

/// Names of the file's own words that the file does not have: some take the place of real ones, some stand beside them.
fn invented(answer: &str, case: &Case<'_>, most: usize, dice: &mut Dice) -> String {
    let mut named: Vec<&str> = Vec::new();
    for word in words(answer) {
        if !named.contains(&word) && case.reading.definitions.iter().any(|one| one.name == word) {
            named.push(word);
        }
    }
    let beside = most == 2 && dice.percent(50);
    let mut text = answer.to_owned();
    for name in named.into_iter().skip(dice.below(2)).step_by(2).take(most) {
        let wrong = invent(name, case, dice);
        text = if beside {
            let does = split(&wrong).join(" ");
            text.replacen(
                "\n### DEPENDENCIES",
                &format!("\n- `{wrong}`: takes care of the {does}\n### DEPENDENCIES"),
                1,
            )
            .replacen(
                "\n### **DEPENDENCIES",
                &format!("\n- `{wrong}`: takes care of the {does}\n### **DEPENDENCIES"),
                1,
            )
        } else {
            replaced(&text, name, &wrong)
        };
    }
    text
}

/// A name that sounds like one of the file.
fn invent(like: &str, case: &Case<'_>, dice: &mut Dice) -> String {
    let all = &case.reading.definitions;
    loop {
        let other = split(all[dice.below(all.len())].name);
        let mut parts = split(like);
        parts.truncate(2);
        parts.push(other.last().cloned().unwrap_or_default());
        if dice.percent(60) {
            let more = [
                "async", "all", "internal", "handler", "context", "batch", "cached", "state", "from", "with", "config",
            ];
            parts.insert(1, dice.pick(&more).to_owned());
        }
        let name =
            if like.contains('_') || (like.chars().all(|sign| !sign.is_uppercase()) && case.file.language != "java") {
                parts.join("_")
            } else {
                let capital = |word: &String| format!("{}{}", word[..1].to_uppercase(), &word[1..]);
                let joined = if parts.iter().all(|part| part.is_ascii()) {
                    parts.iter().map(capital).collect()
                } else {
                    parts.concat()
                };
                if like.starts_with(char::is_lowercase) {
                    format!("{}{}", joined[..1].to_lowercase(), &joined[1..])
                } else {
                    joined
                }
            };
        if !case.file.text.contains(&name) {
            return name;
        }
    }
}

/// Every whole word replaced.
fn replaced(text: &str, name: &str, by: &str) -> String {
    let is_part = |sign: Option<char>| sign.is_some_and(|sign| sign.is_alphanumeric() || sign == '_');
    let (mut out, mut last) = (String::new(), 0);
    for (at, _) in text.match_indices(name) {
        if !is_part(text[..at].chars().next_back()) && !is_part(text[at + name.len()..].chars().next()) {
            out.push_str(&text[last..at]);
            out.push_str(by);
            last = at + name.len();
        }
    }
    out + &text[last..]
}

/// All sections, and nothing in them.
fn says_nothing(dice: &mut Dice) -> String {
    let body = |section: &str, dice: &mut Dice| {
        match section {
        "TAGS" => dice.pick(&["#code #module #utility", "code, software, programming"]),
        "TYPE" => "module",
        "SUMMARY" => dice.pick(&[
            "This file contains functions and classes that provide the main functionality of the module.",
            "The file is part of a larger project and implements some of its core logic. It is used by other files.",
        ]),
        "DETAILS" => dice.pick(&[
            "The code is organised into several functions. Each function has a clear purpose and handles errors where necessary.",
            "First the required modules are imported, then helper functions are defined, and finally they are put together.",
        ]),
        "KEY_FUNCTIONS" => dice.pick(&["- main: the main entry point\n- helper: supports the main function", "- The main function\n- Helper functions"]),
        "DEPENDENCIES" => "Standard library.",
        "USAGE" => "Import the module and call its functions as needed.",
        "RELATED" => "Other files of the project.",
        _ => "Make sure that inputs are valid.",
    }
    };
    prompts::SECTIONS.map(|section| format!("### {section}\n{}\n\n", body(section, dice))).concat()
}

/// The note begins well and then never ends.
fn looped(answer: &str, dice: &mut Dice) -> String {
    let begun = share(answer, 20 + dice.below(60));
    let lines: Vec<&str> = begun.lines().filter(|line| line.len() > 20 && !line.starts_with('#')).collect();
    let again = if lines.is_empty() { "It returns the result to the caller." } else { lines[lines.len() - 1] };
    let times = 8 + dice.below(40);
    let repeated: String = match dice.below(3) {
        0 => format!("\n{again}").repeat(times),
        1 => (0..times).map(|number| format!("\n{number}. {again}")).collect::<Vec<_>>().concat(),
        _ => format!(" {}", again.split(' ').take(4).collect::<Vec<_>>().join(" ")).repeat(2 * times),
    };
    format!("{begun}{repeated}\n")
}

/// What is said is right, but no program finds it.
fn broken(answer: &str, dice: &mut Dice) -> String {
    let lead = dice.pick(&["", "Sure! Here is the note:\n\n", "Below you find the note on the file.\n\n"]);
    let (_, parts) = markdown::sections(answer);
    let each = |wrap: &dyn Fn(&str, &str) -> String| -> String {
        parts.iter().map(|part| wrap(part.heading, part.body)).collect::<Vec<_>>().concat()
    };
    let title = |heading: &str| heading.to_lowercase().replace('_', " ");
    let text = match dice.below(5) {
        0 => each(&|heading, body| format!("**{}:** {body}\n\n", title(heading))),
        1 => each(&|heading, body| format!("# The {}\n{body}\n\n", title(heading))),
        2 => each(&|heading, body| format!("{}:\n{body}\n\n", title(heading))),
        3 => format!("{{{}}}", each(&|heading, body| format!("\"{}\": {:?},\n", title(heading), body))),
        _ => each(&|heading, body| format!("{} ", if heading == "TAGS" { "" } else { body })),
    };
    format!("{lead}{text}")
}

fn echoed_source(piece: &str, dice: &mut Dice) -> String {
    match dice.below(3) {
        0 => format!("```\n{piece}\n```\n"),
        1 => piece.to_owned(),
        _ => format!(
            "### TAGS\n#code #source\n\n### TYPE\nmodule\n\n### SUMMARY\nThe file.\n\n### DETAILS\n```\n{piece}\n```\n"
        ),
    }
}

fn refusal(request: &Request, dice: &mut Dice) -> String {
    let text = dice.pick(&[
        "I'm sorry, but as an AI language model I cannot read this file.",
        "I cannot help with that request.",
        "Unfortunately the file seems to be incomplete. Please provide the full source code and I will gladly write the note.",
        "It looks like you have pasted some code! What would you like me to do with it?",
        "I apologize, but I am unable to write a note about this file.\n\n### TAGS\nnone\n\n### SUMMARY\nI cannot summarise the file.",
    ]);
    format!("{text}{}", if request.start_char > 0 { "\n" } else { "" })
}

#[test]
fn whole_words_are_replaced() {
    assert_eq!(replaced("`load` loads, load_all, load(x)", "load", "keep"), "`keep` loads, load_all, keep(x)");
    assert_eq!(sections("### A\nx\n### B\ny\n"), ["### A\nx\n", "### B\ny\n"]);
}
