//! Learning to continue text: counting which words follow which in the bundled stories.

use std::collections::HashMap;

use crate::model::text::{END, Followers, TextModel, TokenId, split};

/// The name under which the bundled model is served.
pub const BUNDLED: &str = "harbour-stories";

/// The stories the bundled model learns from; written for this program, under its licence.
pub const STORIES: &str = include_str!("../../assets/text/harbour.txt");

/// Counts what follows each sequence of up to `order` tokens. Each paragraph is a text of its own.
#[must_use]
pub fn learn(name: &str, book: &str, order: usize) -> TextModel {
    let mut tokens = vec![String::new()];
    let mut ids: HashMap<String, TokenId> = HashMap::new();
    let mut followers: Vec<HashMap<Vec<TokenId>, Followers>> = vec![HashMap::new(); order + 1];
    let mut n_tokens = 0_usize;
    for paragraph in book.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
        // a text begins where another has ended
        let mut sequence = vec![END; order];
        for piece in split(paragraph) {
            let id = *ids.entry(piece.to_owned()).or_insert_with(|| {
                tokens.push(piece.to_owned());
                TokenId::try_from(tokens.len() - 1).unwrap_or(TokenId::MAX)
            });
            sequence.push(id);
        }
        sequence.push(END);
        for at in order..sequence.len() {
            n_tokens += 1;
            for (length, table) in followers.iter_mut().enumerate() {
                let found = table.entry(sequence[at - length..at].to_vec()).or_default();
                found.total += 1;
                match found.counts.binary_search_by_key(&sequence[at], |(token, _)| *token) {
                    Ok(place) => found.counts[place].1 += 1,
                    Err(place) => found.counts.insert(place, (sequence[at], 1)),
                }
            }
        }
    }
    let about = format!(
        "counts of which words follow which, in {n_tokens} words and signs of short stories; it looks at the last \
         {order} and knows nothing else"
    );
    TextModel { name: name.to_owned(), about, tokens, ids, followers }
}

/// The bundled model, learned afresh.
#[must_use]
pub fn bundled() -> TextModel {
    learn(BUNDLED, STORIES, 3)
}
