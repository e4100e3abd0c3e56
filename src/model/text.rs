//! A small model of text: which words followed which, counted. It knows nothing but its book.

use std::collections::HashMap;

/// The place of a token among a model's tokens.
pub type TokenId = u32;

/// The token that ends a text.
pub const END: TokenId = 0;

/// What came after a sequence of tokens: each next token with how often it came, by token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Followers {
    /// How many tokens came in all.
    pub total: u32,
    /// Token and count, sorted by token.
    pub counts: Vec<(TokenId, u32)>,
}

/// Counts of what follows each sequence of up to `order` tokens in a book.
#[derive(Debug, Clone, PartialEq)]
pub struct TextModel {
    /// Name it is served by.
    pub name: String,
    /// What it is, in words.
    pub about: String,
    /// The tokens; the first stands for the end of a text.
    pub tokens: Vec<String>,
    /// The place of each token.
    pub ids: HashMap<String, TokenId>,
    /// For each length of context, from 0 to the order: what followed it.
    pub followers: Vec<HashMap<Vec<TokenId>, Followers>>,
}

impl TextModel {
    /// The longest context it looks at.
    #[must_use]
    pub fn order(&self) -> usize {
        self.followers.len().saturating_sub(1)
    }

    /// A token's text; empty for the end and for what is no token.
    #[must_use]
    pub fn text(&self, token: TokenId) -> &str {
        self.tokens.get(token as usize).map_or("", String::as_str)
    }

    /// The tokens of a text; `None` for a word that the book does not have. A word at the start of a text or in
    /// another case is taken as the word inside a sentence.
    #[must_use]
    pub fn encode(&self, text: &str) -> Vec<(Option<TokenId>, String)> {
        split(text)
            .map(|piece| {
                let known = |word: &str| self.ids.get(word).copied();
                let bare = piece.trim_start();
                let lower = format!(" {}", bare.to_lowercase());
                let id = known(piece)
                    .or_else(|| known(&format!(" {bare}")))
                    .or_else(|| known(bare))
                    .or_else(|| known(&lower));
                (id, piece.to_owned())
            })
            .collect()
    }
}

/// Cuts a text into words with the blank before them, signs, and line feeds. The pieces together are the text.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut chars = rest.char_indices().peekable();
        let (_, first) = chars.next()?;
        let is_word = |c: char| c.is_alphanumeric() || c == '\'';
        let mut end = first.len_utf8();
        let in_word = is_word(first) || (first == ' ' && chars.peek().is_some_and(|(_, c)| is_word(*c)));
        if in_word {
            while let Some((at, c)) = chars.peek().copied() {
                if !is_word(c) {
                    break;
                }
                end = at + c.len_utf8();
                chars.next();
            }
        }
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn pieces_make_the_text_again() {
        let text = "The boat, 7 cups\n\n  of tea. Éa's!";
        let pieces: Vec<&str> = split(text).collect();
        assert_eq!(pieces.concat(), text);
        assert_eq!(&pieces[..5], ["The", " boat", ",", " 7", " cups"]);
        assert_eq!(split("").count(), 0);
    }
}
