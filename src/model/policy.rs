//! What happens to input that is not as the training data was. Chosen at training time, written in the model
//! file, the same for a record, a file and a request.
//!
//! | event | impute | ignore | reject |
//! |---|---|---|---|
//! | missing value | the input's fill value: mean, most frequent level | the input adds nothing | error |
//! | unknown level | the most frequent level | the input adds nothing | error |
//! | out of range | the nearest end of the training range | used as it is | error |
//! | missing column or field | as if every value were missing | as missing value under `ignore` | error |
//! | wrong type | as if the value were missing | as missing value under `ignore` | error |
//! | extra column or field | (not possible) | left unused | error |
//!
//! A value is of the wrong type when it can't be read as the input's type, or is a number that is not finite (`inf`,
//! `1e400`). These are the rules of prediction and evaluation alike. In training there is no policy to follow yet: a
//! cell of the wrong type counts as missing there, with a warning that names its line, and the policy for missing
//! values decides. A target that is no number tells nothing; its row is left out with a warning, in training and in
//! evaluation. A prediction that is not a finite number, since values near the limits of a double overflow, is always
//! an error.
//!
//! An input may have policies of its own, as a rule for its missing values alone; see [`super::Input::policies`].
//!
//! An input that "adds nothing" has zeros in place of its encoded columns: a number counts as 0, a category as
//! none of its levels. For a weighted sum that is the reference level, except in a sum without an intercept for its
//! first category, which has no such level and adds 0. A 0 where the training values lie
//! about 300 is far outside what the model knows: `ignore` suits numbers for which 0 means "none of it", and `impute`
//! the others.

use serde::{Deserialize, Serialize};

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// Put a value learned from the training data in its place.
    Impute,
    /// Go on without it.
    Ignore,
    /// Refuse, with an error that names the field, what was expected and what came.
    Reject,
}

impl std::str::FromStr for Policy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "impute" => Ok(Self::Impute),
            "ignore" => Ok(Self::Ignore),
            "reject" => Ok(Self::Reject),
            _ => Err(format!("'{text}' is no policy; expected impute, ignore or reject")),
        }
    }
}

/// A policy for each event; see the table at the top of this module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policies {
    /// A value is missing.
    pub missing_value: Policy,
    /// A category has a level that training never saw.
    pub unknown_level: Policy,
    /// A number lies outside the range that training saw.
    pub out_of_range: Policy,
    /// A whole column, or a record's field, is not there.
    pub missing_column: Policy,
    /// A value is of another type.
    pub wrong_type: Policy,
    /// There is a column or field that the model does not know. `Impute` means `Ignore`.
    pub extra_column: Policy,
}

impl Default for Policies {
    /// What a first attempt wants: gaps are filled, numbers may go beyond the training range, further columns
    /// do not matter, and everything that is likely a mistake is refused.
    fn default() -> Self {
        Self {
            missing_value: Policy::Impute,
            unknown_level: Policy::Reject,
            out_of_range: Policy::Ignore,
            missing_column: Policy::Reject,
            wrong_type: Policy::Reject,
            extra_column: Policy::Ignore,
        }
    }
}
