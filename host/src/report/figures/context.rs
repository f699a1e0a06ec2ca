//! Quality against the context, with the border below which a prompt would be cut.

use super::{
    Figure,
    quality::{Against, Border, against},
};
use crate::{model::study::Study, report::units::grouped};

pub(super) const TITLE: &str = "Quality and context";

pub(super) fn figure(study: &Study) -> Result<Figure, &'static str> {
    against(
        study,
        &Against {
            id: "quality-context",
            title: TITLE,
            axis: "context of a slot, tokens",
            value: |candidate| f64::from(candidate.num_ctx),
            border: border(study),
            all_alike: "all candidates with a quality have the same context",
        },
    )
}

/// The least context that holds the largest prompt of the recommended settings and its answer.
fn border(study: &Study) -> Option<Border> {
    let chosen = study.forecasts?.chosen;
    let tokens = f64::from(chosen.largest_prompt_tokens_at_most) + f64::from(chosen.answer_tokens);
    Some(Border {
        at: tokens,
        says: format!(
            "The largest prompt of the batch and its answer need up to {} tokens; less context would cut it.",
            grouped(tokens)
        ),
    })
}
