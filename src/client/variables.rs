//! `{{name}}` in addresses, headers and bodies, filled in when a request is sent.

use std::collections::BTreeMap;

/// What variables stand for. What was set later wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    values: BTreeMap<String, String>,
    /// The names whose values must not be shown or written down.
    secret: std::collections::BTreeSet<String>,
}

impl Values {
    /// No values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a value that anyone may see.
    pub fn set(&mut self, name: &str, value: &str) {
        self.values.insert(name.to_owned(), value.to_owned());
        self.secret.remove(name);
    }

    /// Sets a value that must not be shown or written down.
    pub fn set_secret(&mut self, name: &str, value: &str) {
        self.values.insert(name.to_owned(), value.to_owned());
        self.secret.insert(name.to_owned());
    }

    /// A value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The values that must not be shown or written down, longest first.
    #[must_use]
    pub fn secrets(&self) -> Vec<&str> {
        let values = self.secret.iter().filter_map(|name| self.get(name));
        let mut secrets: Vec<&str> = values.filter(|value| !value.is_empty()).collect();
        secrets.sort_by_key(|value| std::cmp::Reverse(value.len()));
        secrets
    }

    /// The secret values with their names.
    #[must_use]
    pub fn named_secrets(&self) -> Vec<(&str, &str)> {
        self.secret.iter().filter_map(|name| Some((name.as_str(), self.get(name)?))).collect()
    }

    /// A text with every variable filled in.
    ///
    /// # Errors
    /// The names that have no value, each once, in the order of the text.
    pub fn fill(&self, text: &str) -> Result<String, Vec<String>> {
        let mut out = String::with_capacity(text.len());
        let mut missing: Vec<String> = Vec::new();
        let mut at = 0;
        for (start, end, name) in names(text) {
            out.push_str(&text[at..start]);
            match self.get(name) {
                Some(value) => out.push_str(value),
                None if !missing.iter().any(|known| known == name) => missing.push(name.to_owned()),
                None => {}
            }
            at = end;
        }
        out.push_str(&text[at..]);
        if missing.is_empty() { Ok(out) } else { Err(missing) }
    }

    /// A text in which every secret value is replaced by its variable.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        let mut named: Vec<(&str, &str)> = self
            .secret
            .iter()
            .filter_map(|name| Some((name.as_str(), self.get(name).filter(|value| value.len() >= 4)?)))
            .collect();
        named.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        let mut out = text.to_owned();
        for (name, value) in named {
            out = out.replace(value, &format!("{{{{{name}}}}}"));
        }
        out
    }
}

/// The variables of a text: first byte, the byte after the last, name. A name holds no braces, quotes, colons and line ends, so
/// that JSON stays as it is.
#[must_use]
pub fn names(text: &str) -> Vec<(usize, usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("{{").map(|open| at + open) {
        let Some(close) = text[open + 2..].find("}}").map(|close| open + 2 + close) else { break };
        let name = text[open + 2..close].trim();
        let is_name = !name.is_empty()
            && name.len() <= 100
            && !name.contains(['{', '}', '"', '\'', ':', '[', ']', ',', '\\'])
            && !name.chars().any(char::is_control);
        if is_name {
            found.push((open, close + 2, name));
            at = close + 2;
        } else {
            at = open + 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_and_missing_ones_named() {
        let mut values = Values::new();
        values.set("base", "http://x");
        values.set_secret("key", "sk_abcdef");
        assert_eq!(values.fill("{{base}}/{{ base }}?k={{key}}").unwrap(), "http://x/http://x?k=sk_abcdef");
        assert_eq!(values.fill("{{a}} {{base}} {{b}} {{a}}").unwrap_err(), ["a", "b"]);
        // values are not looked into again
        values.set("loop", "{{loop}}");
        assert_eq!(values.fill("{{loop}}").unwrap(), "{{loop}}");
        for untouched in ["{{}}", "{\"a\": {\"b\": {}}}", "{{ {x} }}", "}} {{", "{{\"a\":1}}"] {
            assert_eq!(values.fill(untouched).unwrap(), untouched);
        }
        assert_eq!(values.mask("Bearer sk_abcdef and http://x"), "Bearer {{key}} and http://x");
    }
}
