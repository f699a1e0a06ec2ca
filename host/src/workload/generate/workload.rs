//! A workload of generated files, with sizes as real projects have them.

use std::collections::HashSet;

use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use statrs::distribution::{ContinuousCDF, Normal};

use super::{
    Language,
    vocabulary::{Kind, Vocabulary},
    write,
};
use crate::{
    model::workload::{PromptTemplate, SourceFile, Workload},
    workload::{DEFAULT_PICK, pick},
};

/// Files in the batch.
const FILES: usize = 60;
/// Sizes of source files are close to lognormal; median and spread are those of ordinary projects' files.
const MEDIAN_CHARS: f64 = 4_000.0;
const SIGMA: f64 = 0.9;
const SMALLEST_CHARS: f64 = 400.0;
const LARGEST_CHARS: f64 = 40_000.0;

/// Sixty files, of which the usual number is picked. The seed changes every name, and the sizes hardly.
#[must_use]
pub fn generated_workload(seed: u64) -> Workload {
    workload_of_size(seed, 1.0)
}

/// The same with files that are so many times as large.
#[must_use]
pub fn workload_of_size(seed: u64, scale: f64) -> Workload {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let sizes = sizes(&mut random, MEDIAN_CHARS * scale);
    let mut taken = HashSet::new();
    let mut files = Vec::with_capacity(DEFAULT_PICK);
    let mut languages = Vec::new();
    for position in pick::stratified(sizes.len(), DEFAULT_PICK, seed) {
        // Four files in a row have four languages: no language has the large files.
        if languages.is_empty() {
            languages.extend(Language::ALL);
            languages.shuffle(&mut random);
        }
        let (Some(chars), Some(language)) = (sizes.get(position), languages.pop()) else { continue };
        let name = Vocabulary::new(&mut random, &mut taken).name(Kind::Type).snake();
        let path = format!("{}/{name}.{}", language.name(), language.extension());
        let text = write(language, *chars, &mut random, &mut taken);
        files.push(SourceFile::new(path, language.name(), text));
    }
    Workload {
        origin: "generated samples".to_owned(),
        files,
        batch_chars: sizes,
        prompt: PromptTemplate::built_in(),
        notices: Vec::new(),
        learned: None,
    }
}

/// One size out of each quantile, ascending.
fn sizes(random: &mut ChaCha8Rng, median: f64) -> Vec<usize> {
    let normal = Normal::standard();
    let mut sizes: Vec<usize> = (0..FILES)
        .map(|index| {
            #[expect(clippy::cast_precision_loss, reason = "60 at most")]
            let quantile = (index as f64 + random.random_range(0.3..0.7)) / FILES as f64;
            let chars = median * (SIGMA * normal.inverse_cdf(quantile)).exp();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a small range")]
            let chars = chars.clamp(SMALLEST_CHARS, LARGEST_CHARS) as usize;
            chars
        })
        .collect();
    sizes.sort_unstable();
    sizes
}
