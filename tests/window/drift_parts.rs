//! The further parts of the Drift page: what goes wrong in measuring, the method duel, the re-training policies.

use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::bench::Bench;
use crate::drift::{at_rest, card, psi, settled};

pub(crate) fn set(bench: &mut Bench, slider: &str, value: f64) {
    bench.harness.get_by_role_and_label(egui::Role::Slider, slider).set_value_accesskit(value);
    bench.harness.step();
    bench.harness.step();
}

#[test]
fn what_goes_wrong_in_measuring_has_sliders_of_its_own() {
    let mut bench = settled(1440.0, 900.0, egui::Theme::Light);
    let name = "temperature_c: noise";
    assert!(bench.harness.query_by_role_and_label(egui::Role::Slider, name).is_none());
    bench.click("temperature_c: more sliders");
    set(&mut bench, "temperature_c: in another unit", 33.0);
    bench.wait_for("temperature_c: Drift");
    at_rest(&mut bench);
    bench.picture("drift_measuring");
    // a third in Fahrenheit is what the scenario of the mix-up does, to the rounding of a third
    let by_hand = psi(&card(&bench, "temperature_c"));
    bench.key(Key::Num6);
    at_rest(&mut bench);
    let by_scenario = psi(&card(&bench, "temperature_c"));
    assert!((by_hand - by_scenario).abs() < 0.1, "{by_hand} {by_scenario}");
    // what is put away is not at work any more
    bench.click("temperature_c: fewer sliders");
    bench.wait_for("temperature_c: Stable");
    at_rest(&mut bench);
    bench.click("temperature_c: more sliders");
    set(&mut bench, "temperature_c: clipped", 60.0);
    bench.wait_for("temperature_c: Drift");
    set(&mut bench, "temperature_c: clipped", 0.0);
    bench.wait_for("temperature_c: Stable");
    set(&mut bench, "temperature_c: noise", 10.0);
    bench.wait_for("temperature_c: Drift");
}

/// What a statistic says: "alarm", "calm".
fn says(bench: &Bench, statistic: &str) -> String {
    let line = bench.text_of(&format!("{statistic}: "));
    let said = ["alarm", "calm"].into_iter().find(|said| line.contains(&format!(", {said} at ")));
    said.unwrap_or_else(|| panic!("{line}")).to_owned()
}

const STATISTICS: [&str; 5] =
    ["PSI", "Kolmogorov–Smirnov", "Wasserstein, in σ", "Jensen–Shannon", "Chi-squared"];

#[test]
fn each_statistic_is_fooled_by_a_sample_of_its_own() {
    let mut bench = settled(1440.0, 900.0, egui::Theme::Light);
    bench.click("Method duel");
    bench.wait_for("Who raises the alarm?");
    // misses what is there: it alone is calm, or those that count in the same bins
    for (sample, fooled, is_alarmed, another, says_otherwise) in [
        ("Huddled inside the bins", "PSI", false, "Kolmogorov–Smirnov", true),
        ("Two in a hundred in another unit", "Kolmogorov–Smirnov", false, "Wasserstein, in σ", true),
        ("A single typing error", "Wasserstein, in σ", true, "Kolmogorov–Smirnov", false),
        ("A handful of rows", "Jensen–Shannon", true, "Kolmogorov–Smirnov", false),
        ("Very many rows", "Chi-squared", true, "PSI", false),
    ] {
        bench.click(sample);
        bench.settle();
        let word = |alarm: bool| if alarm { "alarm" } else { "calm" };
        assert_eq!(says(&bench, fooled), word(is_alarmed), "{sample}: {}", bench.labels());
        assert_eq!(says(&bench, another), word(says_otherwise), "{sample}: {}", bench.labels());
        assert!(bench.text_of(&format!("{fooled}: ")).ends_with(", fooled"));
    }
    bench.picture("drift_methods");
    // far enough nobody is fooled
    bench.click("Huddled inside the bins");
    bench.settle();
    set(&mut bench, "Move, in standard deviations", 0.8);
    for statistic in STATISTICS {
        assert_eq!(says(&bench, statistic), "alarm", "{}", bench.labels());
    }
    // the learner's own rows, unmoved
    bench.click("footfall");
    bench.settle();
    for statistic in STATISTICS {
        assert_eq!(says(&bench, statistic), "calm", "{}", bench.labels());
    }
}

/// The error, the trainings and the labels of a policy.
fn outcome(bench: &Bench, policy: &str) -> (f64, usize, usize) {
    let line = bench.text_of(policy);
    let (rest, bought) = line.split_once(", labels ").unwrap();
    let (rest, trainings) = rest.split_once(", trainings ").unwrap();
    let error = rest.rsplit(' ').next().unwrap();
    let digits: String = bought.chars().filter(char::is_ascii_digit).collect();
    (error.parse().unwrap(), trainings.parse().unwrap(), digits.parse().unwrap())
}

#[test]
fn a_policy_is_committed_to_before_its_price_is_seen() {
    let mut bench = settled(1440.0, 900.0, egui::Theme::Light);
    bench.key(Key::Num2);
    bench.wait_for("above the line from week 9");
    at_rest(&mut bench);
    bench.click("Policies");
    bench.wait_for("When would you re-train?");
    assert!(bench.says("Commit to a policy first"), "{}", bench.labels());
    assert!(bench.one("Commit and reveal").accesskit_node().is_disabled());
    bench.click("Monthly");
    bench.click("Commit and reveal");
    bench.wait_for("Monthly, your choice: ");
    bench.settle();
    bench.picture("drift_policies");
    let [never, monthly, rolling] =
        ["Never: ", "Monthly, your choice: ", "Rolling window: "].map(|policy| outcome(&bench, policy));
    assert_eq!((never.1, never.2), (0, 0));
    // 20 weeks of 400 rows whose labels come two weeks later: every fourth week, and every week from the third on; at the
    // end of the last week the labels of 18 are there
    assert_eq!((monthly.1, monthly.2), (5, 18 * 400));
    assert_eq!((rolling.1, rolling.2), (18, 18 * 400));
    // from the ninth week on the rule is another: who learns from it again is better off
    assert!(rolling.0 < monthly.0 && monthly.0 < never.0, "{never:?} {monthly:?} {rolling:?}");
    assert!(bench.says("above the lowest error, which"), "{}", bench.labels());
    // another world has another outcome
    bench.click("Laboratory");
    bench.click("Reset the sliders");
    at_rest(&mut bench);
    bench.click("Policies");
    assert!(bench.says("Commit to a policy first"), "{}", bench.labels());
    // and the winters as they were
    bench.click("The table's dates");
    bench.click("Never");
    bench.click("Commit and reveal");
    bench.wait_for("Never, your choice: ");
    assert_eq!(outcome(&bench, "Never, your choice: ").1, 0);
    assert!(outcome(&bench, "Rolling window: ").1 > 10);
}

fn small_and_dark(part: &str, wait: &str, name: &str) {
    let mut bench = settled(1024.0, 700.0, egui::Theme::Dark);
    bench.click(part);
    bench.wait_till_said(wait);
    bench.settle();
    bench.picture(name);
}

#[test]
fn the_method_duel_in_a_small_dark_window() {
    small_and_dark("Method duel", "Who raises the alarm?", "drift_methods_small");
}

#[test]
fn the_policies_before_one_is_chosen() {
    small_and_dark("Policies", "Commit to a policy first", "drift_policies_small");
}

#[test]
fn the_monitor_before_the_server_runs() {
    small_and_dark("Monitor", "The server is not running", "drift_monitor_small");
}

/// What the log holds, read by SQLite itself.
fn logged(bench: &Bench, what: &str) -> i64 {
    let log = rusqlite::Connection::open(bench.workspace().join("log.db")).unwrap();
    let sql = format!("SELECT {what} FROM requests WHERE request_id LIKE 'drift-%' AND status = 200");
    log.query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// "footfall: 12 of 20 windows drifted".
fn bad_windows(bench: &Bench, name: &str) -> (usize, usize) {
    let labels = bench.text_of(&format!("{name}: "));
    let numbers: Vec<usize> = labels.split([' ', ':']).filter_map(|word| word.parse().ok()).collect();
    (numbers[0], numbers[1])
}

#[test]
fn shifted_rows_go_through_the_server_and_its_log_is_watched() {
    let mut bench = settled(1440.0, 900.0, egui::Theme::Light);
    bench.key(Key::Num2);
    bench.wait_for("above the line from week 9");
    at_rest(&mut bench);
    bench.click("Monitor");
    bench.wait_till_said("The server is not running");
    bench.click("Start server");
    bench.wait_till_said("Send 1");
    let send = bench.text_of("Send 1");
    bench.click(&send);
    bench.wait_till_said("mean error: ");
    bench.wait_for(&send);
    bench.settle();
    // each row was a request of its own, and stands in the log under an id of its own
    assert_eq!(logged(&bench, "count(*)"), 1_000);
    assert_eq!(logged(&bench, "count(DISTINCT request_id)"), 1_000);
    assert_eq!(logged(&bench, "max(n_rows)"), 1);
    // the change comes with the ninth week of fifty rows
    assert_eq!(bad_windows(&bench, "footfall"), (12, 20));
    assert_eq!(bad_windows(&bench, "temperature_c").1, 20);
    assert!(bad_windows(&bench, "temperature_c").0 <= 2, "{}", bench.text_of("temperature_c: "));
    // of the last two weeks nobody knows the truth yet
    assert!(bench.says("900 have come, 100 are on their way"), "{}", bench.labels());
    let (worse, _) = bad_windows(&bench, "mean error");
    assert!((5..=10).contains(&worse), "{worse}");
    assert!(bench.says("alert footfall: Raised"));
    bench.click("Acknowledge footfall");
    bench.wait_till_said("alert footfall: Acknowledged");
    bench.click("Deliver the next 50");
    bench.wait_till_said("950 have come, 50 are on their way");
    bench.settle();
    assert!(bench.says("alert footfall: Acknowledged"), "an alert that someone knows of stays known");
    // what was watched stays when the server is gone, whose address would be another in each picture
    bench.click("Serve");
    bench.click("Stop server");
    bench.wait_for("Server: not serving");
    bench.click("Drift");
    bench.wait_till_said("The server is not running");
    bench.settle();
    bench.picture("drift_monitor");
    // a challenger that learned the new rule, asked the same requests and answering nobody
    bench.click("Laboratory");
    bench.key(Key::Num2);
    at_rest(&mut bench);
    bench.keys(Modifiers::COMMAND, Key::R);
    bench.wait_for("Promote v2 to champion");
    bench.click("Monitor");
    bench.harness.get_by_role_and_label(egui::Role::ComboBox, "Challenger").click();
    bench.settle();
    bench.click("v2");
    bench.wait_till_said("v2 in shadow: better in ");
    bench.settle();
    assert!(bench.says("requests v2 would have said something else by "), "{}", bench.labels());
    assert!(bench.says("On the 950 with a label its mean error is "), "{}", bench.labels());
    // it knows the eleven labelled weeks of the new rule better, and the eight of the old one worse
    let (better, _) = bad_windows(&bench, "v2 in shadow");
    assert!((9..=13).contains(&better), "{better}");
    bench.picture("drift_shadow");
    // fewer, larger windows over the same log
    bench.click("200 requests");
    bench.wait_till_said("of 5 windows drifted");
    bench.settle();
    assert_eq!(bad_windows(&bench, "footfall"), (3, 5));
}

#[test]
fn the_pandemic_has_a_switch_between_inputs_alone_and_another_rule() {
    let mut bench = settled(1440.0, 900.0, egui::Theme::Light);
    bench.key(Key::Num2);
    bench.wait_for("above the line from week 9");
    at_rest(&mut bench);
    // another kind of model was tried on the same weeks
    bench.wait_till_said("a decision tree on the same 2400 later rows");
    let inputs = card(&bench, "footfall");
    let switch = bench.harness.get_by_role_and_label(egui::Role::Switch, "The rule itself changes, too");
    switch.click_accesskit();
    bench.harness.step();
    bench.wait_for("over 20 weeks");
    at_rest(&mut bench);
    // the same inputs, under the rule as it was: what was learned still holds
    assert_eq!(card(&bench, "footfall"), inputs);
    assert!(!bench.says("above the line"), "{}", bench.labels());
    bench.harness.get_by_role_and_label(egui::Role::Switch, "The rule itself changes, too").click_accesskit();
    bench.harness.step();
    bench.wait_for("above the line from week 9");
    at_rest(&mut bench);
    assert_eq!(card(&bench, "footfall"), inputs);
}

#[test]
fn a_model_learns_again_from_recent_rows_from_all_or_from_both_weighted() {
    let mut bench = settled(1440.0, 900.0, egui::Theme::Light);
    bench.key(Key::Num2);
    bench.wait_for("above the line from week 9");
    at_rest(&mut bench);
    let challenger = |bench: &Bench, label: &str| -> f64 {
        let text = bench.text_of(label);
        text.trim_start_matches(label).trim_start_matches(": ").parse().unwrap()
    };
    let mut errors = Vec::new();
    for (at, (choice, button)) in [
        ("Recent", "Retrain on recent data"),
        ("Weighted", "Retrain, recent data weighted"),
        ("All", "Retrain on all data"),
    ]
    .into_iter()
    .enumerate()
    {
        bench.click(choice);
        bench.settle();
        // the advice says the same words
        bench.harness.get_by_role_and_label(egui::Role::Button, button).click();
        bench.settle();
        bench.wait_for(&format!("Promote v{} to champion", at + 2));
        errors.push(challenger(&bench, &format!("v{}, challenger", at + 2)));
    }
    // ten weeks of the old rule in the rows hold all of them back, less where the new ones weigh as much
    assert!(errors[0] < errors[1] && errors[1] < errors[2], "{errors:?}");
    // 12,708 rows that v1 learned from, and 18 weeks of 400
    assert!(bench.says("rows: all rows"), "{}", bench.labels());
}
