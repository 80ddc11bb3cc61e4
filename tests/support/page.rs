//! Reads rule pages: `rules/<rule>.md` is documentation and test at once. `rules/README.md` says how a page is written.

use std::path::PathBuf;
use std::sync::LazyLock;

use regex::Regex;

use super::layout;

/// The headings of every page, in this order.
pub const HEADINGS: [&str; 6] = ["Why it leaks", "Leaks", "Does not leak", "Across files", "What it cannot see", "Models it uses"];

/// A heading that pages have whose rule offers fixes, before the last two.
pub const FIXES: &str = "Fixes";

/// One page.
pub struct Page {
    /// The file's name without `.md`.
    pub rule: String,
    pub path: PathBuf,
    /// The line `# ...` at the top.
    pub title: String,
    /// The first paragraph below the title, on one line.
    pub summary: String,
    /// The `## ` headings as they stand.
    pub headings: Vec<String>,
    pub projects: Vec<Project>,
}

/// One example: a single block, or consecutive blocks with `file=` names.
pub struct Project {
    pub rule: String,
    /// The `## ` heading above.
    pub section: String,
    /// The `### ` heading above, or nothing.
    pub title: String,
    pub files: Vec<File>,
}

/// One block.
pub struct File {
    /// As `file=` says, else `block.<language>`.
    pub name: String,
    pub text: String,
    /// The page's line on which the text's first line stands.
    pub page_line: usize,
    pub marks: Vec<Mark>,
    /// `// given: name = expression`.
    pub given: Vec<(String, String)>,
    /// `// drive: expression`.
    pub drive: Vec<String>,
    /// `// not run: reason`.
    pub not_run: Option<String>,
    /// Lines with `// not proved: reason`: Node does not reach them, or cannot count them.
    pub not_proved: Vec<usize>,
}

/// A mark, and the line of the block (1-based) that it speaks of.
pub struct Mark {
    pub line: usize,
    pub kind: MarkKind,
}

pub enum MarkKind {
    /// A finding of this rule starts here.
    Finding(String),
    /// This line is a step of some finding's trace, and the step's message contains the text.
    Step(String),
    /// A leak of this rule that is known not to be found.
    Miss(String),
    /// A finding of this rule that is known to be false.
    Noise(String),
}

impl Project {
    /// `rules/x.md:12 (Leaks, title)`: where the project starts, for messages.
    pub fn place(&self) -> String {
        let title = if self.title.is_empty() { String::new() } else { format!(", {}", self.title) };
        format!("rules/{}.md:{} ({}{title})", self.rule, self.files[0].page_line, self.section)
    }

    /// The page's line of a line of one of the files.
    pub fn page_line(&self, file: &str, line: usize) -> usize {
        self.files.iter().find(|f| f.name == file).map_or(0, |f| f.page_line + line - 1)
    }
}

/// All pages, sorted by rule. Panics with a list of what breaks the format.
pub fn pages() -> Vec<Page> {
    let mut errors = Vec::new();
    let pages: Vec<Page> = layout::files("rules", ".md")
        .into_iter()
        .filter(|path| path.parent() == Some(&layout::root().join("rules")) && !path.ends_with("README.md"))
        .map(|path| {
            let rule = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            let text = layout::read(&path);
            let mut page = parse(&rule, &text, &mut errors);
            page.path = path;
            page
        })
        .collect();
    let rules: Vec<&str> = pages.iter().map(|page| page.rule.as_str()).collect();
    for page in &pages {
        for project in &page.projects {
            for file in &project.files {
                for mark in &file.marks {
                    if let MarkKind::Finding(rule) | MarkKind::Miss(rule) | MarkKind::Noise(rule) = &mark.kind
                        && !rules.contains(&rule.as_str())
                    {
                        let line = file.page_line + mark.line - 1;
                        errors.push(format!("rules/{}.md:{line}: the mark names `{rule}`, which has no page", page.rule));
                    }
                }
            }
        }
    }
    assert!(errors.is_empty(), "the pages' format is broken:\n{}", errors.join("\n"));
    pages
}

/// A page out of its text; what breaks the format goes to `errors`.
pub fn parse(rule: &str, text: &str, errors: &mut Vec<String>) -> Page {
    let mut page = Page {
        rule: rule.to_owned(),
        path: PathBuf::new(),
        title: String::new(),
        summary: String::new(),
        headings: Vec::new(),
        projects: Vec::new(),
    };
    let (mut section, mut title) = (String::new(), String::new());
    // Whether the next named block may join the project before it.
    let mut joinable = false;
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let number = index + 1;
        if let Some(info) = line.strip_prefix("```") {
            let mut code = String::new();
            let mut closed = false;
            for (_, inner) in lines.by_ref() {
                if inner.starts_with("```") {
                    closed = true;
                    break;
                }
                code.push_str(inner);
                code.push('\n');
            }
            if !closed {
                errors.push(format!("rules/{rule}.md:{number}: the block is not closed"));
            }
            let (name, named) = match block_name(info) {
                Ok(Some(name)) => name,
                Ok(None) => continue,
                Err(what) => {
                    errors.push(format!("rules/{rule}.md:{number}: {what}"));
                    continue;
                }
            };
            let mut problems = Vec::new();
            let file = file(name, code, number + 1, &mut problems);
            errors.extend(problems.into_iter().map(|(line, what)| format!("rules/{rule}.md:{line}: {what}")));
            match page.projects.last_mut() {
                Some(last) if joinable && named && last.files.iter().all(|f| f.name != file.name) => last.files.push(file),
                _ => {
                    page.projects.push(Project { rule: rule.to_owned(), section: section.clone(), title: title.clone(), files: vec![file] })
                }
            }
            joinable = named;
        } else if let Some(heading) = line.strip_prefix("### ") {
            title = heading.trim().to_owned();
            joinable = false;
        } else if let Some(heading) = line.strip_prefix("## ") {
            section = heading.trim().to_owned();
            title.clear();
            page.headings.push(section.clone());
            joinable = false;
        } else if let Some(heading) = line.strip_prefix("# ") {
            page.title = heading.trim().to_owned();
        } else if section.is_empty() && !line.trim().is_empty() {
            if !page.summary.is_empty() {
                page.summary.push(' ');
            }
            page.summary.push_str(line.trim());
        }
    }
    page
}

/// The file's name of a block with this info string, and whether the page gave it; none for a block that is no code.
fn block_name(info: &str) -> Result<Option<(String, bool)>, String> {
    let mut words = info.split_whitespace();
    let Some(language) = words.next() else { return Ok(None) };
    if !["js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx", "vue", "svelte", "json"].contains(&language) {
        return Ok(None);
    }
    match (words.next(), words.next()) {
        (None, None) if language == "json" => Ok(None),
        (None, None) => Ok(Some((format!("block.{language}"), false))),
        (Some(word), None) if word.starts_with("file=") => Ok(Some((word["file=".len()..].to_owned(), true))),
        _ => Err(format!("`{info}`: after the language only `file=NAME` may stand")),
    }
}

/// The marks and directives of one block.
fn file(name: String, text: String, page_line: usize, errors: &mut Vec<(usize, String)>) -> File {
    static MARK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"//\s*~(\^*)\s*(.*)$").expect("a constant"));
    static DIRECTIVE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"//\s*(given|drive|not run|not proved):\s*(.*)$").expect("a constant"));
    static RULE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^(?:(miss|noise): )?([a-z]+(?:-[a-z]+)+)$").expect("a constant"));
    static GIVEN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^([A-Za-z_$][\w$]*) = (.+)$").expect("a constant"));

    let mut file = File {
        name,
        text: String::new(),
        page_line,
        marks: Vec::new(),
        given: Vec::new(),
        drive: Vec::new(),
        not_run: None,
        not_proved: Vec::new(),
    };
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let mut error = |what: &str| errors.push((page_line + index, what.to_owned()));
        if let Some(mark) = MARK.captures(line) {
            let carets = mark[1].len();
            if carets >= number {
                error("the mark points above the block");
                continue;
            }
            let (line, text) = (number - carets, mark[2].trim());
            let kind = if let Some(step) = text.strip_prefix("step: ") {
                MarkKind::Step(step.to_owned())
            } else if let Some(parts) = RULE.captures(text) {
                let rule = parts[2].to_owned();
                match parts.get(1).map(|m| m.as_str()) {
                    Some("miss") => MarkKind::Miss(rule),
                    Some("noise") => MarkKind::Noise(rule),
                    _ => MarkKind::Finding(rule),
                }
            } else {
                error("a mark is `rule-id`, `step: text`, `miss: rule-id` or `noise: rule-id`");
                continue;
            };
            file.marks.push(Mark { line, kind });
        } else if let Some(directive) = DIRECTIVE.captures(line) {
            let value = directive[2].trim().to_owned();
            match &directive[1] {
                "drive" => file.drive.push(value),
                "not run" => file.not_run = Some(value),
                "not proved" => file.not_proved.push(number),
                _ => match GIVEN.captures(&value) {
                    Some(parts) => file.given.push((parts[1].to_owned(), parts[2].to_owned())),
                    None => error("`given:` is followed by `name = expression`"),
                },
            }
        }
    }
    file.text = text;
    file
}

#[test]
fn marks_point_where_they_say() {
    let page = "# a-b\n\nSummary.\n\n## Leaks\n\n### One\n\n```js file=a.js\ne.on('x', f);\n// ~^ a-b\n// ~^^ step: why\n```\nand\n```js \
                file=b.js\ng(); // ~ miss: a-b\n// drive: f(1)\n// given: s = new S()\n```\n";
    let mut errors = Vec::new();
    let page = parse("a-b", page, &mut errors);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!((page.title.as_str(), page.summary.as_str()), ("a-b", "Summary."));
    let [project] = &page.projects[..] else { panic!("one project") };
    assert_eq!((project.section.as_str(), project.title.as_str()), ("Leaks", "One"));
    let [a, b] = &project.files[..] else { panic!("two files") };
    assert_eq!((a.name.as_str(), a.page_line), ("a.js", 10));
    assert!(matches!(&a.marks[..], [Mark { line: 1, kind: MarkKind::Finding(rule) }, Mark { line: 1, kind: MarkKind::Step(text) }]
            if rule == "a-b" && text == "why"));
    assert!(matches!(&b.marks[..], [Mark { line: 1, kind: MarkKind::Miss(_) }]));
    assert_eq!((&b.drive[..], &b.given[..]), (&["f(1)".to_owned()][..], &[("s".to_owned(), "new S()".to_owned())][..]));
}

#[test]
fn a_word_that_is_no_mark_is_an_error() {
    let mut errors = Vec::new();
    parse("a-b", "## Leaks\n```js\n// ~^^ a-b\n// ~^ leaks here\n```\n```js fil=x\n```\n", &mut errors);
    assert_eq!(errors.len(), 3, "{errors:?}");
}
