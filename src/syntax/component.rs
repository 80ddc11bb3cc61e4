//! Components of one file: the scripts in `.vue` and `.svelte`, everything around them blanked so that positions stay.
//!
//! (Sources: Vue's «SFC Syntax Specification», Svelte's «.svelte files».)

use camino::Utf8Path;

/// The file holds markup with scripts in it.
pub fn is_component(path: &Utf8Path) -> bool {
    matches!(path.extension(), Some("vue" | "svelte"))
}

/// The text with nothing but the content of its scripts, byte by byte where it stood, and the extension of a file that holds such code.
pub fn scripts(text: &str) -> (String, &'static str) {
    let mut out: Vec<u8> = text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { byte } else { b' ' }).collect();
    let mut extension = "js";
    let mut at = 0;
    while let Some(tag) = next_tag(text, at) {
        let Some(end) = find(text, tag.inside, "</script") else { break };
        if let Some(language) = tag.language {
            out[tag.inside..end].copy_from_slice(&text.as_bytes()[tag.inside..end]);
            if language != "js" {
                extension = language;
            }
        }
        at = end;
    }
    // Whole texts were copied to where they stood, and all else is ASCII.
    (String::from_utf8(out).unwrap_or_default(), extension)
}

/// Where the script stands that runs at each mount: Svelte's one that is no `module`, Vue's `<script setup>`. Byte offsets.
pub fn mounted(path: &Utf8Path, text: &str) -> Option<(usize, usize)> {
    if !is_component(path) {
        return None;
    }
    let svelte = path.extension() == Some("svelte");
    let mut at = 0;
    while let Some(tag) = next_tag(text, at) {
        let end = find(text, tag.inside, "</script")?;
        if tag.language.is_some() && if svelte { !tag.module } else { tag.setup } {
            return Some((tag.inside, end));
        }
        at = end;
    }
    None
}

struct Tag {
    /// Where its content begins.
    inside: usize,
    /// The extension of what it holds; none for what is no code of ours, or stands in another file.
    language: Option<&'static str>,
    /// `<script module>`, `<script context="module">`.
    module: bool,
    /// `<script setup>`.
    setup: bool,
}

/// The next `<script ...>` that no comment hides.
fn next_tag(text: &str, mut at: usize) -> Option<Tag> {
    loop {
        let script = find(text, at, "<script")?;
        if let Some(comment) = find(text, at, "<!--").filter(|&comment| comment < script) {
            at = find(text, comment, "-->")?;
            continue;
        }
        let attributes = script + "<script".len();
        if !text[attributes..].starts_with(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/') {
            at = attributes;
            continue;
        }
        let inside = attributes + end_of_tag(&text[attributes..])?;
        let attributes = &text[attributes..inside];
        if attributes.trim_end().ends_with("/>") {
            at = inside;
            continue;
        }
        let language = match attribute(attributes, "lang").unwrap_or("js") {
            _ if attribute(attributes, "src").is_some() => None,
            "js" | "javascript" | "jsx" => Some("js"),
            "ts" | "typescript" => Some("ts"),
            "tsx" => Some("tsx"),
            _ => None,
        };
        let has = |word: &str| attributes.split(|c: char| c.is_ascii_whitespace() || c == '>').any(|one| one == word);
        let module = has("module") || attribute(attributes, "context") == Some("module");
        return Some(Tag { inside, language, module, setup: has("setup") });
    }
}

fn find(text: &str, from: usize, what: &str) -> Option<usize> {
    text.get(from..)?.find(what).map(|at| from + at)
}

/// The byte after the tag's `>`, which may stand in quotes before.
fn end_of_tag(attributes: &str) -> Option<usize> {
    let mut quote = None;
    attributes
        .bytes()
        .position(|byte| match quote {
            Some(open) => {
                if byte == open {
                    quote = None;
                }
                false
            }
            None => {
                if matches!(byte, b'"' | b'\'') {
                    quote = Some(byte);
                }
                byte == b'>'
            }
        })
        .map(|at| at + 1)
}

/// What an attribute is given: `lang="ts"`.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let start = attributes.match_indices(name).map(|(at, _)| at).find(|&at| {
        attributes[..at].ends_with(|c: char| c.is_ascii_whitespace()) && attributes[at + name.len()..].trim_start().starts_with('=')
    })?;
    let value = attributes[start + name.len()..].trim_start().strip_prefix('=')?.trim_start();
    match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next(),
        _ => value.split(|c: char| c.is_ascii_whitespace() || c == '>').next(),
    }
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::scripts;

    #[test]
    fn scripts_stay_where_they_stand() {
        let text = "<template>\n  <b>ä > 1</b>\n</template>\n<script lang=\"ts\">\nlet a: number\n</script>\n<style>a{}</style>\n";
        let (script, extension) = scripts(text);
        assert_eq!(extension, "ts");
        assert_eq!(script.len(), text.len());
        assert_eq!(script.find("let a: number"), text.find("let a: number"));
        assert_eq!(script.trim(), "let a: number");
    }

    #[test]
    fn the_script_of_each_mount_is_told_apart() {
        let at = |path: &str, text: &str| super::mounted(Utf8Path::new(path), text).map(|(start, end)| text[start..end].to_owned());
        let svelte = "<script context=\"module\">a()</script><script>b()</script>";
        assert_eq!(at("x.svelte", svelte).as_deref(), Some("b()"));
        assert_eq!(at("x.svelte", "<script module>a()</script>"), None);
        assert_eq!(at("x.vue", "<script>a()</script><script setup lang='ts'>b()</script>").as_deref(), Some("b()"));
        assert_eq!(at("x.vue", "<script>a()</script>"), None);
        assert_eq!(at("x.js", svelte), None);
    }

    #[test]
    fn only_code_of_this_file_is_taken() {
        for nothing in [
            "<script src=\"./a.js\">lost()</script>",
            "<script lang='coffee'>lost()</script>",
            "<!-- <script>lost()</script> --><p/>",
            "<scripted>lost()</scripted>",
            "<script src=\"a\" />lost()",
            "<script>lost()",
        ] {
            assert_eq!(scripts(nothing).0.trim(), "", "{nothing}");
        }
        let two = "<script>a()</script><script setup generic=\"T extends A<'>'>\" lang=tsx>b()</script>";
        let (script, extension) = scripts(two);
        assert_eq!((script.split_whitespace().collect::<Vec<_>>(), extension), (vec!["a()", "b()"], "tsx"));
    }
}
