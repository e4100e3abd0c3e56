//! The world of the winter data as numbers: winters, the pandemic, the rule's weights, months and stores.

use jiff::civil::{Date, date};

/// One winter, with the shift of its temperatures against the long-term mean.
#[derive(Debug, Clone, Copy)]
pub struct Winter {
    /// The first day, a 1 November.
    pub first: Date,
    /// The last day, a 31 March.
    pub last: Date,
    /// Degrees added to every day of this winter.
    pub warmth: f64,
}

/// The seven winters. The second is mild and the third is cold, so that temperature too has moved between
/// training and use.
pub const WINTERS: [Winter; 7] = [
    Winter { first: date(2018, 11, 1), last: date(2019, 3, 31), warmth: 0.2 },
    Winter { first: date(2019, 11, 1), last: date(2020, 3, 31), warmth: 1.3 },
    Winter { first: date(2020, 11, 1), last: date(2021, 3, 31), warmth: -0.8 },
    Winter { first: date(2021, 11, 1), last: date(2022, 3, 31), warmth: 0.1 },
    Winter { first: date(2022, 11, 1), last: date(2023, 3, 31), warmth: 0.7 },
    Winter { first: date(2023, 11, 1), last: date(2024, 3, 31), warmth: 1.1 },
    Winter { first: date(2024, 11, 1), last: date(2025, 3, 31), warmth: 0.4 },
];

/// One month of the pandemic, and the observed month whose depth it takes.
#[derive(Debug, Clone, Copy)]
pub struct PandemicMonth {
    /// The year of the generated month.
    pub year: i16,
    /// The generated month, 1 to 12.
    pub month: i8,
    /// The month of the Australian figures that stands for it.
    pub observed_in: &'static str,
    /// Café turnover of that month over the same month of 2019: the factor on the drinks sold.
    pub demand: f64,
    /// The share of guests who take their drinks away; an assumption of this lesson.
    pub take_away: f64,
}

/// The pandemic month by month.
///
/// `demand` is the turnover of cafés, restaurants and take-away food in Victoria, month over the same month
/// of 2019. Source: Australian Bureau of Statistics, Retail Trade, Australia, 8501.0. The order of the
/// observed months is kept: the first lockdown, the long second one, the reopening, the wave of 2021, and the
/// recovery to above 1. `take_away` was chosen for the lesson.
pub const PANDEMIC: [PandemicMonth; 10] = [
    PandemicMonth { year: 2020, month: 11, observed_in: "2020-03", demand: 0.72, take_away: 0.60 },
    PandemicMonth { year: 2020, month: 12, observed_in: "2020-04", demand: 0.44, take_away: 0.95 },
    PandemicMonth { year: 2021, month: 1, observed_in: "2020-08", demand: 0.45, take_away: 0.95 },
    PandemicMonth { year: 2021, month: 2, observed_in: "2020-09", demand: 0.50, take_away: 0.90 },
    PandemicMonth { year: 2021, month: 3, observed_in: "2020-10", demand: 0.58, take_away: 0.85 },
    PandemicMonth { year: 2021, month: 11, observed_in: "2020-11", demand: 0.85, take_away: 0.65 },
    PandemicMonth { year: 2021, month: 12, observed_in: "2021-09", demand: 0.71, take_away: 0.75 },
    PandemicMonth { year: 2022, month: 1, observed_in: "2021-10", demand: 0.87, take_away: 0.65 },
    PandemicMonth { year: 2022, month: 2, observed_in: "2021-11", demand: 1.05, take_away: 0.55 },
    PandemicMonth { year: 2022, month: 3, observed_in: "2021-12", demand: 1.02, take_away: 0.50 },
];

/// The share of guests who take their drinks away in an ordinary winter before the pandemic.
pub const TAKE_AWAY_BEFORE: f64 = 0.35;
/// The same after the pandemic: part of the habit stays.
pub const TAKE_AWAY_AFTER: f64 = 0.40;
/// The factor on the drinks sold after the pandemic.
pub const DEMAND_AFTER: f64 = 1.04;
/// How much less one visitor is worth if all guests take away rather than none.
pub const TAKE_AWAY_LOSS: f64 = 0.5;

/// Drinks sold for each visitor at the door.
pub const DRINKS_PER_VISITOR: f64 = 0.16;
/// Drinks for each degree more: fewer.
pub const DRINKS_PER_DEGREE: f64 = -2.4;
/// Drinks for each euro more on the price: fewer.
pub const DRINKS_PER_EURO: f64 = -45.0;
/// The price from which [`DRINKS_PER_EURO`] counts.
pub const PRICE_ANCHOR: f64 = 3.50;
/// Drinks that a promotion adds on top of what its lower price adds.
pub const DRINKS_PER_PROMOTION: f64 = 20.0;
/// The standard deviation of everything the rule does not know.
pub const NOISE_DRINKS: f64 = 15.0;
/// Drinks that the weekday adds, Monday to Sunday, on top of its visitors.
pub const WEEKDAY_DRINKS: [f64; 7] = [6.0, 3.0, 1.0, 0.0, 4.0, -4.0, -7.0];

/// Mean temperature in the middle of November to March; days between lie on the line between two months.
pub const MONTH_TEMPERATURE: [f64; 5] = [7.4, 3.6, 1.6, 2.6, 6.4];
/// Visitors in November to March against the mean: December shops, January rests.
pub const MONTH_VISITORS: [f64; 5] = [1.0, 1.12, 0.92, 0.96, 1.02];

/// What draws people to the store, which decides its busy days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Offices, trains and lectures: busy from Monday to Friday.
    Work,
    /// Shops and walks: busy at the weekend.
    Leisure,
}

impl Kind {
    /// Visitors from Monday to Sunday against the store's mean.
    #[must_use]
    pub const fn week(self) -> [f64; 7] {
        match self {
            Self::Work => [1.12, 1.14, 1.15, 1.13, 1.08, 0.76, 0.62],
            Self::Leisure => [0.82, 0.84, 0.88, 0.94, 1.08, 1.30, 1.14],
        }
    }
}

/// One of the twelve invented stores.
#[derive(Debug, Clone, Copy)]
pub struct Store {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Visitors on a mean day.
    pub visitors: f64,
    /// Its level in the rule for `units_sold`, in drinks.
    pub level: f64,
    /// Cents above (or below) the chain's price.
    pub premium_cents: i32,
    /// Degrees above (or below) the region: the harbour is milder than the hill.
    pub warmth: f64,
    /// How deep the pandemic's fall goes here against the mean: 1.15 is 15 % deeper.
    pub exposure: f64,
}

/// The stores, in the order of the rows of one day.
pub const STORES: [Store; 12] = [
    store("Castle Hill", Kind::Leisure, 300.0, 22.0, 10, -1.1, 0.95),
    store("Harbour", Kind::Leisure, 520.0, 46.0, 20, 0.9, 1.10),
    store("Library", Kind::Work, 340.0, 30.0, -10, 0.1, 1.05),
    store("Lighthouse", Kind::Leisure, 260.0, 8.0, 10, 0.7, 0.90),
    store("Market", Kind::Leisure, 600.0, 50.0, 0, 0.2, 0.95),
    store("Mill Lane", Kind::Leisure, 280.0, 14.0, -10, -0.3, 0.80),
    store("Old Town", Kind::Leisure, 460.0, 38.0, 10, 0.0, 1.10),
    store("Park Gate", Kind::Leisure, 380.0, 26.0, 0, -0.4, 0.85),
    store("Riverside", Kind::Work, 420.0, 34.0, 0, 0.3, 0.95),
    store("Station", Kind::Work, 680.0, 56.0, 20, 0.4, 1.15),
    store("Town Hall", Kind::Work, 500.0, 40.0, 10, 0.1, 1.05),
    store("Tram Depot", Kind::Work, 320.0, 12.0, -20, -0.2, 0.90),
];

const fn store(
    name: &'static str,
    kind: Kind,
    visitors: f64,
    level: f64,
    premium_cents: i32,
    warmth: f64,
    exposure: f64,
) -> Store {
    Store { name, kind, visitors, level, premium_cents, warmth, exposure }
}
