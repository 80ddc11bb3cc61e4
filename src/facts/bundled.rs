//! Bundled: what a bundler has put into a file out of `node_modules`, by the marks that it leaves at each module.
//!
//! | mark | of |
//! | --- | --- |
//! | `// node_modules/a/index.js` | esbuild, Bun |
//! | `"node_modules/a/index.js"(exports) {` | esbuild, a CommonJS module |
//! | `//#region node_modules/a/index.js` | rolldown |
//! | `/***/ "./node_modules/a/index.js":`, `!*** ./node_modules/a/index.js ***!` | webpack, in development |
//!
//! (Source: what these bundlers print. Rollup and minifiers leave no marks.)

use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::model::{CallId, Positions};

/// The calls of a file that are those of another package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundled {
    /// The package's name.
    pub package: String,
    /// In their order.
    pub calls: Vec<CallId>,
}

const FOLDER: &str = "node_modules/";

/// By where each of the file's calls stands.
pub(super) fn bundled(text: &str, positions: &Positions) -> Vec<Bundled> {
    if memchr::memmem::find(text.as_bytes(), FOLDER.as_bytes()).is_none() {
        return Vec::new();
    }
    // From which line on there is code of which package.
    let mut marks: Vec<(u32, Option<&str>)> = Vec::new();
    let mut ends: FxHashMap<u32, u32> = FxHashMap::default();
    for range in &positions.functions {
        let end = ends.entry(range.start.line).or_default();
        *end = range.end.line.max(*end);
    }
    // How far the function goes that a key of a table has, where that is a module.
    let mut upto: Option<u32> = None;
    for (at, line) in (1..).zip(text.lines()) {
        if upto.is_some_and(|upto| at > upto) {
            upto = None;
            marks.push((at, None));
        }
        if let Some((path, is_key)) = marked(line) {
            marks.push((at, package(path)));
            if is_key {
                upto = ends.get(&at).copied();
            }
        }
    }
    if marks.iter().all(|(_, package)| package.is_none()) {
        return Vec::new();
    }
    let mut found: IndexMap<&str, Vec<CallId>> = IndexMap::new();
    for (id, call) in (0..).map(CallId).zip(&positions.calls) {
        let behind = marks.partition_point(|&(at, _)| at <= call.name.start.line);
        let Some(package) = behind.checked_sub(1).and_then(|last| marks[last].1) else { continue };
        found.entry(package).or_default().push(id);
    }
    found.into_iter().map(|(package, calls)| Bundled { package: package.to_owned(), calls }).collect()
}

/// The path of the module that begins here, and whether it is a key in a table of modules; an empty one where there is none again. Nothing
/// else stands on the line but what a bundler writes around it.
fn marked(line: &str) -> Option<(&str, bool)> {
    let line = line.trim();
    if line == "//#endregion" {
        return Some(("", false));
    }
    let (path, is_key) = if let Some(rest) = line.strip_prefix("//") {
        (rest.strip_prefix("#region").unwrap_or(rest).trim(), false)
    } else if let Some(rest) = line.strip_prefix("!***") {
        (rest.strip_suffix("***!")?.trim(), false)
    } else {
        let rest = line.strip_prefix("/***/").unwrap_or(line).trim_start();
        let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (path, behind) = rest[1..].split_once(quote)?;
        if !behind.starts_with(['(', ':']) {
            return None;
        }
        (path, true)
    };
    let bare = path.split('?').next().unwrap_or(path);
    let ends = [".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".vue", ".svelte", ".json"];
    (!path.contains(char::is_whitespace) && path.contains('/') && ends.iter().any(|end| bare.ends_with(end))).then_some((path, is_key))
}

/// The package of a module, where it comes out of `node_modules`.
fn package(path: &str) -> Option<&str> {
    let inside = &path[path.rfind(FOLDER)? + FOLDER.len()..];
    let mut slashes = inside.match_indices('/').map(|(at, _)| at);
    let end = if inside.starts_with('@') { slashes.nth(1) } else { slashes.next() };
    end.map(|end| &inside[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_bundlers_and_nothing_else() {
        let of = |line| marked(line).and_then(|(path, _)| package(path));
        assert_eq!(marked("// node_modules/a/index.js"), Some(("node_modules/a/index.js", false)));
        assert_eq!(of("  \"../../node_modules/.pnpm/a@1.0.0/node_modules/a/index.cjs\"(exports2, module2) {"), Some("a"));
        assert_eq!(of("//#region ../node_modules/@b/c/lib/x.mjs"), Some("@b/c"));
        assert_eq!(of("/***/ \"./node_modules/d/e.js\":"), Some("d"));
        assert_eq!(of("  !*** ./node_modules/d/e.js ***!"), Some("d"));
        assert_eq!(marked("// src/index.ts"), Some(("src/index.ts", false)));
        assert_eq!(marked("//#endregion"), Some(("", false)));
        for line in
            ["// see node_modules/a/index.js", "import x from 'node_modules/a/index.js'", "'./a.js',", "// a.js", "// https://a.b/c"]
        {
            assert_eq!(marked(line), None, "{line}");
        }
    }

    #[test]
    fn a_module_ends_with_its_function_or_where_the_next_begins() {
        let text = "const table = {\n\"./node_modules/a/i.js\": function (m) {\n  m.a();\n},\n};\ntable.b();\n// node_modules/c/i.js\nc();\n// src/d.js\nd();";
        let parsed = crate::syntax::parse_source(camino::Utf8Path::new("/x.js"), text).expect("it is JavaScript");
        let facts = crate::facts::extract(camino::Utf8Path::new("/x.js"), text, &parsed);
        let lines = |bundled: &Bundled| -> Vec<u32> {
            bundled.calls.iter().map(|call| facts.positions.calls[call.index()].name.start.line).collect()
        };
        let found: Vec<_> = facts.facts.bundled.iter().map(|bundled| (bundled.package.as_str(), lines(bundled))).collect();
        assert_eq!(found, [("a", vec![3]), ("c", vec![8])]);
    }
}
