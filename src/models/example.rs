//! The examples in the packs: what a test parses, and asks the analysis about.

use super::Models;

/// Code that shows an entry of a pack.
#[derive(Debug, Clone)]
pub struct Example<'a> {
    /// The pack and the entry, for a person.
    pub at: String,
    /// Absent only where the entry lacks what it must have.
    pub code: Option<&'a str>,
    /// The type that the example's variable `it` is to be recognised as.
    pub it: Option<&'a str>,
}

impl Models {
    /// The example of every type, shape, hook, decorator, lifecycle and entry, and of the modules that have one.
    pub fn examples(&self) -> Vec<Example<'_>> {
        let mut all = Vec::new();
        for pack in &self.packs {
            let mut add = |kind: &str, name: &str, code, it| all.push(Example { at: format!("{}: {kind} {name}", pack.library), code, it });
            for model in &pack.types {
                add("type", &model.name, model.example.as_deref(), Some(model.name.as_str()));
            }
            for shape in &pack.shapes {
                add("shape", &shape.params.join(" "), shape.example.as_deref(), None);
            }
            for hook in &pack.hooks {
                add("hook", &format!("{}*{}", hook.begins, hook.ends), hook.example.as_deref(), None);
            }
            for wrapper in &pack.wrappers {
                add("wrapper", &wrapper.names.join(" "), wrapper.example.as_deref(), Some(wrapper.of.as_str()));
            }
            for decorator in &pack.decorators {
                add("decorator", decorator.name.iter().next().unwrap_or_default(), decorator.example.as_deref(), None);
            }
            for lifecycle in &pack.lifecycles {
                add("lifecycle", lifecycle.teardown.first().map_or("", String::as_str), lifecycle.example.as_deref(), None);
            }
            for entry in &pack.entries {
                add("entry", &entry.files.join(" "), entry.example.as_deref(), None);
            }
            for module in pack.modules.iter().filter(|module| module.example.is_some()) {
                add("module", &module.name, module.example.as_deref(), None);
            }
        }
        all
    }
}
