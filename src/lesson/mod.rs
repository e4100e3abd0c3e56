//! The lesson: nine units of steps, as data. A unit is one readable file in `assets/lessons`; what a step asks for is a
//! check on the program's state, so that a tick is never a click. The file's texts are the lesson's; its checks, pages and
//! scripted solutions are the same in every language.

mod board;
mod check;
mod faults;
mod glossary;
mod guide;
mod scenario;
mod script;
mod unit;

use std::path::Path;

pub use board::{Card, Field, Run};
pub use check::{Check, CheckError, FACTS, Facts};
pub use faults::faults;
pub use glossary::{Glossary, PageTools, Term, Tools};
pub use guide::{teachers_guide, to_keep};
pub use scenario::{Graded, SCENARIO, Scenario, ScenarioError};
pub use script::Line;
pub use unit::{Prediction, Quiz, Step, TakeAway, Task, Unit, UnitError};

/// The units' files, in order: what each is called, and its text as it was built in.
const FILES: [(&str, &str); 9] = [
    ("1-ai-around-you.toml", include_str!("../../assets/lessons/en/1-ai-around-you.toml")),
    ("2-one-row-or-many.toml", include_str!("../../assets/lessons/en/2-one-row-or-many.toml")),
    (
        "3-model-api-hosting-infrastructure.toml",
        include_str!("../../assets/lessons/en/3-model-api-hosting-infrastructure.toml"),
    ),
    ("4-client-and-server.toml", include_str!("../../assets/lessons/en/4-client-and-server.toml")),
    ("5-queues-and-workers.toml", include_str!("../../assets/lessons/en/5-queues-and-workers.toml")),
    (
        "6-production-considerations.toml",
        include_str!("../../assets/lessons/en/6-production-considerations.toml"),
    ),
    ("7-model-drift.toml", include_str!("../../assets/lessons/en/7-model-drift.toml")),
    ("8-when-to-re-train.toml", include_str!("../../assets/lessons/en/8-when-to-re-train.toml")),
    ("9-your-own-machine.toml", include_str!("../../assets/lessons/en/9-your-own-machine.toml")),
];

/// The lesson that is built in.
///
/// # Errors
/// [`UnitError`] when a file is wrong; a test sees that none is.
pub fn units() -> Result<Vec<Unit>, UnitError> {
    FILES.iter().map(|(name, text)| Unit::parse(name, text)).collect()
}

/// The lesson from a folder of such files, for who writes it.
///
/// # Errors
/// [`UnitError`] that names the file.
pub fn units_from(folder: &Path) -> Result<Vec<Unit>, UnitError> {
    let read = |(name, _): &(&str, &str)| {
        let text = std::fs::read_to_string(folder.join(name))
            .map_err(|error| UnitError { file: (*name).to_owned(), what: error.to_string() })?;
        Unit::parse(name, &text)
    };
    FILES.iter().map(read).collect()
}

/// The built-in glossary, and what the pages' work is called in other tools.
///
/// # Errors
/// [`UnitError`] when a file is wrong; a test sees that none is.
pub fn words() -> Result<(Glossary, Tools), UnitError> {
    let glossary = Glossary::parse(include_str!("../../assets/lessons/en/glossary.toml"))?;
    Ok((glossary, Tools::parse(include_str!("../../assets/lessons/en/tools.toml"))?))
}

/// The same from a lesson's folder; what it lacks is taken from what is built in.
///
/// # Errors
/// [`UnitError`] that names the file.
pub fn words_from(folder: &Path) -> Result<(Glossary, Tools), UnitError> {
    let (mut glossary, mut tools) = words()?;
    if let Ok(text) = std::fs::read_to_string(folder.join("glossary.toml")) {
        glossary = Glossary::parse(&text)?;
    }
    if let Ok(text) = std::fs::read_to_string(folder.join("tools.toml")) {
        tools = Tools::parse(&text)?;
    }
    Ok((glossary, tools))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_lesson_is_whole() {
        let units = units().unwrap();
        assert_eq!(faults(&units), [""; 0]);
        let ids: BTreeSet<&str> = units.iter().map(|unit| unit.id.as_str()).collect();
        assert_eq!(ids.len(), units.len(), "ids are unique");
        let total: u32 = units.iter().map(|unit| unit.minutes).sum();
        assert!((45..=70).contains(&total), "{total} minutes");
        let (glossary, tools) = words().unwrap();
        assert!(glossary.terms.len() > 30);
        for page in ["data", "train", "predict", "serve", "requests", "drift"] {
            assert!(tools.of(page).is_some(), "{page}");
        }
    }

    #[test]
    fn files_on_disk_are_those_that_are_built_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/lessons/en");
        assert_eq!(units_from(&folder).unwrap(), units().unwrap());
        let missing = units_from(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(missing.contains("1-ai-around-you.toml"), "{missing}");
    }
}
