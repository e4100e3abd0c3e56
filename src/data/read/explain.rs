//! Why a column was read as what it was, where that is not plain from its cells.

use super::Reader;
use crate::data::infer::Plan;
use crate::data::number::Decimal;
use crate::data::sniff::shorten;
use crate::data::table::Coded;
use crate::data::warning::{Topic, WarningLog};

impl Reader<'_> {
    /// Says what was open about a typed column and how it was settled.
    pub(super) fn explain(
        &self,
        col: usize,
        plan: &Plan,
        n_rows: usize,
        asked: bool,
        warnings: &mut WarningLog,
    ) {
        let name = &self.sniffed.names[col];
        let evidence = &self.evidence[col];
        let line = self.sniffed.start.lines.max(1);
        if n_rows > 0 && evidence.cells == 0 && !asked && matches!(plan, Plan::Number { .. }) {
            let seen = self.odd_counts[col];
            if seen == 0 && n_rows <= 2000 {
                warnings.push(Topic::General, line, format!("column '{name}' is empty"));
            }
        }
        match plan {
            Plan::Number { decimal, .. }
                if evidence.is_ambiguous() && self.options.decimal.is_none() && !asked =>
            {
                let (sign, other) = match decimal {
                    Decimal::Point => ("a decimal point", "comma"),
                    Decimal::Comma => ("a decimal comma", "point"),
                };
                if evidence.only_point == 0 && evidence.only_comma == 0 {
                    warnings.push(
                        Topic::General,
                        line,
                        format!(
                            "column '{name}' could be written with a decimal point or a decimal comma; it was read with {sign} (--decimal {other} reads it the other way)"
                        ),
                    );
                }
            }
            Plan::Date(format) if evidence.date_is_ambiguous() && !asked => {
                warnings.push(
                    Topic::General,
                    line,
                    format!(
                        "column '{name}': no date shows whether the day or the month comes first; read as {} (--date-format '{name}=…' fixes it)",
                        format.name()
                    ),
                );
            }
            _ => {}
        }
    }

    /// Says why a column whose cells are mostly numbers, or look like numbers, is not a number column.
    pub(super) fn explain_texts(&self, col: usize, coded: &Coded, n_rows: usize, warnings: &mut WarningLog) {
        let name = &self.sniffed.names[col];
        if self.options.columns.get(name).is_some_and(|o| o.kind.is_some()) {
            return;
        }
        let evidence = &self.evidence[col];
        if let Some((format, count, (line, cell))) = evidence.usual_date() {
            let others = (evidence.cells - count).max(self.odd_counts[col]);
            if others * 2 <= (n_rows as u64).max(evidence.cells) {
                warnings.push(
                    Topic::General,
                    *line,
                    format!(
                        "column '{name}': '{}' is no date in the form {format}, though other cells are; the column is kept as text (--type '{name}=date' takes such cells as missing)",
                        shorten(cell)
                    ),
                );
                return;
            }
        }
        if evidence.units_differ() {
            warnings.push(
                Topic::General,
                self.sniffed.start.lines.max(1),
                format!("column '{name}' mixes units (currencies, or percent with plain numbers); its cells are kept as text"),
            );
            return;
        }
        if (evidence.is_number() || evidence.numeric == 0)
            && evidence.leading_zero.is_none()
            && evidence.too_precise.is_none()
        {
            return;
        }
        if let Some((line, cell)) = &evidence.too_precise {
            warnings.push(
                Topic::General,
                *line,
                format!(
                    "column '{name}': {} is an integer that a 64-bit float can't hold exactly; the column is kept as text",
                    shorten(cell)
                ),
            );
            return;
        }
        if let Some((line, cell)) = &evidence.leading_zero {
            warnings.push(
                Topic::General,
                *line,
                format!("column '{name}': '{}' has leading zeros, so the column is taken as identifiers, not numbers", shorten(cell)),
            );
            return;
        }
        if let (None, Some((line, cell)), Some(_)) =
            (&evidence.first_other, &evidence.first_comma, &evidence.first_point)
        {
            warnings.push(
                Topic::General,
                *line,
                format!(
                    "column '{name}': '{}' is written with a decimal comma and other cells with a decimal point; the column is kept as text (--decimal '{name}=point' or comma, with --type '{name}=number', takes the others as missing)",
                    shorten(cell)
                ),
            );
            return;
        }
        let Some((line, cell)) = &evidence.first_other else { return };
        let looked_at = evidence.cells.max(1);
        let others = (evidence.cells - evidence.numeric).max(self.odd_counts[col]);
        let all = (n_rows as u64).max(looked_at);
        if others * 5 <= all {
            let present = coded.codes.len();
            warnings.push(
                Topic::General,
                *line,
                format!(
                    "column '{name}': '{}' is not a number, though most of its {present} cells are; the column is kept as text (--type '{name}=number' takes such cells as missing)",
                    shorten(cell)
                ),
            );
        }
    }
}
