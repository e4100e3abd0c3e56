//! One meaning for each term, and what a page's work is called in other tools.

use serde::Deserialize;

use super::UnitError;

/// The terms.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Glossary {
    /// In the order of the file.
    #[serde(rename = "term")]
    pub terms: Vec<Term>,
    /// Every way to write a term in small letters, and the term's place: asked for in every frame that shows a text.
    #[serde(skip)]
    names: Vec<(String, usize)>,
}

/// A term.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The term.
    pub name: String,
    /// Other ways to write it.
    #[serde(default)]
    pub also: Vec<String>,
    /// What it means.
    pub meaning: String,
    /// What it is easily taken for.
    #[serde(default)]
    pub not: Option<String>,
}

/// What the pages' work is called elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tools {
    /// A page each.
    #[serde(rename = "page")]
    pub pages: Vec<PageTools>,
}

/// What a page's work is called in other tools.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageTools {
    /// The page, as in a unit's file.
    pub page: String,
    /// In Flask.
    pub flask: String,
    /// In Docker.
    pub docker: String,
    /// In Redis.
    pub redis: String,
    /// In Kubernetes.
    pub kubernetes: String,
    /// In MLflow.
    pub mlflow: String,
}

impl PageTools {
    /// Each tool, and what it calls the page's work.
    #[must_use]
    pub fn rows(&self) -> [(&'static str, &str); 5] {
        [
            ("Flask", &self.flask),
            ("Docker", &self.docker),
            ("Redis", &self.redis),
            ("Kubernetes", &self.kubernetes),
            ("MLflow", &self.mlflow),
        ]
    }
}

impl Glossary {
    /// Reads the file.
    ///
    /// # Errors
    /// [`UnitError`] with the line, and for a name that two terms have.
    pub fn parse(text: &str) -> Result<Self, UnitError> {
        let wrong = |what: String| UnitError { file: "glossary.toml".into(), what };
        let mut glossary: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let of_term = |(at, term): (usize, &Term)| -> Vec<(String, usize)> {
            std::iter::once(&term.name).chain(&term.also).map(|name| (name.to_lowercase(), at)).collect()
        };
        glossary.names = glossary.terms.iter().enumerate().flat_map(of_term).collect();
        glossary.names.sort_unstable();
        match glossary.names.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(wrong(format!("'{}' has two meanings", pair[0].0))),
            None => Ok(glossary),
        }
    }

    /// Where terms stand in a text, as byte ranges in order, whole words only; the longest where one holds another.
    #[must_use]
    pub fn find<'a>(&'a self, text: &str) -> Vec<(std::ops::Range<usize>, &'a Term)> {
        let lower = text.to_lowercase();
        // where small letters are longer or shorter than large ones, places would be others
        if lower.len() != text.len() {
            return Vec::new();
        }
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
        let mut found: Vec<(std::ops::Range<usize>, &Term)> = Vec::new();
        for (name, term) in self.names.iter().filter_map(|(name, at)| Some((name, self.terms.get(*at)?))) {
            for (at, _) in lower.match_indices(name) {
                let end = at + name.len();
                let inside = is_word(lower[..at].chars().next_back()) || is_word(lower[end..].chars().next());
                if !inside {
                    found.push((at..end, term));
                }
            }
        }
        found.sort_by_key(|(range, _)| (range.start, usize::MAX - range.end));
        let mut kept: Vec<(std::ops::Range<usize>, &Term)> = Vec::new();
        for (range, term) in found {
            if kept.last().is_none_or(|(last, _)| range.start >= last.end) {
                kept.push((range, term));
            }
        }
        kept
    }
}

impl Tools {
    /// Reads the file.
    ///
    /// # Errors
    /// [`UnitError`] with the line.
    pub fn parse(text: &str) -> Result<Self, UnitError> {
        let wrong = |what: String| UnitError { file: "tools.toml".into(), what };
        toml::from_str(text).map_err(|error| wrong(error.to_string()))
    }

    /// What a page's work is called.
    #[must_use]
    pub fn of(&self, page: &str) -> Option<&PageTools> {
        self.pages.iter().find(|tools| tools.page == page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_found_as_whole_words_and_the_longest_first() {
        let glossary = crate::lesson::words(crate::lesson::Language::English).unwrap().glossary;
        let found = |text: &str| -> Vec<(String, String)> {
            let found = glossary.find(text).into_iter();
            found.map(|(range, term)| (text[range].to_owned(), term.name.clone())).collect()
        };
        let pair = |text: &str, name: &str| (text.to_owned(), name.to_owned());
        assert_eq!(
            found("Batch prediction is not micro-batching, nor a mini-batch."),
            [
                pair("Batch prediction", "batch prediction"),
                pair("micro-batching", "micro-batching"),
                pair("mini-batch", "mini-batch"),
            ]
        );
        assert_eq!(found("Data drift, remodelled"), [pair("Data drift", "data drift")]);
        assert_eq!(found("İ model"), []);
    }

    #[test]
    fn a_term_has_one_meaning() {
        let twice =
            "[[term]]\nname = 'a'\nmeaning = 'x'\n[[term]]\nname = 'b'\nalso = ['A']\nmeaning = 'y'\n";
        assert!(Glossary::parse(twice).unwrap_err().to_string().contains("'a' has two meanings"));
        // what is often mixed up is told apart
        let glossary = crate::lesson::words(crate::lesson::Language::English).unwrap().glossary;
        for name in ["batch prediction", "data drift", "queue wait", "p-value", "distance", "service time"] {
            let term = glossary.terms.iter().find(|term| term.name == name).unwrap();
            assert!(term.not.is_some(), "{name}");
        }
    }
}
