//! The in-app file picker: for desktops without a file dialog. It lists folders, and takes a typed path.

use std::path::{Path, PathBuf};

use super::state::AppState;

/// What a file is chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    OpenData,
    ExportData,
    OpenModel,
    /// Save the model of that number.
    SaveModel(u32),
    /// Save that model's training as a Python script.
    SaveScript(u32),
    OpenBatch,
    /// Open true values, by request id.
    OpenLabels,
    SaveBatch,
    /// Save what was answered for every row.
    SaveRequestRows,
    /// Save the teacher's guide.
    SaveGuide,
    /// Save what is to keep of the lesson.
    SaveToKeep,
    /// Open a scenario.
    OpenScenario,
    /// Save the state as a scenario.
    SaveScenario,
    /// Save the open scenario with what was done.
    HandIn,
}

type Filters = &'static [(&'static str, &'static [&'static str])];

impl Purpose {
    /// The dialog's title.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::OpenData => "Open data set",
            Self::ExportData => "Save the rows shown",
            Self::OpenModel => "Open model",
            Self::SaveModel(_) => "Save model",
            Self::SaveScript(_) => "Save Python script",
            Self::OpenBatch => "Choose a file to predict",
            Self::OpenLabels => "Choose a file with labels",
            Self::SaveBatch => "Save predictions",
            Self::SaveRequestRows => "Save the answers",
            Self::SaveGuide => "Save the teacher's guide",
            Self::SaveToKeep => "Save what is to keep",
            Self::OpenScenario => "Open a scenario",
            Self::SaveScenario => "Save this state as a scenario",
            Self::HandIn => "Hand the scenario in",
        }
    }

    /// Whether a file will be written.
    pub(crate) fn saves(self) -> bool {
        !matches!(
            self,
            Self::OpenData | Self::OpenModel | Self::OpenBatch | Self::OpenLabels | Self::OpenScenario
        )
    }

    /// The kinds of file.
    pub(crate) fn filters(self) -> Filters {
        match self {
            Self::OpenData | Self::OpenBatch | Self::OpenLabels => {
                &[("Tables (CSV, TSV, TXT)", &["csv", "tsv", "txt", "tab"]), ("All files", &["*"])]
            }
            Self::ExportData | Self::SaveBatch | Self::SaveRequestRows => &[("CSV", &["csv"])],
            Self::OpenModel | Self::SaveModel(_) => &[("Model (JSON)", &["json"])],
            Self::SaveScript(_) => &[("Python", &["py"])],
            Self::SaveGuide => &[("Web page", &["html"])],
            Self::SaveToKeep => &[("Markdown", &["md"])],
            Self::OpenScenario | Self::SaveScenario | Self::HandIn => &[("Scenario (TOML)", &["toml"])],
        }
    }

    /// The name to suggest for a file that is saved.
    pub(crate) fn file_name(self, state: &AppState) -> String {
        let data = state.truth.data().map_or_else(|| "data".to_owned(), |data| data.from.title());
        let stem = Path::new(&data)
            .file_stem()
            .map_or_else(|| data.clone(), |stem| stem.to_string_lossy().into_owned());
        match self {
            Self::OpenData | Self::OpenModel | Self::OpenBatch | Self::OpenLabels | Self::OpenScenario => {
                String::new()
            }
            Self::ExportData => format!("{stem}_rows.csv"),
            Self::SaveModel(number) => format!("{stem}_v{number}.json"),
            Self::SaveScript(number) => format!("{stem}_v{number}.py"),
            Self::SaveBatch => {
                let batch = state.results.predict.batch.value.as_ref();
                let is_part = batch.is_some_and(|batch| batch.stopped.is_some());
                if is_part { "predictions_partial.csv" } else { "predictions.csv" }.into()
            }
            Self::SaveRequestRows => "answers.csv".into(),
            Self::SaveGuide => "teachers-guide.html".into(),
            Self::SaveToKeep => "a-model-goes-to-production.md".into(),
            Self::SaveScenario => format!("{stem}_scenario.toml"),
            Self::HandIn => "handed-in.toml".into(),
        }
    }

    fn wants(self, name: &str) -> bool {
        let extension =
            Path::new(name).extension().map(|extension| extension.to_string_lossy().to_lowercase());
        let filters = self.filters();
        filters
            .iter()
            .flat_map(|(_, extensions)| *extensions)
            .any(|wanted| extension.as_deref() == Some(wanted))
    }
}

/// The picker, while it is open.
#[derive(Debug, Clone)]
pub(crate) struct Picker {
    pub(crate) purpose: Purpose,
    /// Why it is shown in place of the desktop's dialog.
    pub(crate) why: String,
    /// The folder that is listed.
    pub(crate) folder: PathBuf,
    /// A path as typed.
    pub(crate) typed: String,
    /// Whether files of other kinds are listed, too.
    pub(crate) all: bool,
    /// The folder's entries, once they are there.
    pub(crate) entries: Vec<Listed>,
    /// Why the folder can't be listed.
    pub(crate) problem: Option<String>,
    /// Whether the field was given the focus.
    pub(crate) focused: bool,
}

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) is_folder: bool,
    pub(crate) n_bytes: u64,
}

/// A folder's entries, or why they can't be had.
#[derive(Debug)]
pub(crate) struct Listing {
    folder: PathBuf,
    entries: Result<Vec<Listed>, String>,
}

impl Listing {
    /// Lists a folder: folders first, then files, each by name; hidden ones are left out.
    pub(crate) fn of(folder: PathBuf) -> Self {
        let entries = std::fs::read_dir(&folder).map_err(|error| error.to_string()).map(|entries| {
            let mut listed: Vec<Listed> = entries
                .flatten()
                .filter_map(|entry| {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    // follows links, as opening does
                    let metadata = std::fs::metadata(entry.path()).ok()?;
                    (!name.starts_with('.')).then(|| Listed {
                        is_folder: metadata.is_dir(),
                        n_bytes: metadata.len(),
                        name,
                    })
                })
                .collect();
            listed.sort_by_key(|entry| (!entry.is_folder, entry.name.to_lowercase()));
            listed
        });
        Self { folder, entries }
    }
}

impl Picker {
    /// A picker that begins in a folder.
    pub(crate) fn new(purpose: Purpose, folder: PathBuf, why: String) -> Self {
        Self {
            purpose,
            why,
            folder,
            typed: String::new(),
            all: false,
            entries: Vec::new(),
            problem: None,
            focused: false,
        }
    }

    /// Goes to another folder.
    pub(crate) fn go(&mut self, folder: PathBuf) {
        self.folder = folder;
        self.typed.clear();
        self.entries.clear();
        self.problem = None;
    }

    /// Takes a listing, unless another folder was gone to meanwhile.
    pub(crate) fn listed(&mut self, listing: Listing) {
        if listing.folder == self.folder {
            match listing.entries {
                Ok(entries) => self.entries = entries,
                Err(problem) => {
                    self.problem = Some(format!("{} can't be listed: {problem}", self.folder.display()));
                }
            }
        }
    }

    /// The entries that are shown.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &Listed> {
        self.entries.iter().filter(|entry| entry.is_folder || self.all || self.purpose.wants(&entry.name))
    }

    /// The path that the typed text means: absolute, relative to the folder, or with `~` for the home folder.
    pub(crate) fn typed_path(&self) -> Option<PathBuf> {
        let typed = self.typed.trim().trim_matches('"');
        if typed.is_empty() {
            return None;
        }
        let path = match typed.strip_prefix("~/") {
            Some(rest) => std::env::home_dir().unwrap_or_default().join(rest),
            None => PathBuf::from(typed.strip_prefix("file://").unwrap_or(typed)),
        };
        let mut path = if path.is_absolute() { path } else { self.folder.join(path) };
        if self.purpose.saves()
            && path.extension().is_none()
            && let Some(extension) =
                self.purpose.filters().first().and_then(|(_, extensions)| extensions.first())
        {
            path.set_extension(extension);
        }
        Some(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_listed_folders_first_and_by_kind() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.csv", "A.CSV", "notes.md", ".hidden.csv"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        std::fs::create_dir(folder.path().join("z")).unwrap();
        let mut picker = Picker::new(Purpose::OpenData, folder.path().to_path_buf(), String::new());
        picker.listed(Listing::of(folder.path().to_path_buf()));
        let names = |picker: &Picker| picker.shown().map(|entry| entry.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&picker), ["z", "A.CSV", "b.csv"]);
        picker.all = true;
        assert_eq!(names(&picker), ["z", "A.CSV", "b.csv", "notes.md"]);
    }

    #[test]
    fn a_typed_path_is_taken_as_people_type_it() {
        let mut picker = Picker::new(Purpose::SaveBatch, PathBuf::from("/data"), String::new());
        for (typed, meant) in [
            ("out", "/data/out.csv"),
            ("/x/y.csv", "/x/y.csv"),
            (" \"/x/a b.csv\" ", "/x/a b.csv"),
            ("sub/o.txt", "/data/sub/o.txt"),
        ] {
            picker.typed = typed.into();
            assert_eq!(picker.typed_path(), Some(PathBuf::from(meant)), "{typed}");
        }
        picker.typed = "  ".into();
        assert_eq!(picker.typed_path(), None);
    }

    #[test]
    fn a_missing_folder_is_a_sentence() {
        let gone = PathBuf::from("/no/such/folder");
        let mut picker = Picker::new(Purpose::OpenData, gone.clone(), String::new());
        picker.listed(Listing::of(gone));
        assert!(picker.problem.unwrap().contains("/no/such/folder"));
    }
}
