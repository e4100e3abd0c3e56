//! The fit in Python, model by model.

use super::{list, number};
use crate::model::{Estimator, Mlp, Model, ModelKind, Node, Task, Tree};
use crate::training::plan::Settings;

/// Scales the terms, fits `estimator`, and brings its coefficients back to the data's units.
fn scaled(out: &mut String, estimator: &str, centred: bool) {
    out.push_str(&format!(
        r"# The penalty must not depend on units, so it is put on standardised terms.
scaler = StandardScaler(with_mean={}).fit(X[train])
model = {estimator}
model.fit(scaler.transform(X[train]), y[train])


def values(rows):
    return model.predict(scaler.transform(X[rows]))


coefficients = model.coef_ / scaler.scale_
intercept = model.intercept_{}
",
        if centred { "True" } else { "False" },
        if centred { " - coefficients @ scaler.mean_" } else { "" }
    ));
}

/// Fits as the model was fitted.
pub(super) fn fit(out: &mut String, model: &Model, settings: &Settings) {
    out.push_str("\n# 4. Fit.\n");
    let alpha = number(settings.alpha);
    let intercept = if settings.intercept { "True" } else { "False" };
    match (&model.estimator, model.kind) {
        (Estimator::Linear(linear), ModelKind::Linear) => {
            out.push_str("kept = np.ones(len(names), dtype=bool)\n");
            if !linear.dropped.is_empty() {
                out.push_str(&format!(
                    "kept[{:?}] = False  # determined by the other terms: no single answer, so they are left out\n",
                    linear.dropped
                ));
            }
            out.push_str(&format!(
                r"model = LinearRegression(fit_intercept={intercept}, tol=1e-15)
# columns of like size make the solution exact; the model is the same
size = np.abs(X[train][:, kept]).max(axis=0)
model.fit(X[train][:, kept] / size, y[train])


def values(rows):
    return model.predict(X[rows][:, kept] / size)


coefficients = np.zeros(len(names))
coefficients[kept] = model.coef_ / size
intercept = model.intercept_
"
            ));
        }
        (_, ModelKind::Ridge) => {
            scaled(out, &format!("Ridge(alpha={alpha}, fit_intercept={intercept})"), settings.intercept);
        }
        (_, ModelKind::ElasticNet) if settings.alpha == 0.0 => scaled(out, "LinearRegression()", true),
        (_, ModelKind::ElasticNet) if settings.l1_ratio == 0.0 => {
            scaled(out, &format!("Ridge(alpha={alpha} * train.sum())"), true);
        }
        (_, ModelKind::ElasticNet) => scaled(
            out,
            &format!(
                "ElasticNet(alpha={alpha}, l1_ratio={}, tol=1e-12, max_iter=1_000_000)",
                number(settings.l1_ratio)
            ),
            true,
        ),
        (_, ModelKind::Logistic) => {
            out.push_str(&format!(
                r#"# The penalty must not depend on units, so it is put on standardised terms; its strength is 1 / C.
scaler = StandardScaler().fit(X[train])
model = LogisticRegression(C=1 / {}, solver="newton-cg", tol=1e-10, max_iter=1_000)
model.fit(scaler.transform(X[train]), y[train])


def probabilities(rows):
    found = np.zeros((rows.sum(), len(CLASSES)))
    found[:, model.classes_] = model.predict_proba(scaler.transform(X[rows]))
    return found


coefficients = model.coef_ / scaler.scale_
intercept = model.intercept_ - coefficients @ scaler.mean_
if len(intercept) > 1:  # one number added to all of them changes nothing; with a sum of 0 they are unique
    intercept = intercept - intercept.mean()
"#,
                number(settings.alpha.max(1e-12))
            ));
        }
        (Estimator::Tree(grown), _) => tree(out, grown, model.task, settings),
        (Estimator::Mlp(mlp), _) => network(out, mlp, model.task),
        // a model file is checked: no other pair can be
        _ => {}
    }
}

/// scikit-learn chooses by chance between splits that are equally good; so its tree is compared with the one here.
fn tree(out: &mut String, grown: &Tree, task: Task, settings: &Settings) {
    let split = |of: &dyn Fn(usize, f64, usize, usize) -> String, leaf: &str| {
        list(grown.nodes.iter().map(|node| match node {
            Node::Split { feature, threshold, left, right } => of(*feature, *threshold, *left, *right),
            Node::Leaf { .. } => leaf.to_owned(),
        }))
    };
    let n = grown.nodes.iter().find_map(|node| match node {
        Node::Leaf { value } => Some(value.len()),
        Node::Split { .. } => None,
    });
    let values = list(grown.nodes.iter().map(|node| match node {
        Node::Leaf { value } => list(value.iter().map(|&value| number(value))),
        Node::Split { .. } => list(vec!["0".to_owned(); n.unwrap_or(1)]),
    }));
    let what = if task == Task::Regression { "DecisionTreeRegressor" } else { "DecisionTreeClassifier" };
    out.push_str(&format!(
        r"# The tree as Drydock grew it: the term each node asks for (-1 at a leaf), its threshold, its two children.
FEATURE = np.array({})
THRESHOLD = np.array({})
LEFT = np.array({})
RIGHT = np.array({})
VALUE = np.array({values}, dtype=float)


def as_grown(rows):
    at, x = np.zeros(rows.sum(), dtype=int), X[rows]
    while (inner := np.flatnonzero(FEATURE[at] >= 0)).size:
        node = at[inner]
        at[inner] = np.where(x[inner, FEATURE[node]] <= THRESHOLD[node], LEFT[node], RIGHT[node])
    return VALUE[at]


",
        split(&|feature, _, _, _| feature.to_string(), "-1"),
        split(&|_, threshold, _, _| number(threshold), "0"),
        split(&|_, _, left, _| left.to_string(), "0"),
        split(&|_, _, _, right| right.to_string(), "0"),
    ));
    out.push_str(match task {
        Task::Regression => "def outputs(model, rows):\n    return model.predict(X[rows])[:, None]\n\n\n",
        Task::Classification => {
            "def outputs(model, rows):\n    found = np.zeros((rows.sum(), len(CLASSES)))\n    found[:, model.classes_] = model.predict_proba(X[rows])\n    return found\n\n\n"
        }
    });
    out.push_str(&format!(
        r#"# scikit-learn chooses by chance between splits that are equally good; try until it chooses alike.
for state in range(20):
    model = {what}(max_depth={}, min_samples_leaf={}, random_state=state)
    model.fit(X[train], y[train])
    if np.allclose(outputs(model, known), as_grown(known)):
        break
else:
    print("scikit-learn chose other splits that are equally good; these are the scores of the tree above", file=sys.stderr)
    model = None


def {}(rows):
    found = as_grown(rows) if model is None else outputs(model, rows)
    return found{}

"#,
        settings.max_depth,
        settings.min_leaf,
        if task == Task::Regression { "values" } else { "probabilities" },
        if task == Task::Regression { "[:, 0]" } else { "" },
    ));
}

fn network(out: &mut String, mlp: &Mlp, task: Task) {
    let row = |values: &[f64]| list(values.iter().map(|&value| number(value)));
    let matrix = |rows: &[Vec<f64>]| {
        format!("[\n    {},\n]", rows.iter().map(|r| row(r)).collect::<Vec<_>>().join(",\n    "))
    };
    out.push_str(&format!(
        r"# A network starts from random numbers, which no two programs draw alike: these are the weights as trained.
hidden_weights = np.array({})
hidden_biases = np.array({})
output_weights = np.array({})
output_biases = np.array({})


def outputs(rows):
    hidden = np.maximum(X[rows] @ hidden_weights.T + hidden_biases, 0)
    return hidden @ output_weights.T + output_biases


",
        matrix(&mlp.hidden_weights),
        row(&mlp.hidden_biases),
        matrix(&mlp.output_weights),
        row(&mlp.output_biases)
    ));
    out.push_str(match task {
        Task::Regression => "def values(rows):\n    return outputs(rows)[:, 0]\n\n\n",
        Task::Classification => {
            "def probabilities(rows):\n    scores = outputs(rows)\n    scores = np.exp(scores - scores.max(axis=1, keepdims=True))\n    return scores / scores.sum(axis=1, keepdims=True)\n\n\n"
        }
    });
}
