//! What a lesson lacks, for who writes it.

use super::{Field, Line, Unit};

/// The pages that a step may be done on.
const PAGES: [&str; 7] = ["walkthrough", "data", "train", "predict", "serve", "requests", "drift"];
/// Words of reading that a unit has at least.
const READING: usize = 60;

/// What the units lack, in words, with their place; empty where nothing is wrong.
#[must_use]
pub fn faults(units: &[Unit]) -> Vec<String> {
    let mut faults = Vec::new();
    for (at, unit) in units.iter().enumerate() {
        let mut lacks = |is_wrong: bool, what: String| {
            if is_wrong {
                faults.push(format!("{}: {what}", unit.id));
            }
        };
        lacks(units[..at].iter().any(|other| other.id == unit.id), "another unit has this id".into());
        lacks(unit.takeaway.is_empty(), "there is nothing to keep".into());
        let words = unit.reading.split_whitespace().count();
        lacks(words < READING, format!("{words} words to read are too few; write at least {READING}"));
        let is_ready = unit.coming.is_none();
        lacks(is_ready && unit.steps.is_empty(), "a unit has steps, or says what is to come".into());
        lacks(is_ready && unit.quiz.is_empty(), "a unit with steps ends with a check".into());
        let minutes: u32 = unit.steps.iter().map(|step| step.minutes).sum();
        lacks(
            minutes > unit.minutes,
            format!("the steps take {minutes} of the unit's {} minutes", unit.minutes),
        );
        for (place, card) in unit.cards.iter().enumerate() {
            let same = unit.cards[..place].iter().any(|other| other.id == card.id);
            lacks(same, format!("two cards have the id {}", card.id));
        }
        for field in Field::ALL.iter().filter(|_| !unit.cards.is_empty()) {
            let is_empty = !unit.cards.iter().any(|card| card.field() == *field);
            lacks(is_empty, format!("no card belongs into the field {field:?}"));
        }
        for (place, step) in unit.steps.iter().enumerate() {
            let mut lacks = |is_wrong: bool, what: String| {
                if is_wrong {
                    faults.push(format!("{}/{}: {what}", unit.id, step.id));
                }
            };
            let same = unit.steps[..place].iter().any(|other| other.id == step.id);
            lacks(same, "another step has this id".into());
            let n = step.tasks.len();
            lacks(!(1..=3).contains(&n), format!("{n} tasks; a step has one to three"));
            lacks(step.hints.len() < 2, "a ladder of hints has at least two".into());
            lacks(step.solve.is_empty(), "there is no scripted solution".into());
            let on_board = step.page == "walkthrough" && unit.cards.is_empty();
            lacks(on_board, "it is done on a board, and the unit has no cards".into());
            let runs = step.start.iter().chain(&step.solve);
            for card in runs.filter_map(|line| if let Line::Run(card) = line { Some(card) } else { None }) {
                let can = unit.cards.iter().any(|one| one.id == *card && one.run.is_some());
                lacks(!can, format!("there is no card '{card}' that runs"));
            }
            lacks(step.highlight.is_none(), "it points to no control".into());
            lacks(
                !PAGES.contains(&step.page.as_str()),
                format!("there is no page '{}'; there are {}", step.page, PAGES.join(", ")),
            );
            let sentences = step.why.matches(['.', '!', '?']).count();
            lacks(
                !(2..=3).contains(&sentences),
                format!("{sentences} sentences of why; two are read, one is too little and four too many"),
            );
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_named_with_its_place() {
        let mut units = crate::lesson::units(crate::lesson::Language::English).unwrap();
        units[0].takeaway.clear();
        units[1].id = units[0].id.clone();
        let step = &mut units[0].steps[0];
        step.hints.truncate(1);
        step.page = "moon".into();
        step.tasks.clear();
        let faults = faults(&units).join("\n");
        for said in [
            "ai-around-you: there is nothing to keep",
            "ai-around-you: another unit has this id",
            "ai-around-you/sort: a ladder of hints",
            "ai-around-you/sort: there is no page 'moon'",
            "ai-around-you/sort: 0 tasks",
        ] {
            assert!(faults.contains(said), "{said}: {faults}");
        }
    }
}
