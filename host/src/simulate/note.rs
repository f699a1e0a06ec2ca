//! Notes about source code: the sections that the prompt asks for, filled with names that the model saw.

use super::{
    attention::Attention,
    convert::{length, whole},
    seed::Dice,
    symbols::{Kind, Symbol, scan},
};

/// Sections of one answer at most.
const MOST_SECTIONS: usize = 16;

/// How the note is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Longer pieces get slightly longer notes.
    pub(super) prompt_tokens: usize,
    /// From 0, steady, to 1: format, names and patience break.
    pub(super) heat: f64,
    /// From 0 to 1: lines repeat, and nothing else breaks.
    pub(super) cold: f64,
}

/// The sections that a prompt asks for: its lines `### NAME`, in order, each once.
pub(super) fn sections(prompt: &str) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for line in prompt.lines() {
        let Some(name) = line.trim().strip_prefix("### ").map(str::trim) else { continue };
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        if plain && !names.contains(&name) && names.len() < MOST_SECTIONS {
            names.push(name);
        }
    }
    names
}

/// Writes the note.
pub(super) fn write(prompt: &str, sections: &[&str], attention: Attention, style: Style, dice: &mut Dice) -> String {
    let mut writer = Writer::new(prompt, attention, style, dice);
    let mut note = String::new();
    for section in sections {
        let mut body = writer.section(section);
        if writer.dice.chance(0.5 * style.heat.max(style.cold)) {
            let again = body.lines().last().unwrap_or_default().to_owned();
            for _ in 0..2 + writer.dice.below(4) {
                body.push('\n');
                body.push_str(&again);
            }
        }
        let broken = writer.dice.chance(0.35 * style.heat);
        let heading = if broken { format!("**{}**", section.to_lowercase()) } else { format!("### {section}") };
        note.push_str(&heading);
        note.push('\n');
        note.push_str(&body);
        note.push_str("\n\n");
    }
    note.trim_end().to_owned()
}

struct Writer<'a, 'd> {
    /// Functions, types and constants that the note names, spread over what was seen.
    names: Vec<Symbol<'a>>,
    imports: Vec<&'a str>,
    style: Style,
    dice: &'d mut Dice,
}

impl<'a, 'd> Writer<'a, 'd> {
    fn new(prompt: &'a str, attention: Attention, style: Style, dice: &'d mut Dice) -> Self {
        let seen: Vec<Symbol<'a>> = scan(prompt).into_iter().filter(|symbol| attention.sees(symbol.at, dice)).collect();
        let (imports, defined): (Vec<_>, Vec<_>) = seen.into_iter().partition(|symbol| symbol.kind == Kind::Import);
        let grown = usize::try_from(whole(length(style.prompt_tokens) / 1_500.0)).unwrap_or(0);
        let wanted = (11 + grown + dice.below(3)).min(16).min(defined.len());
        // From the middle of each of `wanted` equal parts, give or take.
        let spread = (0..wanted).filter_map(|part| {
            let (from, to) = (part * defined.len() / wanted, (part + 1) * defined.len() / wanted);
            defined.get(from + dice.below(to - from)).copied()
        });
        let names = spread.collect();
        Self { names, imports: imports.iter().map(|symbol| symbol.name).collect(), style, dice }
    }

    fn section(&mut self, name: &str) -> String {
        match name {
            "TAGS" => self.tags(),
            "TYPE" => self.kind(),
            "SUMMARY" => self.summary(),
            "DETAILS" => self.lines(1, 2, "- "),
            "KEY_FUNCTIONS" => self.lines(0, 2, "- "),
            "DEPENDENCIES" => self.dependencies(),
            "USAGE" => self.usage(),
            "RELATED" => self.related(),
            "CALLOUTS" => self.callout(),
            _ => self.other(),
        }
    }

    /// A name in backticks; hot models invent some.
    fn quoted(&mut self, name: &str) -> String {
        const INVENTED: [&str; 6] = ["_impl", "_async", "_helper", "_v2", "_internal", "_factory"];
        if self.dice.chance(0.4 * self.style.heat) {
            let end = self.dice.pick(&INVENTED).copied().unwrap_or_default();
            return format!("`{name}{end}`");
        }
        format!("`{name}`")
    }

    /// A sentence about every `step`-th name from `first` on.
    fn lines(&mut self, first: usize, step: usize, bullet: &str) -> String {
        const VERBS: [&str; 12] = [
            "handles",
            "prepares",
            "checks",
            "builds",
            "returns",
            "stores",
            "reads",
            "converts",
            "collects",
            "updates",
            "describes",
            "resolves",
        ];
        const ENDS: [&str; 6] = ["", "", "", "", " for callers", " on demand"];
        let names: Vec<Symbol<'a>> = self.names.iter().skip(first).step_by(step).copied().collect();
        if names.is_empty() {
            return "None.".to_owned();
        }
        let offset = self.dice.below(VERBS.len());
        let mut lines = Vec::new();
        for (position, symbol) in names.into_iter().enumerate() {
            let verb = VERBS.get((offset + position * 5) % VERBS.len()).copied().unwrap_or_default();
            let end = self.dice.pick(&ENDS).copied().unwrap_or_default();
            let about = words_of(symbol.name).pop().unwrap_or_default();
            let name = self.quoted(symbol.name);
            lines.push(match symbol.kind {
                Kind::Type => format!("{bullet}{name} {verb} {about} data{end}."),
                Kind::Constant => format!("{bullet}{name} fixes {about}{end}."),
                Kind::Function | Kind::Import => format!("{bullet}{name} {verb} {about}{end}."),
            });
        }
        lines.join("\n")
    }

    fn tags(&self) -> String {
        let mut tags: Vec<String> = Vec::new();
        for word in self.names.iter().flat_map(|symbol| words_of(symbol.name)).filter(|word| word.len() > 2) {
            if tags.len() < 3 && !tags.contains(&word) {
                tags.push(word);
            }
        }
        let tags = tags.iter().map(|tag| format!("#{tag}"));
        std::iter::once("#code".to_owned()).chain(tags).collect::<Vec<_>>().join(" ")
    }

    fn kind(&self) -> String {
        let types = self.names.iter().filter(|symbol| symbol.kind == Kind::Type).count();
        if types * 2 > self.names.len() { "Data model".to_owned() } else { "Module".to_owned() }
    }

    fn summary(&mut self) -> String {
        const OPENINGS: [&str; 4] = ["Covers", "About", "Deals with", "Implements"];
        let (Some(first), Some(last)) = (self.names.first().copied(), self.names.last().copied()) else {
            return "A short file without definitions of its own.".to_owned();
        };
        let about = words_of(first.name).join(" ");
        let (first, last) = (self.quoted(first.name), self.quoted(last.name));
        let opening = self.dice.pick(&OPENINGS).copied().unwrap_or_default();
        format!("{opening} {about}, from {first} to {last}.")
    }

    fn dependencies(&mut self) -> String {
        let imports: Vec<&str> = self.imports.iter().take(5).copied().collect();
        if imports.is_empty() {
            return "None.".to_owned();
        }
        imports.into_iter().map(|name| self.quoted(name)).collect::<Vec<_>>().join(", ")
    }

    fn usage(&mut self) -> String {
        let functions: Vec<_> = self.names.iter().filter(|symbol| symbol.kind == Kind::Function).copied().collect();
        let Some(symbol) = self.dice.pick(&functions).copied() else {
            return "Import the file and read its values.".to_owned();
        };
        let name = self.quoted(symbol.name);
        format!("Import it and call {name}.")
    }

    fn related(&mut self) -> String {
        let names = self.names.clone();
        let Some(symbol) = self.dice.pick(&names) else { return "None.".to_owned() };
        format!("[[{}]]", words_of(symbol.name).join(" "))
    }

    fn callout(&mut self) -> String {
        let names = self.names.clone();
        let Some(symbol) = self.dice.pick(&names) else { return "> [!note] Nothing special.".to_owned() };
        let name = self.quoted(symbol.name);
        format!("> [!note] Check the inputs of {name}.")
    }

    fn other(&mut self) -> String {
        let names = self.names.clone();
        match self.dice.pick(&names) {
            Some(symbol) => format!("See {}.", self.quoted(symbol.name)),
            None => "Nothing to add.".to_owned(),
        }
    }
}

/// The words of an identifier, in small letters and without numbers.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small_before = false;
    for character in name.chars() {
        if !character.is_alphanumeric() || (character.is_uppercase() && small_before) {
            words.push(String::new());
        }
        small_before = character.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
    }
    words.retain(|word| word.contains(char::is_alphabetic));
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::tokens::Tokenized;

    const SECTIONS: &str = "Describe the file.\n### TAGS\n### TYPE\n### SUMMARY\n### DETAILS\n### KEY_FUNCTIONS\n\
        ### DEPENDENCIES\n### USAGE\n### RELATED\n### CALLOUTS\n\n";

    fn prompt(functions: usize) -> String {
        let body =
            (0..functions).map(|n| format!("def load_order_{n}(self, key):\n    return self.rows[key] + {n}\n\n"));
        format!("{SECTIONS}import os\nimport json\n\n{}", body.collect::<String>())
    }

    fn note(functions: usize, heat: f64, seed: u64) -> (String, usize) {
        let prompt = Tokenized::new(&prompt(functions));
        let attention = Attention::new(prompt.text.len(), prompt.count(), 6_000);
        let style = Style { prompt_tokens: prompt.count(), heat, cold: 0.0 };
        let note = write(&prompt.text, &sections(&prompt.text), attention, style, &mut Dice::new(&[seed]));
        let tokens = Tokenized::new(&note).count();
        (note, tokens)
    }

    fn numbers(note: &str) -> Vec<usize> {
        let names = note.split('`').filter_map(|name| name.strip_prefix("load_order_"));
        names.filter_map(|number| number.parse().ok()).collect()
    }

    #[test]
    fn a_note_has_the_sections_and_only_true_names() {
        let (note, tokens) = note(60, 0.0, 3);
        let headings: Vec<_> = note.lines().filter(|line| line.starts_with("### ")).collect();
        assert_eq!(headings.join("\n"), SECTIONS.lines().skip(1).take(9).collect::<Vec<_>>().join("\n"));
        for name in note.split('`').skip(1).step_by(2) {
            assert!(prompt(60).contains(name), "{name}");
        }
        assert!((180..=300).contains(&tokens), "{tokens} tokens:\n{note}");
    }

    #[test]
    fn names_come_from_the_whole_length_of_what_was_read() {
        let (short, _) = note(100, 0.0, 5);
        let middle =
            |note: &str, all: usize| numbers(note).iter().filter(|n| (all / 3..2 * all / 3).contains(*n)).count();
        assert!(middle(&short, 100) >= 3, "{short}");
        let share = |functions: usize| {
            let of = |seed| {
                let (note, _) = note(functions, 0.0, seed);
                (middle(&note, functions), numbers(&note).len())
            };
            let counted = (0..20).map(of).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            length(counted.0) / length(counted.1)
        };
        assert!(share(1_500) < 0.6 * share(100), "{} against {}", share(1_500), share(100));
    }

    #[test]
    fn heat_breaks_the_format_and_invents_names() {
        let invented = |heat| {
            let notes = (0..10).map(|seed| note(40, heat, seed).0);
            notes.map(|note| note.matches("_impl`").count() + note.matches("**").count()).sum::<usize>()
        };
        assert_eq!(invented(0.0), 0);
        assert!(invented(1.0) > 10);
    }
}
