//! Estimates without labels, champion against challenger, advice and policies, on worlds whose truth is known.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

use std::collections::BTreeMap;
use std::sync::Arc;

use drydock::data::{Column, ColumnData, Table};
use drydock::drift::lab::{Concept, FeatureShift, Schedule, Shifts, Timeline, simulate};
use drydock::drift::retraining::{
    Action, Answer, Evidence, LossEstimator, Plays, RetrainPolicy, advise, below_each_other,
    difference_interval, duel, losses, mean_interval, replay,
};
use drydock::drift::{Rule, compare};
use drydock::inference::Predictor;
use drydock::training::{Origin, Plan, Settings, train};
use drydock::work::{Progress, Seed};

struct Draws(u64);

impl Draws {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / 9_007_199_254_740_992.0
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

/// y = slope · x + noise · (1 + x²) · normal, with x about normal around `mean`.
fn world(seed: u64, n: usize, mean: f64, slope: f64, noise: f64) -> Table {
    let mut draws = Draws(seed);
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let value = draws.normal() + mean;
        x.push(value);
        y.push(slope * value + noise * (1.0 + value * value) * draws.normal());
    }
    Table::new(vec![Column::number("x", x), Column::number("y", y)]).unwrap()
}

/// Hot with the chance 1/(1 + e^−2x).
fn classes(seed: u64, n: usize, mean: f64) -> Table {
    let mut draws = Draws(seed);
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let value = draws.normal() + mean;
        x.push(value);
        y.push(Some(if draws.next() < 1.0 / (1.0 + (-2.0 * value).exp()) { "hot" } else { "cold" }));
    }
    let y = Column { name: "y".into(), data: ColumnData::Category(y.into_iter().collect()) };
    Table::new(vec![Column::number("x", x), y]).unwrap()
}

fn model(table: &Table) -> Predictor {
    let plan = Plan::new(Settings::new("y"), table).unwrap();
    Predictor::new(Arc::new(train(&plan, table, &Origin::default(), &Progress::new()).unwrap().model))
}

#[test]
fn the_better_model_wins_only_with_its_interval() {
    let (old, new) = (model(&world(1, 300, 0.0, 1.0, 0.1)), model(&world(2, 300, 0.0, 2.0, 0.1)));
    let later = world(3, 400, 0.0, 2.0, 0.1);
    let found = duel(&old, &new, &later, Seed(1)).unwrap();
    assert_eq!((found.n, found.loss), (400, "mean absolute error"));
    let difference = found.difference.unwrap();
    assert!(difference.high < 0.0 && found.wins.unwrap() > 0.7, "{found:?}");
    assert!(found.verdict.contains("challenger is better"));
    assert!((found.challenger.unwrap() - found.champion.unwrap() - difference.value).abs() < 1e-12);
    let same = duel(&new, &new, &later, Seed(1)).unwrap();
    assert_eq!(
        (same.difference.unwrap().low, same.difference.unwrap().high, same.wins),
        (0.0, 0.0, Some(0.0))
    );
    assert!(same.verdict.contains("not shown"));
    assert!(duel(&old, &new, &later.take(&[0]), Seed(1)).unwrap().difference.is_none());
}

#[test]
fn intervals_hold_the_truth_about_as_often_as_they_say() {
    let mut held = 0;
    for run in 0..200 {
        let mut draws = Draws(run);
        let values: Vec<f64> = (0..60).map(|_| draws.normal() + 3.0).collect();
        let interval = mean_interval(&values, Seed(run)).unwrap();
        held += i32::from(interval.low <= 3.0 && 3.0 <= interval.high);
    }
    // 95 % of 200 is 190; five standard deviations are 15
    assert!((175..=200).contains(&held), "{held}");
    assert_eq!(mean_interval(&[1.0], Seed(1)), None);
    assert_eq!(difference_interval(&[1.0, 2.0], &[], Seed(1)), None);
    let by_two = difference_interval(&[1.0; 9], &[3.0; 9], Seed(1)).unwrap();
    assert_eq!((by_two.value, by_two.low, by_two.high), (2.0, 2.0, 2.0));
}

#[test]
fn the_estimate_follows_the_inputs_and_is_blind_to_the_world() {
    let predictor = model(&world(1, 1500, 0.0, 1.0, 0.3));
    let estimator = LossEstimator::fit(&predictor, &world(2, 2000, 0.0, 1.0, 0.3), Seed(1)).unwrap();
    assert_eq!(estimator.method(), "direct loss estimation");
    let check = |table: &Table| {
        let estimated = estimator.estimate(table).unwrap().unwrap();
        (estimated, losses(&predictor, table).unwrap().mean().unwrap())
    };
    let (calm, truth) = check(&world(3, 1000, 0.0, 1.0, 0.3));
    assert!((calm.loss - truth).abs() < 2.0 * calm.band, "{calm:?} {truth}");
    // the inputs move to where the model errs more
    let (moved, truth) = check(&world(4, 1000, 1.0, 1.0, 0.3));
    assert!(moved.loss > 1.2 * calm.loss && truth > 1.2 * calm.loss, "{moved:?} {truth}");
    // the world changes: the error doubles and more, the estimate stays
    let (blind, truth) = check(&world(5, 1000, 0.0, 3.0, 0.3));
    assert!((blind.loss - calm.loss).abs() < 0.2 * calm.loss && truth > 2.0 * calm.loss, "{blind:?} {truth}");
    assert!(LossEstimator::fit(&predictor, &world(2, 20, 0.0, 1.0, 0.3), Seed(1)).is_err());
    assert!(estimator.estimate(&world(6, 0, 0.0, 1.0, 0.3)).unwrap().is_none());
}

#[test]
fn confidence_tells_a_classifiers_error() {
    let predictor = model(&classes(1, 2000, 0.0));
    let estimator = LossEstimator::fit(&predictor, &classes(2, 3000, 0.0), Seed(1)).unwrap();
    assert_eq!(estimator.method(), "confidence-based estimation");
    for mean in [0.0, 1.0, 2.0] {
        let table = classes(30 + mean as u64, 2000, mean);
        let estimated = estimator.estimate(&table).unwrap().unwrap();
        let truth = losses(&predictor, &table).unwrap().mean().unwrap();
        assert!((estimated.loss - truth).abs() < 0.03, "{mean}: {estimated:?} {truth}");
    }
}

#[test]
fn the_adviser_answers_each_question_from_its_evidence() {
    let mut draws = Draws(1);
    let mut sample = |n: usize, mean: f64| (0..n).map(|_| mean + 0.1 * draws.normal()).collect::<Vec<f64>>();
    let (then, same, worse) = (sample(300, 1.0), sample(300, 1.0), sample(300, 1.5));
    let report = |mean: f64| {
        let (a, b) = (world(1, 400, 0.0, 1.0, 0.1), world(2, 400, mean, 1.0, 0.1));
        compare(a, b, &Rule::default(), 1, &Progress::new()).unwrap()
    };
    let (moved, still) = (report(1.0), report(0.0));
    let evidence = Evidence {
        losses_then: &then,
        losses_now: &worse,
        drift: Some(&moved),
        train_rows: 1000,
        new_labelled_rows: 300,
        parameters: 3,
        ..Evidence::default()
    };
    let advice = advise(&evidence);
    let answers = |advice: &drydock::drift::retraining::Advice| advice.findings.each_ref().map(|f| f.answer);
    assert_eq!(answers(&advice), [Answer::Yes, Answer::Yes, Answer::Yes, Answer::CantTell]);
    assert_eq!(advice.action, Action::Retrain);
    assert!(advice.findings[0].evidence.contains("95 % interval"));
    assert_eq!(advise(&Evidence { new_labelled_rows: 40, ..evidence.clone() }).action, Action::GetLabels);
    assert_eq!(advise(&Evidence { losses_now: &[], ..evidence.clone() }).action, Action::GetLabels);
    let calm = advise(&Evidence { losses_now: &same, drift: Some(&still), ..evidence.clone() });
    assert_eq!((calm.action, answers(&calm)[0], answers(&calm)[1]), (Action::Wait, Answer::No, Answer::No));
    let nothing = advise(&Evidence::default());
    assert_eq!(answers(&nothing), [Answer::CantTell, Answer::CantTell, Answer::No, Answer::CantTell]);
    let (old, new) = (model(&world(1, 300, 0.0, 1.0, 0.1)), model(&world(2, 300, 0.0, 2.0, 0.1)));
    let better = duel(&old, &new, &world(3, 400, 0.0, 2.0, 0.1), Seed(1)).unwrap();
    let other = Evidence { losses_now: &same, other_kind: Some(("tree", &better)), ..evidence };
    assert_eq!(advise(&other).action, Action::TryOther);
}

#[test]
fn policies_pay_for_what_they_learn() {
    let start = world(1, 300, 0.0, 1.0, 0.1);
    let shifts = Shifts {
        features: BTreeMap::from([("x".to_owned(), FeatureShift { mean: 1.5, ..FeatureShift::default() })]),
        concept: Concept { slopes: BTreeMap::from([("x".to_owned(), 2.0)]), ..Concept::default() },
        schedule: Schedule::Sudden { from: 4 },
    };
    let timeline = Timeline { weeks: 12, rows_per_week: 60, seed: Seed(5) };
    let weeks: Vec<Table> = simulate(&start, "y", &shifts, timeline, None, &Progress::new())
        .unwrap()
        .into_iter()
        .map(|week| week.table)
        .collect();
    let settings = Settings::new("y");
    let rule = Rule::default();
    let plays = Plays { start: &start, weeks: &weeks, settings: &settings, rule: &rule, label_delay: 0 };
    let play = |policy| replay(&plays, policy, &Progress::new()).unwrap();
    let [never, monthly, alert, rolling] = RetrainPolicy::ALL.map(play);
    let cost = |r: &drydock::drift::retraining::Replay| (r.retrainings, r.labels_bought);
    assert_eq!(cost(&never), (0, 0));
    // at the ends of weeks 4, 8 and 12, on all rows so far
    assert_eq!(cost(&monthly), (3, 12 * 60));
    assert_eq!(cost(&rolling), (12, 12 * 60));
    assert!(alert.retrainings >= 1 && alert.labels_bought < rolling.labels_bought, "{:?}", cost(&alert));
    assert!(alert.weeks[..4].iter().all(|week| !week.alert) && alert.weeks[4].alert);
    let loss = |r: &drydock::drift::retraining::Replay| r.loss.unwrap();
    assert!(loss(&rolling) < 0.6 * loss(&never), "{} {}", loss(&rolling), loss(&never));
    assert!(loss(&alert) < 0.6 * loss(&never), "{} {}", loss(&alert), loss(&never));
    assert!(loss(&monthly) < loss(&never));
    // before anything changed, all are the same model's
    assert!((0..3).all(|week| never.weeks[week].loss == monthly.weeks[week].loss));
    // a label that comes three weeks late is not learned from before
    let late = Plays { label_delay: 3, ..plays };
    let rolling = replay(&late, RetrainPolicy::Rolling { window: 4 }, &Progress::new()).unwrap();
    assert_eq!(cost(&rolling), (9, 9 * 60));
    let progress = Progress::new();
    progress.cancel();
    assert!(replay(&late, RetrainPolicy::Never, &progress).is_err());
}

#[test]
fn tables_are_put_below_each_other_by_level_and_not_by_code() {
    let part = |levels: [&str; 2]| {
        let data = ColumnData::Category(levels.into_iter().map(Some).collect());
        Table::new(vec![Column { name: "c".into(), data }]).unwrap()
    };
    let both = below_each_other(&[&part(["a", "b"]), &part(["b", "z"])]).unwrap();
    let ColumnData::Category(coded) = &both.column("c").unwrap().data else { panic!("levels") };
    assert_eq!((0..4).map(|row| coded.get(row).unwrap()).collect::<Vec<_>>(), ["a", "b", "b", "z"]);
    let numbers = Table::new(vec![Column::number("c", vec![1.0])]).unwrap();
    assert!(below_each_other(&[&both, &numbers]).unwrap_err().contains("'c'"));
    assert!(below_each_other(&[&both, &Table::default()]).unwrap_err().contains("'c'"));
}

#[test]
fn the_pandemic_switch_shows_in_the_error_and_not_in_the_estimate() {
    use drydock::drift::retraining::{Following, track};
    let (start, held_out) = (world(1, 800, 0.0, 1.0, 0.2), world(2, 800, 0.0, 1.0, 0.2));
    let predictor = model(&start);
    let estimator = LossEstimator::fit(&predictor, &held_out, Seed(1)).unwrap();
    let rule = Rule { resamples: 19, ..Rule::default() };
    let following = Following {
        predictor: &predictor,
        reference: &start,
        estimator: Some(&estimator),
        rule: &rule,
        label_delay: 2,
        seed: Seed(1),
    };
    let weeks = |concept: Concept| -> Vec<Table> {
        let shifts = Shifts { concept, schedule: Schedule::Sudden { from: 3 }, ..Shifts::default() };
        let timeline = Timeline { weeks: 6, rows_per_week: 200, seed: Seed(3) };
        let weeks = simulate(&held_out, "y", &shifts, timeline, None, &Progress::new()).unwrap();
        weeks.into_iter().map(|week| week.table).collect()
    };
    let with =
        track(&following, &weeks(Concept { factor: 3.0, ..Concept::default() }), &Progress::new()).unwrap();
    let without = track(&following, &weeks(Concept::default()), &Progress::new()).unwrap();
    let (loss, guess) = (
        |w: &drydock::drift::retraining::TrackedWeek| w.followed.loss.unwrap(),
        |w: &drydock::drift::retraining::TrackedWeek| w.followed.estimated.unwrap().loss,
    );
    assert!(loss(&with[4]).low > 2.0 * loss(&without[4]).high);
    // the same inputs, so the same estimate: it can't know
    assert_eq!(guess(&with[4]), guess(&without[4]));
    assert_eq!(with[4].known_in_week, 6);
    assert!(
        with.iter().all(|week| week.drift.columns.len() == 1 && week.drift.columns[0].drifted == Some(false))
    );
    assert!(with.iter().all(|week| week.followed.outside.unwrap() < 0.05));
}
