//! A version beside the one that answers: in shadow on the same requests, or as a canary on others.

use serde_json::Value;

use super::{Logged, join_labels};
use crate::data::number_text;
use crate::drift::retraining::{Interval, difference_interval, mean_interval};
use crate::inference::class_of;
use crate::work::Seed;

/// A model in shadow beside the one that answered, over the whole log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shadow {
    /// Requests that both answered.
    pub answered: usize,
    /// How far apart the answers are: mean |difference|, or the share of other classes.
    pub apart: f64,
    /// Requests among them whose label has come.
    pub labels: usize,
    /// The mean loss of the answers, and of those in shadow.
    pub loss: Option<(f64, f64)>,
    /// In shadow less answered, request by request: below 0 the model in shadow is better. A paired bootstrap.
    pub difference: Option<Interval>,
}

/// A version that answered a share of the requests beside the one that answered the rest, over the time in which both did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shared {
    /// Requests that each answered: the one in front, the canary.
    pub answered: (usize, usize),
    /// Of these, those that each refused.
    pub refused: (usize, usize),
    /// Those whose label has come.
    pub labels: (usize, usize),
    /// The mean loss of each.
    pub loss: Option<(f64, f64)>,
    /// The canary's less the other's: below 0 the canary is better. The requests are not the same ones, so that it is a
    /// bootstrap of two samples.
    pub difference: Option<Interval>,
}

/// Compares what a canary answered with what the model in front answered over the time for which both are known,
/// from the canary's first request to its last;
/// `None` where it answered nothing. `classes` are the
/// model's; none for a number.
#[must_use]
pub fn share(
    front: &[Logged],
    canary: &[Logged],
    labels: &[(&str, Value)],
    classes: &[String],
) -> Option<Shared> {
    // the time for which both are known: each side may be the latest part of a longer log
    let first = canary.iter().map(|one| one.at).min()?.max(front.iter().map(|one| one.at).min()?);
    let last = canary.iter().map(|one| one.at).max()?;
    let during: Vec<&Logged> = front.iter().filter(|one| (first..=last).contains(&one.at)).collect();
    let canary: Vec<&Logged> = canary.iter().filter(|one| one.at >= first).collect();
    let known = |logged: &[&Logged]| -> Vec<f64> {
        let ids: Vec<&str> = logged.iter().map(|one| one.id.as_str()).collect();
        let joined = join_labels(&ids, labels);
        let pairs = logged.iter().zip(&joined.labels);
        pairs.filter_map(|(one, label)| loss(one.answer.as_ref()?, label.as_ref()?, classes)).collect()
    };
    let (losses, own) = (known(&during), known(&canary));
    let refused = |logged: &[&Logged]| logged.iter().filter(|one| one.answer.is_none()).count();
    let refused = (refused(&during), refused(&canary));
    Some(Shared {
        answered: (during.len() - refused.0, canary.len() - refused.1),
        refused,
        labels: (losses.len(), own.len()),
        loss: mean_of(&losses).zip(mean_of(&own)),
        difference: difference_interval(&losses, &own, Seed::default()),
    })
}

pub(super) fn mean_of(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The losses of the answers and of those in shadow, of the requests that both answered and whose label has come.
pub(super) fn pairs(
    logged: &[Logged],
    shadows: Option<&[Option<Value>]>,
    labels: &[Option<Value>],
    classes: &[String],
) -> (Vec<f64>, Vec<f64>) {
    let all = logged.iter().zip(shadows.unwrap_or(&[])).zip(labels);
    let both = all.filter_map(|((one, shadow), label)| {
        let label = label.as_ref()?;
        Some((loss(one.answer.as_ref()?, label, classes)?, loss(shadow.as_ref()?, label, classes)?))
    });
    both.unzip()
}

/// The model in shadow beside the one that answered.
pub(super) fn in_shadow(
    logged: &[Logged],
    shadows: &[Option<Value>],
    labels: &[Option<Value>],
    classes: &[String],
) -> Option<Shadow> {
    // how far one is from the other is the loss of one, were the other the truth
    let apart = logged.iter().zip(shadows);
    let apart: Vec<f64> =
        apart.filter_map(|(one, shadow)| loss(one.answer.as_ref()?, shadow.as_ref()?, classes)).collect();
    let (answered, shadowed) = pairs(logged, Some(shadows), labels, classes);
    let differences: Vec<f64> = answered.iter().zip(&shadowed).map(|(a, b)| b - a).collect();
    Some(Shadow {
        answered: apart.len(),
        apart: mean_of(&apart)?,
        labels: answered.len(),
        loss: mean_of(&answered).zip(mean_of(&shadowed)),
        difference: mean_interval(&differences, Seed::default()),
    })
}

/// |truth − answer| of numbers, 0 or 1 of classes, however they are written; `None` where one is no value of its kind.
pub(super) fn loss(answer: &Value, label: &Value, classes: &[String]) -> Option<f64> {
    if classes.is_empty() {
        return Some((label.as_f64()? - answer.as_f64()?).abs());
    }
    let class = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => number.as_f64().map(number_text),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    };
    let (answer, label) = (class(answer)?, class(label)?);
    // a class that the model does not know is one that it can't answer
    let same = match (class_of(&answer, classes), class_of(&label, classes)) {
        (Some(a), Some(b)) => a == b,
        _ => answer == label,
    };
    Some(f64::from(u8::from(!same)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn logged(id: &str, at: i64, answer: Option<f64>) -> Logged {
        Logged { id: id.into(), at, record: serde_json::Map::new(), answer: answer.map(Value::from) }
    }

    #[test]
    fn a_canary_is_compared_over_the_time_in_which_both_answered() {
        let front: Vec<Logged> =
            (0..10).map(|at| logged(&format!("f{at}"), at, (at != 4).then_some(at as f64))).collect();
        let canary = [logged("c1", 3, Some(1.0)), logged("c2", 5, Some(2.0)), logged("c3", 7, None)];
        // the front is 2 beside the truth in the time from 3 to 7, and 100 before and after; the canary 0.5
        let truth = |at: i64| if (3..=7).contains(&at) { at as f64 + 2.0 } else { at as f64 + 100.0 };
        let ids: Vec<String> = (0..10).map(|at| format!("f{at}")).collect();
        let mut labels: Vec<(&str, Value)> =
            ids.iter().zip(0..).map(|(id, at)| (id.as_str(), json!(truth(at)))).collect();
        labels.extend([("c1", json!(0.5)), ("c2", json!(2.5)), ("c3", json!(1.0))]);
        let shared = share(&front, &canary, &labels, &[]).unwrap();
        assert_eq!((shared.answered, shared.refused, shared.labels), ((4, 2), (1, 1), (4, 2)));
        assert_eq!(shared.loss, Some((2.0, 0.5)));
        let difference = shared.difference.unwrap();
        assert_eq!([difference.value, difference.low, difference.high], [-1.5; 3], "no spread");
        assert_eq!(share(&front, &[], &labels, &[]), None);
        // nobody knows the truth yet
        let unknown = share(&front, &canary, &[], &[]).unwrap();
        assert_eq!((unknown.labels, unknown.loss, unknown.difference), ((0, 0), None, None));
    }
}
