//! The report for people: what, why and what to do, on an excerpt of the source.

use std::fmt;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use rustc_hash::FxHashMap;

use super::excerpt::Text;
use super::sarif::file_uri;
use super::{Links, Look, Report, SUPPRESSION, confidence, count};
use crate::evidence::printable;
use crate::findings::suppress::SuppressionFault;
use crate::findings::{Applicability, Finding, Fix, Severity, Size, Step, Verdict};

/// Lines longer than this are minified or generated: an excerpt of one tells nobody anything.
const LONGEST_LINE: usize = 400;
/// The widest text that is read with ease, and the narrowest that has room for a label.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=110;

pub fn render(report: &Report, look: Look) -> String {
    let width = look.width.unwrap_or(*WIDTHS.end()).clamp(*WIDTHS.start(), *WIDTHS.end());
    let theme = if look.colours { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false).without_syntax_highlighting();
    let mut texts = Texts { report, known: FxHashMap::default() };
    let mut out = String::new();
    for finding in &report.analysis.findings {
        let shown = Shown::of(report, &mut texts, finding, look.links);
        if handler.render_report(&mut out, &shown).is_err() {
            out.push_str(&shown.headline);
        }
        out.push('\n');
    }
    for fault in &report.analysis.suppression_faults {
        let shown = Shown::suppression(report, &mut texts, fault);
        if handler.render_report(&mut out, &shown).is_err() {
            out.push_str(&shown.headline);
        }
        out.push('\n');
    }
    out.push_str(&summary(report));
    out
}

/// The last line.
fn summary(report: &Report) -> String {
    let analysis = report.analysis;
    let number = analysis.findings.len();
    let mut text = match number {
        0 if !analysis.known.is_empty() || analysis.unchanged.is_some() => {
            format!("No new listeners pile up in {}", count(analysis.files, "file"))
        }
        0 => format!("No listeners pile up in {}", count(analysis.files, "file")),
        _ => format!("{} in {}", count(number, "finding"), count(analysis.files, "file")),
    };
    if analysis.logs {
        let confirmed = analysis.findings.iter().filter(|finding| finding.verdict == Some(Verdict::Confirmed)).count();
        text += &format!(", {confirmed} confirmed by {}", count(analysis.observations.len(), "observation"));
    }
    if !analysis.known.is_empty() {
        text += &format!("; {} known by the baseline", analysis.known.len());
    }
    if !analysis.gone.is_empty() {
        text += &format!("; {} of the baseline gone (unlisten baseline --prune takes them out)", analysis.gone.len());
    }
    if let Some(number) = analysis.unchanged.filter(|number| *number > 0) {
        text += &format!("; {number} that the changes do not concern");
    }
    if !analysis.suppressed.is_empty() {
        text += &format!("; {} suppressed", analysis.suppressed.len());
    }
    if analysis.hidden > 0 {
        text += &format!("; {} of lower confidence not shown (--min-confidence low)", analysis.hidden);
    }
    if !analysis.problems.is_empty() {
        text += &format!("; {} not analysed", count(analysis.problems.len(), "file"));
    }
    text + ".\n"
}

/// Texts of files, read once.
struct Texts<'a> {
    report: &'a Report<'a>,
    known: FxHashMap<Utf8PathBuf, Option<Arc<Text>>>,
}

impl Texts<'_> {
    /// None where the file is gone or has lines that cannot be shown.
    fn get(&mut self, path: &Utf8Path) -> Option<Arc<Text>> {
        if let Some(known) = self.known.get(path) {
            return known.clone();
        }
        let text = (self.report.text)(path).filter(|text| text.lines().all(|line| line.len() <= LONGEST_LINE));
        // Code is no terminal's command. One byte for one byte: places stay.
        let text = text.map(|text| text.replace(|c: char| c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t'), "?"));
        let text = text.map(|text| Arc::new(Text::new(text)));
        self.known.insert(path.to_owned(), text.clone());
        text
    }
}

/// A finding, or one step of a trace in another file, as miette wants it.
struct Shown {
    code: Option<String>,
    severity: miette::Severity,
    headline: String,
    help: Option<String>,
    source: Option<NamedSource<Arc<Text>>>,
    labels: Vec<LabeledSpan>,
    related: Vec<Shown>,
}

impl Shown {
    fn suppression(report: &Report, texts: &mut Texts, fault: &SuppressionFault) -> Shown {
        let text = texts.get(&fault.path);
        let (path, start) = (report.path(&fault.path), fault.range.start);
        Shown {
            code: Some(format!("{SUPPRESSION} {path}:{}:{}", start.line, start.column)),
            severity: miette::Severity::Warning,
            headline: printable(&fault.message).into_owned(),
            help: None,
            labels: text.iter().map(|text| LabeledSpan::new_primary_with_span(None, text.span(fault.range))).collect(),
            source: text.map(|text| NamedSource::new(path, text)),
            related: Vec::new(),
        }
    }

    fn of(report: &Report, texts: &mut Texts, finding: &Finding, links: Links) -> Shown {
        let text = texts.get(&finding.path);
        let path = report.path(&finding.path);
        let mut labels = Vec::new();
        let mut notes = Vec::new();
        if let Some(text) = &text {
            // What is told twice of one place is told once, in the order of the trace.
            let here: Vec<&Step> = finding.trace.iter().filter(|step| step.path == finding.path).collect();
            let on_it: Vec<&str> = here.iter().filter(|step| step.range == finding.range).map(|step| step.message.as_str()).collect();
            let label = if on_it.is_empty() { "added here".to_owned() } else { printable(&on_it.join("; ")).into_owned() };
            labels.push(LabeledSpan::new_primary_with_span(Some(label), text.span(finding.range)));
            for step in here.iter().filter(|step| step.range != finding.range) {
                labels.push(LabeledSpan::new_with_span(Some(printable(&step.message).into_owned()), text.span(step.range)));
            }
        }
        let mut related = Vec::new();
        for step in finding.trace.iter().filter(|step| text.is_none() || step.path != finding.path) {
            match texts.get(&step.path) {
                Some(text) => related.push(Shown {
                    code: None,
                    severity: miette::Severity::Advice,
                    headline: printable(&step.message).into_owned(),
                    help: None,
                    labels: vec![LabeledSpan::new_primary_with_span(None, text.span(step.range))],
                    source: Some(NamedSource::new(report.path(&step.path), text)),
                    related: Vec::new(),
                }),
                None => notes.push(format!("{} ({}:{})", step.message, report.path(&step.path), step.range.start.line)),
            }
        }
        notes.extend(retained(finding));
        notes.extend(finding.verdict.map(|verdict| seen(verdict, finding)));
        notes.push(finding.help.clone());
        notes.extend(finding.fix.as_ref().map(offered));
        notes.push(format!("confidence {}; fingerprint {}", confidence(finding.confidence), finding.fingerprint));
        Shown {
            // Beside the rule, since the excerpt begins where the first step stands.
            code: Some(format!("{} {}", rule_link(finding.rule, links), place_link(&path, finding, links))),
            severity: match finding.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
                Severity::Note => miette::Severity::Advice,
            },
            headline: printable(&finding.message).into_owned(),
            help: Some(notes.iter().map(|note| printable(note)).collect::<Vec<_>>().join("\n")),
            source: text.map(|text| NamedSource::new(&path, text)),
            labels,
            related,
        }
    }
}

/// Text that a terminal shows as a link (OSC 8).
fn link(text: &str, address: Option<String>) -> String {
    match address {
        Some(address) => format!("\u{1b}]8;;{address}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\"),
        None => text.to_owned(),
    }
}

/// A rule, linked to its page where the package has a home.
fn rule_link(rule: &str, links: Links) -> String {
    let home = env!("CARGO_PKG_REPOSITORY");
    let page = || format!("{home}/blob/v{}/rules/{rule}.md", env!("CARGO_PKG_VERSION"));
    link(rule, (links != Links::None && !home.is_empty()).then(page))
}

/// Where a finding is, linked to its file.
fn place_link(path: &str, finding: &Finding, links: Links) -> String {
    let start = finding.range.start;
    let file = || file_uri(&finding.path);
    let address = match links {
        Links::None => None,
        Links::Files => Some(file()),
        Links::Lines => Some(format!("{}#{}", file(), start.line)),
    };
    link(&format!("{}:{}:{}", printable(path), start.line, start.column), address)
}

/// What can be done by itself.
fn offered(fix: &Fix) -> String {
    match fix.applicability {
        Applicability::Safe => format!("--fix can do it: {}", fix.message),
        Applicability::Unsafe => format!("--fix --unsafe-fixes can try it: {}", fix.message),
    }
}

/// What each leaked listener keeps, the large ones.
fn retained(finding: &Finding) -> Option<String> {
    let large: Vec<String> = finding
        .retains
        .iter()
        .filter(|retained| retained.size >= Size::Large)
        .map(|retained| {
            let through = retained.through.map(|other| format!("because of the closure at line {}", other.line));
            let why: Vec<String> = retained.what.iter().cloned().chain(through).collect();
            if why.is_empty() { format!("`{}`", retained.name) } else { format!("`{}` ({})", retained.name, why.join(", ")) }
        })
        .collect();
    (!large.is_empty()).then(|| format!("each listener keeps {} in memory", large.join(", ")))
}

/// What the logs say of it.
fn seen(verdict: Verdict, finding: &Finding) -> String {
    let how = finding.evidence.first().map(|evidence| format!(": {}", evidence.how)).unwrap_or_default();
    match verdict {
        Verdict::Confirmed => format!("confirmed by a log{how}"),
        Verdict::Consistent => format!("consistent with a log{how}"),
        Verdict::Silent => "the logs show that the code ran and nothing happened".to_owned(),
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.headline)
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.headline)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        (!self.related.is_empty()).then(|| Box::new(self.related.iter().map(|shown| shown as &dyn Diagnostic)) as _)
    }
}
