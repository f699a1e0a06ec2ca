//! Which words may stand in a pack: names of models that everybody can have, and versions.
//!
//! A name is public when it is one of the model library's own that are listed here, and its tag is made of the parts that tags there are made
//! of. A namespace, a host, a model of one's own under another name, a tag of one's own: all of that is private. A list ages, and what is too new for it is
//! told without its name; the other way round a name would be told that nobody meant to tell.

/// Models of the public library.
const LIBRARY: &str = "alfred athene-v2 aya aya-expanse bakllava codebooga codegeex4 codegemma codellama codeqwen codestral codeup cogito \
    command-a command-r command-r-plus command-r7b dbrx deepcoder deepscaler deepseek-coder deepseek-coder-v2 deepseek-llm deepseek-r1 \
    deepseek-v2 deepseek-v2.5 deepseek-v3 deepseek-v3.1 devstral dolphin-llama3 dolphin-mistral dolphin-mixtral dolphin-phi dolphin3 dolphincoder \
    duckdb-nsql everythinglm exaone-deep exaone3.5 falcon falcon2 falcon3 firefunction-v2 gemma gemma2 gemma3 gemma3n glm4 goliath gpt-oss \
    granite-code granite3-dense granite3-guardian granite3-moe granite3.1-dense granite3.1-moe granite3.2 granite3.2-vision granite3.3 granite4 \
    hermes3 internlm2 llama-guard3 llama-pro llama2 llama2-chinese llama2-uncensored llama3 llama3-chatqa llama3-gradient llama3-groq-tool-use \
    llama3.1 llama3.2 llama3.2-vision llama3.3 llama4 llava llava-llama3 llava-phi3 magicoder magistral marco-o1 mathstral meditron medllama2 \
    megadolphin minicpm-v ministral-3 mistral mistral-large mistral-nemo mistral-openorca mistral-small mistral-small3.1 mistral-small3.2 \
    mistrallite mixtral moondream nemotron nemotron-mini neural-chat nexusraven nous-hermes nous-hermes2 nous-hermes2-mixtral nuextract olmo2 \
    open-orca-platypus2 openchat opencoder openhermes openthinker orca-mini orca2 phi phi3 phi3.5 phi4 phi4-mini phi4-mini-reasoning \
    phi4-reasoning phind-codellama qwen qwen2 qwen2-math qwen2.5 qwen2.5-coder qwen2.5vl qwen3 qwen3-coder qwen3-next qwen3-vl qwq r1-1776 \
    reader-lm reflection sailor2 samantha-mistral shieldgemma smallthinker smollm smollm2 solar solar-pro sqlcoder stable-beluga stable-code \
    stablelm-zephyr stablelm2 starcoder starcoder2 starling-lm tinydolphin tinyllama tulu3 vicuna wizard-math wizard-vicuna \
    wizard-vicuna-uncensored wizardcoder wizardlm wizardlm-uncensored wizardlm2 xwinlm yarn-llama2 yarn-mistral yi yi-coder zephyr";

/// Words that tags of the public library are made of, beside sizes, versions and quantizations.
const TAG_WORDS: &str = "alpha base beta bf16 chat code coder dense dpo fp16 fp32 gguf instruct it large latest lite math medium mini mlx moe \
    mxfp4 nvfp4 python preview qat reasoning small text thinking tiny uncensored vision";

/// Architectures, as model files call them.
const FAMILIES: &str = "bert chatglm cogito cohere2 command-r dbrx deepseek2 exaone exaone4 falcon falcon3 gemma gemma2 gemma3 gemma3n glm4 \
    gpt2 gptneox gptoss gpt-oss granite granitehybrid granitemoe internlm2 llama llama4 mamba minicpm minicpm3 mistral mistral3 mixtral mllama \
    mpt nemotron nemotron_h olmo olmo2 orion persimmon phi2 phi3 phi4 phimoe qwen qwen2 qwen25vl qwen2moe qwen3 qwen3moe qwen3next qwen3vl \
    qwen3vlmoe refact simulated smollm3 solar stablelm starcoder starcoder2 xverse";

/// How weights are stored.
const QUANTIZATIONS: &str = "BF16 F16 F32 IQ1_M IQ1_S IQ2_M IQ2_S IQ2_XS IQ2_XXS IQ3_M IQ3_S IQ3_XS IQ3_XXS IQ4_NL IQ4_XS MXFP4 NVFP4 \
    Q2_K Q2_K_S Q3_K Q3_K_L Q3_K_M Q3_K_S Q4_0 Q4_1 Q4_K Q4_K_M Q4_K_S Q5_0 Q5_1 Q5_K Q5_K_M Q5_K_S Q6_K Q8_0";

/// Characters of a tag at most.
const LONGEST_TAG: usize = 60;

fn is_in(list: &str, word: &str) -> bool {
    !word.is_empty() && list.split_ascii_whitespace().any(|one| one == word)
}

/// The name that others know a model by, its tag with it; `None` for a private one.
#[must_use]
pub fn public(name: &str) -> Option<String> {
    let name = name.strip_prefix("registry.ollama.ai/").unwrap_or(name);
    let name = name.strip_prefix("library/").unwrap_or(name);
    let whole = if name.contains(':') { name.to_owned() } else { format!("{name}:latest") };
    is_public(&whole).then_some(whole)
}

/// Whether a text is a name of a public model with its tag.
#[must_use]
pub fn is_public(name: &str) -> bool {
    let Some((base, tag)) = name.split_once(':') else { return false };
    is_in(LIBRARY, base) && is_tag(tag)
}

/// Whether a text is made of the parts of public tags, put together with `-`.
fn is_tag(tag: &str) -> bool {
    let tag = tag.to_ascii_lowercase();
    tag.len() <= LONGEST_TAG && tag.split('-').all(is_tag_part)
}

fn is_tag_part(part: &str) -> bool {
    let quantization = part.to_ascii_uppercase();
    is_in(TAG_WORDS, part) || is_in(QUANTIZATIONS, &quantization) || is_size(part) || is_version(part)
}

/// `7b`, `0.5b`, `8x7b`, `e4b`, `a3b`, `135m`, `16e`, `128k`: few digits, so that none of them is a number of something else.
fn is_size(part: &str) -> bool {
    let part = part.trim_start_matches(['a', 'e']);
    let Some(number) = part.strip_suffix(['b', 'm', 'k', 'e']) else { return false };
    number.split('x').count() <= 2 && number.split('x').all(is_number)
}

/// `v0.3`, `v2`, `2507`, `3.1`.
fn is_version(part: &str) -> bool {
    let number = part.strip_prefix('v').unwrap_or(part);
    number.split('.').count() <= 3 && number.split('.').all(|one| (1..=4).contains(&one.len()) && is_digits(one))
}

fn is_number(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    (1..=4).contains(&whole.len()) && (1..=2).contains(&part.len()) && is_digits(whole) && is_digits(part)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether an architecture is a known one.
#[must_use]
pub fn is_family(text: &str) -> bool {
    is_in(FAMILIES, text)
}

/// Whether a way of storing weights is a known one.
#[must_use]
pub fn is_quantization(text: &str) -> bool {
    is_in(QUANTIZATIONS, text)
}

/// `0.30` of `0.30.1-rc2`.
#[must_use]
pub fn server_version(version: &str) -> Option<String> {
    let mut parts = version.trim_start_matches('v').split(['.', '-', '+']);
    let version = format!("{}.{}", parts.next()?, parts.next()?);
    is_server_version(&version).then_some(version)
}

/// Whether a text is the version of a server without its last part.
#[must_use]
pub fn is_server_version(text: &str) -> bool {
    text.split('.').count() == 2 && text.split('.').all(is_part)
}

/// `0.1.0` of `0.1.0-dev+x`.
#[must_use]
pub fn tool_version(version: &str) -> Option<String> {
    let version = version.split(['-', '+']).next()?;
    is_tool_version(version).then(|| version.to_owned())
}

/// Whether a text is a release of ours.
#[must_use]
pub fn is_tool_version(text: &str) -> bool {
    text.split('.').count() == 3 && text.split('.').all(is_part)
}

/// A number of at most three digits, written as short as it can be.
fn is_part(text: &str) -> bool {
    text.len() <= 3 && is_digits(text) && (text == "0" || !text.starts_with('0'))
}

/// The month of a date, `2026-11`.
#[must_use]
pub fn month(date: &str) -> Option<String> {
    date.get(..7).filter(|month| is_month(month)).map(str::to_owned)
}

/// Whether a text is a month of a year since there is such a program.
#[must_use]
pub fn is_month(text: &str) -> bool {
    let Some((year, month)) = text.split_once('-') else { return false };
    let is = |text: &str, length: usize, from: u32, to: u32| {
        text.len() == length && is_digits(text) && text.parse().is_ok_and(|number: u32| (from..=to).contains(&number))
    };
    is(year, 4, 2025, 2199) && is(month, 2, 1, 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_library_are_public() {
        for (name, told) in [
            ("qwen2.5-coder:7b", "qwen2.5-coder:7b"),
            ("llama3.1", "llama3.1:latest"),
            ("library/mistral:7b-instruct-v0.3-q4_K_M", "mistral:7b-instruct-v0.3-q4_K_M"),
            ("registry.ollama.ai/library/gemma3n:e4b-it-q8_0", "gemma3n:e4b-it-q8_0"),
            ("qwen3:30b-a3b-instruct-2507-q4_K_M", "qwen3:30b-a3b-instruct-2507-q4_K_M"),
            ("mixtral:8x7b", "mixtral:8x7b"),
            ("llama4:17b-scout-16e", ""),
            ("smollm2:135m", "smollm2:135m"),
        ] {
            assert_eq!(public(name), (!told.is_empty()).then(|| told.to_owned()), "{name}");
        }
    }

    #[test]
    fn all_others_are_private() {
        for name in [
            "acme/llama3:latest",
            "hf.co/acme/secret-7b:Q4_K_M",
            "registry.acme.example/library/llama3:latest",
            "acme-notes",
            "llama3:acme",
            "llama3:8b-acme",
            "llama3:8b-5551234567",
            "llama3:latest:latest",
            "llama3:",
            "llama3:-",
            "LLAMA3:8b",
            "llama3\u{200b}:8b",
            "ll\u{430}ma3:8b",
            "llama3:8b\u{1b}[31m",
            "",
            ":",
        ] {
            assert_eq!(public(name), None, "{name}");
        }
    }

    #[test]
    fn versions_and_months_have_one_form() {
        assert_eq!(server_version("0.30.1-rc2").as_deref(), Some("0.30"));
        assert_eq!(server_version("acme-build"), None);
        assert_eq!(tool_version("0.1.0-dev+acme").as_deref(), Some("0.1.0"));
        assert_eq!(month("2026-11-27T15:04:05Z").as_deref(), Some("2026-11"));
        for wrong in ["2026-13", "2026-1", "1999-01", "2026-00", "+026-01", "2026-1\u{661}", "\u{661}"] {
            assert!(!is_month(wrong) && month(wrong).is_none(), "{wrong}");
        }
        for wrong in ["00.1", "0.1234", "0", "0.1.2", "0.-1", ""] {
            assert!(!is_server_version(wrong), "{wrong}");
        }
    }
}
