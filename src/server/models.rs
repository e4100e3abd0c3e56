//! What is loaded: models by name, each in one or more versions of which one answers. Changed by swapping the whole
//! catalogue; who predicts holds on to what it began with, so that no request notices.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use super::mirror::Mirrored;
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

/// A version that answers a share of the requests that name no version: a new one is tried on few before all get it.
#[derive(Debug, Clone)]
pub struct Canary {
    /// The version.
    pub loaded: Arc<Loaded>,
    /// Of each hundred requests it answers so many, spread evenly.
    pub percent: u8,
    /// Requests that named no version since it is a canary, and those of them that it took.
    asked: Arc<AtomicU64>,
    taken: Arc<AtomicU64>,
}

impl Canary {
    /// Whether the n-th request is its own. 61 and 100 have no common divisor, so that any hundred requests in a row hold
    /// exactly `percent` of them.
    fn takes(&self, n: u64) -> bool {
        n % 100 * 61 % 100 < u64::from(self.percent)
    }

    /// Whether the next request is its own.
    fn takes_next(&self) -> bool {
        let takes = self.takes(self.asked.fetch_add(1, Ordering::Relaxed));
        self.taken.fetch_add(u64::from(takes), Ordering::Relaxed);
        takes
    }

    /// Requests that named no version since it is a canary, and those of them that it took.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.asked.load(Ordering::Relaxed), self.taken.load(Ordering::Relaxed))
    }
}

/// A version that is asked what the one in front of it is asked, and whose answers nobody gets.
#[derive(Debug, Clone)]
pub struct InShadow {
    /// The version.
    pub loaded: Arc<Loaded>,
    /// What came of it.
    pub seen: Arc<Mirrored>,
}

/// The versions of a name.
#[derive(Debug, Clone)]
pub struct Versions {
    /// In the order they were loaded in.
    pub loaded: Vec<Arc<Loaded>>,
    /// The place of the one that answers.
    pub answering: usize,
    /// The one that answers a share of the requests.
    pub canary: Option<Canary>,
    /// The one that is asked along.
    pub shadow: Option<InShadow>,
    next_number: usize,
}

impl Versions {
    /// The version that answers.
    #[must_use]
    pub fn current(&self) -> Option<&Arc<Loaded>> {
        self.loaded.get(self.answering)
    }

    /// Who answers the next request that names no version.
    fn next(&self) -> Option<&Arc<Loaded>> {
        match &self.canary {
            Some(canary) if canary.takes_next() => Some(&canary.loaded),
            _ => self.current(),
        }
    }

    /// A version answers all requests, or is gone: it is no canary and in no shadow.
    fn forget(&mut self, loaded: &Arc<Loaded>) {
        self.canary.take_if(|canary| Arc::ptr_eq(&canary.loaded, loaded));
        self.shadow.take_if(|shadow| Arc::ptr_eq(&shadow.loaded, loaded));
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
        self.found(wanted, Versions::current).map(|(_, loaded)| loaded)
    }

    /// Who answers this request: as [`Catalog::find`], but that a canary takes its share of those that name no version. Of
    /// these also who is asked along, unless it answers itself.
    ///
    /// # Errors
    /// [`Problem`] with status 404 that names what is loaded.
    pub fn choose(&self, wanted: &ModelRef) -> Result<(&Arc<Loaded>, Option<&InShadow>), Problem> {
        let (versions, loaded) = self.found(wanted, Versions::next)?;
        let shadow = versions.shadow.as_ref().filter(|_| wanted.version.is_none());
        Ok((loaded, shadow.filter(|shadow| !Arc::ptr_eq(&shadow.loaded, loaded))))
    }

    fn found(
        &self,
        wanted: &ModelRef,
        unnamed: impl Fn(&Versions) -> Option<&Arc<Loaded>>,
    ) -> Result<(&Versions, &Arc<Loaded>), Problem> {
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
        let loaded = match wanted.version.as_deref() {
            None => unnamed(versions),
            Some(version) => versions.loaded.iter().find(|loaded| loaded.is(version)),
        };
        loaded.map(|loaded| (versions, loaded)).ok_or_else(missing)
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
                canary: None,
                shadow: None,
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
            if promote {
                versions.forget(&loaded);
            }
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
                versions.forget(&loaded);
            }
            Ok(loaded)
        })
    }

    /// Gives a version a share of the requests that name no version, in percent; 0 takes it back. A name has one canary.
    ///
    /// # Errors
    /// [`Problem`] with status 404; 409 for the version that answers the rest, 422 for more than 100 %.
    pub fn set_canary(&self, wanted: &ModelRef, percent: u8) -> Result<Arc<Loaded>, Problem> {
        if percent > 100 {
            let detail = format!("expected a share from 0 to 100 percent, got {percent}");
            return Err(Problem::new(422, detail).with("bad_share", Some("percent")));
        }
        self.beside_current(wanted, |versions, loaded| {
            if percent == 0 {
                versions.canary.take_if(|canary| Arc::ptr_eq(&canary.loaded, loaded));
            } else {
                // another share of the same canary goes on counting
                let before = versions.canary.take().filter(|canary| Arc::ptr_eq(&canary.loaded, loaded));
                let (asked, taken) = before.map(|canary| (canary.asked, canary.taken)).unwrap_or_default();
                versions.canary = Some(Canary { loaded: loaded.clone(), percent, asked, taken });
            }
        })
    }

    /// Has a version asked what the one that answers is asked, or no longer. A name has one version in shadow; another one's
    /// figures begin anew.
    ///
    /// # Errors
    /// [`Problem`] with status 404; 409 for the version that answers.
    pub fn set_shadow(&self, wanted: &ModelRef, on: bool) -> Result<Arc<Loaded>, Problem> {
        self.beside_current(wanted, |versions, loaded| {
            let is_it = versions.shadow.as_ref().is_some_and(|shadow| Arc::ptr_eq(&shadow.loaded, loaded));
            if is_it && !on {
                versions.shadow = None;
            } else if on && !is_it {
                versions.shadow = Some(InShadow { loaded: loaded.clone(), seen: Arc::default() });
            }
        })
    }

    /// Has the last version of each name with several stand beside the one before it, which answers: as a canary with that
    /// share, in shadow, or both.
    pub(super) fn hold_back_the_last(&self, canary: Option<u8>, shadow: bool) -> Result<(), Problem> {
        let catalog = self.catalog.load_full();
        for versions in catalog.models.values() {
            let [.., before, last] = versions.loaded.as_slice() else { continue };
            let named = |loaded: &Loaded| ModelRef {
                name: Some(loaded.name.clone()),
                version: Some(loaded.version().to_owned()),
            };
            self.promote(&named(before))?;
            if let Some(percent) = canary {
                self.set_canary(&named(last), percent)?;
            }
            if shadow {
                self.set_shadow(&named(last), true)?;
            }
        }
        Ok(())
    }

    /// Changes what a version does beside the one that answers.
    fn beside_current(
        &self,
        wanted: &ModelRef,
        change: impl FnOnce(&mut Versions, &Arc<Loaded>),
    ) -> Result<Arc<Loaded>, Problem> {
        self.change(|catalog| {
            let loaded = catalog.find(wanted)?.clone();
            if let Some(versions) = catalog.models.get_mut(&loaded.name) {
                if versions.current().is_some_and(|current| Arc::ptr_eq(current, &loaded)) {
                    let detail = format!(
                        "version {} of '{}' answers all requests already; name another version",
                        loaded.version(),
                        loaded.name
                    );
                    return Err(Problem::new(409, detail));
                }
                change(versions, &loaded);
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
                versions.forget(&loaded);
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
