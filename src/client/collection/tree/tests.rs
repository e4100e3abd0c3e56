//! Every change of the tree and its undoing; names that lead nowhere; files that others changed.

use super::*;

fn shown(nodes: &[Node]) -> Vec<String> {
    nodes
        .iter()
        .flat_map(|node| match node {
            Node::Folder { path, children, .. } => {
                let mut all = vec![format!("{}/", path.display())];
                all.extend(shown(children));
                all
            }
            Node::Request { path, name, .. } => vec![format!("{} = {name}", path.display())],
            Node::Damaged { path, .. } => vec![format!("{} damaged", path.display())],
        })
        .collect()
}

#[test]
fn every_change_can_be_taken_back_and_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let collection = Collection::new(folder.path());
    assert!(collection.read().unwrap().is_empty());
    let (local, _) = collection.create_folder(Path::new(""), "Local").unwrap();
    let request = SavedRequest::new("Without a key: 401/403", "POST", "{{base}}");
    let (path, _) = collection.create(&local, &request).unwrap();
    assert_eq!(path, Path::new("Local/Without a key- 401-403.toml"));
    let start = collection.read().unwrap();
    let (other, _) = collection.create_folder(Path::new(""), "Other").unwrap();
    let changes: [&dyn Fn() -> Undo; 5] = [
        &|| collection.rename(&path, "Über").unwrap().1,
        &|| collection.rename(&local, "Remote").unwrap().1,
        &|| collection.move_into(&path, &other).unwrap().1,
        &|| collection.duplicate(&path).unwrap().1,
        &|| collection.delete(&local).unwrap(),
    ];
    collection.delete(&other).unwrap();
    for change in changes {
        std::fs::create_dir_all(collection.root().join("Other")).unwrap();
        let before = collection.read().unwrap();
        let undo = change();
        let after = collection.read().unwrap();
        assert_ne!(before, after);
        let (_, redo) = collection.undo(&undo).unwrap();
        assert_eq!(collection.read().unwrap(), before);
        let (_, undo) = collection.undo(&redo).unwrap();
        assert_eq!(collection.read().unwrap(), after);
        collection.undo(&undo).unwrap();
        assert_eq!(collection.load(&path).unwrap(), request);
    }
    collection.delete(Path::new("Other")).unwrap();
    assert_eq!(collection.read().unwrap(), start);
}

#[test]
fn names_do_not_lead_out_and_do_not_write_over_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let collection = Collection::new(folder.path());
    let request = SavedRequest::new("a", "GET", "x");
    collection.create(Path::new(""), &request).unwrap();
    collection.create(Path::new(""), &request).unwrap();
    assert_eq!(shown(&collection.read().unwrap()), ["a 2.toml = a", "a.toml = a"]);
    for bad in ["../a.toml", "/etc/passwd", "a/../../b"] {
        assert!(matches!(collection.load(Path::new(bad)), Err(CollectionError::Name(_))), "{bad}");
    }
    for (name, stem) in [
        ("../../x", "-..-x"),
        ("CON", "CON-"),
        ("com1.txt", "com1.txt-"),
        ("a\nb", "a-b"),
        ("folder", "folder-"),
    ] {
        assert_eq!(file_stem(name).unwrap(), stem);
    }
    assert!(file_stem(" ../ ").is_err() && file_stem("").is_err());
    assert!(matches!(
        collection.move_into(Path::new("a.toml"), Path::new("a.toml/x")),
        Err(CollectionError::IntoItself)
    ));
}

#[test]
fn a_damaged_file_is_shown_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let collection = Collection::new(folder.path());
    std::fs::create_dir_all(collection.root()).unwrap();
    let path = collection.root().join("bad.toml");
    std::fs::write(&path, "<<<<<<< HEAD\nname = 1").unwrap();
    assert_eq!(shown(&collection.read().unwrap()), ["bad.toml damaged"]);
    let request = SavedRequest::new("bad", "GET", "x");
    assert!(collection.save(Path::new("bad.toml"), &request, None).is_err());
    assert!(collection.rename(Path::new("bad.toml"), "good").is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "<<<<<<< HEAD\nname = 1");
}

#[test]
fn a_file_that_was_changed_outside_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let collection = Collection::new(folder.path());
    let opened = SavedRequest::new("a", "GET", "x");
    let (path, _) = collection.create(Path::new(""), &opened).unwrap();
    let theirs = SavedRequest::new("a", "PUT", "x");
    std::fs::write(collection.root().join(&path), theirs.to_toml()).unwrap();
    let mine = SavedRequest::new("a", "POST", "x");
    let saved = collection.save(&path, &mine, Some(&opened));
    assert!(matches!(saved, Err(CollectionError::ChangedOutside { .. })));
    assert_eq!(collection.load(&path).unwrap(), theirs);
    collection.save(&path, &mine, Some(&theirs)).unwrap();
    assert_eq!(collection.load(&path).unwrap(), mine);
}
