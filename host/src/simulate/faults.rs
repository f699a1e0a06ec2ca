//! What can go wrong with one request, drawn from its own dice.

use std::time::Duration;

use super::{convert::span, scenario::Faults, seed::Dice};

/// The runner's last words, as the server passes them on.
pub(super) const CRASHED: &str = "model runner has unexpectedly stopped, this may be due to resource limitations or an \
                                  internal error, check ollama server logs for details";
/// The server's answer to too many waiting requests; the two spaces are its own.
pub(super) const BUSY: &str = "server busy, please try again.  maximum pending requests exceeded";

/// One thing that goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fault {
    /// 500 instead of the first token.
    Crash,
    /// 503 at once.
    Busy,
    /// The connection breaks after that share of the answer.
    Reset { after: f64 },
    /// The runner pauses after that share of the answer.
    Stall { after: f64, pause: Duration },
    /// Thirty equal tokens after that share of the answer, then the end without a final object.
    TokenRepeat { after: f64 },
}

impl Faults {
    /// At most one fault for a request.
    pub(super) fn draw(&self, dice: &mut Dice) -> Option<Fault> {
        let (mut luck, after) = (dice.unit(), dice.between(0.1, 0.9));
        let pause = span(dice.between(self.stall_seconds.0, self.stall_seconds.1));
        let possible = [
            (self.crash, Fault::Crash),
            (self.busy, Fault::Busy),
            (self.reset, Fault::Reset { after }),
            (self.stall, Fault::Stall { after, pause }),
            (self.token_repeat, Fault::TokenRepeat { after }),
        ];
        for (probability, fault) in possible {
            if luck < probability {
                return Some(fault);
            }
            luck -= probability;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_come_as_often_as_stated() {
        let faults = Faults { crash: 0.1, stall: 0.2, stall_seconds: (5.0, 40.0), ..Faults::default() };
        let drawn: Vec<_> = (0..10_000).filter_map(|request| faults.draw(&mut Dice::new(&[request]))).collect();
        let crashes = drawn.iter().filter(|fault| **fault == Fault::Crash).count();
        assert!((900..1100).contains(&crashes), "{crashes}");
        assert!((2_850..3_150).contains(&drawn.len()), "{}", drawn.len());
        for fault in drawn {
            if let Fault::Stall { pause, .. } = fault {
                assert!((5.0..40.0).contains(&pause.as_secs_f64()));
            }
        }
    }
}
