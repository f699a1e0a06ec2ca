//! The models that the built-in scenarios have installed: shapes of real ones.

use super::model_facts::ModelFacts;

const MIB: u64 = 1 << 20;

pub(super) fn qwen_coder_7b() -> ModelFacts {
    ModelFacts {
        name: "qwen2.5-coder:7b".into(),
        digest: digest("7b"),
        parameter_count: 7_615_616_512,
        parameter_size: "7.6B".into(),
        size_bytes: 4_683_087_332,
        layers: 28,
        embedding_length: 3_584,
        feed_forward_length: 18_944,
        heads: 28,
        kv_heads: 4,
        ..qwen()
    }
}

pub(super) fn qwen_coder_small() -> ModelFacts {
    ModelFacts {
        name: "qwen2.5-coder:1.5b".into(),
        digest: digest("1.5b"),
        parameter_count: 1_543_714_304,
        parameter_size: "1.5B".into(),
        size_bytes: 986_062_089,
        layers: 28,
        embedding_length: 1_536,
        feed_forward_length: 8_960,
        heads: 12,
        kv_heads: 2,
        ..qwen()
    }
}

pub(super) fn qwen_coder_14b() -> ModelFacts {
    ModelFacts {
        name: "qwen2.5-coder:14b".into(),
        digest: digest("14b"),
        parameter_count: 14_770_033_664,
        parameter_size: "14.8B".into(),
        size_bytes: 8_988_124_069,
        layers: 48,
        embedding_length: 5_120,
        feed_forward_length: 13_824,
        heads: 40,
        kv_heads: 8,
        ..qwen()
    }
}

pub(super) fn qwen_coder_32b() -> ModelFacts {
    ModelFacts {
        name: "qwen2.5-coder:32b".into(),
        digest: digest("32b"),
        parameter_count: 32_763_876_352,
        parameter_size: "32.8B".into(),
        size_bytes: 19_851_349_669,
        layers: 64,
        embedding_length: 5_120,
        feed_forward_length: 27_648,
        heads: 40,
        kv_heads: 8,
        ..qwen()
    }
}

pub(super) fn llama_8b() -> ModelFacts {
    ModelFacts {
        name: "llama3.1:8b".into(),
        digest: digest("llama3.1"),
        architecture: "llama".into(),
        parameter_count: 8_030_261_312,
        parameter_size: "8.0B".into(),
        size_bytes: 4_920_753_328,
        trained_context: 131_072,
        layers: 32,
        embedding_length: 4_096,
        feed_forward_length: 14_336,
        heads: 32,
        kv_heads: 8,
        vocabulary: 128_256,
        parameters: vec![
            ("stop".into(), "\"<|start_header_id|>\"".into()),
            ("stop".into(), "\"<|end_header_id|>\"".into()),
            ("stop".into(), "\"<|eot_id|>\"".into()),
        ],
        template_before: "<|start_header_id|>user<|end_header_id|>\n\n".into(),
        template_behind: "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n".into(),
        adds_bos: true,
        ..qwen()
    }
}

/// A model without grouped attention: half a MiB of cache a token.
pub(super) fn codellama_7b() -> ModelFacts {
    ModelFacts {
        name: "codellama:7b".into(),
        digest: digest("codellama"),
        architecture: "llama".into(),
        parameter_count: 6_738_546_688,
        parameter_size: "7B".into(),
        quantization: "Q4_0".into(),
        file_type: 2,
        size_bytes: 3_825_910_662,
        trained_context: 16_384,
        layers: 32,
        embedding_length: 4_096,
        feed_forward_length: 11_008,
        heads: 32,
        kv_heads: 32,
        vocabulary: 32_016,
        capabilities: vec!["completion".into()],
        parameters: vec![
            ("rope_frequency_base".into(), "1e+06".into()),
            ("stop".into(), "\"[INST]\"".into()),
            ("stop".into(), "\"[/INST]\"".into()),
        ],
        template_before: "[INST] ".into(),
        template_behind: " [/INST]\n".into(),
        adds_bos: true,
        ..qwen()
    }
}

pub(super) fn nomic_embed() -> ModelFacts {
    ModelFacts {
        name: "nomic-embed-text:latest".into(),
        digest: digest("nomic"),
        architecture: "nomic-bert".into(),
        parameter_count: 136_727_040,
        parameter_size: "137M".into(),
        quantization: "F16".into(),
        file_type: 1,
        size_bytes: 274_302_450,
        trained_context: 2_048,
        layers: 12,
        embedding_length: 768,
        feed_forward_length: 3_072,
        heads: 12,
        kv_heads: 12,
        head_length: 64,
        vocabulary: 30_522,
        capabilities: vec!["embedding".into()],
        parameters: vec![("num_ctx".into(), "8192".into())],
        template_before: String::new(),
        template_behind: String::new(),
        ..qwen()
    }
}

/// What the models of one family share; also the pattern for the others.
fn qwen() -> ModelFacts {
    ModelFacts {
        name: String::new(),
        parent_model: String::new(),
        basename: String::new(),
        digest: String::new(),
        architecture: "qwen2".into(),
        parameter_count: 0,
        parameter_size: String::new(),
        quantization: "Q4_K_M".into(),
        file_type: 15,
        size_bytes: 0,
        modified_at: "2026-01-05T09:30:00.5Z".into(),
        trained_context: 32_768,
        layers: 1,
        embedding_length: 1,
        feed_forward_length: 1,
        heads: 1,
        kv_heads: 1,
        head_length: 128,
        vocabulary: 152_064,
        compute_bytes: 150 * MIB,
        compute_bytes_per_batch_token: 3 * MIB / 10,
        capabilities: vec!["completion".into(), "tools".into(), "insert".into()],
        parameters: Vec::new(),
        template_before:
            "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n<|im_start|>user\n"
                .into(),
        template_behind: "<|im_end|>\n<|im_start|>assistant\n".into(),
        adds_bos: false,
        shifts: true,
    }
}

/// Sixty-four hexadecimal digits that differ from model to model.
fn digest(of: &str) -> String {
    let mut dice = super::seed::Dice::new(&[super::seed::hash(of)]);
    format!("{:016x}{:016x}{:016x}{:016x}", dice.next(), dice.next(), dice.next(), dice.next())
}
