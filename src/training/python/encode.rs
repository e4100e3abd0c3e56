//! Which rows are used in Python, and how they become columns of numbers.

use super::{Reading, list, quoted};
use crate::model::{InputKind, Model, Policy, Task, TermKind};
use crate::training::plan::Settings;

/// Chooses the rows and encodes the inputs as terms.
pub(super) fn encode(
    out: &mut String,
    model: &Model,
    reading: &Reading,
    settings: &Settings,
) -> Result<(), String> {
    out.push_str("\n# 2. The rows: those held out are the ones that Drydock drew, a bit for each.\n");
    rows_of_bits(out, "held_out", &reading.held_out);
    out.push_str("known = target.notna().to_numpy().copy()\n");
    if !reading.undated.is_empty() {
        rows_of_bits(out, "undated", &reading.undated);
        out.push_str("known &= ~undated  # they belong neither before nor after the others\n");
    }
    let left_out = |name: &str| settings.on_missing(name) == Policy::Ignore;
    if settings.missing.is_empty() && settings.policies.missing_value == Policy::Ignore {
        out.push_str(
            "for values in columns.values():  # rows with a gap are left out\n    known &= values.notna().to_numpy()\n",
        );
    } else if model.inputs.iter().any(|input| left_out(&input.name)) {
        let names = model.inputs.iter().map(|input| input.name.as_str()).filter(|name| left_out(name));
        out.push_str(&format!(
            "for name in {}:  # rows with a gap here are left out\n    known &= columns[name].notna().to_numpy()\n",
            list(names.map(quoted))
        ));
    }
    out.push_str("train, test = known & ~held_out, known & held_out\n");
    out.push_str(&format!(
        "assert (train.sum(), test.sum()) == ({}, {}), \"this is not the file the model was trained on\"\n",
        model.training.train_rows, model.training.test_rows
    ));
    out.push_str("\n# 3. Encode: one column of numbers per term; gaps are filled with what training saw.\nterms = []\n");
    let clip = settings.policies.out_of_range == Policy::Impute;
    for (at, input) in model.inputs.iter().enumerate() {
        let name = quoted(&input.name);
        match &input.kind {
            InputKind::Number { .. } => {
                out.push_str(&format!("x = columns[{name}].fillna(columns[{name}][train].mean())\n"));
                if clip {
                    out.push_str("x = x.clip(x[train].min(), x[train].max())\n");
                }
                out.push_str(&format!("terms.append(({name}, x))\n"));
            }
            InputKind::Date { .. } => {
                out.push_str(&format!(
                    "x = columns[{name}].fillna(columns[{name}][train].median())\nterms.append(({name}, x))\n"
                ));
            }
            InputKind::Boolean { fill, .. } => {
                out.push_str(&format!(
                    "terms.append(({name}, columns[{name}].fillna({}.0)))\n",
                    u8::from(*fill)
                ));
            }
            InputKind::Category { levels, fill } => {
                let used: Vec<usize> = model
                    .encoding
                    .iter()
                    .filter(|term| term.input == at)
                    .filter_map(|term| match term.kind {
                        TermKind::Level { level } => Some(level),
                        TermKind::Value => None,
                    })
                    .collect();
                let fill = quoted(levels.get(*fill).map_or("", String::as_str));
                out.push_str(&format!("x = columns[{name}].fillna({fill})\n"));
                if settings.policies.unknown_level == Policy::Impute {
                    let known = list(levels.iter().map(|level| quoted(level)));
                    out.push_str(&format!("x = x.where(x.isin({known}), {fill})\n"));
                }
                let levels =
                    list(used.iter().filter_map(|&level| levels.get(level)).map(|text| quoted(text)));
                out.push_str(&format!("for level in {levels}:\n"));
                out.push_str(&format!("    terms.append(({name} + \"=\" + level, x == level))\n"));
            }
        }
    }
    if model.encoding.is_empty() {
        return Err("the model has no features".into());
    }
    out.push_str(
        r"names = [name for name, _ in terms]
X = np.column_stack([np.asarray(values, dtype=float) for _, values in terms])
y = target.to_numpy(dtype=float)
",
    );
    if model.task == Task::Classification {
        out.push_str("y = np.where(known, y, -1).astype(int)\n");
    }
    Ok(())
}

/// A truth value for each row, from its bits.
fn rows_of_bits(out: &mut String, name: &str, bits: &str) {
    out.push_str(&format!("{name} = bytes.fromhex(\n"));
    // 48 bytes a line; hexadecimal digits are one byte each, so that none is cut
    for line in bits.as_bytes().chunks(96) {
        out.push_str(&format!("    \"{}\"\n", String::from_utf8_lossy(line)));
    }
    if bits.is_empty() {
        out.push_str("    \"\"\n");
    }
    out.push_str(&format!(
        ")\n{name} = np.unpackbits(np.frombuffer({name}, np.uint8))[: len(raw)].astype(bool)\n"
    ));
}
