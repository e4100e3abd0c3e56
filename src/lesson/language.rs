//! The languages of the lesson, and what the window says around it.
//!
//! A language is a folder of text files with the same names and the same structure as the English one: only texts differ.
//! What the window says around the lesson is in `window.toml`, by its English text, with `{0}`, `{1}` for what is filled in.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::{Deserialize, Serialize};

use super::{Step, Unit, UnitError};

/// A language that the lesson is built in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// The one that all others are translated from.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its name in itself.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// Its code (BCP 47), which is its folder's name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

/// What the window says around the lesson, by the English text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Phrases {
    said: BTreeMap<String, String>,
}

impl Phrases {
    /// Reads `window.toml`: a translation for each English text.
    ///
    /// # Errors
    /// [`UnitError`] with the line, and for a translation that fills other places than the English text.
    pub fn parse(text: &str) -> Result<Self, UnitError> {
        let wrong = |what: String| UnitError { file: "window.toml".into(), what };
        let said: BTreeMap<String, String> =
            toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let odd = said.iter().find(|(english, other)| places(english) != places(other));
        match odd {
            Some((english, other)) => {
                Err(wrong(format!("'{english}' and '{other}' do not have the same places to fill in")))
            }
            None => Ok(Self { said }),
        }
    }

    /// The translation; the English text where there is none.
    #[must_use]
    pub fn say<'a>(&'a self, english: &'a str) -> &'a str {
        self.said.get(english).map_or(english, String::as_str)
    }

    /// Whether there is a translation.
    #[must_use]
    pub fn knows(&self, english: &str) -> bool {
        self.said.contains_key(english)
    }

    /// The translation with values in the places `{0}`, `{1}`, …
    #[must_use]
    pub fn fill(&self, english: &str, values: &[&dyn Display]) -> String {
        let mut rest = self.say(english);
        let mut out = String::new();
        while let Some(at) = rest.find('{') {
            out.push_str(&rest[..at]);
            let place = rest[at..].find('}').map(|end| (&rest[at + 1..at + end], at + end + 1));
            let found = place.and_then(|(place, end)| Some((values.get(place.parse::<usize>().ok()?)?, end)));
            if let Some((value, end)) = found {
                out.push_str(&value.to_string());
                rest = &rest[end..];
            } else {
                out.push('{');
                rest = &rest[at + 1..];
            }
        }
        out.push_str(rest);
        out
    }
}

/// The places to fill in, in order of their numbers.
fn places(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> =
        text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(place, _)| place).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// What a translation changed that is no text: the lesson's structure is the same in every language. Empty where all is well.
#[must_use]
pub fn differences(english: &[Unit], other: &[Unit]) -> Vec<String> {
    let mut all = Vec::new();
    if english.len() != other.len() {
        all.push(format!("{} units in place of {}", other.len(), english.len()));
    }
    for (a, b) in english.iter().zip(other) {
        let mut differs = |what: &str, same: bool| {
            if !same {
                all.push(format!("{}: {what}", a.id));
            }
        };
        differs("another id", a.id == b.id);
        differs("another time", a.minutes == b.minutes);
        differs("reading only in one language", a.coming.is_some() == b.coming.is_some());
        differs("other steps", a.steps.len() == b.steps.len());
        for (a, b) in a.steps.iter().zip(&b.steps) {
            differs(&format!("step {} is not the same", a.id), same_step(a, b));
        }
        let cards = a
            .cards
            .iter()
            .zip(&b.cards)
            .all(|(a, b)| (&a.id, a.field(), a.run, &a.icon) == (&b.id, b.field(), b.run, &b.icon));
        differs("other cards", cards && a.cards.len() == b.cards.len());
        let quiz = a
            .quiz
            .iter()
            .zip(&b.quiz)
            .all(|(a, b)| (a.answer, a.options.len()) == (b.answer, b.options.len()));
        differs("other questions", quiz && a.quiz.len() == b.quiz.len());
        differs("another number of sentences to keep", a.takeaway.len() == b.takeaway.len());
    }
    all
}

fn same_step(a: &Step, b: &Step) -> bool {
    let asked = |step: &Step| step.predict.as_ref().map(|one| (one.answer, one.options.len()));
    let checks = |step: &Step| step.tasks.iter().map(|task| task.check.to_string()).collect::<Vec<_>>();
    (&a.id, a.minutes, &a.page, a.hints.len()) == (&b.id, b.minutes, &b.page, b.hints.len())
        && (&a.start, &a.solve) == (&b.start, &b.solve)
        && asked(a) == asked(b)
        && checks(a) == checks(b)
        && a.notes.is_some() == b.notes.is_some()
        // cards have their own names in each language; all other controls are called what the window calls them
        && (a.page == "walkthrough" || a.highlight == b.highlight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_said_filled_and_their_places_checked() {
        let phrases =
            Phrases::parse("'{0} of {1} done' = 'von {1} sind {0} fertig'\n'Start over' = 'Von vorn'\n")
                .unwrap();
        assert_eq!(phrases.say("Start over"), "Von vorn");
        assert_eq!(phrases.say("Unknown"), "Unknown");
        assert_eq!(phrases.fill("{0} of {1} done", &[&2, &"drei"]), "von drei sind 2 fertig");
        assert_eq!(Phrases::default().fill("{0} of {1} {x} {", &[&2]), "2 of {1} {x} {");
        let error = Phrases::parse("'{0} left' = 'übrig'\n").unwrap_err().to_string();
        assert!(error.contains("'{0} left' and 'übrig'"), "{error}");
    }

    #[test]
    fn every_language_has_the_whole_lesson() {
        let english = crate::lesson::units(Language::English).unwrap();
        let (terms, pages) = {
            let words = crate::lesson::words(Language::English).unwrap();
            (words.glossary.terms.len(), words.tools.pages.len())
        };
        for language in Language::ALL {
            let units = crate::lesson::units(language).unwrap();
            assert_eq!(differences(&english, &units), [""; 0], "{language:?}");
            assert_eq!(crate::lesson::faults(&units), [""; 0], "{language:?}");
            let words = crate::lesson::words(language).unwrap();
            assert_eq!(words.glossary.terms.len(), terms, "{language:?}");
            assert_eq!(words.tools.pages.len(), pages, "{language:?}");
        }
        let mut changed = english.clone();
        changed[1].quiz[0].answer = 0;
        changed[2].steps[0].solve.clear();
        assert_eq!(differences(&english, &changed).len(), 2);
    }
}
