//! The shape of a model's key-value cache, out of the keys of its file.

use serde_json::{Map, Value};

/// Bytes of one cached number at 16 bits, the server's default.
const BYTES_PER_NUMBER: u64 = 2;

/// The numbers of `/api/show`'s `model_info` that decide what a token of context costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attention {
    pub layers: u32,
    pub embedding_length: Option<u32>,
    /// Query heads of every layer, or one number for all.
    pub heads: PerLayer,
    /// Key-value heads of every layer, or one number for all; 0 in a recurrent layer.
    pub kv_heads: PerLayer,
    pub key_length: Option<u32>,
    pub value_length: Option<u32>,
    /// Tokens that a local layer looks back.
    pub sliding_window: Option<u32>,
    /// Length of the compressed vector and of the position part, in models that compress keys and values into one.
    pub compressed: Option<(u32, u32)>,
}

/// One number for all layers, or one for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PerLayer {
    Unknown,
    Same(u32),
    Each(Vec<u32>),
}

impl PerLayer {
    fn read(value: Option<&Value>) -> Self {
        match value {
            Some(Value::Array(values)) if !values.is_empty() => {
                values.iter().map(|value| whole(Some(value))).collect::<Option<_>>().map_or(Self::Unknown, Self::Each)
            }
            other => whole(other).map_or(Self::Unknown, Self::Same),
        }
    }

    /// The largest of them.
    #[must_use]
    pub fn largest(&self) -> Option<u32> {
        match self {
            Self::Unknown => None,
            Self::Same(value) => Some(*value),
            Self::Each(values) => values.iter().max().copied(),
        }
    }

    /// The sum over all layers.
    fn sum(&self, layers: u32) -> Option<u64> {
        match self {
            Self::Unknown => None,
            Self::Same(value) => Some(u64::from(*value) * u64::from(layers)),
            Self::Each(values) => Some(values.iter().copied().map(u64::from).sum()),
        }
    }
}

impl Attention {
    /// Reads the keys of an architecture; `None` without a number of layers.
    #[must_use]
    pub fn read(info: &Map<String, Value>, architecture: &str) -> Option<Self> {
        let key = |name: &str| info.get(&format!("{architecture}.{name}"));
        let heads = PerLayer::read(key("attention.head_count"));
        // Without a number of its own, every query head has its key-value head. An explicit null is an array that was left out.
        let kv_heads = match key("attention.head_count_kv") {
            None => heads.clone(),
            value => PerLayer::read(value),
        };
        let compressed = whole(key("attention.kv_lora_rank")).filter(|rank| *rank > 0);
        Some(Self {
            layers: whole(key("block_count"))?,
            embedding_length: whole(key("embedding_length")),
            heads,
            kv_heads,
            key_length: whole(key("attention.key_length")),
            value_length: whole(key("attention.value_length")),
            sliding_window: whole(key("attention.sliding_window")).filter(|window| *window > 0),
            compressed: compressed.map(|rank| (rank, whole(key("rope.dimension_count")).unwrap_or(0))),
        })
    }

    /// Bytes that one token of context costs in one slot: over all layers, key-value heads × (key + value length) × 2.
    ///
    /// Local layers of a sliding window are counted as if they were global: an upper bound. `None` also where the numbers are absurd: more
    /// bytes than can be counted.
    #[must_use]
    pub fn bytes_per_token(&self) -> Option<u64> {
        if let Some((rank, positions)) = self.compressed {
            return bytes(u64::from(self.layers), rank, positions);
        }
        let head_length = || Some(self.embedding_length? / self.heads.largest().filter(|heads| *heads > 0)?);
        let key_length = self.key_length.or_else(head_length)?;
        let value_length = self.value_length.or_else(head_length)?;
        bytes(self.kv_heads.sum(self.layers)?, key_length, value_length)
    }
}

/// Bytes of so many vectors of two parts.
fn bytes(vectors: u64, first: u32, second: u32) -> Option<u64> {
    vectors.checked_mul(u64::from(first) + u64::from(second))?.checked_mul(BYTES_PER_NUMBER)
}

fn whole(value: Option<&Value>) -> Option<u32> {
    value.and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(info: Value) -> Option<u64> {
        let Value::Object(info) = info else { return None };
        Attention::read(&info, "x").and_then(|attention| attention.bytes_per_token())
    }

    #[test]
    fn known_models_cost_what_is_known_of_them() {
        // Llama 3.1 8B: 32 layers, 8 key-value heads of 128: 128 KiB.
        let llama = serde_json::json!({
            "x.block_count": 32, "x.embedding_length": 4096, "x.attention.head_count": 32, "x.attention.head_count_kv": 8,
        });
        assert_eq!(bytes(llama), Some(128 * 1024));
        // Explicit lengths win over embedding length by heads.
        let gemma = serde_json::json!({
            "x.block_count": 18, "x.embedding_length": 640, "x.attention.head_count": 4, "x.attention.head_count_kv": 1,
            "x.attention.key_length": 256, "x.attention.value_length": 256,
        });
        assert_eq!(bytes(gemma), Some(18 * 512 * 2));
        // Every second layer recurrent.
        let hybrid = serde_json::json!({
            "x.block_count": 4, "x.embedding_length": 512, "x.attention.head_count": 8, "x.attention.head_count_kv": [0, 2, 0, 2],
        });
        assert_eq!(bytes(hybrid), Some(4 * 128 * 2));
        // Compressed: 27 layers of 512 + 64.
        let compressed = serde_json::json!({
            "x.block_count": 27, "x.attention.kv_lora_rank": 512, "x.rope.dimension_count": 64,
        });
        assert_eq!(bytes(compressed), Some(27 * 576 * 2));
    }

    #[test]
    fn absurd_numbers_cost_nothing_that_is_known() {
        let absurd = serde_json::json!({
            "x.block_count": u32::MAX, "x.attention.head_count": u32::MAX, "x.attention.key_length": u32::MAX,
            "x.attention.value_length": 1,
        });
        assert_eq!(bytes(absurd), None);
        let absurd = serde_json::json!({
            "x.block_count": u32::MAX, "x.attention.kv_lora_rank": u32::MAX, "x.rope.dimension_count": u32::MAX,
        });
        assert_eq!(bytes(absurd), None);
    }

    #[test]
    fn an_array_that_was_left_out_is_no_number() {
        let cut = serde_json::json!({
            "x.block_count": 4, "x.embedding_length": 512, "x.attention.head_count": 8, "x.attention.head_count_kv": null,
        });
        assert_eq!(bytes(cut), None);
        let empty = serde_json::json!({
            "x.block_count": 4, "x.embedding_length": 512, "x.attention.head_count": 8, "x.attention.head_count_kv": [],
        });
        assert_eq!(bytes(empty), None);
        let plain = serde_json::json!({ "x.block_count": 4, "x.embedding_length": 512, "x.attention.head_count": 8 });
        assert_eq!(bytes(plain), Some(4 * 8 * 128 * 2));
    }
}
