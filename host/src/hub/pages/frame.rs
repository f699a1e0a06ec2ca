//! What every page has.

use crate::{hub::request::Answer, report::html::parts};

/// A page with its body, which is markup.
pub(super) fn page(status: u16, title: &str, body: &str) -> Answer {
    let title = parts::text(title);
    let version = env!("CARGO_PKG_VERSION");
    let body = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} · ralf-tune hub</title>\n\
         <link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">To the content</a>\n\
         <header><nav aria-label=\"Pages\"><a href=\"/\">ralf-tune hub</a></nav></header>\n\
         <main id=\"main\">\n{body}</main>\n\
         <footer>ralf-tune {version}. No cookies, no scripts, no log of who asks. For programs: \
         <a href=\"/api/v1/openapi.json\">description of the interface</a></footer>\n</body>\n</html>\n"
    );
    let headers = vec![("cache-control", "max-age=60".to_owned())];
    Answer { status, content_type: "text/html; charset=utf-8", headers, body }
}
