//! What to do about drift: estimates without labels, the four questions before training again, champion against
//! challenger, and policies played over the same weeks.

mod adviser;
mod bootstrap;
mod duel;
mod estimate;
mod losses;
mod replay;
mod track;
mod weeks;

pub use adviser::{Action, Advice, Answer, Evidence, Finding, advise};
pub use bootstrap::{Interval, Resamples, difference_interval, mean_interval};
pub use duel::{Duel, duel};
pub use estimate::{EstimateError, Estimated, LossEstimator};
pub use losses::{Losses, loss_name, losses};
pub use replay::{Plays, Replay, ReplayError, ReplayedWeek, RetrainPolicy, below_each_other, replay};
pub use track::{FollowedWeek, Following, TrackedWeek, outside, outside_of, track};
pub use weeks::weeks_by_date;
