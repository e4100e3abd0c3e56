//! The reducer: commands and results to state and effects.
