//! The teacher's guide: one page to print, made from the very files that the lesson is shown from.

use std::fmt::Write as _;

use super::{Phrases, Unit, Words};

/// Text that is safe in HTML, with `**` around what is bold.
fn html(text: &str) -> String {
    let safe = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut out = String::new();
    for (at, piece) in safe.split("**").enumerate() {
        if at % 2 == 1 {
            let _infallible = write!(out, "<b>{piece}</b>");
        } else {
            out.push_str(piece);
        }
    }
    out
}

const STYLE: &str = "body{font:11pt/1.5 Inter,system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#16202b}\
h1,h2,h3{line-height:1.25}h2{margin-top:2.5rem;border-top:1px solid #c9d2db;padding-top:1rem}\
.note{background:#eef4f8;padding:.6rem .8rem;border-radius:6px}.answer{color:#0b6b3a;font-weight:600}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .6rem .25rem 0;border-bottom:1px solid #dde4ea}\
small{color:#566474}@media print{h2{break-before:page}h2:first-of-type{break-before:auto}}";

/// A question with its options, the right one marked, and why it is right.
fn question(out: &mut String, asked: &str, (options, answer): (&[String], usize), why: &str) {
    let _infallible = write!(out, "<p>{}</p><ul>", html(asked));
    for (at, option) in options.iter().enumerate() {
        let _infallible = if at == answer {
            write!(out, "<li class=\"answer\">{} ✓</li>", html(option))
        } else {
            write!(out, "<li>{}</li>", html(option))
        };
    }
    let _infallible = write!(out, "</ul><p>{}</p>", html(why));
}

/// The guide as a page of HTML: times, what to say, answers, solutions.
#[must_use]
pub fn teachers_guide(units: &[Unit], words: &Words) -> String {
    let total: u32 = units.iter().map(|unit| unit.minutes).sum();
    let say = |english: &'static str| html(words.phrases.say(english));
    let about = words.phrases.fill(
        "{0} units, {1} minutes. Everything runs offline, on one real table and one real model.",
        &[&units.len(), &total],
    );
    let mut out = format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><title>Drydock: {title}</title><style>{STYLE}</style>\
         <h1>{}: {title}</h1><p>{}</p><table><tr><th>{}</th><th>{}</th><th>{}</th></tr>",
        words.language.code(),
        say("A model goes to production"),
        html(&about),
        say("Unit"),
        say("Minutes"),
        say("Steps"),
        title = say("teacher's guide"),
    );
    for (at, unit) in units.iter().enumerate() {
        let steps = if unit.coming.is_some() { say("reading") } else { unit.steps.len().to_string() };
        let _infallible = write!(
            out,
            "<tr><td>{}. {}</td><td>{}</td><td>{steps}</td></tr>",
            at + 1,
            html(&unit.title),
            unit.minutes
        );
    }
    out.push_str("</table>");
    for (at, unit) in units.iter().enumerate() {
        let _infallible = write!(
            out,
            "<h2>{}. {} <small>{} min</small></h2><p><b>{}</b></p>",
            at + 1,
            html(&unit.title),
            unit.minutes,
            html(&unit.purpose)
        );
        if let Some(coming) = &unit.coming {
            let _infallible = write!(out, "<p class=\"note\">{}</p>", html(coming));
        }
        for (number, step) in unit.steps.iter().enumerate() {
            let _infallible = write!(
                out,
                "<h3>{} <small>{} min</small></h3><p>{}</p><p><b>{}</b></p>",
                html(&words.phrases.fill("Step {0}: {1}", &[&(number + 1), &step.title])),
                step.minutes,
                html(&step.why),
                html(&step.action)
            );
            if let Some(notes) = &step.notes {
                let _infallible = write!(out, "<p class=\"note\">{}</p>", html(notes));
            }
            if let Some(first) = &step.predict {
                let asked = words.phrases.fill("Ask first: {0}", &[&first.question]);
                question(&mut out, &asked, (&first.options, first.answer), &first.reveal);
            }
            let _infallible = write!(out, "<p>{}</p><ul>", say("Done when:"));
            for task in &step.tasks {
                let _infallible = write!(
                    out,
                    "<li>{} <small>({})</small></li>",
                    html(&task.text),
                    html(&task.check.to_string())
                );
            }
            let _infallible = write!(out, "</ul><p>{}</p><ol>", say("If somebody is stuck:"));
            for hint in &step.hints {
                let _infallible = write!(out, "<li>{}</li>", html(hint));
            }
            let solution: Vec<String> = step.solve.iter().map(|line| html(&line.to_string())).collect();
            let _infallible = write!(
                out,
                "</ol><p>{} <small>{}</small></p><p>{} {}</p>",
                say("Solution:"),
                solution.join(", "),
                say("To understand afterwards:"),
                html(&step.after)
            );
        }
        if !unit.quiz.is_empty() {
            let _infallible = write!(out, "<h3>{}</h3>", say("Check of understanding"));
            for quiz in &unit.quiz {
                question(&mut out, &quiz.question, (&quiz.options, quiz.answer), &quiz.because);
            }
        }
        for one in &unit.takeaway {
            let _infallible = write!(out, "<p class=\"note\">{} {}</p>", say("To keep:"), html(&one.text));
        }
    }
    cards(&mut out, units, &words.phrases);
    let _infallible = write!(out, "<h2>{}</h2><table>", say("Glossary"));
    for term in &words.glossary.terms {
        let not =
            term.not.as_deref().map(|not| format!("<br><small>{}</small>", html(not))).unwrap_or_default();
        let _infallible =
            write!(out, "<tr><td><b>{}</b></td><td>{}{not}</td></tr>", html(&term.name), html(&term.meaning));
    }
    out.push_str("</table></html>\n");
    out
}

/// The sorting board's answers: each system, where it belongs, and why.
fn cards(out: &mut String, units: &[Unit], phrases: &Phrases) {
    let cards: Vec<&super::Card> = units.iter().flat_map(|unit| &unit.cards).collect();
    if cards.is_empty() {
        return;
    }
    let _infallible = write!(out, "<h2>{}</h2><table>", html(phrases.say("Where does each system belong?")));
    for card in cards {
        let field = phrases.say(card.field().name());
        let _infallible = write!(
            out,
            "<tr><td><b>{}</b></td><td>{}<br><small>{}</small></td></tr>",
            html(&card.title),
            html(field),
            html(&card.because)
        );
    }
    out.push_str("</table>");
}

/// What is to keep of every unit, as Markdown.
#[must_use]
pub fn to_keep(units: &[Unit], words: &Words) -> String {
    let mut text = format!("# {}\n", words.phrases.say("A model goes to production"));
    for (at, unit) in units.iter().enumerate() {
        let _infallible = write!(text, "\n## {}. {}\n\n", at + 1, unit.title);
        for one in &unit.takeaway {
            let _infallible = writeln!(text, "- {}", one.text);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_has_every_step_with_its_time_and_every_answer() {
        let units = crate::lesson::units(crate::lesson::Language::English).unwrap();
        let words = crate::lesson::words(crate::lesson::Language::English).unwrap();
        let guide = teachers_guide(&units, &words);
        for unit in &units {
            assert!(guide.contains(&html(&unit.title)));
            for step in &unit.steps {
                let heading = format!("{} <small>{} min</small>", html(&step.title), step.minutes);
                assert!(guide.contains(&heading), "{heading}");
            }
            for quiz in &unit.quiz {
                let answer = format!("class=\"answer\">{} ✓", html(&quiz.options[quiz.answer]));
                assert!(guide.contains(&answer), "{answer}");
            }
        }
        assert_eq!(html("a **b** <c> & d"), "a <b>b</b> &lt;c&gt; &amp; d");
        assert_eq!(to_keep(&units, &words).matches("\n## ").count(), units.len());
    }
}
