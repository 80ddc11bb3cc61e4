//! Text that stands in place of the disk's: an unsaved buffer, standard input, what git has staged.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use oxc_resolver::{FileMetadata, FileSystem, FileSystemOs, ResolveError};
use rustc_hash::FxHashMap;

/// Files whose content is not the disk's. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// By absolute path without symbolic links; none for a file that is to be taken for absent.
    contents: Arc<FxHashMap<Utf8PathBuf, Option<Arc<[u8]>>>>,
}

impl Overlay {
    /// Gives `path` (as [`real_path`] spells it) another content, in the file's own encoding; none takes the file away.
    pub fn set(&mut self, path: Utf8PathBuf, content: Option<Arc<[u8]>>) {
        Arc::make_mut(&mut self.contents).insert(path, content);
    }

    /// The disk's content counts again.
    pub fn unset(&mut self, path: &Utf8Path) {
        if self.contents.contains_key(path) {
            Arc::make_mut(&mut self.contents).remove(path);
        }
    }

    /// What stands in place of the file: none where the disk counts, none within where there is no such file.
    pub fn get(&self, path: &Utf8Path) -> Option<Option<&Arc<[u8]>>> {
        self.contents.get(path).map(Option::as_ref)
    }

    /// The file is to be taken for absent.
    pub fn is_absent(&self, path: &Utf8Path) -> bool {
        matches!(self.get(path), Some(None))
    }

    /// Files that have another content, in the order of their paths.
    pub fn present(&self) -> Vec<&Utf8PathBuf> {
        let mut present: Vec<_> = self.contents.iter().filter(|(_, content)| content.is_some()).map(|(path, _)| path).collect();
        present.sort();
        present
    }

    /// All files that it tells of, in no order.
    pub fn paths(&self) -> impl Iterator<Item = &Utf8Path> {
        self.contents.keys().map(Utf8PathBuf::as_path)
    }

    pub fn is_empty(&self) -> bool {
        self.contents.is_empty()
    }
}

/// The absolute path without symbolic links, also of a file that is not there yet: what is there of it is looked up, the rest is taken as
/// written.
pub fn real_path(path: &Utf8Path) -> Utf8PathBuf {
    let absolute = super::package::normalize(&super::working_directory().join(path));
    for above in absolute.ancestors() {
        if let Ok(real) = above.canonicalize_utf8() {
            return absolute.strip_prefix(above).map_or(real.clone(), |rest| if rest.as_str().is_empty() { real } else { real.join(rest) });
        }
    }
    absolute
}

/// The disk with an overlay on it, as the resolver asks for it.
pub(super) struct OverlaidDisk {
    disk: FileSystemOs,
    overlay: Overlay,
}

impl OverlaidDisk {
    pub(super) fn new(overlay: Overlay) -> OverlaidDisk {
        OverlaidDisk { disk: FileSystemOs::new(), overlay }
    }

    /// What the overlay says of a path.
    fn laid_over(&self, path: &Path) -> Option<io::Result<&Arc<[u8]>>> {
        // Almost always there is none, and the resolver asks often.
        if self.overlay.is_empty() {
            return None;
        }
        let content = self.overlay.get(Utf8Path::from_path(path)?)?;
        Some(content.ok_or_else(|| io::ErrorKind::NotFound.into()))
    }
}

impl FileSystem for OverlaidDisk {
    fn new() -> OverlaidDisk {
        OverlaidDisk::new(Overlay::default())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.laid_over(path) {
            Some(content) => content.map(|bytes| bytes.to_vec()),
            None => self.disk.read(path),
        }
    }

    fn read_to_string(&self, path: &Path) -> io::Result<String> {
        match self.laid_over(path) {
            Some(content) => content.map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
            None => self.disk.read_to_string(path),
        }
    }

    fn metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        match self.laid_over(path) {
            Some(content) => content.map(|_| FileMetadata::new(true, false, false)),
            None => self.disk.metadata(path),
        }
    }

    fn symlink_metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        match self.laid_over(path) {
            Some(content) => content.map(|_| FileMetadata::new(true, false, false)),
            None => self.disk.symlink_metadata(path),
        }
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, ResolveError> {
        self.disk.read_link(path)
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        match self.laid_over(path) {
            // Its path is spelled without symbolic links already.
            Some(content) => content.map(|_| path.to_owned()),
            None => self.disk.canonicalize(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::Resolver;
    use super::*;

    #[test]
    fn a_path_that_is_not_there_is_spelled_as_if_it_were() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8").canonicalize_utf8().expect("there");
        fs::create_dir(root.join("a")).expect("made");
        assert_eq!(real_path(&root.join("a/b/../c/d.js")), root.join("a/c/d.js"));
        assert_eq!(real_path(&root.join("a")), root.join("a"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(root.join("a"), root.join("link")).expect("made");
            assert_eq!(real_path(&root.join("link/new.js")), root.join("a/new.js"));
        }
        assert_eq!(real_path(Utf8Path::new("nowhere/x.js")), super::super::working_directory().join("nowhere/x.js"));
    }

    #[test]
    fn specifiers_mean_files_that_only_the_overlay_has() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8").canonicalize_utf8().expect("there");
        for name in ["a.js", "gone.js"] {
            fs::write(root.join(name), "").expect("written");
        }
        let mut overlay = Overlay::default();
        overlay.set(root.join("new.js"), Some(b"".as_slice().into()));
        overlay.set(root.join("gone.js"), None);
        let resolver = Resolver::new(vec![root.join("a.js"), root.join("new.js")], &overlay);
        assert_eq!(resolver.resolve(&root.join("a.js"), "./new"), Some(root.join("new.js")));
        assert_eq!(resolver.resolve(&root.join("new.js"), "./a.js"), Some(root.join("a.js")));
        assert_eq!(resolver.resolve(&root.join("a.js"), "./gone"), None);
    }
}
