//! Shifts of the bundled winter beverage data, by the story they tell.

use std::collections::BTreeMap;

use super::ranked::Affine;
use super::shifts::{Concept, FeatureShift, Schedule, Shifts, UnitError};

/// A named set of sliders.
#[derive(Debug, Clone, PartialEq)]
pub struct Preset {
    /// Its name in files and commands.
    pub name: &'static str,
    /// Its name on a button.
    pub title: &'static str,
    /// What happens, in a sentence.
    pub story: &'static str,
    /// The sliders.
    pub shifts: Shifts,
}

/// The presets for the winter beverage data: each is simulated on real rows, none was observed.
#[must_use]
pub fn winter_presets() -> Vec<Preset> {
    let feature = |name: &str, shift: FeatureShift| BTreeMap::from([(name.to_owned(), shift)]);
    let usual = FeatureShift::default;
    let sudden = Schedule::Sudden { from: 8 };
    vec![
        Preset {
            name: "normal-winter",
            title: "Normal winter",
            story: "Nothing changes; whatever moves is chance.",
            shifts: Shifts { schedule: sudden, ..Shifts::default() },
        },
        Preset {
            name: "pandemic-winter",
            title: "Pandemic winter",
            story: "Fewer people come, and those who come take one drink away: inputs and relation change at once.",
            shifts: Shifts {
                features: feature("footfall", FeatureShift { mean: -110.0, spread: 0.7, ..usual() }),
                concept: Concept { factor: 0.75, ..Concept::default() },
                schedule: sudden,
            },
        },
        Preset {
            name: "heat-wave",
            title: "Heat wave",
            story: "It is nine degrees warmer; the relation holds, the model has to reach beyond what it saw.",
            shifts: Shifts {
                features: feature("temperature_c", FeatureShift { mean: 9.0, ..usual() }),
                schedule: Schedule::Recurring { from: 6, on: 4, off: 6 },
                ..Shifts::default()
            },
        },
        Preset {
            name: "price-rise",
            title: "Price rise",
            story: "Every drink costs 0.60 more, step by step; guests react as they always did.",
            shifts: Shifts {
                features: feature("price", FeatureShift { mean: 0.6, ..usual() }),
                schedule: Schedule::Gradual { from: 6, over: 10 },
                ..Shifts::default()
            },
        },
        Preset {
            name: "broken-sensor",
            title: "Broken sensor",
            story: "The thermometer loses four readings in ten and reads nothing below zero; the weather is the same.",
            shifts: Shifts {
                features: feature(
                    "temperature_c",
                    FeatureShift { missing: 0.4, clip: Some((0.0, 60.0)), ..usual() },
                ),
                schedule: sudden,
                ..Shifts::default()
            },
        },
        Preset {
            name: "unit-mix-up",
            title: "Unit mix-up",
            story: "A third of the stores report the temperature in degrees Fahrenheit.",
            shifts: Shifts {
                features: feature(
                    "temperature_c",
                    FeatureShift {
                        unit: Some(UnitError {
                            affine: Affine { scale: 1.8, shift: 32.0 },
                            share: 1.0 / 3.0,
                        }),
                        ..usual()
                    },
                ),
                schedule: sudden,
                ..Shifts::default()
            },
        },
    ]
}
