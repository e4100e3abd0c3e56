//! Continuing a text: the distribution of the next token, and seeded draws from it.

use std::sync::Arc;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::model::text::{END, TextModel, TokenId};
use crate::work::Seed;

/// The weight of the next shorter context beside a context the book has.
const SHORTER: f64 = 0.04;

/// How tokens are drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// 0 takes the likeliest token; 1 draws by the model's distribution; more is wilder.
    pub temperature: f64,
    /// Draws only among the likeliest tokens that together have this share.
    pub top_p: f64,
    /// Taken off the logarithm of a token that has come before.
    pub presence_penalty: f64,
    /// Taken off it for each time it has come before.
    pub frequency_penalty: f64,
    /// Added to the logarithms of single tokens.
    pub bias: Vec<(TokenId, f64)>,
    /// The same seed and prompt give the same text.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 1.0,
            top_p: 1.0,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            bias: Vec::new(),
            seed: 0,
        }
    }
}

/// One drawn token.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// The token; [`END`] ends the text.
    pub token: TokenId,
    /// The natural logarithm of the probability the model gives it.
    pub log_probability: f64,
    /// The likeliest tokens with theirs, as many as were asked for.
    pub likeliest: Vec<(TokenId, f64)>,
}

/// Continues a text token by token.
#[derive(Debug, Clone)]
pub struct Continuation {
    model: Arc<TextModel>,
    context: Vec<TokenId>,
    came: Vec<u32>,
    sampling: Sampling,
    rng: ChaCha8Rng,
    probabilities: Vec<f64>,
}

impl Continuation {
    /// Begins behind a prompt's tokens. Words the book does not have cut the context off; without any the model begins
    /// a text.
    #[must_use]
    pub fn new(model: Arc<TextModel>, prompt: &[Option<TokenId>], sampling: Sampling) -> Self {
        let known = prompt.rsplit(Option::is_none).next().unwrap_or(&[]);
        let mut context: Vec<TokenId> = known.iter().flatten().copied().collect();
        if context.is_empty() {
            context = vec![END; model.order()];
        }
        let rng = Seed(sampling.seed).rng("text");
        let came = vec![0; model.tokens.len()];
        Self { model, context, came, sampling, rng, probabilities: Vec::new() }
    }

    /// The model's distribution of the next token: a share from each length of context that the book has, longer ones
    /// first.
    fn distribution(&mut self) {
        self.probabilities.clear();
        self.probabilities.resize(self.model.tokens.len(), 0.0);
        let mut left = 1.0;
        for length in (0..self.model.followers.len()).rev() {
            let Some(start) = self.context.len().checked_sub(length) else { continue };
            let Some(followers) = self.model.followers[length].get(&self.context[start..]) else { continue };
            let share = if length == 0 { left } else { left * (1.0 - SHORTER) };
            for (token, count) in &followers.counts {
                self.probabilities[*token as usize] +=
                    share * f64::from(*count) / f64::from(followers.total.max(1));
            }
            left -= share;
        }
    }

    /// Draws the next token, and says which `n_likeliest` were the likeliest.
    pub fn draw(&mut self, n_likeliest: usize) -> Drawn {
        self.distribution();
        let plain = std::mem::take(&mut self.probabilities);
        let sampling = &self.sampling;
        let mut logits: Vec<f64> = plain.iter().map(|p| p.ln()).collect();
        for (logit, came) in logits.iter_mut().zip(&self.came) {
            if *came > 0 {
                *logit -= sampling.presence_penalty + sampling.frequency_penalty * f64::from(*came);
            }
        }
        for (token, bias) in &sampling.bias {
            if let Some(logit) = logits.get_mut(*token as usize) {
                *logit += bias;
            }
        }
        let mut order: Vec<TokenId> =
            (0..).take(logits.len()).filter(|t| logits[*t as usize].is_finite()).collect();
        order.sort_by(|a, b| logits[*b as usize].total_cmp(&logits[*a as usize]).then(a.cmp(b)));
        let token = if sampling.temperature <= 0.0 {
            order.first().copied().unwrap_or(END)
        } else {
            let most = order.first().map_or(0.0, |token| logits[*token as usize]);
            let weight = |token: TokenId| ((logits[token as usize] - most) / sampling.temperature).exp();
            let total: f64 = order.iter().map(|token| weight(*token)).sum();
            // the likeliest tokens up to the share, at least one
            let mut kept = 0;
            let mut sum = 0.0;
            for token in &order {
                sum += weight(*token);
                kept += 1;
                if sum >= sampling.top_p * total {
                    break;
                }
            }
            let mut at = self.rng.random::<f64>() * sum;
            let mut drawn = order.first().copied().unwrap_or(END);
            for token in &order[..kept] {
                drawn = *token;
                at -= weight(*token);
                if at < 0.0 {
                    break;
                }
            }
            drawn
        };
        let likeliest = if n_likeliest == 0 {
            Vec::new()
        } else {
            let mut by_model: Vec<TokenId> =
                (0..).take(plain.len()).filter(|t| plain[*t as usize] > 0.0).collect();
            by_model.sort_by(|a, b| plain[*b as usize].total_cmp(&plain[*a as usize]).then(a.cmp(b)));
            by_model.iter().take(n_likeliest).map(|t| (*t, plain[*t as usize].ln())).collect()
        };
        // a token that only a bias brought in has no probability of its own
        let log_probability = plain.get(token as usize).map_or(f64::MIN, |p| p.ln().max(f64::MIN));
        self.probabilities = plain;
        if let Some(came) = self.came.get_mut(token as usize) {
            *came += 1;
        }
        if token == END {
            self.context = vec![END; self.model.order()];
        } else {
            self.context.push(token);
        }
        Drawn { token, log_probability, likeliest }
    }
}
