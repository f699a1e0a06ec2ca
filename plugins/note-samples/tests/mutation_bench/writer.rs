//! Good notes, as different people (and models) would write them of what they have read. Nothing here knows how notes are scored.
//!
//! Good does not mean perfect: tags come in any style, what is optional may be missing or `none`, some notes are short and some talk
//! too much, few name everything, names from elsewhere (the standard library, other tools) stand in them, and now and then a name is
//! written wrong.

use crate::{
    dice::Dice,
    reading::{Definition, Reading},
};

/// How somebody writes.
struct Style {
    /// How many names, in percent of the usual.
    length: usize,
    /// Which definitions are picked.
    choice: Choice,
    heading: (&'static str, &'static str),
    bullet: &'static str,
    /// Around a name, and between it and what it does.
    name: (&'static str, &'static str),
}

#[derive(Clone, Copy)]
enum Choice {
    /// From everywhere alike.
    Spread,
    /// The longest first.
    Important,
    /// More from the beginning.
    Early,
}

/// A note on what was read.
pub fn note(path: &str, language: &str, reading: &Reading<'_>, dice: &mut Dice) -> String {
    let style = Style {
        length: dice.pick(&[60, 80, 100, 100, 120, 150]),
        choice: dice.pick(&[Choice::Spread, Choice::Important, Choice::Important, Choice::Early]),
        heading: dice.pick(&[("### ", ""), ("### ", ""), ("### ", ""), ("### ", ":"), ("### **", "**")]),
        bullet: dice.pick(&["- ", "- ", "* ", "1. "]),
        name: dice.pick(&[("`", "`: "), ("`", "` - "), ("**", "** – "), ("", ": "), ("`", "()`: "), ("**`", "`**: ")]),
    };
    let wanted = (3 + reading.definitions.len() / 3).min(12) * style.length / 100;
    let chosen = choose(&reading.definitions, wanted.max(2), style.choice, dice);
    let mut writer = Writer { path, language, reading, style, chosen, dice };
    let mut note = String::new();
    for section in crate::prompts::SECTIONS {
        // What is often left out, because there is nothing to say.
        if ["RELATED", "CALLOUTS"].contains(&section) && writer.dice.percent(4) {
            continue;
        }
        let body = writer.section(section);
        let (before, behind) = writer.style.heading;
        let blank = if writer.dice.percent(50) { "\n\n" } else { "\n" };
        note += &[before, section, behind, "\n", body.trim_end(), blank].concat();
    }
    note.trim_end().to_owned() + "\n"
}

/// Some of the definitions, in their order.
fn choose<'a>(all: &[Definition<'a>], wanted: usize, choice: Choice, dice: &mut Dice) -> Vec<Definition<'a>> {
    if all.len() <= wanted {
        return all.to_vec();
    }
    let longest = all.iter().map(|one| one.length).max().unwrap_or(1).max(1);
    let mut ranked: Vec<(usize, usize)> = (0..all.len())
        .map(|index| {
            let luck = dice.below(100);
            let rank = match choice {
                Choice::Spread => luck,
                Choice::Important => luck + 200 - 200 * all[index].length / longest,
                Choice::Early => luck + 120 * index / all.len(),
            };
            (rank, index)
        })
        .collect();
    ranked.sort_unstable();
    let mut places: Vec<usize> = ranked.into_iter().take(wanted).map(|(_, index)| index).collect();
    places.sort_unstable();
    places.into_iter().map(|index| all[index].clone()).collect()
}

struct Writer<'w, 'a> {
    path: &'w str,
    language: &'w str,
    reading: &'w Reading<'a>,
    style: Style,
    chosen: Vec<Definition<'a>>,
    dice: &'w mut Dice,
}

impl Writer<'_, '_> {
    fn section(&mut self, name: &str) -> String {
        match name {
            "TAGS" => self.tags(),
            "TYPE" => self
                .dice
                .pick(&[
                    "module",
                    "Library module",
                    "source file",
                    "Utility",
                    "library",
                    "Implementation file",
                    "Component",
                ])
                .to_owned(),
            "SUMMARY" => self.summary(),
            "DETAILS" => self.details(),
            "KEY_FUNCTIONS" => self.functions(),
            "DEPENDENCIES" => self.dependencies(),
            "USAGE" => self.usage(),
            "RELATED" => self.related(),
            _ => self.callouts(),
        }
    }

    fn tags(&mut self) -> String {
        let mut tags = vec![self.language.replace("++", "pp")];
        for word in self.chosen.iter().flat_map(|one| split(one.name)).filter(|word| word.len() > 3) {
            if tags.len() < 6 && !tags.contains(&word) {
                tags.push(word);
            }
        }
        let with = |before: &str, between: &str| {
            tags.iter().map(|tag| format!("{before}{tag}")).collect::<Vec<_>>().join(between)
        };
        match self.dice.below(6) {
            0 | 1 => with("#", " "),
            2 => with("#", ", "),
            3 => with("", ", "),
            4 => with("- #", "\n"),
            _ => with("- ", "\n"),
        }
    }

    fn summary(&mut self) -> String {
        let topic = self.topic();
        let kind = self.dice.pick(&["file", "module", "code", "source"]);
        let first = match self.dice.below(5) {
            0 => format!("Handles {topic}."),
            1 => format!("This {kind} deals with {topic}."),
            2 => format!("The {kind} implements {topic} for the rest of the project."),
            3 => format!("Provides {topic}, written in {}.", capital(self.language)),
            _ => format!("{} and what goes with it.", capital(&topic)),
        };
        let second = match (self.sentence(), self.dice.below(3)) {
            (Some(about), 0 | 1) => format!(" {about}."),
            _ => match (self.chosen.first().map(|one| one.name), self.chosen.last().map(|one| one.name)) {
                (Some(first), Some(last)) if first != last => {
                    let (first, last) = (self.quoted(first), self.quoted(last));
                    format!(" It begins with {first} and ends with {last}.")
                }
                _ => String::new(),
            },
        };
        let talk = if self.dice.percent(8) {
            self.dice.pick(&[
                " It is worth noting that errors are handed to the caller.",
                " This code is easy to follow.",
                " In summary, it keeps callers away from the details.",
            ])
        } else {
            ""
        };
        format!("{first}{second}{talk}")
    }

    fn details(&mut self) -> String {
        let mut sentences = Vec::new();
        let count = (3 * self.style.length / 100).max(1);
        for _ in 0..count {
            let all = &self.reading.definitions;
            let one = if self.dice.percent(60) || self.reading.others.is_empty() {
                all[self.dice.below(all.len())].name
            } else {
                self.dice.pick(&self.reading.others)
            };
            let what = split(one).join(" ");
            let name = self.quoted(one);
            sentences.push(match self.dice.below(7) {
                0 => format!("The {what} is kept apart in {name}, so that it can change alone."),
                1 => format!("Most of the work is done where {name} is used."),
                2 => format!("{name} takes care of the {what}."),
                3 => format!("State passes through {name} before anything is returned."),
                4 => format!("For {what}, see {name}; callers need nothing else."),
                5 => format!("Each {what} goes through {name} once."),
                _ => format!("Without {name} the {what} would have to be repeated by callers."),
            });
        }
        if self.dice.percent(30) {
            let outside = self.outside();
            sentences.push(format!("It relies on {outside} where speed matters."));
        }
        sentences.dedup();
        sentences.join(if self.dice.percent(20) { "\n- " } else { " " })
    }

    fn functions(&mut self) -> String {
        let mut lines = Vec::new();
        // Some write the names into a sentence.
        if self.dice.percent(6) {
            let names: Vec<String> = self.chosen.iter().map(|one| format!("`{}`", one.name)).collect();
            return format!("The important ones are {}.", names.join(", "));
        }
        let table = self.dice.percent(6);
        if table {
            lines.push("| name | what it does |\n|---|---|".to_owned());
        }
        let slip = if self.dice.percent(8) { self.dice.below(self.chosen.len()) } else { usize::MAX };
        for (index, one) in self.chosen.clone().into_iter().enumerate() {
            let does = self.does(&one);
            let name = if index == slip { slipped(one.name) } else { one.name.to_owned() };
            let (before, behind) = self.style.name;
            lines.push(if table {
                format!("| `{name}` | {does} |")
            } else {
                format!("{}{before}{name}{behind}{does}", self.style.bullet)
            });
        }
        lines.join("\n")
    }

    /// What a definition does, from its comment or its name.
    fn does(&mut self, one: &Definition<'_>) -> String {
        if let Some(about) = one.about.as_ref().filter(|_| self.dice.percent(60)) {
            let most = self.dice.pick(&[8, 12, 20]);
            let words: Vec<&str> = about.split(' ').take(most).collect();
            return words.join(" ");
        }
        let mut words = split(one.name);
        let verb = self.dice.pick(&[
            "computes",
            "returns",
            "builds",
            "holds",
            "checks",
            "stands for",
            "prepares",
            "describes",
            "updates",
            "looks after",
        ]);
        let end = self.dice.pick(&[
            "",
            "",
            "",
            " for the caller",
            " and reports failures",
            ", used by the others",
            " in one step",
            " lazily",
        ]);
        if words.len() > 1 && self.dice.percent(50) {
            let first = words.remove(0);
            return format!("{first}s the {}{end}", words.join(" "));
        }
        format!("{verb} the {}{end}", words.join(" "))
    }

    fn dependencies(&mut self) -> String {
        let imports = self.reading.imports.clone();
        let some: Vec<&str> = imports.into_iter().take(8).collect();
        if some.is_empty() {
            return self
                .dice
                .pick(&["none", "None.", "Nothing beyond the language itself.", "Standard library only."])
                .to_owned();
        }
        match self.dice.below(4) {
            0 => some.join(", "),
            1 => some.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
            2 => some.iter().map(|name| format!("- `{name}`")).collect::<Vec<_>>().join("\n"),
            _ => some.iter().map(|name| format!("- {name}: imported at the top")).collect::<Vec<_>>().join("\n"),
        }
    }

    fn usage(&mut self) -> String {
        let place = self.dice.below(self.chosen.len());
        let one = self.chosen[place].name;
        match self.dice.below(4) {
            0 => format!("Import the file and use `{one}`."),
            1 => format!("```{}\nresult = {one}(value)\nprint(result)\n```", self.language),
            2 => format!("Call {one}(...) with what you have:\n```\nlet out = {one}(input);\n```"),
            _ => format!("Typical callers start from `{one}` and go on from there."),
        }
    }

    fn related(&mut self) -> String {
        let name = self.path.rsplit('/').next().unwrap_or("");
        match self.dice.below(4) {
            0 => "none".to_owned(),
            1 => format!("The tests of `{name}`."),
            2 => format!("`README.md`, files in the same folder as {name}"),
            _ => self.reading.imports.first().map_or("None.".to_owned(), |import| format!("[[{import}]]")),
        }
    }

    fn callouts(&mut self) -> String {
        let place = self.dice.below(self.chosen.len());
        let one = self.chosen[place].name;
        match self.dice.below(5) {
            0 => "none".to_owned(),
            1 => format!("> [!warning] `{one}` does not check all of its input."),
            2 => format!("Changing `{one}` affects every caller."),
            3 => "Not safe to call from several threads at once, as far as one can see.".to_owned(),
            _ => format!("`{one}` may be slow for large input, `O(n)` at best."),
        }
    }

    /// A name, mostly marked as code.
    fn quoted(&mut self, name: &str) -> String {
        if self.dice.percent(85) { format!("`{name}`") } else { name.to_owned() }
    }

    /// Something that the file need not contain, and that is no invention.
    fn outside(&mut self) -> String {
        self.dice
            .pick(&[
                "`UTF-8`",
                "the standard library",
                "`O(1)` look-ups",
                "`--release` builds",
                "`malloc`",
                "the `JSON` format",
                "`NULL` checks",
            ])
            .to_owned()
    }

    /// A comment of the file, as one would retell it.
    fn sentence(&mut self) -> Option<String> {
        let told: Vec<&String> = self.reading.definitions.iter().filter_map(|one| one.about.as_ref()).collect();
        (!told.is_empty()).then(|| capital(told[self.dice.below(told.len())]))
    }

    fn topic(&mut self) -> String {
        let mut topic: Vec<String> = Vec::new();
        for one in &self.chosen {
            for word in split(one.name).into_iter().filter(|word| word.len() > 2) {
                if topic.len() < 3 && !topic.contains(&word) {
                    topic.push(word);
                }
            }
        }
        if topic.is_empty() { "one small thing".to_owned() } else { topic.join(" and ") }
    }
}

/// A name as a tired writer gives it: not quite.
fn slipped(name: &str) -> String {
    match name.strip_suffix('s') {
        Some(single) if single.len() > 3 => single.to_owned(),
        _ => format!("{name}s"),
    }
}

/// The words of a name, in small letters.
pub fn split(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for sign in name.chars() {
        if sign == '_' || (sign.is_uppercase() && small) {
            words.push(String::new());
        }
        small = sign.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| sign != '_') {
            word.extend(sign.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn capital(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().map_or_else(String::new, |first| first.to_uppercase().chain(signs).collect())
}
