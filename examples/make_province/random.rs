//! The generator's own random numbers, so that its bytes hang on no crate's version.

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    /// Equal labels give equal sequences: what a border looks like depends on the border alone, not on
    /// which of its two sides is drawn first.
    pub fn new(seed: u64, label: &[i64]) -> Self {
        Random(label.iter().fold(mix(seed), |state, part| mix(state ^ mix(*part as u64))))
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// In [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// In [-1, 1).
    pub fn signed(&mut self) -> f64 {
        self.between(-1.0, 1.0)
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// In 0..n.
    pub fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }

    /// One of `choices`, each as often as its weight says.
    pub fn weighted<T: Copy>(&mut self, choices: &[(T, f64)]) -> T {
        let total: f64 = choices.iter().map(|choice| choice.1).sum();
        let mut left = self.unit() * total;
        for (value, weight) in choices {
            left -= weight;
            if left < 0.0 {
                return *value;
            }
        }
        choices[choices.len() - 1].0
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
