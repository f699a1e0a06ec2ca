//! The page to begin with.

use std::fmt::Write as _;

use super::form::{form, shown};
use crate::report::{html::parts, units::count};

/// Models in the table.
const MOST_SHOWN: usize = 20;

pub(super) fn body(models: &[(String, i64)], (given, quarantined): (i64, i64)) -> String {
    let mut out = String::from(
        "<h1>What others measured</h1>\n\
         <p>How fast a local model makes notes of files depends on the machine and on a handful of settings. Here is what was measured on machines like yours, and \
         what it is worth trying first. A recommendation is a place to begin: <code>ralf-tune run</code> proves it on your machine, or drops it.</p>\n",
    );
    if models.is_empty() {
        out.push_str("<div class=\"answer\"><p>Nobody has shared a measurement here yet.</p></div>\n");
    } else {
        out.push_str(&form(models, None));
        out.push_str("<section>\n<h2>Most measured models</h2>\n<div class=\"scroll\"><table>\n");
        out.push_str("<thead><tr><th scope=\"col\">model</th><th scope=\"col\" class=\"number\">measurements</th></tr></thead>\n<tbody>\n");
        for (label, votes) in models.iter().take(MOST_SHOWN) {
            let address = url::form_urlencoded::byte_serialize(label.as_bytes()).collect::<String>();
            let _ = writeln!(
                out,
                "<tr><th scope=\"row\"><a href=\"/find?model={address}\">{}</a></th><td class=\"number\">{votes}</td></tr>",
                parts::text(&shown(label))
            );
        }
        out.push_str("</tbody>\n</table></div>\n</section>\n");
    }
    let _ = write!(
        out,
        "<section>\n<h2>What is here</h2>\n<p>{} of measurements.{} A pack has \
         classes and numbers: no name, no host, no path, no text, and the month in place of the day. A key stands for one who measured, and for nobody's name: \
         the page says how many there are, never which.</p>\n\
         <h2>Share yours</h2>\n<pre class=\"scroll\"><code>ralf-tune share push --hub ADDRESS\nralf-tune share withdraw --hub ADDRESS</code></pre>\n\
         <p>Every byte is shown before it leaves, and nothing leaves without your yes. The last command takes back what your key has shared.</p>\n\
         <p><a href=\"/api/v1/packs\">Download packs as JSON</a>, page by page. In the list of models a key counts once for each class of machines and batches.</p>\n</section>\n",
        count(usize::try_from(given).unwrap_or(0), "pack"),
        match quarantined {
            ..1 => String::new(),
            1 => " One more is far from what others measured, and waits until others agree.".to_owned(),
            _ => format!(" {quarantined} more are far from what others measured, and wait until others agree."),
        },
    );
    out
}
