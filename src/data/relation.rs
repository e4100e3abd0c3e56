//! How strongly two columns go together, as one number between 0 and 1, or −1 and 1.

use super::{Coded, Column, ColumnData, MISSING_CODE, MISSING_DATE};
use crate::work::{Cancelled, Progress};

/// A measure of how two columns go together, over the rows in which neither is missing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Relation {
    /// Pearson's correlation of two numbers (or dates): −1 to 1.
    Pearson(f64),
    /// The correlation ratio η of a number with the levels of a category: 0 to 1. Its square is the share of the
    /// number's variance that lies between the levels.
    Eta(f64),
    /// Cramér's V of two categories, without correction for small samples: 0 to 1.
    CramersV(f64),
}

enum Values<'a> {
    Numbers(Box<dyn Fn(usize) -> f64 + 'a>),
    Levels(&'a Coded),
}

fn values(column: &Column) -> Option<Values<'_>> {
    match &column.data {
        ColumnData::Number(values) => {
            Some(Values::Numbers(Box::new(|row| values.get(row).copied().unwrap_or(f64::NAN))))
        }
        ColumnData::Date(values) => Some(Values::Numbers(Box::new(|row| match values.get(row) {
            Some(&value) if value != MISSING_DATE => value as f64,
            _ => f64::NAN,
        }))),
        ColumnData::Category(coded) | ColumnData::Boolean(coded) => Some(Values::Levels(coded)),
        ColumnData::Text(_) => None,
    }
}

/// How two columns go together. `None` for free text, when a column is constant, and when fewer than two rows have
/// both values.
///
/// # Errors
/// [`Cancelled`] when the work was cancelled.
///
/// # Example
/// ```
/// use drydock::data::{Column, Relation, relation};
/// let x = Column::number("x", vec![1.0, 2.0, 3.0]);
/// let y = Column::number("y", vec![2.0, 4.0, 6.0]);
/// let found = relation(&x, &y, &drydock::work::Progress::new()).unwrap();
/// assert!(matches!(found, Some(Relation::Pearson(r)) if (r - 1.0).abs() < 1e-12));
/// ```
pub fn relation(a: &Column, b: &Column, progress: &Progress) -> Result<Option<Relation>, Cancelled> {
    progress.check()?;
    let n = a.len().min(b.len());
    let (Some(a), Some(b)) = (values(a), values(b)) else { return Ok(None) };
    let found = match (a, b) {
        (Values::Numbers(a), Values::Numbers(b)) => pearson(n, &a, &b, progress)?.map(Relation::Pearson),
        (Values::Numbers(number), Values::Levels(levels))
        | (Values::Levels(levels), Values::Numbers(number)) => {
            eta(n, &number, levels, progress)?.map(Relation::Eta)
        }
        (Values::Levels(a), Values::Levels(b)) => cramers_v(n, a, b, progress)?.map(Relation::CramersV),
    };
    Ok(found)
}

type Number<'a> = dyn Fn(usize) -> f64 + 'a;

/// Means and moments are updated value by value (Welford), so that numbers far from zero lose no digits.
fn pearson(n: usize, a: &Number<'_>, b: &Number<'_>, progress: &Progress) -> Result<Option<f64>, Cancelled> {
    let (mut count, mut mean_a, mut mean_b, mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for row in 0..n {
        if row.is_multiple_of(65_536) {
            progress.check()?;
        }
        let (x, y) = (a(row), b(row));
        if x.is_nan() || y.is_nan() {
            continue;
        }
        count += 1.0;
        let (dx, dy) = (x - mean_a, y - mean_b);
        mean_a += dx / count;
        mean_b += dy / count;
        aa += dx * (x - mean_a);
        bb += dy * (y - mean_b);
        ab += dx * (y - mean_b);
    }
    let r = ab / (aa.sqrt() * bb.sqrt());
    Ok(r.is_finite().then(|| r.clamp(-1.0, 1.0)))
}

fn eta(n: usize, number: &Number<'_>, levels: &Coded, progress: &Progress) -> Result<Option<f64>, Cancelled> {
    let mut groups = vec![(0.0_f64, 0.0_f64); levels.levels.len()];
    let (mut count, mut mean, mut total) = (0.0, 0.0, 0.0);
    for row in 0..n {
        if row.is_multiple_of(65_536) {
            progress.check()?;
        }
        let y = number(row);
        let code = levels.codes.get(row).copied().unwrap_or(MISSING_CODE);
        let Some(group) = groups.get_mut(code as usize) else { continue };
        if y.is_nan() {
            continue;
        }
        count += 1.0;
        let d = y - mean;
        mean += d / count;
        total += d * (y - mean);
        group.0 += 1.0;
        group.1 += (y - group.1) / group.0;
    }
    let between: f64 = groups.iter().map(|(n, own)| n * (own - mean) * (own - mean)).sum();
    let eta = (between / total).sqrt();
    Ok(eta.is_finite().then(|| eta.min(1.0)))
}

fn cramers_v(n: usize, a: &Coded, b: &Coded, progress: &Progress) -> Result<Option<f64>, Cancelled> {
    let (wide, high) = (a.levels.len(), b.levels.len());
    // a table of so many cells says nothing, and would not fit
    if wide.saturating_mul(high) > 1 << 22 {
        return Ok(None);
    }
    let mut cells = vec![0.0_f64; wide * high];
    for row in 0..n {
        if row.is_multiple_of(65_536) {
            progress.check()?;
        }
        let code = |coded: &Coded| coded.codes.get(row).copied().unwrap_or(MISSING_CODE) as usize;
        let (x, y) = (code(a), code(b));
        if x < wide && y < high {
            cells[x * high + y] += 1.0;
        }
    }
    let total: f64 = cells.iter().sum();
    let by_a: Vec<f64> = (0..wide).map(|x| cells[x * high..(x + 1) * high].iter().sum()).collect();
    let by_b: Vec<f64> = (0..high).map(|y| (0..wide).map(|x| cells[x * high + y]).sum()).collect();
    let mut chi_squared_share = -1.0;
    for (x, row) in by_a.iter().enumerate().filter(|(_, row)| **row > 0.0) {
        for (y, column) in by_b.iter().enumerate().filter(|(_, column)| **column > 0.0) {
            let cell = cells[x * high + y];
            chi_squared_share += cell * cell / (row * column);
        }
    }
    let used = |sums: &[f64]| sums.iter().filter(|sum| **sum > 0.0).count();
    let smaller = used(&by_a).min(used(&by_b)) as f64 - 1.0;
    let v = (chi_squared_share.max(0.0) / smaller).sqrt();
    Ok((total > 1.0 && v.is_finite()).then(|| v.min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(a: &Column, b: &Column) -> Option<Relation> {
        relation(a, b, &Progress::new()).unwrap()
    }

    fn levels(texts: &[&str]) -> Column {
        let coded = texts.iter().map(|text| (!text.is_empty()).then_some(*text)).collect::<Coded>();
        Column { name: "c".into(), data: ColumnData::Category(coded) }
    }

    #[test]
    fn pearson_as_numpy_has_it() {
        // numpy.corrcoef([1, 2, 3, 5], [2, 1, 4, 3])[0, 1]
        let x = Column::number("x", vec![1.0, 2.0, 3.0, 5.0, f64::NAN]);
        let y = Column::number("y", vec![2.0, 1.0, 4.0, 3.0, 9.0]);
        let Some(Relation::Pearson(r)) = of(&x, &y) else { panic!("no r") };
        // by hand: means 2.75 and 2.5; sums of squares 8.75 and 5; sum of products 3.5
        assert!((r - 3.5 / (8.75_f64 * 5.0).sqrt()).abs() < 1e-15, "{r}");
        let far = |shift: f64| Column::number("z", vec![shift + 1.0, shift + 2.0, shift + 3.0, shift + 5.0]);
        let Some(Relation::Pearson(shifted)) = of(&far(1e9), &y) else { panic!("no r") };
        assert!((shifted - r).abs() < 1e-9);
        assert_eq!(of(&Column::number("c", vec![2.0; 4]), &y), None);
        assert_eq!(of(&Column::number("c", vec![]), &y), None);
    }

    #[test]
    fn eta_is_the_share_between_groups() {
        // groups a: 1, 3 (mean 2), b: 5, 7 (mean 6); mean 4; between 4 * 4 = 16, total 20
        let y = Column::number("y", vec![1.0, 5.0, 3.0, 7.0, 100.0]);
        let Some(Relation::Eta(eta)) = of(&levels(&["a", "b", "a", "b", ""]), &y) else { panic!("no eta") };
        assert!((eta * eta - 0.8).abs() < 1e-12, "{eta}");
        assert_eq!(of(&levels(&["a", "a"]), &Column::number("y", vec![1.0, 2.0])), Some(Relation::Eta(0.0)));
    }

    #[test]
    fn cramers_v_is_one_for_a_renaming_and_zero_for_independence() {
        let v = |a: &[&str], b: &[&str]| of(&levels(a), &levels(b));
        assert_eq!(v(&["a", "b", "a", "b"], &["x", "y", "x", "y"]), Some(Relation::CramersV(1.0)));
        assert_eq!(v(&["a", "a", "b", "b"], &["x", "y", "x", "y"]), Some(Relation::CramersV(0.0)));
        assert_eq!(v(&["a", "a"], &["x", "y"]), None);
    }
}
