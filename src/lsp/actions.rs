//! What an editor offers on a finding.

use indexmap::IndexMap;
use lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, Command, Diagnostic, Position, TextEdit, Uri, WorkspaceEdit};
use serde_json::json;

use super::diagnostics;
use super::places;
use crate::check::on_large_stack;
use crate::facts::{self, Covers};
use crate::findings::{Applicability, Edit, Finding, Fix};
use crate::syntax;

/// Opens a rule's page; its argument is the rule's id.
pub const OPEN_RULE: &str = "unlisten.openRule";

/// Actions on one finding of an open file: in the order of how much one wants them.
pub fn actions(finding: &Finding, uri: &Uri, text: &str) -> Vec<CodeActionOrCommand> {
    let diagnostic = diagnostics::of_finding(finding);
    let mut actions = Vec::new();
    actions.extend(finding.fix.as_ref().and_then(|fix| fixed(finding, fix, uri, &diagnostic)));
    if let Some(edit) = suppression(finding, text) {
        let title = format!("Suppress {} here, with a reason", finding.rule);
        actions.push(edited(title, vec![(uri.clone(), edit)], false, &diagnostic));
    }
    let title = format!("Explain {}", finding.rule);
    let command = Command { title: title.clone(), command: OPEN_RULE.to_owned(), arguments: Some(vec![json!(finding.rule)]) };
    actions.push(CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![diagnostic]),
        command: Some(command),
        ..CodeAction::default()
    }));
    actions
}

/// The suggested fix. None where a file of it has no address.
fn fixed(finding: &Finding, fix: &Fix, uri: &Uri, diagnostic: &Diagnostic) -> Option<CodeActionOrCommand> {
    let safe = fix.applicability == Applicability::Safe;
    let title = format!("Fix {}: {}{}", finding.rule, fix.message, if safe { "" } else { " (look it over)" });
    let edit = |edit: &Edit| {
        // The editor's own spelling of the file that it has open.
        let uri = if edit.path == finding.path { uri.clone() } else { places::uri_of(&edit.path)? };
        Some((uri, TextEdit { range: places::range(edit.range), new_text: edit.text.clone() }))
    };
    let edits: Option<Vec<_>> = fix.edits.iter().map(edit).collect();
    Some(edited(title, edits?, safe, diagnostic))
}

fn edited(title: String, edits: Vec<(Uri, TextEdit)>, preferred: bool, diagnostic: &Diagnostic) -> CodeActionOrCommand {
    let mut files: IndexMap<String, (Uri, Vec<TextEdit>)> = IndexMap::new();
    for (uri, edit) in edits {
        files.entry(uri.as_str().to_owned()).or_insert_with(|| (uri, Vec::new())).1.push(edit);
    }
    let changes = Some(files.into_values().collect());
    CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![diagnostic.clone()]),
        edit: Some(WorkspaceEdit { changes, ..WorkspaceEdit::default() }),
        is_preferred: preferred.then_some(true),
        ..CodeAction::default()
    })
}

/// The comment that leaves a finding out, on a line of its own above. None where a comment would be text: in a template, between tags.
fn suppression(finding: &Finding, text: &str) -> Option<TextEdit> {
    let line = finding.whole.start.line.max(1) - 1;
    let start = places::offset(text, Position { line, character: 0 });
    let indentation: String = text[start..].chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let end = if text[..start].ends_with("\r\n") { "\r\n" } else { "\n" };
    let comment = format!("{indentation}// unlisten-ignore-next-line {} -- TODO: say why it may stay{end}", finding.rule);
    let with_comment = [&text[..start], &comment, &text[start..]].concat();
    let path = finding.path.clone();
    let holds = on_large_stack(move || {
        let parsed = syntax::parse(&path, &with_comment)?;
        Ok::<_, String>(facts::extract(&path, &with_comment, &parsed).suppressions)
    });
    let suppressions = holds.ok()?.ok()?;
    let here = suppressions.iter().find(|suppression| suppression.range.start.line == line + 1)?;
    let at = Position { line, character: 0 };
    matches!(here.covers, Covers::Next(_)).then(|| TextEdit { range: lsp_types::Range { start: at, end: at }, new_text: comment })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{self, sample};

    fn at(line: u32) -> Finding {
        let mut finding = sample("/p/a.jsx", 7);
        let place = findings::Position { line, column: 3 };
        finding.whole = findings::Range { start: place, end: place };
        finding
    }

    #[test]
    fn a_comment_goes_above_the_statement() {
        let edit = suppression(&at(2), "f();\r\n\te.on('x', () => {\r\n});\r\n").expect("an edit");
        assert_eq!(edit.new_text, "\t// unlisten-ignore-next-line listener-per-request -- TODO: say why it may stay\r\n");
        assert_eq!(edit.range.start, Position { line: 1, character: 0 });
    }

    #[test]
    fn where_a_comment_would_be_text_there_is_none() {
        assert!(suppression(&at(2), "const t = `a\n${e.on('x', f)}`;\n").is_none());
        assert!(suppression(&at(2), "const t = <a>\n  {e.on('x', f)}\n</a>;\n").is_none());
        assert!(suppression(&at(2), "const t = <a b={\n  e.on('x', f)}>\n</a>;\n").is_some());
    }

    #[test]
    fn each_finding_can_be_suppressed_and_explained() {
        let suppress = "Suppress listener-per-request here, with a reason";
        let explain = "Explain listener-per-request";
        let fixable = at(1);
        let fix = "Fix listener-per-request: remove `done` when `res` is closed (look it over)";
        assert_eq!(titles(&fixable), [fix, suppress, explain]);
        assert_eq!(titles(&Finding { fix: None, ..fixable }), [suppress, explain]);
    }

    fn titles(finding: &Finding) -> Vec<String> {
        let uri: Uri = "file:///p/a.jsx".parse().expect("an address");
        let title = |action| match action {
            CodeActionOrCommand::CodeAction(action) => action.title,
            CodeActionOrCommand::Command(command) => command.title,
        };
        actions(finding, &uri, "e.on('x', f);\n").into_iter().map(title).collect()
    }
}
