//! A finding in full, as Markdown: what `unlisten explain` tells of it.

use camino::Utf8Path;
use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};

use super::diagnostics::confidence;
use super::places;
use crate::findings::{Finding, Size};
use crate::rules::RULES;

/// All that is known of these findings, which stand at one place.
pub fn hover(findings: &[&Finding], root: &Utf8Path) -> Option<Hover> {
    let first = findings.first()?;
    let texts: Vec<String> = findings.iter().map(|finding| text(finding, root)).collect();
    let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: texts.join("\n\n---\n\n") });
    Some(Hover { contents, range: Some(places::range(first.range)) })
}

fn text(finding: &Finding, root: &Utf8Path) -> String {
    let mut text = format!("**{}** ({} confidence)\n\n{}\n", finding.rule, confidence(finding.confidence), finding.message);
    text += &format!("\nThe emitter lives as long as the {}; the line runs once per {}.\n", finding.lifetime.word(), finding.runs.word());
    if !finding.trace.is_empty() {
        text += "\nWhy:\n\n";
        for (number, step) in (1..).zip(&finding.trace) {
            let shown = step.path.strip_prefix(root).unwrap_or(&step.path);
            let line = step.range.start.line;
            let address = places::uri_of(&step.path).map(|uri| format!("{}#L{line}", uri.as_str())).unwrap_or_default();
            text += &format!("{number}. {} ([{shown}:{line}]({address}))\n", step.message);
        }
    }
    let kept: Vec<String> = finding.retains.iter().filter(|kept| kept.size > Size::Small).map(kept).collect();
    if !kept.is_empty() {
        text += &format!("\nEach listener keeps {}.\n", kept.join(", "));
    }
    text += &format!("\nWhat to do: {}\n", finding.help);
    if let Some(why) = RULES.iter().find(|rule| rule.id == finding.rule).and_then(|rule| why(rule.page)) {
        text += &format!("\n{why}\n");
    }
    text + &format!("\nMore: `unlisten explain {}`; fingerprint {}", finding.rule, finding.fingerprint)
}

fn kept(kept: &crate::findings::Retained) -> String {
    match &kept.what {
        Some(what) => format!("`{}` ({what})", kept.name),
        None => format!("`{}`", kept.name),
    }
}

/// The first section of a rule's page.
fn why(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("## Why it leaks\n")?;
    Some(rest.split("\n## ").next().unwrap_or(rest).trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::sample;

    #[test]
    fn everything_that_is_known() {
        let finding = sample("/p/lib/a.js", 7);
        let hover = hover(&[&finding], Utf8Path::new("/p")).expect("a finding");
        let HoverContents::Markup(markup) = hover.contents else { panic!("Markdown") };
        for part in [
            "**listener-per-request** (high confidence)",
            "1. the socket comes out of the keep-alive pool ([lib/a.js:6](file:///p/lib/a.js#L6))",
            "Each listener keeps `body` (a request body).",
            "What to do: take the listener off",
            "unlisten explain listener-per-request",
        ] {
            assert!(markup.value.contains(part), "{part}\n{}", markup.value);
        }
        assert!(RULES.iter().all(|rule| why(rule.page).is_some_and(|why| !why.is_empty() && !why.contains("## "))));
    }
}
