//! How often a change is claimed that is none, and how soon one is noticed. `cargo bench -p ralf-tune --bench watch` has the whole of it.

use ralf_tune::watch::{Point, Series};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, Normal};

/// Probes that take so many times as long as usual: each is the median of three requests with that noise.
struct Probes {
    random: ChaCha8Rng,
    noise: Normal<f64>,
}

impl Probes {
    fn new(seed: u64, sigma: f64) -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(seed), noise: Normal::new(0.0, sigma).unwrap() }
    }

    fn next(&mut self, times: f64) -> Point {
        let mut requests = [0.0; 3].map(|_: f64| self.noise.sample(&mut self.random).exp());
        requests.sort_by(f64::total_cmp);
        let time = 1000.0 * times * requests[1];
        Point::new(String::new(), [0.4 * time, 0.6 * time, 0.0, 0.0])
    }
}

#[test]
fn false_alarms_are_rare_at_any_noise() {
    for sigma in [0.05, 0.15] {
        let claims: usize = (0..10)
            .map(|seed| {
                let (mut probes, mut series) = (Probes::new(seed, sigma), Series::default());
                (0..1000).filter(|_| series.push(probes.next(1.0)).is_some()).count()
            })
            .sum();
        println!("noise {sigma}: {claims} changes claimed in 10,000 clean probes");
        // One is expected at most; more than 4 would come by chance in one of three hundred runs.
        assert!(claims <= 4, "{claims}");
    }
}

#[test]
fn a_fifth_is_noticed_within_twenty_probes() {
    for (sigma, least) in [(0.05, 40), (0.15, 35)] {
        let noticed = (0..40).filter(|seed| {
            let (mut probes, mut series) = (Probes::new(1000 + seed, sigma), Series::default());
            (0..48).for_each(|_| drop(series.push(probes.next(1.0))));
            (0..20).any(|_| series.push(probes.next(1.2)).is_some())
        });
        let noticed = noticed.count();
        println!("noise {sigma}: a fifth noticed within 20 probes in {noticed} of 40 cases");
        assert!(noticed >= least, "{noticed}");
    }
}
