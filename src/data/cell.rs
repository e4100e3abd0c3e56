//! What single cells can be: missing markers and the words for yes and no.

/// Which texts stand for a missing value. An empty field always does.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Missing {
    /// `None`: the usual markers.
    own: Option<Vec<String>>,
}

impl Missing {
    pub(crate) fn new(own: Option<Vec<String>>) -> Self {
        Self { own }
    }

    /// Whether the cell is a marker that the user named.
    pub(crate) fn is_own(&self, cell: &[u8]) -> bool {
        self.own.iter().flatten().any(|marker| marker.as_bytes() == cell)
    }

    /// Whether a number can be a marker (`999`), so that numbers need to be looked at, too.
    pub(crate) fn may_be_numeric(&self) -> bool {
        self.own.iter().flatten().any(|marker| marker.bytes().any(|byte| byte.is_ascii_digit()))
    }

    /// Whether the cell (outer blanks ignored) is missing. The usual markers: empty, `NA`, `N/A`, `#N/A`,
    /// `null`, `NaN` in any case, `-` and `?`.
    #[inline]
    pub(crate) fn is(&self, cell: &[u8]) -> bool {
        let cell = cell.trim_ascii();
        if cell.is_empty() {
            return true;
        }
        match &self.own {
            None => usual(cell),
            Some(own) => own.iter().any(|marker| marker.as_bytes() == cell),
        }
    }
}

fn usual(cell: &[u8]) -> bool {
    match cell.len() {
        1 => matches!(cell[0], b'-' | b'?'),
        2 => cell.eq_ignore_ascii_case(b"na"),
        3 => cell.eq_ignore_ascii_case(b"n/a") || cell.eq_ignore_ascii_case(b"nan"),
        4 => cell.eq_ignore_ascii_case(b"null") || cell.eq_ignore_ascii_case(b"#n/a"),
        _ => false,
    }
}

/// The words for no and yes that make a column boolean, lower case. The single letters count only where both
/// are seen, since an F alone may stand for anything.
const WORDS: [(&str, &str); 6] =
    [("false", "true"), ("no", "yes"), ("off", "on"), ("f", "t"), ("n", "y"), ("0", "1")];
const FIRST_LETTER_PAIR: usize = 3;
/// The pair of digits makes a column boolean only where that is asked for.
const DIGITS_PAIR: usize = 5;

/// Which pair of [`WORDS`] a cell belongs to, and whether it is the yes of it.
pub(crate) fn boolean_word(cell: &str) -> Option<(usize, bool)> {
    if cell.len() > 5 {
        return None;
    }
    WORDS.iter().enumerate().find_map(|(pair, (no, yes))| {
        if cell.eq_ignore_ascii_case(no) {
            Some((pair, false))
        } else if cell.eq_ignore_ascii_case(yes) {
            Some((pair, true))
        } else {
            None
        }
    })
}

/// The two spellings of a boolean column. Cells that differ from them in case only are the same words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Booleans {
    pub(crate) no: String,
    pub(crate) yes: String,
}

/// What was seen of a column that may be boolean.
#[derive(Debug, Clone, Default)]
pub(crate) struct BooleanEvidence {
    pair: Option<usize>,
    no: Option<String>,
    yes: Option<String>,
    broken: bool,
}

impl BooleanEvidence {
    pub(crate) fn absorb(&mut self, cell: &str) {
        let Some((pair, is_yes)) = boolean_word(cell) else {
            self.broken = true;
            return;
        };
        if *self.pair.get_or_insert(pair) != pair {
            self.broken = true;
            return;
        }
        let slot = if is_yes { &mut self.yes } else { &mut self.no };
        slot.get_or_insert_with(|| cell.to_owned());
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.broken |= other.broken;
        for word in [&other.no, &other.yes].into_iter().flatten() {
            self.absorb(word);
        }
    }

    /// The spellings, if every cell seen fits them.
    pub(crate) fn decide(&self) -> Option<Booleans> {
        let pair = self.pair.filter(|&pair| !self.broken && pair != DIGITS_PAIR)?;
        if pair >= FIRST_LETTER_PAIR && (self.no.is_none() || self.yes.is_none()) {
            return None;
        }
        self.asked()
    }

    /// The spellings where the column is asked to be boolean: those of the first pair met, 0 and 1 among them. A
    /// word that was not seen is spelled like its partner.
    pub(crate) fn asked(&self) -> Option<Booleans> {
        let pair = self.pair?;
        let (no, yes) = WORDS[pair];
        let like = |word: &str, partner: Option<&String>| -> String {
            match partner {
                Some(p) if p.chars().all(char::is_uppercase) => word.to_uppercase(),
                Some(p) if p.starts_with(char::is_uppercase) => {
                    word[..1].to_uppercase() + word.get(1..).unwrap_or("")
                }
                _ => word.to_owned(),
            }
        };
        Some(Booleans {
            no: self.no.clone().unwrap_or_else(|| like(no, self.yes.as_ref())),
            yes: self.yes.clone().unwrap_or_else(|| like(yes, self.no.as_ref())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_markers_in_any_case() {
        let missing = Missing::default();
        for text in
            ["", " ", "NA", "na", "N/A", "n/a", "null", "NULL", "NaN", "nan", "-", "?", "#N/A", " NA "]
        {
            assert!(missing.is(text.as_bytes()), "{text:?}");
        }
        for text in ["0", "none", "--", "nano", "n", "NAN0"] {
            assert!(!missing.is(text.as_bytes()), "{text:?}");
        }
        let own = Missing::new(Some(vec!["999".into()]));
        assert!(own.is(b"999") && own.is(b"") && !own.is(b"NA"));
    }

    #[test]
    fn an_f_alone_is_no_boolean() {
        let decide = |cells: &[&str]| {
            let mut evidence = BooleanEvidence::default();
            cells.iter().for_each(|cell| evidence.absorb(cell));
            evidence.decide().map(|b| (b.no, b.yes))
        };
        assert_eq!(decide(&["F", "F"]), None);
        assert_eq!(decide(&["F", "T"]), Some(("F".into(), "T".into())));
        assert_eq!(decide(&["Yes"]), Some(("No".into(), "Yes".into())));
        assert_eq!(decide(&["FALSE", "TRUE"]), Some(("FALSE".into(), "TRUE".into())));
        // the first spelling stands for the others
        assert_eq!(decide(&["yes", "YES", "No"]), Some(("No".into(), "yes".into())));
        assert_eq!(decide(&["0", "1"]), None);
        assert_eq!(decide(&["yes", "true"]), None);
    }
}
