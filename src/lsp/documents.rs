//! Files that are open in the editor. Their text stands in place of the disk's.

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;
use lsp_types::{TextDocumentContentChangeEvent, TextDocumentItem, Uri};

use super::places::{offset, path_of};
use crate::source::{EXTENSIONS, Overlay, real_path};

/// An open file.
pub struct Document {
    /// As the editor spells it.
    pub uri: Uri,
    pub version: i32,
    pub text: String,
}

/// All of them, by path without symbolic links.
#[derive(Default)]
pub struct Documents {
    open: IndexMap<Utf8PathBuf, Document>,
    overlay: Overlay,
}

impl Documents {
    pub fn open(&mut self, item: TextDocumentItem) {
        let Some(path) = path_of(item.uri.as_str()).map(|path| real_path(&path)) else { return };
        let script = matches!(item.language_id.as_str(), "javascript" | "javascriptreact" | "typescript" | "typescriptreact");
        if !script && !path.extension().is_some_and(|extension| EXTENSIONS.contains(&extension)) {
            return;
        }
        self.overlay.set(path.clone(), Some(item.text.as_bytes().into()));
        self.open.insert(path, Document { uri: item.uri, version: item.version, text: item.text });
    }

    /// Edits an open file. What is said of another one is passed over.
    pub fn change(&mut self, uri: &Uri, version: i32, changes: Vec<TextDocumentContentChangeEvent>) {
        let Some((path, document)) = self.open.iter_mut().find(|(_, document)| document.uri.as_str() == uri.as_str()) else { return };
        for change in changes {
            match change.range {
                None => document.text = change.text,
                Some(range) => {
                    let start = offset(&document.text, range.start);
                    let end = offset(&document.text, range.end).max(start);
                    document.text.replace_range(start..end, &change.text);
                }
            }
        }
        document.version = version;
        self.overlay.set(path.clone(), Some(document.text.as_bytes().into()));
    }

    pub fn close(&mut self, uri: &Uri) {
        let path = self.open.iter().find(|(_, document)| document.uri.as_str() == uri.as_str()).map(|(path, _)| path.clone());
        if let Some(path) = path {
            self.open.shift_remove(&path);
            self.overlay.unset(&path);
        }
    }

    pub fn get(&self, path: &Utf8Path) -> Option<&Document> {
        self.open.get(path)
    }

    pub fn paths(&self) -> impl Iterator<Item = &Utf8PathBuf> {
        self.open.keys()
    }

    pub fn overlay(&self) -> &Overlay {
        &self.overlay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_applied_in_their_order() {
        let mut documents = Documents::default();
        let uri: Uri = "file:///nowhere/a.js".parse().expect("an address");
        let item = |language: &str| TextDocumentItem {
            uri: uri.clone(),
            language_id: language.to_owned(),
            version: 1,
            text: "a😀\r\nb".to_owned(),
        };
        documents.open(item("javascript"));
        let edit = |range: Option<[u32; 4]>, text: &str| TextDocumentContentChangeEvent {
            range: range.map(|[l, c, m, d]| lsp_types::Range {
                start: lsp_types::Position { line: l, character: c },
                end: lsp_types::Position { line: m, character: d },
            }),
            range_length: None,
            text: text.to_owned(),
        };
        let text = |documents: &Documents| documents.get(Utf8Path::new("/nowhere/a.js")).map(|d| d.text.clone());
        documents.change(&uri, 2, vec![edit(Some([0, 1, 0, 3]), "x"), edit(Some([1, 1, 1, 1]), "!"), edit(Some([0, 2, 1, 0]), "-")]);
        assert_eq!(text(&documents).as_deref(), Some("ax-b!"));
        // Past the end, and from behind to before.
        documents.change(&uri, 3, vec![edit(Some([7, 7, 9, 9]), "."), edit(Some([0, 3, 0, 1]), "y")]);
        assert_eq!(text(&documents).as_deref(), Some("ax-yb!."));
        documents.change(&uri, 4, vec![edit(None, "new")]);
        assert_eq!(text(&documents).as_deref(), Some("new"));
        assert_eq!(documents.overlay().present(), [Utf8Path::new("/nowhere/a.js")]);
        documents.close(&uri);
        assert!(documents.overlay().is_empty() && documents.paths().next().is_none());
        documents.change(&uri, 5, vec![edit(None, "late")]);
        documents.open(TextDocumentItem { uri: "untitled:a.js".parse().expect("an address"), ..item("javascript") });
        documents.open(TextDocumentItem { uri: "file:///nowhere/a.md".parse().expect("an address"), ..item("markdown") });
        assert!(documents.overlay().is_empty());
    }
}
