//! The lesson: nine units of steps, as data. A unit is one readable file in `assets/lessons`; what a step asks for is a
//! check on the program's state, so that a tick is never a click. The file's texts are the lesson's; its checks, pages and
//! scripted solutions are the same in every language.

mod board;
mod check;
mod faults;
mod glossary;
mod guide;
mod language;
mod scenario;
mod script;
mod unit;

use std::path::Path;

pub use board::{Card, Field, Run};
pub use check::{Check, CheckError, FACTS, Facts};
pub use faults::faults;
pub use glossary::{Glossary, PageTools, Term, Tools};
pub use guide::{teachers_guide, to_keep};
pub use language::{Language, Phrases, differences};
pub use scenario::{Graded, MOST_LINES, SCENARIO, Scenario, ScenarioError};
pub use script::Line;
pub use unit::{Prediction, Quiz, Step, TakeAway, Task, Unit, UnitError};

/// The files of a language: the units in their order, then what stands beside them.
struct Files {
    units: [&'static str; 9],
    glossary: &'static str,
    tools: &'static str,
    /// None in English, which the window is written in.
    window: Option<&'static str>,
}

/// The units' files, in order.
const NAMES: [&str; 9] = [
    "1-ai-around-you.toml",
    "2-one-row-or-many.toml",
    "3-model-api-hosting-infrastructure.toml",
    "4-client-and-server.toml",
    "5-queues-and-workers.toml",
    "6-production-considerations.toml",
    "7-model-drift.toml",
    "8-when-to-re-train.toml",
    "9-your-own-machine.toml",
];

macro_rules! files {
    ($folder:literal, $window:expr) => {
        Files {
            units: [
                include_str!(concat!("../../assets/lessons/", $folder, "/1-ai-around-you.toml")),
                include_str!(concat!("../../assets/lessons/", $folder, "/2-one-row-or-many.toml")),
                include_str!(concat!(
                    "../../assets/lessons/",
                    $folder,
                    "/3-model-api-hosting-infrastructure.toml"
                )),
                include_str!(concat!("../../assets/lessons/", $folder, "/4-client-and-server.toml")),
                include_str!(concat!("../../assets/lessons/", $folder, "/5-queues-and-workers.toml")),
                include_str!(concat!("../../assets/lessons/", $folder, "/6-production-considerations.toml")),
                include_str!(concat!("../../assets/lessons/", $folder, "/7-model-drift.toml")),
                include_str!(concat!("../../assets/lessons/", $folder, "/8-when-to-re-train.toml")),
                include_str!(concat!("../../assets/lessons/", $folder, "/9-your-own-machine.toml")),
            ],
            glossary: include_str!(concat!("../../assets/lessons/", $folder, "/glossary.toml")),
            tools: include_str!(concat!("../../assets/lessons/", $folder, "/tools.toml")),
            window: $window,
        }
    };
}

const ENGLISH: Files = files!("en", None);
const GERMAN: Files = files!("de", Some(include_str!("../../assets/lessons/de/window.toml")));

fn files(language: Language) -> &'static Files {
    match language {
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
    }
}

/// What stands beside the units.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// Their language.
    pub language: Language,
    /// One meaning for each term.
    pub glossary: Glossary,
    /// What the pages' work is called in other tools.
    pub tools: Tools,
    /// What the window says around the lesson.
    pub phrases: Phrases,
}

/// The lesson that is built in.
///
/// # Errors
/// [`UnitError`] when a file is wrong; a test sees that none is.
pub fn units(language: Language) -> Result<Vec<Unit>, UnitError> {
    NAMES.iter().zip(files(language).units).map(|(name, text)| Unit::parse(name, text)).collect()
}

/// The lesson from a folder of such files, for who writes it.
///
/// # Errors
/// [`UnitError`] that names the file.
pub fn units_from(folder: &Path) -> Result<Vec<Unit>, UnitError> {
    let read = |name: &&str| {
        let text = std::fs::read_to_string(folder.join(name))
            .map_err(|error| UnitError { file: (*name).to_owned(), what: error.to_string() })?;
        Unit::parse(name, &text)
    };
    NAMES.iter().map(read).collect()
}

/// What stands beside the built-in units.
///
/// # Errors
/// [`UnitError`] when a file is wrong; a test sees that none is.
pub fn words(language: Language) -> Result<Words, UnitError> {
    let files = files(language);
    Ok(Words {
        language,
        glossary: Glossary::parse(files.glossary)?,
        tools: Tools::parse(files.tools)?,
        phrases: files.window.map_or_else(|| Ok(Phrases::default()), Phrases::parse)?,
    })
}

/// The same from a lesson's folder; what it lacks is taken from what is built in.
///
/// # Errors
/// [`UnitError`] that names the file.
pub fn words_from(folder: &Path) -> Result<Words, UnitError> {
    let mut words = words(Language::English)?;
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    if let Some(text) = text("glossary.toml") {
        words.glossary = Glossary::parse(&text)?;
    }
    if let Some(text) = text("tools.toml") {
        words.tools = Tools::parse(&text)?;
    }
    if let Some(text) = text("window.toml") {
        words.phrases = Phrases::parse(&text)?;
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_lesson_is_whole() {
        let units = units(Language::English).unwrap();
        assert_eq!(faults(&units), [""; 0]);
        let ids: BTreeSet<&str> = units.iter().map(|unit| unit.id.as_str()).collect();
        assert_eq!(ids.len(), units.len(), "ids are unique");
        let ready = units.iter().filter(|unit| unit.coming.is_none());
        let total: u32 = ready.map(|unit| unit.minutes).sum();
        assert!((45..=70).contains(&total), "{total} minutes");
        let Words { glossary, tools, .. } = words(Language::English).unwrap();
        assert!(glossary.terms.len() > 30);
        for page in ["data", "train", "predict", "serve", "requests", "drift"] {
            assert!(tools.of(page).is_some(), "{page}");
        }
    }

    #[test]
    fn files_on_disk_are_those_that_are_built_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/lessons/en");
        assert_eq!(units_from(&folder).unwrap(), units(Language::English).unwrap());
        let missing = units_from(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(missing.contains("1-ai-around-you.toml"), "{missing}");
    }
}
