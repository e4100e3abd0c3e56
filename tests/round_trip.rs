//! Nothing is lost between writing and reading: tables come back to the bit, cells are those that the csv crate
//! reads in every dialect, and the number of threads changes nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

use std::collections::BTreeMap;

use drydock::data::date::DateFormat;
use drydock::data::{
    Coded, Column, ColumnData, ColumnKind, ColumnOptions, DataError, Encoding, Loaded, MISSING_DATE, Quote,
    ReadOptions, Source, Table, read_csv, write_csv,
};
use drydock::work::Progress;
use proptest::collection::vec;
use proptest::prelude::*;

/// Everything about the file fixed; only an empty field is missing.
fn fixed(delimiter: u8, quote: Quote) -> ReadOptions {
    ReadOptions {
        delimiter: Some(delimiter),
        header: Some(true),
        encoding: Some(Encoding::Utf8),
        quote: Some(quote),
        missing: Some(Vec::new()),
        threads: 2,
        ..ReadOptions::default()
    }
}

fn load(bytes: &[u8], options: &ReadOptions) -> Result<Loaded, DataError> {
    read_csv(&Source::from_bytes("table.csv", bytes), options, &Progress::new())
}

/// The types of a table's columns as reading options.
fn kinds(table: &Table) -> BTreeMap<String, ColumnOptions> {
    let of = |column: &Column| {
        let date = (column.kind() == ColumnKind::Date).then_some(DateFormat::YearMonthDay);
        (column.name.clone(), ColumnOptions { kind: Some(column.kind()), date, ..ColumnOptions::default() })
    };
    table.columns().iter().map(of).collect()
}

/// Equal in names, kinds, texts, dates and the bits of every number; one NaN is as good as another.
fn assert_same(a: &Table, b: &Table) {
    assert_eq!(a.columns().len(), b.columns().len());
    assert_eq!(a.n_rows(), b.n_rows());
    for (a, b) in a.columns().iter().zip(b.columns()) {
        assert_eq!(a.name, b.name);
        match (&a.data, &b.data) {
            (ColumnData::Number(x), ColumnData::Number(y)) => {
                for (row, (x, y)) in x.iter().zip(y).enumerate() {
                    let same = x.to_bits() == y.to_bits() || (x.is_nan() && y.is_nan());
                    assert!(same, "'{}' row {row}: {x:?} became {y:?}", a.name);
                }
            }
            (ColumnData::Date(x), ColumnData::Date(y)) => assert_eq!(x, y, "'{}'", a.name),
            (ColumnData::Text(x), ColumnData::Text(y))
            | (ColumnData::Category(x), ColumnData::Category(y))
            | (ColumnData::Boolean(x), ColumnData::Boolean(y)) => {
                for row in 0..a.len() {
                    assert_eq!(x.get(row), y.get(row), "'{}' row {row}", a.name);
                }
            }
            _ => panic!("'{}' was {} and is {}", a.name, a.kind(), b.kind()),
        }
    }
}

fn numbers() -> impl Strategy<Value = f64> {
    prop_oneof![
        // any finite number by its bits: subnormal, huge, both zeros
        6 => any::<u64>().prop_map(f64::from_bits).prop_map(|x| if x.is_finite() { x } else { f64::NAN }),
        2 => (-1000_i64..1000).prop_map(|i| i as f64 / 8.0),
        1 => any::<i64>().prop_map(|i| i as f64),
        1 => any::<i32>().prop_map(f64::from),
        1 => prop::sample::select(vec![
            0.0, -0.0, f64::MIN_POSITIVE, -f64::MIN_POSITIVE, 5e-324, -5e-324, f64::MAX, f64::MIN, 0.1, 1.0 / 3.0,
            9_007_199_254_740_992.0, 9_007_199_254_740_994.0, 1e15, 1e16, 1e17, 1e21, 1e22, 1e23, 123_456_789_012_345_680.0,
        ]),
        2 => Just(f64::NAN),
    ]
}

/// A text that is not blank, or nothing.
fn texts() -> impl Strategy<Value = Option<String>> {
    let odd = "[a-z0-9 ,;|\t\"'\\\\\n\r=+@.é€字🦀-]{1,12}";
    prop_oneof![
        6 => odd.prop_map(Some),
        2 => any::<String>().prop_map(Some),
        2 => prop::sample::select(vec!["=1+1", "+49 30", "@x", "-", "NA", "null", "007", "\"", "\"\"", ",", "\r\n", "it's", "1e5"])
            .prop_map(|text| Some(text.to_owned())),
        1 => Just(None),
    ]
    // blank is missing, by definition
    .prop_map(|text| text.filter(|text| !text.as_bytes().trim_ascii().is_empty()))
}

fn dates() -> impl Strategy<Value = i64> {
    const DAY: i64 = 86_400_000_000;
    prop_oneof![
        3 => (-719_162_i64..2_932_896).prop_map(|day| day * DAY),
        3 => -719_162 * DAY..2_932_897 * DAY,
        1 => (0_i64..40_000_000).prop_map(|minute| minute * 60_000_000),
        1 => Just(MISSING_DATE),
    ]
}

fn columns(n: usize) -> impl Strategy<Value = Vec<ColumnData>> {
    let coded = move || vec(texts(), n).prop_map(|texts| texts.into_iter().collect::<Coded>());
    let yes_or_no = prop::option::weighted(0.8, any::<bool>());
    let column = prop_oneof![
        vec(numbers(), n).prop_map(ColumnData::Number),
        coded().prop_map(ColumnData::Text),
        coded().prop_map(ColumnData::Category),
        vec(dates(), n).prop_map(ColumnData::Date),
        vec(yes_or_no, n).prop_map(|values| {
            let levels = std::sync::Arc::new(["false", "true"].iter().collect());
            let code = |value: Option<bool>| value.map_or(drydock::data::MISSING_CODE, u32::from);
            ColumnData::Boolean(Coded { codes: values.into_iter().map(code).collect(), levels })
        }),
    ];
    vec(column, 1..6)
}

fn tables() -> impl Strategy<Value = Table> {
    (1_usize..30).prop_flat_map(columns).prop_map(|columns| {
        let names = ["a", "b, with comma", "c \"quoted\"", "d\nnext line", "=é"];
        let named = columns.into_iter().zip(names);
        Table::new(named.map(|(data, name)| Column { name: name.into(), data }).collect()).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_written_table_reads_back_to_the_bit(table in tables()) {
        let mut bytes = Vec::new();
        write_csv(&table, &mut bytes).unwrap();
        let options = ReadOptions { columns: kinds(&table), ..fixed(b',', Quote::Byte(b'"')) };
        let loaded = load(&bytes, &options).unwrap();
        assert_same(&table, &loaded.table);
        // and once more, byte for byte
        let mut again = Vec::new();
        write_csv(&loaded.table, &mut again).unwrap();
        prop_assert_eq!(String::from_utf8(bytes).unwrap(), String::from_utf8(again).unwrap());
    }

    #[test]
    fn what_the_csv_crate_writes_is_read_as_the_csv_crate_reads_it(
        rows in (1_usize..5).prop_flat_map(|n| vec(vec(texts(), n), 1..20)),
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        style in prop::sample::select(vec![csv::QuoteStyle::Always, csv::QuoteStyle::Necessary, csv::QuoteStyle::NonNumeric]),
        crlf in any::<bool>(),
        double in any::<bool>(),
        quote in prop::sample::select(vec![b'"', b'\'']),
    ) {
        let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter).quote_style(style).terminator(terminator).quote(quote)
            .double_quote(double).escape(b'\\').from_writer(Vec::new());
        let names: Vec<String> = (0..rows[0].len()).map(|i| format!("name {i}")).collect();
        writer.write_record(&names).unwrap();
        for row in &rows {
            writer.write_record(row.iter().map(|cell| cell.as_deref().unwrap_or(""))).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let quote = if double { Quote::Byte(quote) } else { Quote::Backslash(quote) };
        check_against_csv_crate(&bytes, delimiter, quote);
    }

    #[test]
    fn any_quoting_is_read_as_the_csv_crate_reads_it(
        body in "([ab\",;\n\r]|\"\"|\",\"|\"\n\"|x\"y){0,60}",
        delimiter in prop::sample::select(vec![b',', b';']),
    ) {
        let separator = char::from(delimiter);
        check_against_csv_crate(format!("a{separator}b{separator}c\n{body}").as_bytes(), delimiter, Quote::Byte(b'"'));
    }
}

fn csv_crate(bytes: &[u8], delimiter: u8, quote: Quote) -> Vec<Vec<String>> {
    let mut builder = csv::ReaderBuilder::new();
    builder.delimiter(delimiter).has_headers(false).flexible(true);
    match quote {
        Quote::Byte(byte) => builder.quote(byte),
        Quote::Backslash(byte) => builder.quote(byte).double_quote(false).escape(Some(b'\\')),
        Quote::None => builder.quoting(false),
    };
    let records = builder.from_reader(bytes).into_records();
    records.map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// Both read the same cells; lines of another length than the header's are cut or filled.
fn check_against_csv_crate(bytes: &[u8], delimiter: u8, quote: Quote) {
    let records = csv_crate(bytes, delimiter, quote);
    let names: Vec<String> = records[0].clone();
    // an open quote swallows the record that is added behind it
    let closed = csv_crate(&[bytes, b"\nLAST\n"].concat(), delimiter, quote).last().unwrap() == &["LAST"];
    let source = String::from_utf8_lossy(bytes);
    let mut options = fixed(delimiter, quote);
    let text = ColumnOptions { kind: Some(ColumnKind::Text), ..ColumnOptions::default() };
    options.columns = names.iter().map(|name| (name.clone(), text.clone())).collect();
    let loaded = match load(bytes, &options) {
        Ok(loaded) => loaded,
        Err(DataError::UnclosedQuote { .. }) if !closed => return,
        // the lines are mostly one field longer than the header, whose names then stand for other columns
        Err(DataError::NoSuchColumn { .. }) => return,
        Err(error) => panic!("{error} in {source:?}"),
    };
    assert!(closed, "the open quote was not noticed in {source:?}");
    if loaded.table.columns().len() != names.len() {
        // the header is shorter than most lines
        return;
    }
    assert_eq!(loaded.table.n_rows(), records.len() - 1, "rows of {source:?}");
    for (col, column) in loaded.table.columns().iter().enumerate() {
        let ColumnData::Text(coded) = &column.data else { panic!("{} column", column.kind()) };
        for (row, record) in records[1..].iter().enumerate() {
            let expected = record.get(col).filter(|cell| !cell.as_bytes().trim_ascii().is_empty());
            assert_eq!(coded.get(row), expected.map(String::as_str), "row {row}, column {col} of {source:?}");
        }
    }
}

/// About 4 MB, eight blocks: `cells(row)` gives a line without its end.
fn large(header: &str, line_end: &str, cells: impl Fn(u32) -> String) -> Vec<u8> {
    let mut text = format!("{header}{line_end}");
    let mut row = 0;
    while text.len() < 4 << 20 {
        text.push_str(&cells(row));
        text.push_str(line_end);
        row += 1;
    }
    text.into_bytes()
}

fn same_on_all_threads(bytes: &[u8]) -> Loaded {
    let on = |threads: usize| load(bytes, &ReadOptions { threads, ..ReadOptions::default() }).unwrap();
    let one = on(1);
    for threads in [2, 4, 7] {
        let many = on(threads);
        assert_same(&one.table, &many.table);
        // levels have the same codes, too
        for (a, b) in one.table.columns().iter().zip(many.table.columns()) {
            if let (ColumnData::Category(a), ColumnData::Category(b)) = (&a.data, &b.data) {
                assert_eq!(a, b, "with {threads} threads");
            }
        }
        assert_eq!(one.warnings, many.warnings, "with {threads} threads");
        assert_eq!((one.dialect, &one.columns), (many.dialect, &many.columns));
    }
    one
}

#[test]
fn threads_change_nothing_in_a_plain_file() {
    let bytes = large("x,word,flag,day", "\n", |row| {
        let word = ["red", "green", "", "blue"][row as usize % 4];
        format!("{}.{},{word},{},2024-01-{:02}", row, row % 7, row % 3 == 0, row % 28 + 1)
    });
    let loaded = same_on_all_threads(&bytes);
    let x = loaded.table.column("x").unwrap();
    let ColumnData::Number(values) = &x.data else { panic!("x is {}", x.kind()) };
    for (row, value) in values.iter().enumerate() {
        assert_eq!(*value, format!("{row}.{}", row % 7).parse::<f64>().unwrap());
    }
    let ColumnData::Category(words) = &loaded.table.column("word").unwrap().data else {
        panic!("no category")
    };
    assert_eq!((words.get(5), words.get(6), words.get(100_003)), (Some("green"), None, Some("blue")));
}

#[test]
fn threads_change_nothing_where_fields_hold_line_ends() {
    let bytes = large("x,text", "\r\n", |row| {
        let text = ["plain", "\"two\nlines\"", "\"say \"\"hi\"\",\r\nagain\"", "\"\""][row as usize % 4];
        format!("{row},{text}")
    });
    let loaded = same_on_all_threads(&bytes);
    let ColumnData::Category(texts) = &loaded.table.column("text").unwrap().data else {
        panic!("no category")
    };
    for row in 0..loaded.table.n_rows() {
        let expected = [Some("plain"), Some("two\nlines"), Some("say \"hi\",\r\nagain"), None][row % 4];
        assert_eq!(texts.get(row), expected, "row {row}");
    }
}

/// Short, long and empty lines and a word among the numbers, each far into the file; `quoted` is one more line.
fn oddities(quoted: &str) -> Vec<u8> {
    large("x,word", "\n", |row| match row {
        200_001 => "7".into(),
        200_002 => "7,a,b".into(),
        200_003 => String::new(),
        200_004 => quoted.into(),
        200_005 => "seven,a".into(),
        _ => format!("{row}.5,w{}", row % 5),
    })
}

fn warned_lines(loaded: &Loaded) -> Vec<u64> {
    loaded.warnings.iter().map(|warning| warning.line).collect()
}

#[test]
fn threads_change_nothing_in_a_file_of_oddities() {
    let loaded = same_on_all_threads(&oddities("7,\"a\""));
    // the header is line 1, row 0 is line 2
    assert_eq!(warned_lines(&loaded), [200_003, 200_004, 200_005, 200_007], "{:?}", loaded.warnings);
}

#[test]
fn an_odd_quote_hides_no_other_warning() {
    let loaded = same_on_all_threads(&oddities("7,\"a\"b"));
    assert_eq!(warned_lines(&loaded), [200_003, 200_004, 200_005, 200_006, 200_007], "{:?}", loaded.warnings);
}

#[test]
fn threads_change_nothing_with_decimal_commas_and_windows_text() {
    let mut bytes = large("wert;ort", "\r\n", |row| format!("{},{};Ort{}", row % 1000, row % 9, row % 11));
    bytes.extend_from_slice(b"1,5;M\xfcnchen\r\n");
    let loaded = same_on_all_threads(&bytes);
    let last = loaded.table.n_rows() - 1;
    let ColumnData::Category(places) = &loaded.table.column("ort").unwrap().data else {
        panic!("no category")
    };
    assert_eq!(places.get(last), Some("München"));
    let ColumnData::Number(values) = &loaded.table.column("wert").unwrap().data else { panic!("no numbers") };
    assert_eq!((values[0], values[1], values[1998], values[last]), (0.0, 1.1, 998.0, 1.5));
}

#[test]
fn the_same_large_table_comes_back_from_a_file() {
    let n = 120_000_u64;
    // every number has its own seventeen digits
    let bits = |i: u64| 0x3ff0_0000_0000_0000 | (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12);
    let x: Vec<f64> = (0..n).map(|i| f64::from_bits(bits(i))).collect();
    let words = (0..n).map(|i| (i % 5 != 0).then(|| format!("w,{}\n\"", i % 300))).collect::<Coded>();
    let table = Table::new(vec![
        Column::number("x", x),
        Column { name: "w".into(), data: ColumnData::Category(words) },
    ])
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let mut file = std::fs::File::create(&path).unwrap();
    write_csv(&table, &mut file).unwrap();
    drop(file);
    for threads in [1, 4] {
        let options = ReadOptions { threads, columns: kinds(&table), ..ReadOptions::default() };
        let loaded = read_csv(&Source::open(&path).unwrap(), &options, &Progress::new()).unwrap();
        assert_same(&table, &loaded.table);
    }
}
