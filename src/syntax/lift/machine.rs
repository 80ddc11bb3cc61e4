//! State machines: the function that a compiler wrote for a generator's body, read as cases that go to each other.
//!
//! | | TypeScript, swc | regenerator | regenerator of Babel 7.27 |
//! | --- | --- | --- | --- |
//! | waits | `return [4, x]` | `c.next = n; return x` | `c.n = n; return x` |
//! | was given | `c.sent()` | `c.sent` | `c.v` |
//! | goes to | `return [3, n]` | `c.next = n; break`, `return c.abrupt("break", n)` | `c.n = n; break`, `return c.a(3, n)` |
//! | returns | `return [2, x]` | `return c.abrupt("return", x)` | `return c.a(2, x)` |
//! | tries | `c.trys.push([t, c, f, n])` | `[[t, c, f, n]]` behind the function | the same |
//! | caught | `c.sent()` | `c["catch"](t)` | `c.v` |
//! | ends a `finally` | `return [7]` | `return c.finish(f)` | `return c.f(f)` |

use swc_common::util::take::Take;
use swc_common::{DUMMY_SP, Span, Spanned};
use swc_ecma_ast as ast;
use swc_ecma_visit::{Visit, VisitMut, VisitMutWith, VisitWith};

use super::callees::helper;
use super::tidy::block;

/// A larger machine stays as it is: how deep its statements would lie in each other grows with its cases.
const CASES: usize = 400;

/// The cases, in the order of the text, which is that of the source.
pub(super) struct Machine {
    /// Declarations before the cases (`var _this = this`).
    pub before: Vec<ast::Stmt>,
    pub nodes: Vec<Node>,
    pub regions: Vec<Region>,
    /// What the machine's function calls its state.
    pub state: ast::Ident,
}

/// A case. What goes to another one is a `break` out of a label that [`label`] names; what does not, goes on with the next case.
pub(super) struct Node {
    pub label: u32,
    pub stmts: Vec<ast::Stmt>,
    /// What it waits for at its end, and whether that is a generator of its own.
    pub waits: Option<(Box<ast::Expr>, bool)>,
}

/// A `try`: the labels of its parts. `next` stands behind it.
#[derive(Clone, Copy)]
pub(super) struct Region {
    pub tried: u32,
    pub catch: Option<u32>,
    pub finally: Option<u32>,
    pub next: Option<u32>,
}

/// The label that jumps to a case name.
pub(super) fn label(case: u32) -> String {
    format!("${case}")
}

/// The case that a label names.
pub(super) fn case_of(label: &ast::Ident) -> Option<u32> {
    label.sym.strip_prefix('$')?.parse().ok()
}

#[derive(Clone, Copy, PartialEq)]
enum Dialect {
    TypeScript,
    Regenerator,
}

/// `regeneratorRuntime.async(...)` runs it at once, as an asynchronous function.
pub(super) fn is_asynchronous(call: &ast::Expr) -> bool {
    matches!(call, ast::Expr::Call(ast::CallExpr { callee: ast::Callee::Expr(callee), .. })
        if matches!(&**callee, ast::Expr::Member(m) if m.prop.as_ident().is_some_and(|name| name.sym == "async")))
}

/// The machine that this call runs. None for any other call.
pub(super) fn read(expr: &mut ast::Expr) -> Option<Machine> {
    let ast::Expr::Call(ast::CallExpr { callee: ast::Callee::Expr(callee), args, .. }) = expr else { return None };
    let (dialect, at) = match helper(callee)? {
        "generator" | "ts_generator" => (Dialect::TypeScript, 1),
        "wrap" | "w" | "async" | "a" if is_regenerator(callee) => (Dialect::Regenerator, 0),
        _ => return None,
    };
    let regions = args.iter().skip(1).find_map(|arg| arg.expr.as_array()).map(regions_of).unwrap_or_default();
    let ast::Expr::Fn(function) = &*args.get(at)?.expr else { return None };
    // A machine that turns out to be none has to stay what it was.
    let mut function = function.function.clone();
    let [ast::Param { pat: ast::Pat::Ident(state), .. }] = &function.params[..] else { return None };
    let mut reader = Reader { dialect, state: state.id.clone(), regions };
    let mut before = function.body.take()?.stmts;
    let declared = before.iter().take_while(|stmt| matches!(stmt, ast::Stmt::Decl(_))).count();
    let nodes = reader.nodes(&mut before.split_off(declared))?;
    let Reader { state, regions, .. } = reader;
    Some(Machine { before, nodes, regions, state })
}

/// `regeneratorRuntime.wrap`, `_regenerator().w`, `_regenerator2.default.wrap`.
fn is_regenerator(callee: &ast::Expr) -> bool {
    let ast::Expr::Member(member) = callee else { return false };
    let object = match &*member.obj {
        ast::Expr::Call(ast::CallExpr { callee: ast::Callee::Expr(callee), .. }) => callee,
        object => object,
    };
    helper(object).is_some_and(|name| name.to_ascii_lowercase().contains("regenerator"))
}

/// `[[t, c, f, n], ...]`.
fn regions_of(list: &ast::ArrayLit) -> Vec<Region> {
    list.elems.iter().flatten().filter_map(|part| region_of(part.expr.as_array()?)).collect()
}

fn region_of(parts: &ast::ArrayLit) -> Option<Region> {
    let part = |at: usize| number(&parts.elems.get(at)?.as_ref()?.expr);
    Some(Region { tried: part(0)?, catch: part(1), finally: part(2), next: part(3) })
}

fn number(expr: &ast::Expr) -> Option<u32> {
    match expr {
        ast::Expr::Lit(ast::Lit::Num(number)) if number.value.fract() == 0.0 && (0.0..1e6).contains(&number.value) => {
            Some(number.value as u32)
        }
        _ => None,
    }
}

struct Reader {
    dialect: Dialect,
    state: ast::Ident,
    regions: Vec<Region>,
}

/// What a statement of the machine itself is.
enum Step {
    /// `return x` of the source.
    Return(Option<Box<ast::Expr>>, Span),
    Goto(u32),
    /// Waits, then goes to a case other than the next one.
    Wait(Box<ast::Expr>, bool, Option<u32>),
    /// A part of a `try` begins.
    Part(u32),
    /// Says nothing that its place does not.
    Nothing,
    /// No statement of the machine.
    Plain,
}

impl Reader {
    fn nodes(&mut self, body: &mut Vec<ast::Stmt>) -> Option<Vec<Node>> {
        let mut nodes: Vec<(u32, Vec<ast::Stmt>)> = Vec::new();
        match self.switch(body) {
            Some(switch) => {
                if switch.cases.len() > CASES {
                    return None;
                }
                for case in switch.cases.take() {
                    match &*case.test? {
                        // `case "end": return _context.stop()`.
                        ast::Expr::Lit(ast::Lit::Str(end)) if end.value.as_str() == Some("end") => match nodes.last_mut() {
                            Some(last) => last.1.extend(case.cons),
                            None => return None,
                        },
                        label => nodes.push((number(label)?, case.cons)),
                    }
                }
            }
            None if self.dialect == Dialect::TypeScript => nodes.push((0, body.take())),
            None => return None,
        }
        let mut read = Vec::with_capacity(nodes.len());
        for (label, stmts) in nodes {
            read.push(Node { label, stmts: Vec::new(), waits: None });
            self.case(stmts, &mut read)?;
        }
        Some(read)
    }

    /// `switch (_a.label)`, also within a `while (1)`.
    fn switch<'s>(&self, body: &'s mut [ast::Stmt]) -> Option<&'s mut ast::SwitchStmt> {
        match body {
            [ast::Stmt::Switch(switch)] => Some(switch),
            [ast::Stmt::While(repeat)] => match &mut *repeat.body {
                ast::Stmt::Switch(switch) => Some(switch),
                ast::Stmt::Block(block) => self.switch(&mut block.stmts),
                _ => None,
            },
            _ => None,
        }
    }

    /// The statements of one case, for the last of the nodes. None where the machine does what no source does.
    fn case(&mut self, stmts: Vec<ast::Stmt>, nodes: &mut Vec<Node>) -> Option<()> {
        let mut next: Option<u32> = None;
        for mut stmt in stmts {
            let step = self.step(&mut stmt, &mut next)?;
            let node = nodes.last_mut()?;
            match step {
                Step::Nothing => {}
                // Only the beginning of a `try` that nothing goes to has no case of its own.
                Step::Part(label) if node.label != label => {
                    if !self.regions.iter().any(|region| region.tried == label) {
                        return None;
                    }
                    nodes.push(Node { label, stmts: Vec::new(), waits: None });
                }
                Step::Part(_) => {}
                Step::Plain => {
                    self.inside(&mut stmt)?;
                    node.stmts.push(stmt);
                }
                Step::Return(arg, span) => {
                    node.stmts.push(ast::Stmt::Return(ast::ReturnStmt { span, arg }));
                    return Some(());
                }
                Step::Goto(to) => {
                    node.stmts.push(jump(to));
                    return Some(());
                }
                Step::Wait(arg, delegate, to) => {
                    node.waits = Some((arg, delegate));
                    // Where it goes on is told by the label of the next case as a rule.
                    if let Some(to) = to {
                        node.stmts.push(jump(to));
                    }
                    return Some(());
                }
            }
        }
        Some(())
    }

    /// `next`: the case that the statement before has set to go on with.
    fn step(&mut self, stmt: &mut ast::Stmt, next: &mut Option<u32>) -> Option<Step> {
        match stmt {
            ast::Stmt::Expr(expr) => Some(self.expression_step(&expr.expr, next)),
            ast::Stmt::Break(ast::BreakStmt { label: None, .. }) => Some(next.take().map_or(Step::Plain, Step::Goto)),
            ast::Stmt::Return(ret) => match self.dialect {
                Dialect::TypeScript => typescript_return(ret),
                Dialect::Regenerator => self.regenerator_return(ret, next),
            },
            _ => Some(Step::Plain),
        }
    }

    fn expression_step(&mut self, expr: &ast::Expr, next: &mut Option<u32>) -> Step {
        if let ast::Expr::Assign(assign) = expr
            && let Some(member) = assign.left.as_simple().and_then(|left| left.as_member())
            && self.is_state(&member.obj)
            && let Some(name) = member.prop.as_ident()
        {
            match &*name.sym {
                "next" | "n" if self.dialect == Dialect::Regenerator => *next = number(&assign.right),
                "prev" | "p" if self.dialect == Dialect::Regenerator => return number(&assign.right).map_or(Step::Nothing, Step::Part),
                "label" if self.dialect == Dialect::TypeScript => {}
                _ => return Step::Plain,
            }
            return Step::Nothing;
        }
        if self.dialect == Dialect::TypeScript
            && let ast::Expr::Call(call) = expr
            && let Some(member) = call.callee.as_expr().and_then(|callee| callee.as_member())
            && let Some(trys) = member.obj.as_member()
            && self.is_state(&trys.obj)
            && trys.prop.as_ident().is_some_and(|name| name.sym == "trys")
            && let Some(region) = call.args.first().and_then(|arg| arg.expr.as_array()).and_then(region_of)
        {
            self.regions.push(region);
            return Step::Nothing;
        }
        Step::Plain
    }

    fn regenerator_return(&self, ret: &mut ast::ReturnStmt, next: &mut Option<u32>) -> Option<Step> {
        let span = ret.span;
        let to = next.take();
        if let Some(ast::Expr::Call(call)) = ret.arg.as_deref_mut()
            && let Some(member) = call.callee.as_expr().and_then(|callee| callee.as_member())
            && self.is_state(&member.obj)
            && let Some(name) = member.prop.as_ident()
        {
            let mut args = call.args.iter_mut().map(|arg| &mut arg.expr);
            let (first, second) = (args.next(), args.next());
            return match (&*name.sym, first) {
                ("stop", _) | ("finish" | "f", Some(_)) => Some(Step::Nothing),
                ("abrupt" | "a", Some(how)) => {
                    let returns = number(how) == Some(2) || is_text(how, "return");
                    let goes = number(how) == Some(3) || is_text(how, "break") || is_text(how, "continue");
                    match second {
                        arg if returns => Some(Step::Return(arg.map(|arg| arg.take()), span)),
                        Some(to) if goes => Some(Step::Goto(number(to)?)),
                        _ => None,
                    }
                }
                ("delegateYield", Some(inner)) => Some(Step::Wait(inner.take(), true, call.args.get(2).and_then(|to| number(&to.expr)))),
                ("d", Some(inner)) => {
                    let to = second.and_then(|to| number(to));
                    Some(Step::Wait(inner.take(), true, to))
                }
                _ => None,
            };
        }
        // `return x` without a case to go on with is none of regenerator's.
        Some(Step::Wait(ret.arg.take().unwrap_or_else(|| ast::Expr::undefined(DUMMY_SP)), false, Some(to?)))
    }

    fn is_state(&self, expr: &ast::Expr) -> bool {
        expr.as_ident().is_some_and(|ident| ident.sym == self.state.sym)
    }

    /// The same within `if`s, loops and blocks that wait for nothing, and so stayed what they were.
    fn inside(&mut self, stmt: &mut ast::Stmt) -> Option<()> {
        match stmt {
            ast::Stmt::Block(block) => self.list(&mut block.stmts),
            ast::Stmt::If(branch) => {
                self.arm(&mut branch.cons)?;
                branch.alt.as_mut().map_or(Some(()), |alt| self.arm(alt))
            }
            ast::Stmt::While(repeat) => self.arm(&mut repeat.body),
            ast::Stmt::DoWhile(repeat) => self.arm(&mut repeat.body),
            ast::Stmt::For(repeat) => self.arm(&mut repeat.body),
            ast::Stmt::ForIn(repeat) => self.arm(&mut repeat.body),
            ast::Stmt::ForOf(repeat) => self.arm(&mut repeat.body),
            ast::Stmt::Labeled(labeled) => self.arm(&mut labeled.body),
            ast::Stmt::Try(attempt) => {
                self.list(&mut attempt.block.stmts)?;
                attempt.handler.as_mut().map_or(Some(()), |handler| self.list(&mut handler.body.stmts))?;
                attempt.finalizer.as_mut().map_or(Some(()), |finalizer| self.list(&mut finalizer.stmts))
            }
            ast::Stmt::Switch(switch) => switch.cases.iter_mut().try_for_each(|case| self.list(&mut case.cons)),
            _ => Some(()),
        }
    }

    fn arm(&mut self, stmt: &mut Box<ast::Stmt>) -> Option<()> {
        if matches!(**stmt, ast::Stmt::Block(_)) {
            return self.inside(stmt);
        }
        let mut stmts = vec![*stmt.take()];
        self.list(&mut stmts)?;
        **stmt = block(stmts);
        Some(())
    }

    fn list(&mut self, stmts: &mut Vec<ast::Stmt>) -> Option<()> {
        let mut nodes = vec![Node { label: 0, stmts: Vec::with_capacity(stmts.len()), waits: None }];
        self.case(stmts.take(), &mut nodes)?;
        // Only the cases themselves wait and try.
        let [Node { stmts: inner, waits: None, .. }] = &mut nodes[..] else { return None };
        *stmts = inner.take();
        Some(())
    }
}

fn is_text(expr: &ast::Expr, text: &str) -> bool {
    matches!(expr, ast::Expr::Lit(ast::Lit::Str(lit)) if lit.value.as_str() == Some(text))
}

/// `return [op, x]`.
fn typescript_return(ret: &mut ast::ReturnStmt) -> Option<Step> {
    let span = ret.span;
    let Some(ast::Expr::Array(parts)) = ret.arg.as_deref_mut() else { return None };
    let op = number(&parts.elems.first()?.as_ref()?.expr)?;
    let arg = parts.elems.get_mut(1).and_then(Option::as_mut).map(|arg| arg.expr.take());
    Some(match (op, arg) {
        (2, arg) => Step::Return(arg, span),
        (3, Some(to)) => Step::Goto(number(&to)?),
        (4 | 5, arg) => Step::Wait(arg.unwrap_or_else(|| ast::Expr::undefined(DUMMY_SP)), op == 5, None),
        (7, _) => Step::Nothing,
        _ => return None,
    })
}

/// Goes to a case.
pub(super) fn jump(to: u32) -> ast::Stmt {
    ast::Stmt::Break(ast::BreakStmt { span: DUMMY_SP, label: Some(ast::Ident::new_no_ctxt(label(to).into(), DUMMY_SP)) })
}

/// What a case was given where the one before it waited or a `try` failed: `_a.sent()`, `_context.sent`, `_context["catch"](n)`.
pub(super) struct Given<'s> {
    pub state: &'s ast::Ident,
    /// Stands in the place of the first one.
    pub put: Option<Box<ast::Expr>>,
    /// Where that was written: the state's name, and what follows it.
    pub found: Option<(Span, Span)>,
}

impl Given<'_> {
    /// Looks in the statements of a case, not in the functions that they write.
    pub fn put_into(&mut self, stmts: &mut [ast::Stmt]) {
        for stmt in stmts {
            if self.found.is_some() {
                return;
            }
            stmt.visit_mut_with(self);
        }
    }

    fn place(&self, expr: &ast::Expr) -> Option<(Span, Span)> {
        let member = match expr {
            ast::Expr::Call(ast::CallExpr { callee: ast::Callee::Expr(callee), .. }) => callee.as_member()?,
            ast::Expr::Member(member) => member,
            _ => return None,
        };
        let state = member.obj.as_ident().filter(|ident| ident.sym == self.state.sym)?;
        let name = match &member.prop {
            ast::MemberProp::Ident(name) => name.sym == "sent" || name.sym == "v" || name.sym == "catch",
            ast::MemberProp::Computed(key) => is_text(&key.expr, "catch"),
            ast::MemberProp::PrivateName(_) => false,
        };
        name.then(|| (state.span, member.prop.span()))
    }
}

impl VisitMut for Given<'_> {
    fn visit_mut_function(&mut self, _: &mut ast::Function) {}

    fn visit_mut_arrow_expr(&mut self, _: &mut ast::ArrowExpr) {}

    fn visit_mut_expr(&mut self, expr: &mut ast::Expr) {
        if self.found.is_some() {
            return;
        }
        match self.place(expr) {
            Some(place) => {
                self.found = Some(place);
                if let Some(put) = self.put.take() {
                    *expr = *put;
                }
            }
            None => expr.visit_mut_children_with(self),
        }
    }
}

/// Whether a name is still mentioned.
pub(super) fn mentions(stmts: &[ast::Stmt], name: &ast::Ident) -> bool {
    struct Mentions<'n>(&'n ast::Ident, bool);
    impl Visit for Mentions<'_> {
        fn visit_ident(&mut self, ident: &ast::Ident) {
            self.1 |= ident.sym == self.0.sym;
        }
    }
    let mut mentions = Mentions(name, false);
    stmts.visit_with(&mut mentions);
    mentions.1
}
