//! What the window says around the lesson, in the language that was chosen; the thread that paints has one language at a
//! time, set before each frame. What is a learner's own, such as a column's name, is never asked for here.

use std::cell::RefCell;
use std::fmt::Display;
use std::sync::Arc;

use crate::lesson::Words;

thread_local! {
    static WORDS: RefCell<Arc<Words>> = RefCell::default();
}

/// What is painted from now on is said in these words.
pub(crate) fn speak(words: &Arc<Words>) {
    WORDS.with_borrow_mut(|own| {
        if !Arc::ptr_eq(own, words) {
            *own = Arc::clone(words);
        }
    });
}

/// An English text in the chosen language.
pub(crate) fn say(english: &str) -> String {
    WORDS.with_borrow(|words| words.phrases.say(english).to_owned())
}

/// An English text in the chosen language, with values in the places `{0}`, `{1}`, …
pub(crate) fn say_with(english: &str, values: &[&dyn Display]) -> String {
    WORDS.with_borrow(|words| words.phrases.fill(english, values))
}

#[cfg(test)]
mod tests {
    use crate::lesson::{Language, words};

    /// What is said in code, as far as it is a text to be read: literals that begin like a sentence or a place to fill in.
    fn texts(source: &str) -> Vec<String> {
        let code: String = source
            .lines()
            .take_while(|line| !line.starts_with("#[cfg(test)]"))
            .filter(|line| !line.trim_start().starts_with("//"))
            .flat_map(|line| [line, "\n"])
            .collect();
        let is_text = |text: &str| {
            let starts = text.starts_with(|c: char| c.is_ascii_uppercase()) || text.starts_with("{0}");
            starts && text.chars().filter(|c| c.is_alphabetic()).count() > 2
        };
        code.split('"').skip(1).step_by(2).filter(|text| is_text(text)).map(str::to_owned).collect()
    }

    #[test]
    fn every_text_around_the_lesson_has_its_translation() {
        let sources = [
            include_str!("pages/walkthrough/board.rs"),
            include_str!("pages/walkthrough/cards.rs"),
            include_str!("pages/walkthrough/handing_in.rs"),
            include_str!("pages/walkthrough/page.rs"),
            include_str!("pages/walkthrough/present.rs"),
            include_str!("pages/walkthrough/run.rs"),
            include_str!("pages/walkthrough/step.rs"),
        ];
        // what a job says when it fails, HTTP's own words, and what the rest of the window says in English
        let english = [
            "POST",
            "Authorization",
            "Bearer {key}",
            "Content-Type",
            "The harbour in winter",
            "A row was refused",
            "The server's answer is no JSON",
            "Running {title}",
            "Reading a scenario",
            "The scenario can't be opened",
        ];
        let all: Vec<String> = sources.iter().flat_map(|source| texts(source)).collect();
        assert!(all.len() > 60, "{all:?}");
        for language in Language::ALL.into_iter().filter(|language| *language != Language::English) {
            let phrases = words(language).unwrap().phrases;
            let lacking: Vec<&String> =
                all.iter().filter(|text| !phrases.knows(text) && !english.contains(&text.as_str())).collect();
            assert!(lacking.is_empty(), "{language:?} lacks {lacking:?}");
        }
    }
}
