//! Logistic regression with balanced classes, by accelerated proximal gradient (Beck and Teboulle 2009, FISTA).

use crate::Example;

const STEPS: usize = 600;
/// Penalties on the mean loss.
const L1: f32 = 6e-6;
const L2: f32 = 1e-5;
/// Bound of the curvature: rows have at most this squared length.
const CURVATURE: f32 = 1.0;

/// A weight for each feature.
pub(crate) struct Weights {
    pub(crate) of: Vec<f32>,
    pub(crate) bias: f32,
}

impl Weights {
    pub(crate) fn score(&self, example: &Example) -> f64 {
        let sum: f32 = example.features.iter().map(|feature| self.of[*feature as usize]).sum();
        f64::from(sum / example.length + self.bias)
    }
}

/// Fits weights so that messages of the class score above zero.
pub(crate) fn fit(examples: &[&Example], features: usize, class: fn(&Example) -> bool) -> Weights {
    let sum = |inside: bool| -> f32 {
        let of_class = examples.iter().filter(|example| class(example) == inside);
        of_class.map(|example| example.counts).sum::<f32>().max(1.0)
    };
    let (inside, outside) = (sum(true), sum(false));
    let share = |example: &Example| example.counts * 0.5 / if class(example) { inside } else { outside };
    let mut weights = Weights { of: vec![0.0; features], bias: 0.0 };
    let mut ahead = Weights { of: vec![0.0; features], bias: 0.0 };
    let mut gradient = vec![0.0f32; features];
    let mut momentum = 1.0f32;
    let step = 1.0 / (0.25 * CURVATURE * 2.0 + L2);
    for _ in 0..STEPS {
        gradient.iter_mut().for_each(|value| *value = 0.0);
        let mut bias = 0.0;
        for example in examples {
            let target = if class(example) { 1.0 } else { 0.0 };
            let guess = 1.0 / (1.0 + (-ahead.score(example) as f32).exp());
            let error = (guess - target) * share(example);
            bias += error;
            let each = error / example.length;
            example.features.iter().for_each(|feature| gradient[*feature as usize] += each);
        }
        let next_momentum = (1.0 + (1.0 + 4.0 * momentum * momentum).sqrt()) / 2.0;
        let push = (momentum - 1.0) / next_momentum;
        momentum = next_momentum;
        for ((now, ahead), gradient) in weights.of.iter_mut().zip(&mut ahead.of).zip(&gradient) {
            let moved = *ahead - step * (gradient + L2 * *ahead);
            let next = moved.signum() * (moved.abs() - step * L1).max(0.0);
            *ahead = next + push * (next - *now);
            *now = next;
        }
        let next = ahead.bias - step * bias;
        ahead.bias = next + push * (next - weights.bias);
        weights.bias = next;
    }
    weights
}
