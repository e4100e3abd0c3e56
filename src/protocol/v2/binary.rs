//! The values of a tensor that come as bytes behind the JSON: the binary tensor extension.

use crate::protocol::Problem;

/// The bytes of one number of a datatype; `None` for BYTES and what is no datatype.
pub(super) fn width(datatype: &str) -> Option<usize> {
    Some(match datatype {
        "BOOL" | "INT8" | "UINT8" => 1,
        "INT16" | "UINT16" | "FP16" => 2,
        "INT32" | "UINT32" | "FP32" => 4,
        "INT64" | "UINT64" | "FP64" => 8,
        _ => return None,
    })
}

/// The numbers of binary data: little-endian, row-major.
pub(super) fn numbers(bytes: &[u8], datatype: &str, name: &str) -> Result<Vec<f64>, Problem> {
    let Some(width) = width(datatype) else {
        return Err(if datatype == "BYTES" {
            Problem::bad_request(format!("input '{name}': expected numbers, got BYTES"))
        } else {
            unknown_datatype(datatype, name)
        });
    };
    if !bytes.len().is_multiple_of(width) {
        return Err(Problem::bad_request(format!(
            "input '{name}': expected a multiple of {width} bytes for {datatype}, got {}",
            bytes.len()
        )));
    }
    Ok(match datatype {
        "BOOL" => bytes.iter().map(|byte| f64::from(u8::from(*byte != 0))).collect(),
        "UINT8" => bytes.iter().map(|byte| f64::from(*byte)).collect(),
        "INT8" => chunks(bytes, |bytes| f64::from(i8::from_le_bytes(bytes))),
        "UINT16" => chunks(bytes, |bytes| f64::from(u16::from_le_bytes(bytes))),
        "INT16" => chunks(bytes, |bytes| f64::from(i16::from_le_bytes(bytes))),
        "FP16" => chunks(bytes, |bytes| half(u16::from_le_bytes(bytes))),
        "UINT32" => chunks(bytes, |bytes| f64::from(u32::from_le_bytes(bytes))),
        "INT32" => chunks(bytes, |bytes| f64::from(i32::from_le_bytes(bytes))),
        "FP32" => chunks(bytes, |bytes| f64::from(f32::from_le_bytes(bytes))),
        "UINT64" => chunks(bytes, |bytes| u64::from_le_bytes(bytes) as f64),
        "INT64" => chunks(bytes, |bytes| i64::from_le_bytes(bytes) as f64),
        _ => chunks(bytes, f64::from_le_bytes),
    })
}

fn chunks<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    bytes.as_chunks::<N>().0.iter().map(|chunk| number(*chunk)).collect()
}

/// A half-precision number.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f64::from(bits & 0x3ff);
    sign * match exponent {
        0 => fraction * 2.0_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2.0_f64.powi(exponent - 25),
    }
}

/// The texts of binary data: a little-endian length of four bytes before each.
pub(super) fn texts<'b>(mut bytes: &'b [u8], name: &str) -> Result<Vec<&'b str>, Problem> {
    let bad = |what: String| Problem::bad_request(format!("input '{name}': {what}"));
    let mut texts = Vec::new();
    while !bytes.is_empty() {
        let cut = |what| bad(format!("the binary text {} is cut off in its {what}", texts.len()));
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(|| cut("length"))?;
        let (text, rest) =
            rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(|| cut("content"))?;
        texts.push(
            std::str::from_utf8(text)
                .map_err(|error| bad(format!("the binary text {} is not UTF-8: {error}", texts.len())))?,
        );
        bytes = rest;
    }
    Ok(texts)
}

pub(super) fn unknown_datatype(datatype: &str, name: &str) -> Problem {
    Problem::bad_request(format!(
        "input '{name}': expected the datatype FP64, FP32, FP16, INT8 to INT64, UINT8 to UINT64, BOOL or BYTES, got '{}'",
        crate::protocol::problem_text(datatype)
    ))
}

#[cfg(test)]
mod tests {
    use super::{half, texts};

    #[test]
    fn half_precision_is_ieee_754() {
        // values of the standard's binary16
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0400, 6.103515625e-5),
            (0x0001, 5.960464477539063e-8),
            (0x3555, 0.333251953125),
            (0x7c00, f64::INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:04x}");
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn binary_texts_have_their_length_before_them() {
        assert_eq!(texts(b"\x02\0\0\0ab\0\0\0\0\x03\0\0\0\xe2\x82\xac", "x").unwrap(), ["ab", "", "€"]);
        for cut in [b"\x02\0\0".as_slice(), b"\x02\0\0\0a", b"\x01\0\0\0\xff"] {
            assert!(texts(cut, "x").is_err());
        }
    }
}
