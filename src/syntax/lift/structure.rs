//! Structure: cases that go to each other, as blocks, loops and `try`s in each other.
//!
//! The cases stand in the order of the source, so that each part of it is a run of cases. What goes ahead to a case leaves a block that
//! ends before it, what goes back to one makes a loop that begins with it, as WebAssembly is made of jumps. Parts that cross each other
//! have no such form: the machine stays what it is.

use rustc_hash::FxHashMap;
use swc_common::util::take::Take;
use swc_common::{DUMMY_SP, Spanned};
use swc_ecma_ast as ast;
use swc_ecma_visit::{Visit, VisitMut, VisitMutWith, VisitWith};

use super::machine::{Given, Machine, Node, Region, case_of, jump, label, mentions};
use super::tidy::{self, block, braced};

/// The statements that a machine was made of.
pub(super) fn statements(mut machine: Machine) -> Option<Vec<ast::Stmt>> {
    let index: FxHashMap<u32, usize> = machine.nodes.iter().enumerate().map(|(at, node)| (node.label, at)).collect();
    let all = machine.nodes.len();
    let mut parts = Vec::with_capacity(machine.regions.len());
    for region in &machine.regions {
        parts.push(Parts::of(region, &index, &machine.nodes)?);
    }
    parts.sort_by_key(|part| (part.tried, std::cmp::Reverse(part.end)));
    enclose(&mut parts, all);
    wait(&mut machine, &index);
    let ends: Vec<(u32, u32)> = parts.iter().map(|part| part.over(&machine.nodes)).collect();
    for (at, node) in machine.nodes.iter_mut().enumerate() {
        // Going to the `finally` from within its `try` is going on behind it.
        let inner = parts.iter().zip(&ends).filter(|(part, _)| part.tried <= at && part.finally.is_some_and(|finally| at < finally));
        for (_, &(finally, end)) in inner {
            node.stmts.visit_mut_with(&mut Redirect(finally, end));
        }
    }
    let mut scopes = scopes(&machine.nodes, &index, &parts)?;
    scopes.sort_by_key(|scope| (scope.from, std::cmp::Reverse(scope.to), scope.kind));
    let state = machine.state.clone();
    let mut built = Builder { nodes: machine.nodes, index, parts, scopes, next: 0, state: machine.state };
    let mut stmts = machine.before;
    stmts.extend(tidy::tidied(built.run(0, all)?));
    if mentions(&stmts, &state) {
        stmts.insert(0, declared(state));
    }
    Some(stmts)
}

/// `var _context = {}`, for values that are kept there between cases.
fn declared(state: ast::Ident) -> ast::Stmt {
    let span = state.span;
    let init = Some(Box::new(ast::Expr::Object(ast::ObjectLit { span, props: Vec::new() })));
    let declarator = ast::VarDeclarator { span, name: ast::Pat::Ident(state.into()), init, definite: false };
    let var = ast::VarDecl { span, kind: ast::VarDeclKind::Var, decls: vec![declarator], ..ast::VarDecl::dummy() };
    ast::Stmt::Decl(ast::Decl::Var(Box::new(var)))
}

/// A `try` by the indices of its cases: up to the next part each.
struct Parts {
    tried: usize,
    catch: Option<usize>,
    finally: Option<usize>,
    /// Of the case behind it.
    end: usize,
}

impl Parts {
    fn of(region: &Region, index: &FxHashMap<u32, usize>, nodes: &[Node]) -> Option<Parts> {
        let at = |label: u32| index.get(&label).copied();
        let (tried, catch, finally) = (at(region.tried)?, region.catch.and_then(at), region.finally.and_then(at));
        let first = catch.or(finally)?;
        // Without a `finally` regenerator does not say where the `catch` ends: what is tried goes on there.
        let end = match region.next {
            Some(next) => at(next).unwrap_or(nodes.len()),
            None => nodes.get(first.checked_sub(1)?)?.stmts.last().and_then(target).and_then(at).unwrap_or(nodes.len()),
        };
        let ordered = tried < first && finally.is_none_or(|finally| first <= finally) && finally.or(catch).is_some_and(|last| last < end);
        ordered.then_some(Parts { tried, catch, finally, end })
    }

    /// The label of the `finally`, and that of what stands behind.
    fn over(&self, nodes: &[Node]) -> (u32, u32) {
        let of = |at: usize| nodes.get(at).map_or(BEHIND, |node| node.label);
        (self.finally.map_or(BEHIND, of), of(self.end))
    }
}

/// The label of what stands behind the last case.
const BEHIND: u32 = u32::MAX;

/// A `try` whose end is not known ends with the one around it.
fn enclose(parts: &mut [Parts], all: usize) {
    for at in 1..parts.len() {
        let (outer, inner) = parts.split_at_mut(at);
        let inner = &mut inner[0];
        let borders = outer.iter().flat_map(|part| [part.catch, part.finally, Some(part.end)]).flatten();
        let border = borders.filter(|&border| border > inner.finally.or(inner.catch).unwrap_or(inner.tried)).min();
        inner.end = inner.end.min(border.unwrap_or(all));
    }
}

/// The case that a statement goes to.
fn target(stmt: &ast::Stmt) -> Option<u32> {
    match stmt {
        ast::Stmt::Break(ast::BreakStmt { label: Some(label), .. }) => case_of(label),
        _ => None,
    }
}

/// Writes what each case waits for where the next one looks at what came of it.
fn wait(machine: &mut Machine, index: &FxHashMap<u32, usize>) {
    let mut aimed: Vec<bool> = vec![false; machine.nodes.len() + 1];
    for (node, case) in machine.nodes.iter().enumerate() {
        for to in targets(&case.stmts).iter().filter_map(|to| index.get(to)) {
            // What only says where it goes on, of the case before, is no other way in.
            aimed[*to] |= case.waits.is_none() || *to != node + 1;
        }
    }
    for at in 0..machine.nodes.len() {
        let Some((arg, delegate)) = machine.nodes[at].waits.take() else { continue };
        let span = arg.span();
        let waited = Box::new(ast::Expr::Yield(ast::YieldExpr { span, arg: Some(arg), delegate }));
        let stmts = &mut machine.nodes[at].stmts;
        let to = stmts.pop_if(|last| target(last).is_some());
        let straight = to.as_ref().and_then(target).is_none_or(|to| index.get(&to) == Some(&(at + 1)));
        let mut given = Given { state: &machine.state, put: Some(waited), found: None };
        if straight
            && !aimed[at + 1]
            && let Some(next) = machine.nodes.get_mut(at + 1)
        {
            given.put_into(&mut next.stmts);
        }
        let stmts = &mut machine.nodes[at].stmts;
        if let Some(waited) = given.put {
            stmts.push(ast::Stmt::Expr(ast::ExprStmt { span, expr: waited }));
        }
        stmts.extend(to.filter(|_| !straight));
    }
}

/// The cases that statements go to.
fn targets(stmts: &[ast::Stmt]) -> Vec<u32> {
    struct Targets(Vec<u32>);
    impl Visit for Targets {
        fn visit_function(&mut self, _: &ast::Function) {}

        fn visit_arrow_expr(&mut self, _: &ast::ArrowExpr) {}

        fn visit_break_stmt(&mut self, stmt: &ast::BreakStmt) {
            self.0.extend(stmt.label.as_ref().and_then(case_of));
        }
    }
    let mut targets = Targets(Vec::new());
    stmts.visit_with(&mut targets);
    targets.0
}

/// Goes to the second where it went to the first.
struct Redirect(u32, u32);

impl VisitMut for Redirect {
    fn visit_mut_function(&mut self, _: &mut ast::Function) {}

    fn visit_mut_arrow_expr(&mut self, _: &mut ast::ArrowExpr) {}

    fn visit_mut_stmt(&mut self, stmt: &mut ast::Stmt) {
        if target(stmt) == Some(self.0) {
            *stmt = jump(self.1);
        }
        stmt.visit_mut_children_with(self);
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Left by what goes to the case behind it.
    Block,
    /// Goes on with its first case.
    Loop,
    /// A `try`, by its number.
    Try(usize),
    /// What is tried, caught, done finally.
    Part,
}

/// A run of cases.
#[derive(Clone, Copy)]
struct Scope {
    from: usize,
    to: usize,
    kind: Kind,
}

impl Scope {
    fn crosses(&self, other: &Scope) -> bool {
        self.from < other.from && other.from < self.to && self.to < other.to
    }
}

/// The runs of cases, none of which cross.
fn scopes(nodes: &[Node], index: &FxHashMap<u32, usize>, parts: &[Parts]) -> Option<Vec<Scope>> {
    let mut scopes: Vec<Scope> = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let borders = [Some(part.tried), part.catch, part.finally, Some(part.end)];
        let borders: Vec<usize> = borders.into_iter().flatten().collect();
        scopes.push(Scope { from: part.tried, to: part.end, kind: Kind::Try(number) });
        scopes.extend(borders.windows(2).map(|run| Scope { from: run[0], to: run[1], kind: Kind::Part }));
    }
    let mut ahead: FxHashMap<usize, usize> = FxHashMap::default();
    let mut back: FxHashMap<usize, usize> = FxHashMap::default();
    for (at, node) in nodes.iter().enumerate() {
        for to in targets(&node.stmts) {
            let to = if to == BEHIND { nodes.len() } else { *index.get(&to)? };
            if to <= at {
                back.entry(to).and_modify(|end| *end = at + 1).or_insert(at + 1);
            } else {
                ahead.entry(to).or_insert(at);
            }
        }
    }
    let mut loops: Vec<Scope> = back.into_iter().map(|(from, to)| Scope { from, to, kind: Kind::Loop }).collect();
    loops.sort_by_key(|scope| std::cmp::Reverse(scope.from));
    for mut scope in loops {
        // A loop holds what begins in it.
        while let Some(wider) = scopes.iter().find(|other| scope.crosses(other)) {
            scope.to = wider.to;
        }
        scopes.push(scope);
    }
    let mut blocks: Vec<Scope> = ahead.into_iter().map(|(to, from)| Scope { from, to, kind: Kind::Block }).collect();
    blocks.sort_by_key(|scope| scope.to);
    for mut scope in blocks {
        // A block is wide enough for what it is left from.
        while let Some(wider) = scopes.iter().find(|other| other.crosses(&scope)) {
            scope.from = wider.from;
        }
        scopes.push(scope);
    }
    let crossing = scopes.iter().enumerate().any(|(at, one)| scopes[at + 1..].iter().any(|other| one.crosses(other) || other.crosses(one)));
    (!crossing).then_some(scopes)
}

struct Builder {
    nodes: Vec<Node>,
    index: FxHashMap<u32, usize>,
    parts: Vec<Parts>,
    /// Outer ones first.
    scopes: Vec<Scope>,
    /// The next of them to be opened.
    next: usize,
    state: ast::Ident,
}

impl Builder {
    fn run(&mut self, from: usize, to: usize) -> Option<Vec<ast::Stmt>> {
        let mut stmts = Vec::new();
        let mut at = from;
        while at < to {
            match self.scopes.get(self.next).copied() {
                Some(scope) if scope.from == at => {
                    self.next += 1;
                    if scope.to > to {
                        return None;
                    }
                    self.scope(scope, &mut stmts)?;
                    at = scope.to;
                }
                _ => {
                    let mut own = self.nodes[at].stmts.take();
                    own.visit_mut_with(&mut Repeat { index: &self.index, at });
                    stmts.extend(own);
                    at += 1;
                }
            }
        }
        Some(stmts)
    }

    fn scope(&mut self, scope: Scope, stmts: &mut Vec<ast::Stmt>) -> Option<()> {
        match scope.kind {
            Kind::Part => stmts.extend(self.run(scope.from, scope.to)?),
            Kind::Block => {
                let case = self.nodes.get(scope.to).map_or(BEHIND, |node| node.label);
                let inner = self.run(scope.from, scope.to)?;
                stmts.push(labeled(label(case), block(inner)));
            }
            Kind::Loop => {
                let name = repeated(self.nodes[scope.from].label);
                let mut inner = self.run(scope.from, scope.to)?;
                inner.push(ast::Stmt::Break(ast::BreakStmt { span: DUMMY_SP, label: None }));
                let test = Box::new(ast::Expr::Lit(ast::Lit::Bool(true.into())));
                let repeat = ast::WhileStmt { span: DUMMY_SP, test, body: Box::new(block(inner)) };
                stmts.push(labeled(name, ast::Stmt::While(repeat)));
            }
            Kind::Try(number) => {
                let &Parts { tried, catch, finally, end } = &self.parts[number];
                let first = catch.or(finally)?;
                let tried = braced(self.run(tried, first)?);
                let handler = match catch {
                    Some(catch) => Some(self.handler(catch, finally.unwrap_or(end))?),
                    None => None,
                };
                let finalizer = match finally {
                    Some(finally) => Some(braced(self.run(finally, end)?)),
                    None => None,
                };
                stmts.push(ast::Stmt::Try(Box::new(ast::TryStmt { span: DUMMY_SP, block: tried, handler, finalizer })));
            }
        }
        Some(())
    }

    /// `error = _a.sent()` at the beginning is the name of what is caught.
    fn handler(&mut self, from: usize, to: usize) -> Option<ast::CatchClause> {
        let stmts = &mut self.nodes[from].stmts;
        let mut given = Given { state: &self.state, put: None, found: None };
        let mut param = None;
        if let Some(ast::Stmt::Expr(first)) = stmts.first_mut()
            && let ast::Expr::Assign(ast::AssignExpr { op: ast::AssignOp::Assign, left, right, .. }) = &mut *first.expr
            && let Some(name) = left.as_ident().cloned()
        {
            let whole = right.span();
            given.put_into(std::slice::from_mut(&mut ast::Stmt::Expr(ast::ExprStmt { span: whole, expr: right.clone() })));
            if given.found.is_some_and(|(state, _)| state.lo == whole.lo) {
                param = Some(ast::Pat::Ident(name));
                stmts.remove(0);
            }
        }
        if param.is_none() {
            given.found = None;
            let marker = ast::Ident::new_no_ctxt("caught$".into(), DUMMY_SP);
            given.put = Some(Box::new(ast::Expr::Ident(marker)));
            given.put_into(stmts);
            if let Some((state, name)) = given.found {
                // Names are told apart by where they are written: the two words that stood there give two places.
                stmts.visit_mut_with(&mut Place(name));
                param = Some(ast::Pat::Ident(ast::Ident::new_no_ctxt("caught$".into(), state).into()));
            }
        }
        Some(ast::CatchClause { span: DUMMY_SP, param, body: braced(self.run(from, to)?) })
    }
}

/// Gives the new name of what was caught the place of what it stands for.
struct Place(swc_common::Span);

impl VisitMut for Place {
    fn visit_mut_ident(&mut self, ident: &mut ast::Ident) {
        if ident.span.is_dummy() && ident.sym == "caught$" {
            ident.span = self.0;
        }
    }
}

/// The label of the loop that begins with a case.
fn repeated(case: u32) -> String {
    format!("@{case}")
}

/// Makes a `continue` of what goes back.
struct Repeat<'i> {
    index: &'i FxHashMap<u32, usize>,
    at: usize,
}

impl VisitMut for Repeat<'_> {
    fn visit_mut_function(&mut self, _: &mut ast::Function) {}

    fn visit_mut_arrow_expr(&mut self, _: &mut ast::ArrowExpr) {}

    fn visit_mut_stmt(&mut self, stmt: &mut ast::Stmt) {
        if let Some(case) = target(stmt)
            && self.index.get(&case).is_some_and(|&to| to <= self.at)
        {
            let label = Some(ast::Ident::new_no_ctxt(repeated(case).into(), DUMMY_SP));
            *stmt = ast::Stmt::Continue(ast::ContinueStmt { span: DUMMY_SP, label });
        }
        stmt.visit_mut_children_with(self);
    }
}

fn labeled(label: String, body: ast::Stmt) -> ast::Stmt {
    let label = ast::Ident::new_no_ctxt(label.into(), DUMMY_SP);
    ast::Stmt::Labeled(ast::LabeledStmt { span: DUMMY_SP, label, body: Box::new(body) })
}
