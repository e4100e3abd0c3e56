//! The name that was probably meant.

/// The known name nearest to a mistyped one, if it is near: at most a third of its letters differ (and at least one
/// may), case aside.
pub(crate) fn closest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed: Vec<char> = typed.to_lowercase().chars().collect();
    let limit = (typed.len() / 3).max(1);
    let distance = |name: &str| {
        let name: Vec<char> = name.to_lowercase().chars().collect();
        if name.len().abs_diff(typed.len()) > limit { usize::MAX } else { edits(&typed, &name) }
    };
    let nearest = known.into_iter().map(|name| (distance(name), name)).min_by_key(|(edits, _)| *edits)?;
    (nearest.0 <= limit).then_some(nearest.1)
}

/// `; did you mean '…'?`, where there is such a name.
pub(crate) fn did_you_mean<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    closest(typed, known).map_or_else(String::new, |name| format!("; did you mean '{name}'?"))
}

/// The fewest letters put in, taken out or changed that make `a` of `b` (Levenshtein's distance).
fn edits(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let known = ["temperature", "price", "units_sold"];
        assert_eq!(closest("temprature", known), Some("temperature"));
        assert_eq!(closest("Units_Sold", known), Some("units_sold"));
        assert_eq!(closest("prise", known), Some("price"));
        assert_eq!(closest("weather", known), None);
        assert_eq!(closest("x", ["y", "abc"]), Some("y"));
        // kitten, sitting: two changed, one put in
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(edits(&letters("kitten"), &letters("sitting")), 3);
    }
}
