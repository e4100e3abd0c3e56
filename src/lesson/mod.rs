//! The lesson: nine units of steps, as data. A unit is one readable file in `assets/lessons`; what a step asks for is a
//! check on the program's state, so that a tick is never a click. The file's texts are the lesson's; its checks, pages and
//! scripted solutions are the same in every language.

mod check;
mod script;
mod unit;

use std::path::Path;

pub use check::{Check, CheckError, FACTS, Facts};
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_lesson_is_whole() {
        let units = units().unwrap();
        let ids: BTreeSet<&str> = units.iter().map(|unit| unit.id.as_str()).collect();
        assert_eq!(ids.len(), units.len(), "ids are unique");
        for unit in &units {
            assert!(!unit.takeaway.is_empty(), "{}: there is something to keep", unit.id);
            assert!(unit.reading.split_whitespace().count() > 60, "{}: there is something to read", unit.id);
            let is_ready = unit.coming.is_none();
            assert_eq!(
                is_ready,
                !unit.steps.is_empty(),
                "{}: a unit has steps, or says what is to come",
                unit.id
            );
            assert_eq!(is_ready, !unit.quiz.is_empty(), "{}: a unit with steps ends with a check", unit.id);
            let minutes: u32 = unit.steps.iter().map(|step| step.minutes).sum();
            assert!(
                minutes <= unit.minutes,
                "{}: the steps take {minutes} of {} minutes",
                unit.id,
                unit.minutes
            );
            for step in &unit.steps {
                let at = format!("{}/{}", unit.id, step.id);
                assert!((1..=3).contains(&step.tasks.len()), "{at}: one to three tasks");
                assert!(step.hints.len() >= 2, "{at}: a ladder of hints");
                assert!(!step.solve.is_empty(), "{at}: a scripted solution");
                // why, in two sentences
                let sentences = step.why.matches(['.', '!', '?']).count();
                assert!((2..=3).contains(&sentences), "{at}: {sentences} sentences of why");
            }
        }
        let total: u32 = units.iter().map(|unit| unit.minutes).sum();
        assert!((45..=70).contains(&total), "{total} minutes");
    }

    #[test]
    fn files_on_disk_are_those_that_are_built_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/lessons/en");
        assert_eq!(units_from(&folder).unwrap(), units().unwrap());
        let missing = units_from(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(missing.contains("1-ai-around-you.toml"), "{missing}");
    }
}
