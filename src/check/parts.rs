//! Parts: packages of which none imports another are programs of their own, as they are in Node. Each is linked and asked by itself, so
//! that a change in one leaves the answers of the others as they were.
//!
//! ```text
//! together(P, Q) :- a file of package P imports one of package Q
//! ```

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Indices of files, in the order of the first file of each part; those of one part in their own order.
///
/// `files`: each with the specifiers that it names. `homes`: the folder of the package around each of them. `resolve`: the file that a
/// specifier means; it is not asked where all files are of one package.
pub fn parts(
    files: &[(&Utf8Path, &[String])],
    homes: &[Option<Utf8PathBuf>],
    resolve: &(dyn Fn(&Utf8Path, &str) -> Option<Utf8PathBuf> + Sync),
) -> Vec<Vec<usize>> {
    let mut ids: FxHashMap<&Option<Utf8PathBuf>, usize> = FxHashMap::default();
    let packages: Vec<usize> = homes
        .iter()
        .map(|home| {
            let next = ids.len();
            *ids.entry(home).or_insert(next)
        })
        .collect();
    let mut joined = Joined::of(ids.len());
    if ids.len() > 1 {
        let of_file: FxHashMap<&str, usize> = files.iter().zip(&packages).map(|((file, _), &package)| (file.as_str(), package)).collect();
        let imported = |(&(file, requests), &from): (&(&Utf8Path, &[String]), &usize)| -> Vec<(usize, usize)> {
            let targets = requests.iter().filter_map(|request| resolve(file, request));
            targets.filter_map(|target| of_file.get(target.as_str()).copied()).filter(|&to| to != from).map(|to| (from, to)).collect()
        };
        let edges: Vec<Vec<(usize, usize)>> = files.par_iter().zip(&packages).map(imported).collect();
        for (a, b) in edges.into_iter().flatten() {
            joined.join(a, b);
        }
    }
    let mut parts: Vec<Vec<usize>> = Vec::new();
    let mut at: FxHashMap<usize, usize> = FxHashMap::default();
    for (file, &package) in packages.iter().enumerate() {
        let part = *at.entry(joined.root(package)).or_insert_with(|| {
            parts.push(Vec::new());
            parts.len() - 1
        });
        parts[part].push(file);
    }
    parts
}

/// Sets that are joined.
struct Joined(Vec<usize>);

impl Joined {
    fn of(count: usize) -> Joined {
        Joined((0..count).collect())
    }

    /// The member that stands for the set.
    fn root(&mut self, mut member: usize) -> usize {
        while self.0[member] != member {
            self.0[member] = self.0[self.0[member]];
            member = self.0[member];
        }
        member
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_that_import_each_other_are_one_part() {
        let requests = |of: &[&str]| of.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let files = [
            ("/w/a/1.js", requests(&["/w/a/2.js", "fs"])),
            ("/w/a/2.js", requests(&[])),
            ("/w/b/1.js", requests(&["/w/d/1.js"])),
            ("/w/c/1.js", requests(&["/w/c/none.js"])),
            ("/w/d/1.js", requests(&[])),
            ("/w/x.js", requests(&["/w/c/1.js"])),
            ("/w/y.js", requests(&[])),
        ];
        let files: Vec<(&Utf8Path, &[String])> = files.iter().map(|(file, requests)| (Utf8Path::new(*file), requests.as_slice())).collect();
        let home = |(file, _): &(&Utf8Path, &[String])| file.parent().filter(|folder| folder.as_str() != "/w").map(Utf8Path::to_owned);
        let homes: Vec<_> = files.iter().map(home).collect();
        let resolve = |_: &Utf8Path, request: &str| request.starts_with('/').then(|| Utf8PathBuf::from(request));
        assert_eq!(parts(&files, &homes, &resolve), [vec![0, 1], vec![2, 4], vec![3, 5, 6]]);
        assert_eq!(parts(&files[..2], &homes[..2], &|_, _| panic!("it is one package")), [vec![0, 1]]);
        assert!(parts(&[], &[], &resolve).is_empty());
    }
}
