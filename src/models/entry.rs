//! Which files a framework calls, by their place.

use super::{Entry, Lifecycle};

impl Lifecycle {
    /// An object literal with these members is such an object: a life-cycle method beside a group of members, or one of each list of its
    /// shape.
    pub fn by_shape(&self, has: impl Fn(&str) -> bool) -> bool {
        let any = |names: &[String]| names.iter().any(|name| has(name));
        any(&self.members_in) && (any(&self.once) || any(&self.teardown))
            || !self.shape.is_empty() && self.shape.iter().all(|names| any(names))
    }
}

impl Entry {
    /// The framework calls the exports of this file; `path` is below the package's root, with `/`.
    pub fn is_at(&self, path: &str) -> bool {
        self.files.iter().any(|glob| matches(glob, path))
    }
}

/// `**` is any number of folders, `*` a part of one name, `{a,b}` either.
pub(super) fn matches(glob: &str, path: &str) -> bool {
    alternatives(glob).iter().any(|glob| {
        let glob: Vec<&str> = glob.split('/').collect();
        let path: Vec<&str> = path.split('/').collect();
        folders(&glob, &path)
    })
}

/// Every reading of the first `{a,b}`, and so on; braces do not nest.
fn alternatives(glob: &str) -> Vec<String> {
    let Some((before, rest)) = glob.split_once('{') else { return vec![glob.to_owned()] };
    let Some((choices, after)) = rest.split_once('}') else { return vec![glob.to_owned()] };
    let tails = alternatives(after);
    choices.split(',').flat_map(|choice| tails.iter().map(move |tail| format!("{before}{choice}{tail}"))).collect()
}

fn folders(glob: &[&str], path: &[&str]) -> bool {
    match (glob.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => (0..=path.len()).any(|skip| folders(rest, &path[skip..])),
        (Some((first, rest)), Some((name, names))) => one_name(first, name) && folders(rest, names),
        _ => false,
    }
}

fn one_name(glob: &str, name: &str) -> bool {
    match glob.split_once('*') {
        None => glob == name,
        Some((before, after)) => name
            .strip_prefix(before)
            .is_some_and(|rest| rest.char_indices().any(|(at, _)| one_name(after, &rest[at..])) || one_name(after, "")),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn globs() {
        let glob = "pages/api/**/*.{js,ts}";
        for path in ["pages/api/a.js", "pages/api/b/c.ts", "pages/api/[id].js"] {
            assert!(matches(glob, path), "{path}");
        }
        for path in ["pages/a.js", "src/pages/api/a.js", "pages/api/a.css", "pages/api"] {
            assert!(!matches(glob, path), "{path}");
        }
        assert!(matches("src/routes/**/+{page,layout}.server.{js,ts}", "src/routes/+page.server.ts"));
        assert!(matches("middleware.{js,ts}", "middleware.ts") && !matches("middleware.{js,ts}", "a/middleware.ts"));
    }
}
