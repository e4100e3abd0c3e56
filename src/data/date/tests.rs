//! Dates checked by hand and against Python's `datetime`.

use super::*;
use crate::data::MISSING_DATE;

/// Drawn at random with Python 3, the value as in
/// `(datetime.strptime(text, "%d/%m/%Y %H:%M") - datetime(1970, 1, 1)) // timedelta(microseconds=1)`, with the
/// directives that the format and the time part ask for, less `utcoffset()` where there is an offset; `None`
/// where Python raises `ValueError`, or `OverflowError` for an offset that leaves the years 1 to 9999.
#[rustfmt::skip]
const PYTHON: &[(&str, &str, Option<i64>)] = &[
    ("yyyy-mm-dd", "2065-12-27", Some(3_029_097_600_000_000)),
    ("yyyy-mm-dd", "2090-06-31 7:39:59", None),
    ("yyyy-mm-dd", "4691-6-1", Some(85_879_526_400_000_000)),
    ("yyyy-mm-dd", "6993-11-14T03:28", Some(158_538_050_880_000_000)),
    ("yyyy-mm-dd", "2085-8-26T03:46:13.29+07:58", Some(3_649_607_293_290_000)),
    ("yyyy/mm/dd", "8114/07/28", Some(193_903_891_200_000_000)),
    ("yyyy/mm/dd", "9481/11/22", Some(237_052_396_800_000_000)),
    ("yyyy/mm/dd", "1959/04/01", Some(-339_379_200_000_000)),
    ("yyyy/mm/dd", "3055/09/23T20:60:02.2-0700", None),
    ("yyyy/mm/dd", "5902/04/03", Some(124_089_840_000_000_000)),
    ("yyyymmdd", "20820506", Some(3_545_251_200_000_000)),
    ("yyyymmdd", "20660524 06:60:47.54557", None),
    ("yyyymmdd", "63130307T06:60:03", None),
    ("yyyymmdd", "30070312", Some(32_730_566_400_000_000)),
    ("yyyymmdd", "19131206 18:01:38.715426", Some(-1_769_407_101_284_574)),
    ("dd.mm.yyyy", "10.8.1958T13:33:41", Some(-359_547_979_000_000)),
    ("dd.mm.yyyy", "12.11.2065", Some(3_025_209_600_000_000)),
    ("dd.mm.yyyy", "11.02.2087 18:60", None),
    ("dd.mm.yyyy", "28.12.6511 01:43:53PM-0000", Some(143_331_342_233_000_000)),
    ("dd.mm.yyyy", "01.12.4823", Some(90_060_854_400_000_000)),
    ("dd/mm/yyyy", "13/08/2051", Some(2_575_497_600_000_000)),
    ("dd/mm/yyyy", "20/01/5668", Some(116_699_270_400_000_000)),
    ("dd/mm/yyyy", "21/12/5521", Some(112_089_312_000_000_000)),
    ("dd/mm/yyyy", "19/1/9402", Some(234_532_800_000_000_000)),
    ("dd/mm/yyyy", "18/2/1984T7:16:59.0", Some(445_936_619_000_000)),
    ("mm/dd/yyyy", "9/22/2030T03:01:19.7952 AMZ", Some(1_916_276_479_795_200)),
    ("mm/dd/yyyy", "6/20/8774", Some(214_728_192_000_000_000)),
    ("mm/dd/yyyy", "08/11/0894T21:48", Some(-33_935_940_720_000_000)),
    ("mm/dd/yyyy", "01/27/9113 06:38-0300", Some(225_413_573_880_000_000)),
    ("mm/dd/yyyy", "12/17/7075", Some(161_128_483_200_000_000)),
    ("dd-mm-yyyy", "28-12-3754", Some(56_328_825_600_000_000)),
    ("dd-mm-yyyy", "28-02-2063 3:21:14.4", Some(2_939_858_474_400_000)),
    ("dd-mm-yyyy", "16-01-6902", Some(155_640_182_400_000_000)),
    ("dd-mm-yyyy", "13-08-0032 04:00", Some(-61_137_921_600_000_000)),
    ("dd-mm-yyyy", "27-10-1916", Some(-1_678_233_600_000_000)),
    ("mm-dd-yyyy", "04-25-2086", Some(3_670_531_200_000_000)),
    ("mm-dd-yyyy", "5-17-5803", Some(120_969_504_000_000_000)),
    ("mm-dd-yyyy", "6-19-2783 07:05:51.66314-1030", Some(25_670_453_751_663_140)),
    ("mm-dd-yyyy", "11-25-6695", Some(149_134_953_600_000_000)),
    ("mm-dd-yyyy", "08-24-2095 3:37-0500", Some(3_965_013_420_000_000)),
    ("dd-mon-yyyy", "13-MAY-2018", Some(1_526_169_600_000_000)),
    ("dd-mon-yyyy", "9-FEB-1905 06:08:43", Some(-2_047_830_677_000_000)),
    ("dd-mon-yyyy", "15-mar-1908", Some(-1_950_220_800_000_000)),
    ("dd-mon-yyyy", "09-may-7767", Some(182_946_729_600_000_000)),
    ("dd-mon-yyyy", "15-OCT-2302T05:14:50Z", Some(10_501_679_690_000_000)),
    ("dd mon yyyy", "14 october 2019 10:27", Some(1_571_048_820_000_000)),
    ("dd mon yyyy", "23 october 0678", Some(-40_746_067_200_000_000)),
    ("dd mon yyyy", "28 January 2089", Some(3_757_708_800_000_000)),
    ("dd mon yyyy", "20 march 2048", Some(2_468_275_200_000_000)),
    ("dd mon yyyy", "01 April 3442T6:34:45", Some(46_459_636_485_000_000)),
    ("mon dd yyyy", "Sep 23, 0495 19:46:37.773", Some(-46_523_477_602_227_000)),
    ("mon dd yyyy", "Apr 18, 1906T07:00:07.38", Some(-2_010_416_392_620_000)),
    ("mon dd yyyy", "Nov 18, 2071", Some(3_215_030_400_000_000)),
    ("mon dd yyyy", "Feb 16, 7242", Some(166_372_272_000_000_000)),
    ("mon dd yyyy", "May 15, 2095 2:50Z", Some(3_956_266_200_000_000)),
    ("dd.mm.yy", "06.03.21", Some(1_614_988_800_000_000)),
    ("dd.mm.yy", "22.12.10", Some(1_292_976_000_000_000)),
    ("dd.mm.yy", "22.5.16T03:46:34Z", Some(1_463_888_794_000_000)),
    ("dd.mm.yy", "25.7.66T09:25:07.65214 AM", Some(3_047_275_507_652_140)),
    ("dd.mm.yy", "19.7.17 03:06", Some(1_500_433_560_000_000)),
    ("dd/mm/yy", "11/7/90 20:09", Some(647_726_940_000_000)),
    ("dd/mm/yy", "13/10/05", Some(1_129_161_600_000_000)),
    ("dd/mm/yy", "25/11/75", Some(186_105_600_000_000)),
    ("dd/mm/yy", "04/09/58 11:48PM-1330", Some(2_798_457_480_000_000)),
    ("dd/mm/yy", "28/9/73", Some(118_022_400_000_000)),
    ("mm/dd/yy", "11/31/26", None),
    ("mm/dd/yy", "07/29/57 3:21:49+07:35", Some(2_763_575_209_000_000)),
    ("mm/dd/yy", "07/05/88", Some(584_064_000_000_000)),
    ("mm/dd/yy", "8/27/89", Some(620_179_200_000_000)),
    ("mm/dd/yy", "02/18/45", Some(2_370_988_800_000_000)),
    ("dd-mon-yy", "7-nov-90 10:24:22", Some(657_973_462_000_000)),
    ("dd-mon-yy", "6-nov-70 09:17:11.6 PM", Some(26_774_231_600_000)),
    ("dd-mon-yy", "08-Dec-80", Some(345_081_600_000_000)),
    ("dd-mon-yy", "03-MAY-97", Some(862_617_600_000_000)),
    ("dd-mon-yy", "09-Sep-96", Some(842_227_200_000_000)),
    ("yyyy.mm.dd", "2024.03.31", Some(1_711_843_200_000_000)),
    ("yyyy.mm.dd", "1999.1.5 06:07", Some(915_516_420_000_000)),
    ("yyyy-mm", "2024-03", Some(1_709_251_200_000_000)),
    ("yyyy-mm", "2024-13", None),
];

#[test]
fn agrees_with_python() {
    for &(format, text, expected) in PYTHON {
        let format: DateFormat = format.parse().unwrap();
        assert_eq!(parse(format, text), expected, "{format}: {text}");
        assert_eq!(parse(format, &format!("\t {text} ")), expected, "{format}: {text} with blanks");
    }
}

/// The days of known dates since 1970-01-01, as `(date(y, m, d) - date(1970, 1, 1)).days` in Python.
#[test]
fn known_days() {
    let days = |text| parse(DateFormat::YearMonthDay, text).map(|micros| micros as f64 / 86_400e6);
    assert_eq!(days("1970-01-01"), Some(0.0));
    assert_eq!(days("0001-01-01"), Some(-719_162.0));
    assert_eq!(days("9999-12-31"), Some(2_932_896.0));
    assert_eq!(days("2000-02-29"), Some(11_016.0));
    assert_eq!(days("2024-2-29"), Some(19_782.0));
    for missing in
        ["1900-02-29", "2023-02-30", "2024-04-31", "0000-01-01", "2024-00-10", "2024-13-01", "2024-01-00"]
    {
        assert_eq!(days(missing), None, "{missing}");
    }
}

fn iso(format: DateFormat, text: &str) -> Option<String> {
    parse(format, text).map(format_iso)
}

#[test]
fn two_digit_years_turn_at_69() {
    let year = |text| iso(DateFormat::DayMonthShortYearSlash, text);
    assert_eq!(year("1/2/69").as_deref(), Some("1969-02-01"));
    assert_eq!(year("1/2/68").as_deref(), Some("2068-02-01"));
    assert_eq!(year("1/2/00").as_deref(), Some("2000-02-01"));
    assert_eq!(iso(DateFormat::DayNameShortYearDash, "7-jun-99").as_deref(), Some("1999-06-07"));
}

#[test]
fn names_of_months() {
    let read = |text| iso(DateFormat::NameDayYear, text);
    for text in ["Sep 9, 2024", "SEPTEMBER 9 2024", "sept  9,2024", "september 09, 2024"] {
        assert_eq!(read(text).as_deref(), Some("2024-09-09"), "{text}");
    }
    for text in ["Septem 9, 2024", "9, 2024", "Sep9, 2024", "Sep 9, 24", "Sep 92024", "Smarch 1, 2024"] {
        assert_eq!(read(text), None, "{text}");
    }
    assert_eq!(iso(DateFormat::DayNameYear, "1 may 2024 8:05 pm").as_deref(), Some("2024-05-01T20:05:00"));
}

#[test]
fn times() {
    let read = |time| iso(DateFormat::YearMonthDay, &format!("2024-03-31{time}"));
    for (time, expected) in [
        ("T00:00", "2024-03-31"),
        (" 9:05", "2024-03-31T09:05:00"),
        ("   09:05", "2024-03-31T09:05:00"),
        ("T23:59:59.999999", "2024-03-31T23:59:59.999999"),
        ("T23:59:59,5", "2024-03-31T23:59:59.500000"),
        ("T10:00:00.1234560000", "2024-03-31T10:00:00.123456"),
        (" 12:00 AM", "2024-03-31"),
        (" 12:30am", "2024-03-31T00:30:00"),
        (" 12:30 PM", "2024-03-31T12:30:00"),
        (" 11:59:59 pm Z", "2024-03-31T23:59:59"),
        ("T01:30+02", "2024-03-30T23:30:00"),
        ("T01:30 +0200", "2024-03-30T23:30:00"),
        ("T23:30:00.25-05:30", "2024-04-01T05:00:00.250000"),
        ("T10:00:00 UTC", "2024-03-31T10:00:00"),
    ] {
        assert_eq!(read(time).as_deref(), Some(expected), "{time}");
    }
    for time in [
        "T",
        "T10",
        "T24:00",
        "T10:60",
        "T10:00:60",
        "T1:2",
        "T10:00:0",
        "T10:00.5",
        "T10:00:00.",
        "10:00",
        "T10:00:00.1234567",
        "T10:00:00.0000001",
        " 13:00 PM",
        " 0:30 AM",
        "T10:00+24",
        "T10:00+1",
        "T10:00+01:60",
        "T10:00+01:0",
        "T10:00Z0",
        "T10:00 CET",
        "T10:00X",
        " AM",
        "Z",
        "T10:00:00.5.5",
        " 10:00 AM PM",
    ] {
        assert_eq!(read(time), None, "{time}");
    }
}

#[test]
fn stays_within_the_years_after_an_offset() {
    let read = |text| iso(DateFormat::YearMonthDay, text);
    assert_eq!(read("0001-01-01T00:00-01").as_deref(), Some("0001-01-01T01:00:00"));
    assert_eq!(read("0001-01-01T00:00+01"), None);
    assert_eq!(read("9999-12-31T23:59:59.999999").as_deref(), Some("9999-12-31T23:59:59.999999"));
    assert_eq!(read("9999-12-31T23:59:59-01"), None);
}

#[test]
fn what_is_not_a_date() {
    for text in [
        "",
        " ",
        "2024",
        "12.5",
        "1.2.3",
        "10.2.3",
        "1.10.12",
        "1.2.3.4",
        "192.168.0.1",
        "20240331",
        "2024033",
        "03/2024",
        "10:30",
        "1e5",
        "-2024-01-01",
        "+1",
        "1/2/345",
        "1/2/12345",
        "1/2-2024",
        "1 2 2024",
        "555-12-3456",
        "12-34-5678",
        "2024-03-31x",
        "x2024-03-31",
        "31.3",
        "NaN",
        "March",
        "march 2024",
        "٢٠٢٤-٠١-٠١",
        "2024–03–31",
        "é1/2/2024",
        "32.01.2024",
        "30.02.2024",
        "13/13/2024",
        "1,2,2024",
        "123456789",
        "12-Mar",
        "1/2/3",
    ] {
        assert!(candidates(text, false).is_empty(), "{text}");
    }
    let long = format!("1/2/2024 10:00:00.{}", "0".repeat(100));
    assert!(candidates(&long, true).is_empty());
}

#[test]
fn bare_eight_digits_are_offered_on_request_only() {
    let only = FormatSet::of(&[DateFormat::Compact]);
    assert_eq!(candidates("20240331", false), FormatSet::EMPTY);
    assert_eq!(candidates("20240331", true), only);
    assert_eq!(candidates("20240231", true), FormatSet::EMPTY);
    assert_eq!(candidates("20240331T10:15", false), only);
    assert_eq!(parse(DateFormat::Compact, "20240331"), parse(DateFormat::YearMonthDay, "2024-03-31"));
}

#[test]
fn versions_and_short_years() {
    let only = FormatSet::of(&[DateFormat::DayMonthShortYearDot]);
    assert_eq!(candidates("01.10.12", false), only);
    assert_eq!(candidates("1.10.12", false), FormatSet::EMPTY);
    assert_eq!(iso(DateFormat::DayMonthShortYearDot, "1.10.12").as_deref(), Some("2012-10-01"));
}

#[test]
fn a_column_settles_day_and_month() {
    let column = |cells: &[&str]| {
        let set = cells.iter().fold(FormatSet::ALL, |set, cell| set.intersect(candidates(cell, false)));
        set.preferred()
    };
    assert_eq!(column(&["01/02/2024", "05/06/2024"]), Some((DateFormat::DayMonthYearSlash, true)));
    assert_eq!(column(&["01/02/2024", "13/02/2024"]), Some((DateFormat::DayMonthYearSlash, false)));
    assert_eq!(column(&["01/02/2024", "02/13/2024"]), Some((DateFormat::MonthDayYearSlash, false)));
    assert_eq!(column(&["13/02/2024", "02/13/2024"]), None);
    assert_eq!(column(&["01/02/24", "12/31/24 10:00"]), Some((DateFormat::MonthDayShortYearSlash, false)));
    assert_eq!(column(&["01-02-2024"]), Some((DateFormat::DayMonthYearDash, true)));
    assert_eq!(column(&["1.2.2024"]), Some((DateFormat::DayMonthYearDot, false)));
    assert_eq!(column(&["2024-01-02", "2024-01-02T10:00Z"]), Some((DateFormat::YearMonthDay, false)));
    assert_eq!(column(&["2024-01-02", "2024/01/02"]), None);
    assert_eq!(column(&["01/02/2024", "01/02/24"]), None);
    assert_eq!(FormatSet::EMPTY.preferred(), None);
    assert_eq!(FormatSet::ALL.len(), DateFormat::ALL.len());
}

#[test]
fn every_cell_is_offered_what_reads_it() {
    for &(_, text, _) in PYTHON {
        for format in DateFormat::ALL {
            let offered = candidates(text, true).contains(format);
            let strict = format == DateFormat::DayMonthShortYearDot;
            assert!(offered == parse(format, text).is_some() || strict && !offered, "{format}: {text}");
        }
    }
}

#[test]
fn what_is_written_reads_back() {
    let step = (LAST_MICROS - FIRST_MICROS) / 9_973;
    for i in 0..=9_973 {
        let micros = FIRST_MICROS + i * step;
        for micros in
            [micros, micros.div_euclid(MICROS_PER_DAY) * MICROS_PER_DAY, micros / 1_000_000 * 1_000_000]
        {
            if micros >= FIRST_MICROS {
                assert_eq!(parse(DateFormat::YearMonthDay, &format_iso(micros)), Some(micros));
            }
        }
    }
    assert_eq!(format_iso(MISSING_DATE), "");
    assert_eq!(format_iso(-1), "1969-12-31T23:59:59.999999");
    assert_eq!(format_iso(LAST_MICROS), "9999-12-31T23:59:59.999999");
    assert_eq!(format_iso(LAST_MICROS + 1), "253402300800000000");
    assert_eq!(format_iso(FIRST_MICROS - MICROS_PER_DAY), "0000-12-31");
    assert_eq!(format_iso(i64::MAX), i64::MAX.to_string());
    assert_eq!(format_iso(i64::MIN + 1), (i64::MIN + 1).to_string());
}

#[test]
fn formats_have_one_name_each() {
    for (index, format) in DateFormat::ALL.into_iter().enumerate() {
        assert_eq!(format as usize, index);
        assert_eq!(format.name().parse(), Ok(format));
        assert_eq!(format.name().to_uppercase().parse(), Ok(format));
        let json = format!("\"{format}\"");
        assert_eq!(serde_json::to_string(&format).ok(), Some(json.clone()));
        assert_eq!(serde_json::from_str::<DateFormat>(&json).ok(), Some(format));
    }
    assert!("yy".parse::<DateFormat>().is_err());
}
