//! Fields that may be `null` or of another type than they should be: they are then as if they were absent.
//!
//! What is not kept is not built: a value of the wrong kind is read over, a list is taken up to a bound. So a document that was made to be
//! large takes little more memory than what is kept of it.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Value};

/// Entries of a list or an object that are kept: a server has some hundred models, a model some hundred keys.
const MOST_ENTRIES: usize = 10_000;

/// Numbers of a list in `model_info` that are kept: one a layer.
const MOST_LAYERS: usize = 4096;

/// One value that is neither list nor object.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Single {
    /// `null`, a list or an object.
    #[default]
    Other,
    Bool(bool),
    Whole(u64),
    Number(f64),
    Text(String),
}

impl<'de> Deserialize<'de> for Single {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Kinds(Just(PhantomData)))
    }
}

impl From<Single> for String {
    fn from(single: Single) -> Self {
        Option::from(single).unwrap_or_default()
    }
}

impl From<Single> for Option<String> {
    fn from(single: Single) -> Self {
        if let Single::Text(text) = single { Some(text) } else { None }
    }
}

impl From<Single> for Option<bool> {
    fn from(single: Single) -> Self {
        if let Single::Bool(is) = single { Some(is) } else { None }
    }
}

impl From<Single> for Option<u64> {
    fn from(single: Single) -> Self {
        if let Single::Whole(number) = single { Some(number) } else { None }
    }
}

impl From<Single> for u64 {
    fn from(single: Single) -> Self {
        Option::from(single).unwrap_or_default()
    }
}

impl From<Single> for Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "as JSON itself does it")]
    fn from(single: Single) -> Self {
        match single {
            Single::Whole(number) => Some(number as f64),
            Single::Number(number) => Some(number),
            _ => None,
        }
    }
}

impl From<Single> for Value {
    fn from(single: Single) -> Self {
        match single {
            Single::Other => Self::Null,
            Single::Bool(is) => is.into(),
            Single::Whole(number) => number.into(),
            Single::Number(number) => number.into(),
            Single::Text(text) => text.into(),
        }
    }
}

/// A text, a number, a boolean; or none.
pub(super) fn single<'de, D: Deserializer<'de>, T: From<Single>>(deserializer: D) -> Result<T, D::Error> {
    Single::deserialize(deserializer).map(T::from)
}

/// A count of tokens, also where it is written as `12.0`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in bounds by the filter before it")]
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let number: Option<f64> = single(deserializer)?;
    Ok(number.filter(|number| (0.0..=f64::from(u32::MAX)).contains(number)).map(|number| number as u32))
}

/// An object of fields.
pub(super) fn object<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(Kinds(Fields(PhantomData))).map(Option::unwrap_or_default)
}

/// A list of objects; what is none in it is left out.
pub(super) fn objects<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct Item<T>(Option<T>);
    impl<'de, T: DeserializeOwned> Deserialize<'de> for Item<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(Kinds(Fields(PhantomData))).map(Self)
        }
    }
    let items = deserializer.deserialize_any(Kinds(Items::<Item<T>>(PhantomData)))?;
    Ok(items.into_iter().flatten().filter_map(|item| item.0).collect())
}

/// A list of texts; what is none in it is left out.
pub(super) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let items = deserializer.deserialize_any(Kinds(Items::<Single>(PhantomData)))?;
    Ok(items.into_iter().flatten().filter_map(Option::from).collect())
}

/// How long a list is.
pub(super) fn length<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    deserializer.deserialize_any(Kinds(Length))
}

/// Whether it is there, and not `null`.
pub(super) fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Option::<IgnoredAny>::deserialize(deserializer).map(|found| found.is_some())
}

/// What a server says of an error: a value, or an object of them. Objects in it are not kept.
pub(super) fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    let found = deserializer.deserialize_any(Kinds(Entries::<Single>(PhantomData)))?;
    Ok(Some(found).filter(|value| !value.is_null()))
}

/// The keys of a model file with their values; of lists, those that have a number for each layer.
pub(super) fn keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    match deserializer.deserialize_any(Kinds(Entries::<PerLayer>(PhantomData)))? {
        Value::Object(keys) => Ok(keys),
        _ => Ok(Map::new()),
    }
}

/// A value of `model_info`.
struct PerLayer(Value);

impl From<PerLayer> for Value {
    fn from(value: PerLayer) -> Self {
        value.0
    }
}

impl<'de> Deserialize<'de> for PerLayer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Kinds(Numbers)).map(Self)
    }
}

/// What is made of a value of each kind. Whatever is not taken is read over.
trait Take<'de>: Sized {
    type Output;

    fn single(self, single: Single) -> Self::Output;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Output, A::Error> {
        read_over(&mut list)?;
        Ok(self.single(Single::Other))
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Output, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self.single(Single::Other))
    }
}

fn read_over<'de, A: SeqAccess<'de>>(list: &mut A) -> Result<(), A::Error> {
    while list.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// What serde calls for each kind.
struct Kinds<T>(T);

impl<'de, T: Take<'de>> Visitor<'de> for Kinds<T> {
    type Value = T::Output;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<T::Output, E> {
        Ok(self.0.single(Single::Other))
    }

    fn visit_bool<E: Error>(self, is: bool) -> Result<T::Output, E> {
        Ok(self.0.single(Single::Bool(is)))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T::Output, E> {
        Ok(self.0.single(Single::Whole(number)))
    }

    #[expect(clippy::cast_precision_loss, reason = "as JSON itself does it")]
    fn visit_i64<E: Error>(self, number: i64) -> Result<T::Output, E> {
        Ok(self.0.single(u64::try_from(number).map_or(Single::Number(number as f64), Single::Whole)))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T::Output, E> {
        Ok(self.0.single(Single::Number(number)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T::Output, E> {
        Ok(self.0.single(Single::Text(text.to_owned())))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<T::Output, E> {
        Ok(self.0.single(Single::Text(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T::Output, A::Error> {
        self.0.list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<T::Output, A::Error> {
        self.0.object(object)
    }
}

/// The value itself.
struct Just(PhantomData<()>);

impl Take<'_> for Just {
    type Output = Single;

    fn single(self, single: Single) -> Single {
        single
    }
}

/// An object of known fields.
struct Fields<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Take<'de> for Fields<T> {
    type Output = Option<T>;

    fn single(self, _: Single) -> Option<T> {
        None
    }

    fn object<A: MapAccess<'de>>(self, object: A) -> Result<Option<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(Some)
    }
}

/// The first entries of a list.
struct Items<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Take<'de> for Items<T> {
    type Output = Option<Vec<T>>;

    fn single(self, _: Single) -> Option<Vec<T>> {
        None
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<Vec<T>>, A::Error> {
        let mut items = Vec::new();
        while items.len() < MOST_ENTRIES {
            let Some(item) = list.next_element()? else { return Ok(Some(items)) };
            items.push(item);
        }
        read_over(&mut list)?;
        Ok(Some(items))
    }
}

/// The number of entries of a list.
struct Length;

impl<'de> Take<'de> for Length {
    type Output = Option<u32>;

    fn single(self, _: Single) -> Option<u32> {
        None
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<u32>, A::Error> {
        let mut length = 0_u32;
        while list.next_element::<IgnoredAny>()?.is_some() {
            length = length.saturating_add(1);
        }
        Ok(Some(length))
    }
}

/// A value, or the first entries of an object. An empty list stands for one that is not kept.
struct Entries<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Into<Value>> Take<'de> for Entries<T> {
    type Output = Value;

    fn single(self, single: Single) -> Value {
        single.into()
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        read_over(&mut list)?;
        Ok(Value::Array(Vec::new()))
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut entries = Map::new();
        while entries.len() < MOST_ENTRIES {
            let Some((key, value)) = object.next_entry::<String, T>()? else { return Ok(Value::Object(entries)) };
            entries.insert(key, value.into());
        }
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Object(entries))
    }
}

/// A value, or a list of as many numbers as a model may have layers.
struct Numbers;

impl<'de> Take<'de> for Numbers {
    type Output = Value;

    fn single(self, single: Single) -> Value {
        single.into()
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut numbers = Vec::new();
        while let Some(entry) = list.next_element::<Single>()? {
            if numbers.len() == MOST_LAYERS || !matches!(entry, Single::Whole(_) | Single::Number(_)) {
                read_over(&mut list)?;
                return Ok(Value::Null);
            }
            numbers.push(entry.into());
        }
        Ok(Value::Array(numbers))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct All {
        #[serde(deserialize_with = "single")]
        text: String,
        #[serde(deserialize_with = "single")]
        number: Option<f64>,
        #[serde(deserialize_with = "object")]
        inner: Inner,
        #[serde(deserialize_with = "objects")]
        list: Vec<Inner>,
        #[serde(deserialize_with = "texts")]
        texts: Vec<String>,
        #[serde(deserialize_with = "length")]
        length: Option<u32>,
        #[serde(deserialize_with = "is_there")]
        there: bool,
        #[serde(deserialize_with = "said")]
        said: Option<Value>,
        #[serde(deserialize_with = "keys")]
        keys: Map<String, Value>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Inner {
        #[serde(deserialize_with = "single")]
        size: u64,
    }

    const FIELDS: [&str; 9] = ["text", "number", "inner", "list", "texts", "length", "there", "said", "keys"];

    fn all(document: &Value) -> All {
        serde_json::from_str(&document.to_string()).unwrap()
    }

    #[test]
    fn what_is_of_another_kind_is_absent() {
        for field in FIELDS {
            for value in
                [json!(null), json!(true), json!(-1), json!(1.5), json!("x"), json!([[1], {}]), json!({"a": {}})]
            {
                // It is read to its end, and what stands behind it is read.
                let read = all(&json!({ field: value, "inner": { "size": 7 } }));
                assert!(field == "inner" || read.inner.size == 7, "{field}: {value}");
            }
            assert_eq!(all(&json!({ field: null })), All::default());
        }
    }

    #[test]
    fn what_is_of_the_right_kind_is_kept() {
        let layers = vec![1; 80];
        let tokens = vec![0; MOST_LAYERS + 1];
        let read = all(&json!({
            "text": "é", "number": 12, "inner": { "size": 7, "new": [] }, "list": [{ "size": 1 }, null, { "size": 2.5 }],
            "texts": ["a", 1, "b"], "length": [1, "x", []], "there": {}, "said": { "message": "m", "more": { "deep": 1 } },
            "keys": { "a": "b", "layers": layers, "tokens": tokens, "words": ["x"], "none": [] },
        }));
        let keys = json!({ "a": "b", "layers": layers, "tokens": null, "words": null, "none": [] });
        assert_eq!((read.text.as_str(), read.number, read.inner.size), ("é", Some(12.0), 7));
        assert_eq!(read.list, [Inner { size: 1 }, Inner { size: 0 }]);
        assert_eq!((read.texts.len(), read.length, read.there), (2, Some(3), true));
        assert_eq!(read.said, Some(json!({ "message": "m", "more": null })));
        assert_eq!(Value::Object(read.keys), keys);
    }

    #[test]
    fn a_list_without_end_is_taken_up_to_a_bound() {
        let many =
            format!("{{\"list\":[{}{{}}],\"length\":[{}0],\"text\":\"x\"}}", "{},".repeat(20_000), "0,".repeat(20_000));
        let read: All = serde_json::from_str(&many).unwrap();
        assert_eq!((read.list.len(), read.length, read.text.as_str()), (MOST_ENTRIES, Some(20_001), "x"));
    }
}
