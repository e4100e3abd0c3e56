//! Reports of models trained on the bundled samples.

use super::super::plan::Settings;
use super::super::{Origin, train};
use super::*;
use crate::data::{ReadOptions, Source, read_csv, samples};
use crate::model::ModelKind;

fn loaded(name: &str) -> Loaded {
    let sample = samples::find(name).unwrap();
    let source = Source::from_bytes(sample.file, sample.bytes());
    read_csv(&source, &ReadOptions::default(), &Progress::new()).unwrap()
}

fn report_of(loaded: &Loaded, settings: Settings) -> (Plan, Trained, Report) {
    let plan = Plan::new(settings, &loaded.table).unwrap();
    let trained = train(&plan, &loaded.table, &Origin::of("sample.csv", loaded), &Progress::new()).unwrap();
    let report = report(&plan, loaded, "sample.csv", &trained, &Progress::new()).unwrap();
    (plan, trained, report)
}

#[test]
fn a_regression_has_points_residuals_and_intervals() {
    let loaded = loaded("winter-beverages");
    let settings = Settings {
        model: Some(ModelKind::Linear),
        test_fraction: 0.2,
        folds: 3,
        ..Settings::new("units_sold")
    };
    let (_, trained, report) = report_of(&loaded, settings);
    assert!(report.held_out);
    assert_eq!(report.folds.len(), 3);
    let Judged::Regression { points, residuals } = &report.judged else { panic!("a regression") };
    assert_eq!(points.len(), report.n_rows.min(MAX_POINTS));
    let residuals = residuals.as_ref().unwrap();
    assert_eq!(residuals.histogram.counts.iter().sum::<usize>(), report.n_rows);
    assert!(residuals.middle.0 < 0.0 && residuals.middle.1 > 0.0);
    // the truth of a point is that of its row
    let truth = design::truth_numbers(&loaded.table, "units_sold", &[points[5].row - 1]).into_owned();
    assert_eq!(truth, [points[5].actual]);
    let coefficients = coefficients(&trained.model);
    let term = &coefficients[0].terms[0];
    let (low, high) = term.interval.unwrap();
    let half = term.standard_error.unwrap() * 1.961;
    assert!((term.value - half - low).abs() < 0.01 * half && (high - term.value - half).abs() < 0.01 * half);
    assert!(coefficients[0].terms.iter().all(|term| term.per_std().is_some()));
    // and it comes back from its file
    let text = serde_json::to_vec(&report).unwrap();
    assert_eq!(serde_json::from_slice::<Report>(&text).unwrap(), report);
}

#[test]
fn two_classes_have_a_confusion_matrix_and_a_roc_curve() {
    let loaded = loaded("orange-juice");
    let settings =
        Settings { model: Some(ModelKind::Logistic), test_fraction: 0.2, ..Settings::new("Purchase") };
    let (_, trained, report) = report_of(&loaded, settings);
    let Judged::Classification { classes, confusion, each, roc } = &report.judged else { panic!("classes") };
    assert_eq!((classes.len(), confusion.len(), each.len()), (2, 2, 2));
    assert_eq!(confusion.iter().flatten().sum::<usize>(), report.n_rows);
    assert_eq!((roc[0], roc[roc.len() - 1]), ((0.0, 0.0), (1.0, 1.0)));
    // the area under it is the score
    let area: f64 = roc.windows(2).map(|w| (w[1].0 - w[0].0) * f64::midpoint(w[0].1, w[1].1)).sum();
    let score = trained.model.metrics.test.as_ref().unwrap()["roc_auc"].as_f64().unwrap();
    assert!((area - score).abs() < 1e-9, "{area} against {score}");
    assert_eq!(coefficients(&trained.model)[0].class.as_deref(), Some(classes[1].as_str()));
}

#[test]
fn a_tree_and_a_network_say_which_inputs_they_go_by() {
    let loaded = loaded("winter-beverages");
    for model in [ModelKind::Tree, ModelKind::Mlp] {
        let settings =
            Settings { model: Some(model), test_fraction: 0.2, epochs: 5, ..Settings::new("units_sold") };
        let (_, trained, report) = report_of(&loaded, settings);
        assert!(coefficients(&trained.model).is_empty());
        let (Importances::Splits(found) | Importances::Shuffling(found)) = report.importances.unwrap();
        assert_eq!(found.len(), trained.model.inputs.len());
        assert!(found[0].value > found[found.len() - 1].value);
        if model == ModelKind::Tree {
            let sum: f64 = found.iter().map(|importance| importance.value).sum();
            assert!((sum - 1.0).abs() < 1e-12);
        }
    }
}

#[test]
fn the_learning_curve_ends_with_the_whole_and_can_be_cancelled() {
    let loaded = loaded("winter-beverages");
    let settings =
        Settings { model: Some(ModelKind::Ridge), test_fraction: 0.2, ..Settings::new("units_sold") };
    let (plan, trained, _) = report_of(&loaded, settings);
    let steps = learning_curve(&plan, &loaded.table, &Progress::new()).unwrap();
    assert_eq!(steps.len(), 6);
    assert!(steps.windows(2).all(|pair| pair[0].n_rows < pair[1].n_rows));
    assert_eq!(steps[5].n_rows, trained.model.training.train_rows);
    assert_eq!(Some(&steps[5].test), trained.model.metrics.test.as_ref());
    let progress = Progress::new();
    progress.cancel();
    assert!(matches!(learning_curve(&plan, &loaded.table, &progress), Err(TrainError::Cancelled(_))));
}

#[test]
fn the_rows_of_every_bar_are_as_many_as_it_counts_and_have_its_residuals() {
    let loaded = loaded("winter-beverages");
    let settings =
        Settings { model: Some(ModelKind::Linear), test_fraction: 0.2, ..Settings::new("units_sold") };
    let (plan, trained, report) = report_of(&loaded, settings);
    let Judged::Regression { residuals: Some(residuals), .. } = &report.judged else { panic!("residuals") };
    let histogram = &residuals.histogram;
    let predictor = Predictor::new(std::sync::Arc::new(trained.model.clone()));
    let mut seen = std::collections::BTreeSet::new();
    for (bin, &count) in histogram.counts.iter().enumerate() {
        let rows =
            rows_with_residuals(&plan, &loaded.table, &trained.model, histogram, bin, &Progress::new())
                .unwrap();
        assert_eq!(rows.len(), count, "bar {bin}");
        assert!(rows.is_sorted());
        // one of them by the way a single record goes
        if let Some(&row) = rows.first() {
            let one = loaded.table.take(&[row]);
            let predicted = predictor.predict_table(&one, 1).unwrap().output(0)[0];
            let truth = design::truth_numbers(&loaded.table, "units_sold", &[row])[0];
            let (low, high) = (histogram.edges[bin], histogram.edges[bin + 1]);
            assert!((low..=high).contains(&(truth - predicted)), "row {row}: {truth} - {predicted}");
        }
        seen.extend(rows);
    }
    // no row stands in two bars, and none is from training
    assert_eq!(seen.len(), report.n_rows);
    let split = split_rows(&plan, &loaded.table).unwrap();
    assert_eq!(seen, split.test.into_iter().collect());
    let none = rows_with_residuals(&plan, &loaded.table, &trained.model, histogram, 999, &Progress::new());
    assert!(none.unwrap().is_empty());
}
