//! Numbers as files have them, against the standard library and by hand.

use super::*;

fn read_plain(text: &str) -> Option<f64> {
    let buf = format!("{}{text}", " ".repeat(PAD));
    plain(buf.as_bytes(), PAD, buf.len())
}

#[test]
fn plain_numbers_equal_the_standard_librarys_to_the_last_bit() {
    let mut checked = 0;
    for digits in [
        "0",
        "1",
        "7",
        "12",
        "90",
        "12345678",
        "123456789",
        "4503599627370496",
        "9007199254740992",
        "314159265358979",
    ] {
        for point in 0..=digits.len() {
            for sign in ["", "-"] {
                let text = format!("{sign}{}.{}", &digits[..point], &digits[point..]);
                if let Some(value) = read_plain(&text) {
                    let digits_in = text.trim_matches(['-', '.']);
                    assert!(!digits_in.is_empty());
                    assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
                    checked += 1;
                }
            }
        }
        assert_eq!(read_plain(digits), Some(digits.parse().unwrap()), "{digits}");
    }
    assert!(checked > 80, "{checked}");
    assert_eq!(read_plain("-0").map(f64::to_bits), Some((-0.0_f64).to_bits()));
}

#[test]
fn plain_refuses_what_needs_care() {
    for text in [
        "",
        "-",
        ".",
        "-.",
        "1.2.3",
        "1e5",
        "+1",
        "007",
        "0123456789",
        "1,5",
        " 1",
        "1 ",
        "12a",
        "9007199254740993",
        "12345678901234567",
        "é1",
        "1-2",
        "--1",
    ] {
        assert_eq!(read_plain(text), None, "{text:?}");
    }
}

#[test]
fn people_write_numbers_in_many_ways() {
    let cases = [
        ("1,234.5", Decimal::Point, 1234.5),
        ("1.234,5", Decimal::Comma, 1234.5),
        ("1 234 567,25", Decimal::Comma, 1_234_567.25),
        ("1'234.5", Decimal::Point, 1234.5),
        ("1\u{a0}234", Decimal::Point, 1234.0),
        ("$1,234.50", Decimal::Point, 1234.5),
        ("-$5", Decimal::Point, -5.0),
        ("$-5", Decimal::Point, -5.0),
        ("12,50 €", Decimal::Comma, 12.5),
        ("CHF 12.50", Decimal::Point, 12.5),
        ("(1,234)", Decimal::Point, -1234.0),
        ("\u{2212}3.5", Decimal::Point, -3.5),
        ("12.5%", Decimal::Point, 0.125),
        ("12,5 %", Decimal::Comma, 0.125),
        ("110%", Decimal::Point, 1.1),
        ("+.5", Decimal::Point, 0.5),
        ("5.", Decimal::Point, 5.0),
        ("1E+05", Decimal::Point, 1e5),
        ("1e-400", Decimal::Point, 0.0),
        (" 7 ", Decimal::Point, 7.0),
    ];
    for (text, decimal, expected) in cases {
        assert!(
            matches!(general(text, decimal), Reading::Value(value, _) if value == expected),
            "{text}: {:?}",
            general(text, decimal)
        );
    }
}

#[test]
fn what_is_not_a_number_stays_what_it_is() {
    for text in [
        "",
        "-",
        "abc",
        "1,23",
        "1,2345",
        "12,34,567",
        "0,123",
        "1.2.3",
        "$",
        "%",
        "e5",
        "1e",
        "0x10",
        "12 kg",
        "1-2",
        "NaN",
        "1__000",
        "2024-01-31",
    ] {
        assert_eq!(general(text, Decimal::Point), Reading::No, "{text:?}");
    }
    assert_eq!(general("007", Decimal::Point), Reading::LeadingZero);
    assert_eq!(general("9007199254740993", Decimal::Point), Reading::TooPrecise);
    assert_eq!(general("9007199254740994", Decimal::Point), Reading::Value(9_007_199_254_740_994.0, None));
    assert_eq!(general("-12345678901234567890", Decimal::Point), Reading::TooPrecise);
    assert_eq!(asked("-007", Decimal::Point), Reading::Value(-7.0, None));
    assert_eq!(asked("0009007199254740993", Decimal::Point), Reading::Rounded(9_007_199_254_740_992.0, None));
    assert_eq!(general("inf", Decimal::Point), Reading::Infinite);
    assert_eq!(general("1e999", Decimal::Point), Reading::Infinite);
}

#[test]
fn numbers_are_written_shortest_and_read_back() {
    assert_eq!(number_text(0.1), "0.1");
    assert_eq!(number_text(5.0), "5");
    assert_eq!(number_text(-0.0), "-0");
    assert_eq!(number_text(1e300), "1e+300");
    assert_eq!(number_text(f64::NAN), "");
}
