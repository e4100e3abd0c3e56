//! What is loaded: models by name, each in one or more versions of which one answers. Changed by swapping the whole
//! catalogue; who predicts holds on to what it began with, so that no request notices.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use super::stats::ModelStats;
use crate::inference::Predictor;
use crate::model::Model;
use crate::model::text::TextModel;
use crate::protocol::Problem;
use crate::protocol::route::ModelRef;

/// A version of a model, ready to answer.
#[derive(Debug)]
pub struct Loaded {
    /// The name it is served by.
    pub name: String,
    /// Its place among the versions of that name, from 1; what TensorFlow Serving calls its version.
    pub number: usize,
    /// The core.
    pub predictor: Predictor,
    /// When it was loaded, in milliseconds since 1970.
    pub loaded_unix_millis: i64,
    /// Its counters and times.
    pub stats: ModelStats,
}

impl Loaded {
    /// The version as the model file has it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.predictor.model().version
    }

    fn is(&self, version: &str) -> bool {
        self.version() == version || version.strip_prefix('v').unwrap_or(version).parse() == Ok(self.number)
    }
}

/// The versions of a name.
#[derive(Debug, Clone)]
pub struct Versions {
    /// In the order they were loaded in.
    pub loaded: Vec<Arc<Loaded>>,
    /// The place of the one that answers.
    pub answering: usize,
    next_number: usize,
}

impl Versions {
    /// The version that answers.
    #[must_use]
    pub fn current(&self) -> Option<&Arc<Loaded>> {
        self.loaded.get(self.answering)
    }
}

/// All that is loaded.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// The model that answers where none is named.
    pub default: Option<String>,
    /// By name.
    pub models: BTreeMap<String, Versions>,
    /// The model of text, if there is one.
    pub text: Option<Arc<TextModel>>,
}

impl Catalog {
    /// Finds a model.
    ///
    /// # Errors
    /// [`Problem`] with status 404 that names what is loaded.
    pub fn find(&self, wanted: &ModelRef) -> Result<&Arc<Loaded>, Problem> {
        let known = || {
            let names: Vec<&str> = self.models.keys().map(String::as_str).collect();
            if names.is_empty() { "none".to_owned() } else { crate::protocol::shortened(&names) }
        };
        let Some(name) = wanted.name.as_deref().or(self.default.as_deref()) else {
            return Err(Problem::new(404, "no model is loaded"));
        };
        let missing =
            || Problem::no_model(crate::protocol::problem_text(name), wanted.version.as_deref(), &known());
        let versions = self.models.get(name).ok_or_else(missing)?;
        match wanted.version.as_deref() {
            None => versions.current().ok_or_else(missing),
            Some(version) => versions.loaded.iter().find(|loaded| loaded.is(version)).ok_or_else(missing),
        }
    }
}

/// The catalogue that is in force, and changes to it.
#[derive(Debug, Default)]
pub struct Models {
    catalog: ArcSwap<Catalog>,
    /// One change at a time.
    changing: Mutex<()>,
}

impl Models {
    /// What is loaded now.
    #[must_use]
    pub fn get(&self) -> arc_swap::Guard<Arc<Catalog>> {
        self.catalog.load()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Catalog) -> Result<T, Problem>) -> Result<T, Problem> {
        let _one = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut catalog = Catalog::clone(&self.catalog.load());
        let value = change(&mut catalog)?;
        self.catalog.store(Arc::new(catalog));
        Ok(value)
    }

    pub(super) fn set_text(&self, text: Option<Arc<TextModel>>) {
        // nothing in it fails
        drop(self.change(|catalog| {
            catalog.text = text;
            Ok(())
        }));
    }

    /// Loads a model under a name (its own, if none is given). Where the name has versions already, the new one answers
    /// only when `promote` says so; a version that is loaded already is only promoted.
    ///
    /// # Errors
    /// [`Problem`] when the name can't be part of an address.
    pub fn load(
        &self,
        mut model: Model,
        name: Option<&str>,
        promote: bool,
        now: i64,
    ) -> Result<Arc<Loaded>, Problem> {
        if let Some(name) = name {
            name.clone_into(&mut model.name);
        }
        let name = model.name.clone();
        if name.is_empty()
            || name.len() > 200
            || name.contains(['/', '?', '#'])
            || name.chars().any(char::is_control)
        {
            return Err(Problem::new(
                422,
                format!(
                    "a model's name is part of its address: expected 1 to 200 characters without / ? #, got '{}'",
                    crate::protocol::problem_text(&name)
                ),
            ));
        }
        self.change(|catalog| {
            let versions = catalog.models.entry(name.clone()).or_insert_with(|| Versions {
                loaded: Vec::new(),
                answering: 0,
                next_number: 1,
            });
            let known = versions.loaded.iter().position(|loaded| loaded.version() == model.version);
            let place = if let Some(place) = known {
                place
            } else {
                let number = versions.next_number;
                versions.next_number += 1;
                versions.loaded.push(Arc::new(Loaded {
                    name: name.clone(),
                    number,
                    predictor: Predictor::new(Arc::new(model)),
                    loaded_unix_millis: now,
                    stats: ModelStats::default(),
                }));
                versions.loaded.len() - 1
            };
            if promote {
                versions.answering = place;
            }
            let loaded = versions.loaded[place].clone();
            catalog.default.get_or_insert(name);
            Ok(loaded)
        })
    }

    /// Makes a version the one that answers for its name.
    ///
    /// # Errors
    /// [`Problem`] with status 404.
    pub fn promote(&self, wanted: &ModelRef) -> Result<Arc<Loaded>, Problem> {
        self.change(|catalog| {
            let loaded = catalog.find(wanted)?.clone();
            if let Some(versions) = catalog.models.get_mut(&loaded.name)
                && let Some(place) = versions.loaded.iter().position(|one| Arc::ptr_eq(one, &loaded))
            {
                versions.answering = place;
            }
            Ok(loaded)
        })
    }

    /// Makes a model the one that answers where none is named.
    ///
    /// # Errors
    /// [`Problem`] with status 404.
    pub fn set_default(&self, name: &str) -> Result<(), Problem> {
        self.change(|catalog| {
            let name = catalog.find(&ModelRef { name: Some(name.to_owned()), version: None })?.name.clone();
            catalog.default = Some(name);
            Ok(())
        })
    }

    /// Unloads a version, or all versions of a name. Requests that it is answering are answered.
    ///
    /// # Errors
    /// [`Problem`] with status 404, or 409 for the version that answers while there are others.
    pub fn unload(&self, wanted: &ModelRef) -> Result<(), Problem> {
        self.change(|catalog| {
            let loaded = catalog.find(wanted)?.clone();
            let Some(versions) = catalog.models.get_mut(&loaded.name) else { return Ok(()) };
            let place = versions.loaded.iter().position(|one| Arc::ptr_eq(one, &loaded)).unwrap_or(0);
            if wanted.version.is_some() && versions.loaded.len() > 1 {
                if versions.answering == place {
                    return Err(Problem::new(
                        409,
                        format!(
                            "version {} of '{}' answers requests; promote another version first",
                            loaded.version(),
                            loaded.name
                        ),
                    ));
                }
                versions.loaded.remove(place);
                if versions.answering > place {
                    versions.answering -= 1;
                }
                return Ok(());
            }
            catalog.models.remove(&loaded.name);
            if catalog.default.as_deref() == Some(loaded.name.as_str()) {
                catalog.default = catalog.models.keys().next().cloned();
            }
            Ok(())
        })
    }
}
