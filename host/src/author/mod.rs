//! What an author of a plugin starts from: a project, as files with contents. Nothing is written here.
//!
//! A template is data in `sdk/templates/LANGUAGE/KIND/`, embedded by the build script; `common/` beside the kinds goes into
//! every project of the language, and `.author` says which commands it has. So a new language needs no code.

mod embedded;
mod error;
mod language;
mod name;
mod project;
mod rust;

pub use error::AuthorError;
pub use language::{Language, kind, language, languages};
pub use name::PluginName;
pub use project::{Commands, File, Order, Project, project};
