//! Editing one member of a JSON object in its text, and nothing else.
//!
//! The text must be a valid JSON object (a parser has seen it before): the scanner only looks for where things are.

use std::ops::Range;

/// Where one member is.
struct Member {
    name: String,
    /// The first byte of the name's quote.
    start: usize,
    name_end: usize,
    value: Range<usize>,
}

/// Where the members of an object are.
struct Object {
    open: usize,
    close: usize,
    members: Vec<Member>,
}

/// The text with that member set to `json`: in place where it exists (the last one, when a name occurs twice, as
/// readers do), else at the end, laid out like the member before it. None when the text is not an object.
pub fn set(text: &str, name: &str, json: &str) -> Option<String> {
    let object = scan(text)?;
    if let Some(member) = object.members.iter().rfind(|member| member.name == name) {
        return Some(splice(text, member.value.clone(), json));
    }
    let quoted = serde_json::to_string(name).ok()?;
    let Some(last) = object.members.last() else {
        return Some(splice(text, object.open + 1..object.close, &format!("\n  {quoted}: {json}\n")));
    };
    let before = text.get(..last.start)?;
    let mut gap = before.get(before.trim_end().len()..)?;
    let colon = text.get(last.name_end..last.value.start)?;
    if gap.is_empty() && colon.ends_with(' ') {
        gap = " ";
    }
    Some(splice(text, last.value.end..last.value.end, &format!(",{gap}{quoted}{colon}{json}")))
}

/// The text without that member. None when the text is not an object.
pub fn remove(text: &str, name: &str) -> Option<String> {
    let mut text = text.to_owned();
    loop {
        let object = scan(&text)?;
        let members = &object.members;
        let Some(index) = members.iter().position(|member| member.name == name) else { return Some(text) };
        let member = members.get(index)?;
        let before = index.checked_sub(1).and_then(|index| members.get(index));
        let range = match (before, members.get(index + 1)) {
            (Some(before), _) => before.value.end..member.value.end,
            (None, Some(after)) => member.start..after.start,
            (None, None) => object.open + 1..object.close,
        };
        text = splice(&text, range, "");
    }
}

fn splice(text: &str, range: Range<usize>, new: &str) -> String {
    let mut text = text.to_owned();
    text.replace_range(range, new);
    text
}

fn scan(text: &str) -> Option<Object> {
    let bytes = text.as_bytes();
    let open = space(bytes, 0);
    if bytes.get(open) != Some(&b'{') {
        return None;
    }
    let mut members = Vec::new();
    let mut at = space(bytes, open + 1);
    while bytes.get(at) == Some(&b'"') {
        let name_end = string(bytes, at)?;
        let start = space(bytes, space(bytes, name_end) + 1);
        let end = value(bytes, start)?;
        let name = serde_json::from_str(text.get(at..name_end)?).ok()?;
        members.push(Member { name, start: at, name_end, value: start..end });
        at = space(bytes, end);
        if bytes.get(at) == Some(&b',') {
            at = space(bytes, at + 1);
        }
    }
    (bytes.get(at) == Some(&b'}')).then_some(Object { open, close: at, members })
}

fn space(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The end of the string that begins here.
fn string(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// The end of the value that begins here.
fn value(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    let mut depth = 0_usize;
    loop {
        match bytes.get(at)? {
            b'"' => {
                at = string(bytes, at)?;
                if depth == 0 {
                    return Some(at);
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' if depth == 0 => return Some(at),
            b'}' | b']' if depth == 1 => return Some(at + 1),
            b'}' | b']' => depth -= 1,
            byte if depth == 0 && byte.is_ascii_whitespace() => return Some(at),
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    #[test]
    fn changes_in_place_and_appends_in_the_same_layout() {
        for (before, after_set, after_new) in [
            ("{\"a\": 1}", "{\"a\": 9}", "{\"a\": 1, \"n\": 9}"),
            ("{\"b\":2,\"a\":1}", "{\"b\":2,\"a\":9}", "{\"b\":2,\"a\":1,\"n\":9}"),
            (
                "{\n\t\"a\" : [1, {\"a\": 2}]\n}\n",
                "{\n\t\"a\" : 9\n}\n",
                "{\n\t\"a\" : [1, {\"a\": 2}],\n\t\"n\" : 9\n}\n",
            ),
            (
                "{\r\n    \"a\": \"}\\\",{\"\r\n}",
                "{\r\n    \"a\": 9\r\n}",
                "{\r\n    \"a\": \"}\\\",{\",\r\n    \"n\": 9\r\n}",
            ),
            ("{\"a\": 1, \"a\": 2}", "{\"a\": 1, \"a\": 9}", "{\"a\": 1, \"a\": 2, \"n\": 9}"),
            ("{\"\\u0061\": 1.50}", "{\"\\u0061\": 9}", "{\"\\u0061\": 1.50, \"n\": 9}"),
            (" {}\n", " {\n  \"a\": 9\n}\n", " {\n  \"n\": 9\n}\n"),
        ] {
            assert_eq!(set(before, "a", "9").as_deref(), Some(after_set));
            assert_eq!(set(before, "n", "9").as_deref(), Some(after_new));
        }
    }

    #[test]
    fn removes_with_its_comma() {
        for (before, after) in [
            ("{\"a\": 1}", "{}"),
            ("{\n  \"a\": 1,\n  \"b\": 2\n}", "{\n  \"b\": 2\n}"),
            ("{\n  \"b\": 2,\n  \"a\": 1\n}", "{\n  \"b\": 2\n}"),
            ("{\"a\": 1, \"a\": 2, \"b\": 3}", "{\"b\": 3}"),
            ("{\"b\": 3}", "{\"b\": 3}"),
        ] {
            assert_eq!(remove(before, "a").as_deref(), Some(after));
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[\\PC\"\\\\{}\\[\\],: \n]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c\"\\\\]{0,3}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_object_keeps_everything_else(
            members in prop::collection::btree_map("[a-e\"\\\\{,]{0,3}", json(), 0..5),
            name in "[a-e]{1,2}",
            pretty: bool,
        ) {
            let object: Map<String, Value> = members.into_iter().collect();
            let write = if pretty { serde_json::to_string_pretty } else { serde_json::to_string };
            let text = write(&Value::Object(object.clone())).unwrap();
            let mut expected = object.clone();
            expected.insert(name.clone(), Value::from(7));
            let changed: Map<String, Value> = serde_json::from_str(&set(&text, &name, "7").unwrap()).unwrap();
            prop_assert_eq!(serde_json::to_string(&changed).unwrap(), serde_json::to_string(&expected).unwrap());
            let mut without = object;
            without.shift_remove(&name);
            let removed: Map<String, Value> = serde_json::from_str(&remove(&text, &name).unwrap()).unwrap();
            prop_assert_eq!(removed, without);
        }
    }
}
