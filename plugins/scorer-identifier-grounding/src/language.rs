//! What a definition looks like, language by language.

/// How a light scanner reads a language. Nothing here parses: a line is words, and some words announce a name.
#[derive(Debug, Clone, Copy)]
pub struct Language {
    /// What opens a comment that ends with the line.
    pub line_comments: &'static [&'static str],
    /// Pairs around text that holds no definitions: comments, and strings of several lines.
    pub blocks: &'static [(&'static str, &'static str)],
    /// Words that may stand before a keyword.
    pub modifiers: &'static [&'static str],
    /// Words after which a name is defined, at any depth.
    pub keywords: &'static [&'static str],
    /// The same, but only at the start of a line: locals are no symbols of the file.
    pub top_level: &'static [&'static str],
    /// Words that open an import.
    pub imports: &'static [&'static str],
    /// `NAME = …` at the start of a line defines a name.
    pub assignments: bool,
    /// `… name(…) {` defines a name.
    pub braces: bool,
    /// `type (`, `const (` …: names follow, one a line, up to `)`.
    pub groups: bool,
}

const C_COMMENTS: (&str, &str) = ("/*", "*/");

const PYTHON: Language = Language {
    line_comments: &["#"],
    blocks: &[("\"\"\"", "\"\"\""), ("'''", "'''")],
    modifiers: &["async"],
    keywords: &["def", "class"],
    top_level: &["type"],
    imports: &["import", "from"],
    assignments: true,
    braces: false,
    groups: false,
};

const RUST: Language = Language {
    line_comments: &["//"],
    blocks: &[C_COMMENTS],
    modifiers: &["pub", "crate", "super", "in", "async", "unsafe", "extern", "C", "default"],
    keywords: &["fn", "struct", "enum", "trait", "type", "mod", "const", "static", "union", "macro_rules"],
    top_level: &[],
    imports: &["use"],
    assignments: false,
    braces: false,
    groups: false,
};

const JAVASCRIPT: Language = Language {
    line_comments: &["//"],
    blocks: &[C_COMMENTS],
    modifiers: &[
        "export",
        "default",
        "async",
        "declare",
        "abstract",
        "public",
        "private",
        "protected",
        "static",
        "readonly",
        "get",
        "set",
    ],
    keywords: &["function", "class", "interface", "enum", "namespace"],
    top_level: &["const", "let", "var", "type"],
    imports: &["import"],
    assignments: false,
    braces: true,
    groups: false,
};

const GO: Language = Language {
    line_comments: &["//"],
    blocks: &[C_COMMENTS],
    modifiers: &[],
    keywords: &[],
    top_level: &["func", "type", "const", "var"],
    imports: &["import"],
    assignments: false,
    braces: false,
    groups: true,
};

/// For Java, Kotlin, C, C++, C#, Swift, PHP, Ruby, Lua, shell and what else has a text.
const GENERIC: Language = Language {
    line_comments: &["//", "# ", "--", "%", ";"],
    blocks: &[C_COMMENTS],
    modifiers: &[
        "public",
        "private",
        "protected",
        "internal",
        "static",
        "final",
        "abstract",
        "sealed",
        "open",
        "override",
        "virtual",
        "inline",
        "extern",
        "export",
        "async",
        "data",
        "partial",
        "local",
        "suspend",
        "default",
        "readonly",
        "unsafe",
        "typedef",
    ],
    keywords: &[
        "class",
        "interface",
        "struct",
        "enum",
        "record",
        "trait",
        "protocol",
        "object",
        "module",
        "namespace",
        "def",
        "func",
        "fun",
        "function",
        "fn",
        "sub",
        "proc",
        "procedure",
        "extension",
        "define",
    ],
    top_level: &["const", "type", "val", "var", "let"],
    imports: &["import", "using", "require", "include", "use", "package"],
    assignments: false,
    braces: true,
    groups: false,
};

/// Texts that define nothing: every heading or key would be a guess.
const PROSE: [&str; 14] = [
    "text",
    "markdown",
    "restructuredtext",
    "plain",
    "json",
    "yaml",
    "toml",
    "xml",
    "html",
    "css",
    "csv",
    "ini",
    "svg",
    "log",
];

impl Language {
    /// The scanner of a language by its lower-case name; `None` when it has no definitions.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "python" => Some(PYTHON),
            "rust" => Some(RUST),
            "javascript" | "typescript" | "jsx" | "tsx" | "vue" | "svelte" => Some(JAVASCRIPT),
            "go" => Some(GO),
            prose if PROSE.contains(&prose) => None,
            _ => Some(GENERIC),
        }
    }
}

/// Words that are the language's own: neither symbols of a file nor inventions of a note.
pub fn is_reserved(word: &str) -> bool {
    const WORDS: &str = "abstract and any args array as assert async await bool boolean break byte bytes case catch chan char \
        class const continue def default defer del dict do double elif else enum error except export extends \
        extern f32 f64 false False final finally float fn for from func function go i32 i64 if impl \
        implements import in int interface is kwargs lambda let list map match mod mut namespace new nil \
        None not null number object or package pass private protected pub public raise return self Self set \
        static str string String struct super switch this throw throws trait true True try tuple type typeof \
        u32 u64 u8 undefined unsafe use usize var void where while with yield";
    WORDS.split(' ').any(|reserved| reserved == word)
}
