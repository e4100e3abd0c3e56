//! Tests of the signs of leakage: copies in every form, and what only looks like one.

use super::*;
use crate::data::Coded;

fn telling(columns: Vec<Column>, truth: Truth<'_>) -> Vec<(String, Sign)> {
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let table = Table::new(columns).unwrap();
    let rows: Vec<usize> = (0..table.n_rows()).collect();
    telling_features(&table, &names, &rows, truth)
}

/// 0 ≤ value < 1, without order.
fn noise(row: usize) -> f64 {
    ((row as f64 + 1.0) * 0.754_877_666).fract()
}

fn names(found: &[(String, Sign)]) -> Vec<&str> {
    found.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_copy_of_the_classes_is_found_whatever_it_is_called() {
    let codes: Vec<u32> = (0..90).map(|row| (row as u32 * 7) % 3).collect();
    let of = |f: &dyn Fn(u32, usize) -> f64| codes.iter().enumerate().map(|(row, &c)| f(c, row)).collect();
    let words: Coded = codes.iter().map(|code| Some(["x", "y", "z"][*code as usize])).collect();
    let columns = vec![
        Column::number("same", of(&|code, _| f64::from(code))),
        Column::number("renamed", of(&|code, _| [7.0, -1.0, 3.0][code as usize])),
        Column::number("score", of(&|code, row| [10.0, 0.0, 20.0][code as usize] + noise(row))),
        // thirty numbers, each of one class, in no order
        Column::number("places", of(&|code, row| ((row % 30) * 11 % 30) as f64 * 3.0 + f64::from(code))),
        Column { name: "words".into(), data: ColumnData::Category(words) },
        Column::number("chance", of(&|_, row| noise(row))),
        // tells two of the classes apart from the third only
        Column::number("half", of(&|code, row| f64::from(u8::from(code == 0)) * 0.3 + noise(row))),
        Column::number("constant", vec![4.0; 90]),
    ];
    let found = telling(columns, Truth::Classes(&codes, 3));
    assert_eq!(names(&found), ["same", "renamed", "score", "places", "words"]);
    assert!(found.iter().all(|(_, sign)| matches!(sign, Sign::Explains(r2) if *r2 > 0.999)), "{found:?}");
}

#[test]
fn a_file_in_order_of_its_classes_gives_nothing_away() {
    let codes: Vec<u32> = (0..60).map(|row| row / 20).collect();
    let columns = vec![
        Column::number("constant", vec![1.0; 60]),
        Column::number("two", (0..60).map(|row| f64::from(row % 2)).collect()),
        Column::number("noise", (0..60).map(noise).collect()),
    ];
    assert_eq!(telling(columns, Truth::Classes(&codes, 3)), []);
}

#[test]
fn a_rare_class_at_one_end_may_be_chance() {
    // 2 of 100: a column has them at one end with probability 2·2/(100·99)
    let codes: Vec<u32> = (0..100).map(|row| u32::from(row >= 98)).collect();
    let column = Column::number("x", (0..100).map(f64::from).collect());
    assert_eq!(telling(vec![column], Truth::Classes(&codes, 2)), []);
    let codes: Vec<u32> = (0..100).map(|row| u32::from(row >= 90)).collect();
    let column = Column::number("x", (0..100).map(f64::from).collect());
    assert_eq!(telling(vec![column], Truth::Classes(&codes, 2)), [("x".into(), Sign::Explains(1.0))]);
}

#[test]
fn a_copy_of_a_number_is_found_in_other_units_and_as_codes() {
    let y: Vec<f64> = (0..200).map(|row| 1.0 + (noise(row) * 8.0).exp()).collect();
    let steps: Vec<f64> = (0..200).map(|row| f64::from(row % 5)).collect();
    let columns = |y: &[f64]| {
        vec![
            Column::number("percent", y.iter().map(|y| y * 100.0).collect()),
            Column::number("logarithm", y.iter().map(|y| y.ln()).collect()),
            Column::number("cube", y.iter().map(|y| -y.powi(3)).collect()),
            Column::number("other", (0..200).map(|row| noise(row * 13)).collect()),
        ]
    };
    let found = telling(columns(&y), Truth::Numbers(&y));
    assert_eq!(names(&found), ["percent", "logarithm", "cube"]);
    assert_eq!(found[1].1, Sign::Orders(1.0));
    // codes in no order: 3, 0, 4, 1, 2 for 0 to 4
    let codes = steps.iter().map(|step| [3.0, 0.0, 4.0, 1.0, 2.0][*step as usize]).collect();
    assert_eq!(telling(vec![Column::number("codes", codes)], Truth::Numbers(&steps)).len(), 1);
    // a target beyond what can be squared
    let tiny: Vec<f64> = y.iter().map(|y| y * 1e-300).collect();
    let copy = Column::number("copy", y.clone());
    assert_eq!(telling(vec![copy], Truth::Numbers(&tiny)).len(), 1);
}

#[test]
fn eta_squared_by_hand() {
    // groups 1 2, 3 5 and mean 2.75: between 2·1.25² + 2·1.25² = 6.25 of 8.75, then adjusted by 3/2
    let found = eta_squared(&[0, 0, 2, 2], 3, &[1.0, 2.0, 3.0, 5.0]).unwrap();
    assert!((found - (1.0 - 2.5 / 8.75 * 1.5)).abs() < 1e-15);
    assert_eq!(eta_squared(&[0, 1], 2, &[1.0, 2.0]), None);
    assert_eq!(eta_squared(&[0, 0, 1], 2, &[1.0; 3]), None);
    let (order, groups, _) = ties(&[3.0, 1.0, 3.0]);
    assert_eq!(ranks(&order, &groups), [1.5, 0.0, 1.5]);
}
