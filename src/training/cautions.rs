//! What is worth a warning once a model is fitted and scored: a constant target, classes without rows, leakage, fits
//! that are exact by construction, levels that training did not see, and a naive model that is as good.

use serde_json::Value;

use super::fitting::{Truth, is_regression};
use super::leakage::{self, Sign};
use super::{class_codes, design, evaluate::Evaluation, plan::Plan};
use crate::data::split::Split;
use crate::data::{Table, list, number_text};
use crate::model::{Baseline, Estimator, InputKind, Model, ModelKind, Node, Policy, Scores, Task, Tree};

/// Above this R² a model explains its training rows almost perfectly.
const ALMOST_PERFECT: f64 = 0.9999;
/// Up to so many rows a perfect fit is no wonder.
const FEW_ROWS: usize = 10;

/// A fitted and scored model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) plan: &'a Plan,
    pub(super) table: &'a Table,
    pub(super) split: &'a Split,
    pub(super) model: &'a Model,
    pub(super) on_train: &'a Scores,
    pub(super) on_test: Option<&'a Evaluation>,
    pub(super) baseline: &'a Baseline,
}

/// The one warning for a target that is the same number in all training rows.
pub(super) fn constant_target(plan: &Plan, table: &Table, rows: &[usize]) -> Option<String> {
    if !is_regression(plan.task) {
        return None;
    }
    let y = design::truth_numbers(table, &plan.settings.target, rows);
    // of a single row there are other things to say
    let [first, _, ..] = *y else { return None };
    y.iter().all(|value| *value == first).then(|| {
        format!(
            "the target is constant: '{}' is {} in every training row, so that there is nothing to learn",
            plan.settings.target,
            number_text(first)
        )
    })
}

/// The warning for categories of a single level that have no term.
pub(super) fn levels_without_use(model: &Model) -> Option<String> {
    let alone = |at: usize| model.encoding.iter().all(|term| term.input != at);
    let names: Vec<String> = model
        .inputs
        .iter()
        .enumerate()
        .filter(|(at, input)| matches!(&input.kind, InputKind::Category { .. }) && alone(*at))
        .map(|(_, input)| input.name.clone())
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "{} {} a single level in the training rows and no weight",
            list(&names),
            if names.len() == 1 { "has" } else { "have" }
        )
    })
}

impl Case<'_> {
    /// All that there is to say, in order.
    pub(super) fn cautions(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        self.unseen_levels(&mut warnings);
        self.absent_classes(&mut warnings);
        self.telling_features(&mut warnings);
        warnings.extend(self.exact_fit());
        self.shared_rows(&mut warnings);
        warnings.extend(self.no_better_than_naive());
        warnings
    }

    fn unseen_levels(&self, warnings: &mut Vec<String>) {
        let Some(on_test) = self.on_test else { return };
        let as_what = match self.model.policies.unknown_level {
            Policy::Impute => "as the most frequent level",
            Policy::Ignore | Policy::Reject => "as if the feature added nothing",
        };
        for (input, unknown) in self.model.inputs.iter().zip(&on_test.notes.unknown) {
            if *unknown > 0 {
                warnings.push(format!(
                    "{unknown} of {} held-out rows have a level of '{}' that no training row has; the model does not know it, and they were scored {as_what}",
                    self.split.test.len(),
                    input.name
                ));
            }
        }
    }

    fn absent_classes(&self, warnings: &mut Vec<String>) {
        if self.plan.task == Task::Regression {
            return;
        }
        let absent = |rows: &[usize]| -> Vec<String> {
            let mut seen = vec![false; self.plan.classes.len()];
            class_codes(self.plan, self.table, rows).into_iter().for_each(|code| seen[code as usize] = true);
            let classes = self.plan.classes.iter().zip(seen);
            classes.filter(|(_, seen)| !seen).map(|(class, _)| class.clone()).collect()
        };
        let classes = |names: &[String]| format!("{} {}", plural(names, "class", "classes"), list(names));
        let untrained = absent(&self.split.train);
        if !untrained.is_empty() {
            warnings.push(format!(
                "no training row is of {}; the model can't tell {}",
                classes(&untrained),
                plural(&untrained, "it", "them")
            ));
        }
        if self.split.test.is_empty() {
            return;
        }
        let untested = absent(&self.split.test);
        if !untested.is_empty() {
            warnings.push(format!(
                "no held-out row is of {}; the scores on held-out rows say nothing of {}",
                classes(&untested),
                plural(&untested, "it", "them")
            ));
        }
    }

    fn telling_features(&self, warnings: &mut Vec<String>) {
        let (plan, rows) = (self.plan, &self.split.train);
        let telling = if is_regression(plan.task) {
            let y = design::truth_numbers(self.table, &plan.settings.target, rows);
            leakage::telling_features(self.table, &plan.features, rows, Truth::Numbers(&y))
        } else {
            let codes = class_codes(plan, self.table, rows);
            let truth = Truth::Classes(&codes, plan.classes.len());
            leakage::telling_features(self.table, &plan.features, rows, truth)
        };
        for (feature, sign) in telling {
            let does = match sign {
                Sign::Explains(r2) => format!("explains the target with R² {r2:.4}"),
                Sign::Orders(r2) => {
                    format!("puts the target in order (squared rank correlation {r2:.4})")
                }
            };
            warnings.push(format!(
                "possible leakage: '{feature}' alone {does}; check that it is known before the target is"
            ));
        }
    }

    /// A regression that is too good on the rows it learned from.
    fn exact_fit(&self) -> Option<String> {
        let rows = self.split.train.len();
        let r2 = |scores: &Scores| scores.get("r2").and_then(Value::as_f64);
        let perfect = |scores: &Scores| r2(scores).is_some_and(|r2| r2 > ALMOST_PERFECT);
        let held_out = self.on_test.map(|evaluation| &evaluation.scores);
        match &self.model.estimator {
            Estimator::Linear(linear) => {
                let of_terms = if self.model.kind == ModelKind::Linear {
                    linear.coefficients.len() - linear.dropped.len()
                } else {
                    linear.coefficients.iter().filter(|c| **c != 0.0).count()
                };
                let coefficients = of_terms + usize::from(self.plan.settings.intercept);
                let exact = self.model.kind == ModelKind::Linear || perfect(self.on_train);
                if coefficients >= rows && exact {
                    return Some(format!(
                        "there are as many coefficients as training rows, or more ({coefficients} and {rows}): the fit is {} and says nothing about other rows",
                        if self.model.kind == ModelKind::Linear {
                            "exact by construction"
                        } else {
                            "bound to be close"
                        }
                    ));
                }
                (perfect(self.on_train) && rows > FEW_ROWS).then(|| {
                    "possible leakage: the model explains the training target almost perfectly (R² above 0.9999); check that no features add up to it"
                        .into()
                })
            }
            _ if !perfect(self.on_train) || rows <= FEW_ROWS => None,
            Estimator::Tree(tree) if n_leaves(tree) * 4 > rows && !held_out.is_some_and(perfect) => {
                // on held-out rows the scores show it
                held_out.is_none().then(|| {
                    format!(
                        "the tree has {} leaves for {rows} training rows and may know them by heart (R² above 0.9999); hold rows out (--test-fraction) to see how it does on others",
                        n_leaves(tree)
                    )
                })
            }
            _ => held_out.is_none_or(perfect).then(|| {
                "possible leakage: the model explains the target almost perfectly (R² above 0.9999); check that the features are known before the target is"
                    .into()
            }),
        }
    }

    fn shared_rows(&self, warnings: &mut Vec<String>) {
        let plan = self.plan;
        let columns: Vec<&str> =
            plan.features.iter().map(String::as_str).chain([plan.settings.target.as_str()]).collect();
        let shared = leakage::shared_rows(self.table, &columns, &self.split.train, &self.split.test);
        if shared > 0 {
            warnings.push(format!(
                "possible leakage: {shared} of {} held-out rows equal a training row in every feature and the target",
                self.split.test.len()
            ));
        }
    }

    /// The naive model must be beaten where it counts: on held-out rows if there are any.
    fn no_better_than_naive(&self) -> Option<String> {
        let key = if is_regression(self.plan.task) { "rmse" } else { "log_loss" };
        let (own, naive, rows) = match (self.on_test, &self.baseline.test) {
            (Some(own), Some(naive)) => (&own.scores, naive, "held-out"),
            _ => (self.on_train, &self.baseline.train, "training"),
        };
        let number = |scores: &Scores| scores.get(key).and_then(Value::as_f64);
        let (own, naive) = (number(own)?, number(naive)?);
        (own >= naive && naive > 0.0).then(|| {
            format!(
                "the model does not beat the naive one ({}) on the {rows} rows: {key} {} against {}",
                self.baseline.rule,
                rounded(own),
                rounded(naive)
            )
        })
    }
}

fn plural<'a>(names: &[String], one: &'a str, more: &'a str) -> &'a str {
    if names.len() == 1 { one } else { more }
}

fn n_leaves(tree: &Tree) -> usize {
    tree.nodes.iter().filter(|node| matches!(node, Node::Leaf { .. })).count()
}

/// Four significant digits, whatever the unit.
fn rounded(value: f64) -> String {
    number_text(format!("{value:.3e}").parse().unwrap_or(value))
}
