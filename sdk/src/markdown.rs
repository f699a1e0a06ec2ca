//! Reading the Markdown of a note.

/// A part of a Markdown text that a heading opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section<'a> {
    /// Number of `#` signs: 3 for `### TAGS`.
    pub level: usize,
    /// The heading without signs, emphasis and a closing colon.
    pub heading: &'a str,
    /// What follows, up to the next heading of the same or a higher level; trimmed.
    pub body: &'a str,
}

/// What stands before the first heading (trimmed), and the sections. Headings inside code fences are code.
#[must_use]
pub fn sections(text: &str) -> (&str, Vec<Section<'_>>) {
    let mut marks: Vec<(usize, usize, usize, &str)> = Vec::new();
    let mut fenced = false;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if let Some((level, heading)) = heading(line).filter(|_| !fenced) {
            marks.push((start, end, level, heading));
        }
        start = end;
    }
    let cut = |from: usize, to: usize| text.get(from..to).unwrap_or("").trim();
    let before = cut(0, marks.first().map_or(text.len(), |mark| mark.0));
    let sections = marks.iter().enumerate().map(|(index, (_, behind, level, heading))| {
        let end = marks.iter().skip(index + 1).find(|mark| mark.2 <= *level).map_or(text.len(), |mark| mark.0);
        Section { level: *level, heading, body: cut(*behind, end) }
    });
    (before, sections.collect())
}

/// Level and text of a line that is a heading.
fn heading(line: &str) -> Option<(usize, &str)> {
    let line = line.trim();
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    let name = text.trim_matches(|sign: char| sign.is_whitespace() || "#*:`".contains(sign));
    ((1..=6).contains(&level) && text.starts_with(char::is_whitespace) && !name.is_empty()).then_some((level, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_headings_outside_fences() {
        let (before, parts) =
            sections("hi\n### TAGS\n#a #b\n```py\n# not a heading\n```\n## **Type**:\nscript\n#nospace\n#### Deep\n");
        assert_eq!(before, "hi");
        assert_eq!(
            parts,
            [
                Section { level: 3, heading: "TAGS", body: "#a #b\n```py\n# not a heading\n```" },
                Section { level: 2, heading: "Type", body: "script\n#nospace\n#### Deep" },
                Section { level: 4, heading: "Deep", body: "" },
            ]
        );
        assert_eq!(sections(""), ("", Vec::new()));
    }
}
