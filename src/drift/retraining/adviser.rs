//! When to train again: four questions, each with its evidence and its uncertainty.

use serde::Serialize;

use super::bootstrap::{Interval, difference_interval};
use super::duel::Duel;
use crate::drift::Report;
use crate::drift::rule::short;
use crate::work::Seed;

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// It can't be told yet.
    CantTell,
}

/// A question with its answer and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The question.
    pub question: &'static str,
    /// The answer.
    pub answer: Answer,
    /// What it rests on, with its uncertainty.
    pub evidence: String,
    /// The figure behind it, where there is one.
    pub figure: Option<Interval>,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Train again.
    Retrain,
    /// Get labels: something changed and nobody knows yet what it costs.
    GetLabels,
    /// Repair the data first: what is measured is broken, and a model trained on it would learn that.
    RepairData,
    /// Try the other kind of model.
    TryOther,
    /// Leave it.
    Wait,
}

/// The advice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Advice {
    /// What to do.
    pub action: Action,
    /// Why, in words.
    pub text: String,
    /// Performance, data, amount, technology; in this order.
    pub findings: [Finding; 4],
}

/// What is known when the question is asked.
#[derive(Debug, Clone, Default)]
pub struct Evidence<'a> {
    /// Losses on rows held out when the model was trained.
    pub losses_then: &'a [f64],
    /// Losses on recent labelled rows.
    pub losses_now: &'a [f64],
    /// Recent inputs against the training data.
    pub drift: Option<&'a Report>,
    /// Rows the model learned from.
    pub train_rows: usize,
    /// Labelled rows since then.
    pub new_labelled_rows: usize,
    /// Coefficients, or leaves, that a new model has to learn.
    pub parameters: usize,
    /// The best other kind of model against this one, on later rows.
    pub other_kind: Option<(&'a str, &'a Duel)>,
    /// The seed of the intervals.
    pub seed: Seed,
}

/// An increase of the loss by less than this share of it is no reason to train again.
const MATERIAL_INCREASE: f64 = 0.1;
/// Labelled rows that each parameter asks for.
const ROWS_PER_PARAMETER: usize = 10;
/// New rows must be at least this share of the old ones to change a model that learns from all.
const NEW_SHARE: f64 = 0.1;

/// Answers the four questions and concludes.
#[must_use]
pub fn advise(evidence: &Evidence<'_>) -> Advice {
    let findings = [performance(evidence), data(evidence), amount(evidence), technology(evidence)];
    let [falling, changed, enough, better] = [0, 1, 2, 3].map(|at: usize| findings[at].answer);
    let broken: Vec<&str> = evidence
        .drift
        .map(|report| {
            let columns = report.columns.iter().filter(|column| {
                column.missing.changed == Some(true)
                    && column.missing.change.is_some_and(|change| change > 0.0)
            });
            columns.map(|column| column.name.as_str()).collect()
        })
        .unwrap_or_default();
    let (action, text) = match (falling, changed, enough, better) {
        (Answer::Yes, ..) if !broken.is_empty() => (
            Action::RepairData,
            format!(
                "the model got worse and values of {} get lost: repair the source before training on it",
                broken.join(", ")
            ),
        ),
        (Answer::Yes, _, Answer::Yes, _) => (
            Action::Retrain,
            "the model got worse and there is enough new data to learn from: train again".to_owned(),
        ),
        (Answer::Yes, ..) => (
            Action::GetLabels,
            "the model got worse, and there is too little new data to learn from: get more labels".to_owned(),
        ),
        (Answer::CantTell, Answer::Yes, ..) => (
            Action::GetLabels,
            "the inputs changed and nobody knows yet what that costs: get labels for recent rows".to_owned(),
        ),
        (_, _, _, Answer::Yes) => (
            Action::TryOther,
            "nothing is wrong, and another kind of model does better on later rows: try it as a challenger"
                .to_owned(),
        ),
        (Answer::No, Answer::Yes, ..) => (
            Action::Wait,
            "the inputs changed, and the model copes with it so far: watch the error".to_owned(),
        ),
        _ => (Action::Wait, "no reason to train again".to_owned()),
    };
    Advice { action, text, findings }
}

fn performance(evidence: &Evidence<'_>) -> Finding {
    let question = "Is the performance falling?";
    let (then, now) = (evidence.losses_then, evidence.losses_now);
    let (Some(before), Some(figure)) =
        (super::losses::mean(then), difference_interval(then, now, evidence.seed))
    else {
        return Finding {
            question,
            answer: Answer::CantTell,
            evidence: format!(
                "{} labelled rows from then and {} from now; labels are missing",
                then.len(),
                now.len()
            ),
            figure: None,
        };
    };
    let relative = if before > 0.0 { figure.value / before } else { f64::INFINITY };
    let answer = if figure.is_above(0.0) && relative >= MATERIAL_INCREASE {
        Answer::Yes
    } else if figure.high < MATERIAL_INCREASE * before
        || (figure.is_above(0.0) && relative < MATERIAL_INCREASE)
    {
        Answer::No
    } else {
        Answer::CantTell
    };
    Finding {
        question,
        answer,
        evidence: format!(
            "the loss went from {} ({} rows) by {} (95 % interval {} to {}, {} rows); from {} % on it matters",
            short(before),
            then.len(),
            short(figure.value),
            short(figure.low),
            short(figure.high),
            now.len(),
            MATERIAL_INCREASE * 100.0
        ),
        figure: Some(figure),
    }
}

fn data(evidence: &Evidence<'_>) -> Finding {
    let question = "Has the data changed?";
    let Some(report) = evidence.drift else {
        return Finding {
            question,
            answer: Answer::CantTell,
            evidence: "no recent rows to compare".into(),
            figure: None,
        };
    };
    let names = |wanted: Option<bool>| {
        let columns = report.columns.iter().filter(|column| column.drifted == wanted);
        columns.map(|column| column.name.clone()).collect::<Vec<_>>()
    };
    let (drifted, open) = (names(Some(true)), names(None));
    let gaps = report.columns.iter().filter(|column| column.missing.changed == Some(true)).count();
    let answer = if !drifted.is_empty() || gaps > 0 {
        Answer::Yes
    } else if report.drifted_share.is_none() {
        Answer::CantTell
    } else {
        Answer::No
    };
    let mut text = format!("{} of {} columns drifted", drifted.len(), report.columns.len());
    if !drifted.is_empty() {
        text.push_str(&format!(" ({})", drifted.join(", ")));
    }
    if gaps > 0 {
        text.push_str(&format!("; the share of missing values changed in {gaps}"));
    }
    if !open.is_empty() {
        text.push_str(&format!("; no verdict on {}", open.join(", ")));
    }
    Finding { question, answer, evidence: text, figure: None }
}

fn amount(evidence: &Evidence<'_>) -> Finding {
    let needed = (evidence.parameters * ROWS_PER_PARAMETER)
        .max((evidence.train_rows as f64 * NEW_SHARE).ceil() as usize);
    let have = evidence.new_labelled_rows;
    Finding {
        question: "Is there enough new data?",
        answer: if have >= needed.max(1) { Answer::Yes } else { Answer::No },
        evidence: format!(
            "{have} new labelled rows where {needed} are asked for ({ROWS_PER_PARAMETER} for each of {} parameters, and a tenth of the {} rows learned from); a rule of thumb, not a law",
            evidence.parameters, evidence.train_rows
        ),
        figure: None,
    }
}

fn technology(evidence: &Evidence<'_>) -> Finding {
    let question = "Is there better technology?";
    let Some((name, duel)) = evidence.other_kind else {
        return Finding {
            question,
            answer: Answer::CantTell,
            evidence: "no other kind of model was tried".into(),
            figure: None,
        };
    };
    let answer = match duel.difference {
        None => Answer::CantTell,
        Some(d) if d.is_below(0.0) => Answer::Yes,
        Some(_) => Answer::No,
    };
    let evidence = match duel.difference {
        Some(d) => format!(
            "{name} on the same {} later rows: {} changes by {} (95 % interval {} to {})",
            duel.n,
            duel.loss,
            short(d.value),
            short(d.low),
            short(d.high)
        ),
        None => format!("{name}: {}", duel.verdict),
    };
    Finding { question, answer, evidence, figure: duel.difference }
}
