//! Predicts the rows of a labelled CSV text, as [`score_csv`](super::score_csv) does, and keeps what is predicted
//! beside what is true.

use super::error::Place;
use super::rows::{Memory, RowReader};
use super::slots::Notes;
use super::stream::take_as;
use super::{InputError, Predictor, ScoreError};
use crate::data::stream::{Cells, CsvStream};
use crate::data::{ColumnKind, ReadOptions, Source, Warning, boolean_word, number_text};
use crate::model::Task;
use crate::work::Progress;

/// What is true of the rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Truth {
    /// Numbers; NaN where the target is missing.
    Numbers(Vec<f64>),
    /// Classes.
    Classes(Vec<TrueClass>),
}

/// The true class of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrueClass {
    /// The target is missing.
    Missing,
    /// A class that the model does not know, so that it can't predict it.
    Unknown,
    /// The model's class of this place.
    Known(u32),
}

/// A labelled file, predicted.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// What is true.
    pub truth: Truth,
    /// Output by output, as long as the truth: the predicted number, or the probability of each class.
    pub outputs: Vec<Vec<f64>>,
    /// What was done to values that were not as expected.
    pub notes: Notes,
    /// What was odd about the file.
    pub warnings: Vec<Warning>,
}

struct Part {
    truth: Truth,
    outputs: Vec<Vec<f64>>,
    notes: Notes,
    refused: Option<(u64, InputError)>,
}

/// Predicts every row of a file that has the target as a column.
///
/// # Errors
/// [`ScoreError`] as for [`score_csv`](super::score_csv), and when the target's column is not there.
pub fn score_labelled(
    predictor: &Predictor,
    source: &Source,
    options: &ReadOptions,
    progress: &Progress,
) -> Result<Labelled, ScoreError> {
    let model = predictor.model();
    let target = &model.output.name;
    let numbers = model.task == Task::Regression;
    let mut options = predictor.with_types(options)?;
    let kind = if numbers { ColumnKind::Number } else { ColumnKind::Category };
    take_as(options.columns.entry(target.clone()).or_default(), target, kind)?;
    let stream = CsvStream::open(source, &options)?;
    let names = stream.names().to_vec();
    let refuse = |error: InputError| ScoreError::Input { name: source.name(), error };
    let Some(place) = names.iter().position(|name| name == target) else {
        return Err(refuse(InputError {
            place: None,
            field: target.clone(),
            expected: "a column with the true values of the target".into(),
            got: format!("a file with the columns {}", crate::data::list(&names)),
        }));
    };
    let reader = RowReader::new(predictor, &names).map_err(refuse)?;
    let n_outputs = predictor.kernel.n_outputs();
    let mut labelled = Labelled {
        truth: if numbers { Truth::Numbers(Vec::new()) } else { Truth::Classes(Vec::new()) },
        outputs: vec![Vec::new(); n_outputs],
        notes: Notes::new(predictor.slots.len()),
        warnings: Vec::new(),
    };
    labelled.warnings = stream.run(
        progress,
        Memory::default,
        |memory: &mut Memory, cells: &Cells<'_>| {
            let truth = if numbers {
                Truth::Numbers(true_numbers(cells, place))
            } else {
                Truth::Classes(true_classes(cells, place, &model.output.classes))
            };
            let mut outputs = vec![Vec::with_capacity(cells.n_rows()); n_outputs];
            let read = reader.predict(memory, cells, |_, n, block| {
                for (all, part) in outputs.iter_mut().zip(block.chunks_exact(n)) {
                    all.extend_from_slice(part);
                }
            });
            Part { truth, outputs, notes: read.notes, refused: read.refused }
        },
        |part: Part, lines_before| {
            if let Some((line, error)) = part.refused {
                return Err(refuse(error.at(Place::Line(lines_before + line + 1))));
            }
            match (&mut labelled.truth, part.truth) {
                (Truth::Numbers(all), Truth::Numbers(more)) => all.extend(more),
                (Truth::Classes(all), Truth::Classes(more)) => all.extend(more),
                // every block is read for the same task
                _ => {}
            }
            labelled.outputs.iter_mut().zip(part.outputs).for_each(|(all, more)| all.extend(more));
            labelled.notes.add(&part.notes);
            Ok(())
        },
    )?;
    Ok(labelled)
}

/// The target's numbers. It is no input: a cell that is no number tells nothing, and its row is left out.
fn true_numbers(cells: &Cells<'_>, col: usize) -> Vec<f64> {
    let mut truth = Vec::new();
    cells.numbers(col, &mut truth, |row, cell, rounded| match rounded {
        None => cells.warn_wrong_type(row, col, &String::from_utf8_lossy(cell), "the row is left out"),
        Some(value) => cells.warn_rounded(row, col, cell, value),
    });
    truth
}

fn true_classes(cells: &Cells<'_>, col: usize, classes: &[String]) -> Vec<TrueClass> {
    let (codes, levels) = cells.texts(col);
    let of_level: Vec<TrueClass> = levels
        .iter()
        .map(|level| class_of(level, classes).map_or(TrueClass::Unknown, TrueClass::Known))
        .collect();
    codes.iter().map(|&code| of_level.get(code as usize).copied().unwrap_or(TrueClass::Missing)).collect()
}

/// The place of a text among the classes. A number may be written in another way than the class (1.0 for 1), and where
/// the classes are no and yes, spellings that differ in case are the same.
#[must_use]
pub fn class_of(text: &str, classes: &[String]) -> Option<u32> {
    let place = |wanted: &str| classes.iter().zip(0..).find(|(class, _)| *class == wanted).map(|(_, at)| at);
    let number =
        || text.trim().parse::<f64>().ok().filter(|n| n.is_finite()).and_then(|n| place(&number_text(n)));
    place(text).or_else(number).or_else(|| {
        let [no, yes] = classes else { return None };
        let (pair, is_yes) = boolean_word(text)?;
        let fits = boolean_word(no) == Some((pair, false)) && boolean_word(yes) == Some((pair, true));
        fits.then_some(u32::from(is_yes))
    })
}
