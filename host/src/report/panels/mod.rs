//! The parts of the report's page, one a file; [`super::terminal`] puts them in order.

pub(super) mod candidates;
pub(super) mod change;
pub(super) mod clocks;
pub(super) mod closing;
pub(super) mod confidence;
pub(super) mod glance;
pub(super) mod hosts;
pub(super) mod learned;
pub(super) mod obedience;
pub(super) mod outlook;
pub(super) mod profiles;
pub(super) mod settings;
pub(super) mod stages;
pub(super) mod steps;
pub(super) mod system;
pub(super) mod verdict;
