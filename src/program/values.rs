//! Values: where a value comes from, through variables, members, calls and files.
//!
//! ```text
//! origin(x)      :- origin(v)                    for each v assigned to x
//! origin(o.k)    :- value of k                   o a literal, class or module that has k
//! origin(o.k)    :- origin(o) + k                otherwise (an access path)
//! origin(f(a))   :- origin(return of f)[a/param] f known
//! origin(f(a))   :- that call                    otherwise (an allocation site, or unknown)
//! ```

use std::rc::Rc;

use super::resolve::Exported;
use super::{At, CallAt, Fun, Program, Sym};
use crate::facts::*;
use crate::models::Origin as From;

/// Length of an access path; what lies deeper is cut (the tail counts).
pub const PATH: usize = 4;
/// How many origins a value has at most.
pub const WIDTH: usize = 8;
/// What looking into a merged bag counts for in depth.
pub(super) const MERGED: u32 = 20;
/// How the step of a path begins that leads to something in a wrapper; the wrapper's name follows.
pub(super) const WRAPPED: &str = "()";
/// How many variables and members lead to a part of the page at most.
const PARTS: u32 = 4;
/// How deep calls and variables are looked through.
pub(super) const DEPTH: u32 = 40;

/// Where an access path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// Parameter of a function as its caller gave it.
    Param(Fun, u32),
    /// `this` of a function.
    This(Fun),
    /// Result of a call or `new` that is not looked through.
    Call(CallAt),
    /// An object or array literal.
    Literal(At<ValueId>),
    Function(Fun),
    Class(At<ClassId>),
    Global(Sym),
    /// A module that is not among the files.
    Module(Sym),
    /// A file's exports.
    File(u32),
    /// A variable with more values than are followed.
    Binding(At<BindingId>),
    Const(Sym),
    /// `null`, `undefined`.
    Nothing,
    Unknown(At<ValueId>),
}

/// A step of an access path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathKey {
    Name(Sym),
    /// A key that is one symbol or variable: equals itself.
    Symbol(At<ValueId>),
    /// An element of a collection, or a key not known.
    Element,
}

/// An access path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    pub root: Root,
    pub path: Vec<PathKey>,
}

impl Origin {
    pub fn root(root: Root) -> Origin {
        Origin { root, path: Vec::new() }
    }

    pub fn is_nothing(&self) -> bool {
        self.root == Root::Nothing
    }

    pub fn join(&self, key: PathKey) -> Origin {
        let mut path = self.path.clone();
        if path.len() < PATH {
            path.push(key);
        }
        Origin { root: self.root, path }
    }

    /// `path` of another origin behind this one.
    pub fn extend(&self, path: &[PathKey]) -> Origin {
        let mut out = self.clone();
        for key in path {
            if out.path.len() < PATH {
                out.path.push(*key);
            }
        }
        out
    }

    /// What holds the last step.
    pub fn prefix(&self) -> Option<Origin> {
        let mut path = self.path.clone();
        path.pop()?;
        Some(Origin { root: self.root, path })
    }
}

/// Nothing in it is said of a value's own, which another that is the same would say of itself.
fn is_whole(origins: &[Origin]) -> bool {
    origins.len() == 1 || origins.iter().all(|origin| !matches!(origin.root, Root::Unknown(_)))
}

impl Program<'_> {
    /// Where a value comes from; never empty.
    pub fn origins(&self, v: At<ValueId>) -> Rc<[Origin]> {
        if let Some(known) = self.layer().values.get(v.file, v.id.index()) {
            return known;
        }
        let unknown = || -> Rc<[Origin]> { Rc::from([Origin::root(Root::Unknown(v))]) };
        if self.depth().get() > DEPTH || !self.layer().resolving.borrow_mut().insert(v) {
            return unknown();
        }
        self.depth().set(self.depth().get() + 1);
        // What is another value is told of it already.
        let same = self.same_as(v).map(|same| self.origins(same)).filter(|origins| is_whole(origins));
        let found = if same.is_none() { self.resolve_value(v) } else { Vec::new() };
        self.depth().set(self.depth().get() - 1);
        self.layer().resolving.borrow_mut().remove(&v);
        let out = same.unwrap_or_else(|| Self::orderly(found).unwrap_or_else(unknown));
        // What was found within a cycle may be partial; asking again and again would cost exponentially.
        self.layer().values.keep(v.file, v.id.index(), self.facts(v.file).values.len(), out.clone());
        out
    }

    /// The one value that a value is as it stands.
    pub(super) fn same_as(&self, v: At<ValueId>) -> Option<At<ValueId>> {
        match self.value(v) {
            Value::Binding(b) => match self.binding(v.with(*b)).defs[..] {
                [def] if !self.assign(v.with(def)).compound && !self.is_given_by_parents(v.with(*b)) => {
                    Some(v.with(self.assign(v.with(def)).from))
                }
                _ => None,
            },
            Value::This(f) => self.this_given(v.with(*f)),
            Value::Spread(inner) => Some(v.with(*inner)),
            Value::Choice(ChoiceKind::And, parts) => parts.last().map(|&last| v.with(last)),
            _ => None,
        }
    }

    /// In order, each once, not too many; none for no origins.
    fn orderly(mut out: Vec<Origin>) -> Option<Rc<[Origin]>> {
        out.sort();
        out.dedup();
        if out.len() > 1 {
            out.retain(|o| !o.is_nothing());
        }
        if out.len() > WIDTH {
            out.truncate(WIDTH);
        }
        (!out.is_empty()).then(|| out.into())
    }

    /// What a function that is called where it is written, or wraps a module, is given.
    fn given_param(&self, f: Fun, i: u32) -> Option<At<ValueId>> {
        let invoked = self.invoked(f).and_then(|c| self.call(c).args.get(i as usize).copied());
        invoked.or_else(|| self.facts(f.file).handed(f.id, i)).map(|v| f.with(v))
    }

    fn resolve_value(&self, v: At<ValueId>) -> Vec<Origin> {
        let one = |root| vec![Origin::root(root)];
        let all = |ids: &[ValueId]| ids.iter().flat_map(|&id| self.origins(v.with(id)).to_vec()).collect::<Vec<_>>();
        match self.value(v) {
            Value::Undefined | Value::Null => one(Root::Nothing),
            Value::String(text) => one(Root::Const(self.sym(text))),
            Value::Number(text) => one(Root::Const(self.sym(text))),
            Value::Binding(b) => self.variable(v.with(*b)),
            Value::Global(name) => match name.as_str() {
                "globalThis" | "global" | "self" => one(Root::Global(self.sym("globalThis"))),
                "window" => one(Root::Global(self.sym("window"))),
                "exports" => one(Root::File(v.file)),
                _ => one(Root::Global(self.sym(name))),
            },
            Value::This(f) => match self.this_given(v.with(*f)) {
                Some(given) => self.origins(given).to_vec(),
                None => one(Root::This(v.with(*f))),
            },
            // `(function (a) {...})(x)` is called there and nowhere else.
            Value::Param(f, i) => match self.given_param(v.with(*f), *i) {
                Some(given) => self.origins(given).to_vec(),
                None => match self.given_module(v.with(*f)).filter(|_| *i == 0) {
                    Some(module) => self.origins(module).to_vec(),
                    None => one(Root::Param(v.with(*f), *i)),
                },
            },
            Value::Function(f) => one(Root::Function(v.with(*f))),
            Value::Class(c) => one(Root::Class(v.with(*c))),
            Value::Object(..) | Value::Array(_) => one(Root::Literal(v)),
            // `arguments[0]`: the parameter of that place, written down or not.
            Value::Member(object, Key::Name(place))
                if let (Value::Arguments(f), Ok(place)) = (self.value(v.with(*object)), place.parse()) =>
            {
                one(Root::Param(v.with(*f), place))
            }
            Value::Member(object, key) => self.member(v, v.with(*object), key),
            Value::Call(call) => self.call_result(v.with(*call)),
            Value::Choice(ChoiceKind::And, parts) => parts.last().map_or_else(Vec::new, |&last| self.origins(v.with(last)).to_vec()),
            Value::Choice(ChoiceKind::Conditional(_), parts) => all(parts),
            // `_super.call(this) || this`.
            Value::Choice(ChoiceKind::Or, parts) if self.is_down_level_super(v, parts) => self.origins(v.with(parts[1])).to_vec(),
            Value::Choice(_, parts) => all(parts),
            Value::Await(inner) => self.origins(v.with(*inner)).iter().flat_map(|o| self.awaited(o)).collect(),
            Value::Spread(inner) => self.origins(v.with(*inner)).to_vec(),
            Value::Element(inner) => self.element(v.with(*inner)),
            Value::Import(module, name) => {
                let exported = self.import(v.file, module, name);
                exported.iter().flat_map(|e| self.exported(e)).collect()
            }
            Value::Arguments(_)
            | Value::Super
            | Value::Bool(_)
            | Value::Text(_)
            | Value::Regex
            | Value::Yield(_)
            | Value::Unary(..)
            | Value::Binary(..)
            | Value::KeyOf(_)
            | Value::Caught
            | Value::Opaque => one(Root::Unknown(v)),
        }
    }

    pub fn exported(&self, exported: &Exported) -> Vec<Origin> {
        match exported {
            Exported::Value(value) => self.origins(*value).to_vec(),
            Exported::Namespace(file) => vec![Origin::root(Root::File(*file))],
            Exported::External(module, name) => {
                let module = module.strip_prefix("node:").unwrap_or(module);
                let root = Origin::root(Root::Module(self.sym(module)));
                vec![if matches!(name.as_str(), "*" | "=") { root } else { root.join(PathKey::Name(self.sym(name))) }]
            }
        }
    }

    fn variable(&self, b: At<BindingId>) -> Vec<Origin> {
        let binding = self.binding(b);
        let mut out = Vec::new();
        for &def in &binding.defs {
            let assign = self.assign(b.with(def));
            if assign.compound {
                continue;
            }
            out.extend(self.origins(b.with(assign.from)).iter().cloned());
        }
        if out.is_empty() || self.is_given_by_parents(b) {
            out.push(Origin::root(Root::Binding(b)));
        }
        // What is not told of one definition is told by the others, and by the variable itself.
        if out.len() > 1 {
            let own = Origin::root(Root::Binding(b));
            for origin in &mut out {
                if matches!(origin.root, Root::Unknown(_)) {
                    *origin = own.clone();
                }
            }
        }
        out
    }

    fn call_result(&self, c: CallAt) -> Vec<Origin> {
        let call = self.call(c);
        let own = vec![Origin::root(Root::Call(c))];
        if call.kind != CallKind::Call {
            return own;
        }
        let arg = |i: usize| call.args.get(i).map(|&a| c.with(a));
        if let Some(name) = self.called_as(c) {
            if let Some(wrapped) = self.models.wrapper(name).and_then(|_| self.wrapped(c, name)) {
                return wrapped;
            }
            // Down-level and interop helpers, natives.
            match (crate::facts::unnumbered(name), arg(0)) {
                (
                    "__importDefault"
                    | "__importStar"
                    | "_interopRequireDefault"
                    | "_interopRequireWildcard"
                    | "_interopDefault"
                    | "__toESM"
                    | "__toModule"
                    | "interopRequireDefault"
                    | "interopRequireWildcard"
                    | "_interop_require_default"
                    | "_interop_require_wildcard"
                    | "_interopNamespace"
                    | "_interopDefaultLegacy",
                    Some(first),
                ) => {
                    return self.origins(first).to_vec();
                }
                // A bundle's own `require` of a package that it leaves outside (webpack: `externals`).
                (name, Some(first)) if crate::facts::is_bundled_require(name) => {
                    if let Value::String(module) = self.value(first)
                        && !module.starts_with(['.', '/'])
                    {
                        return vec![Origin::root(Root::Module(self.sym(module)))];
                    }
                }
                (name, Some(first)) if super::calls::made_async(name) => return self.origins(first).to_vec(),
                ("_assertThisInitialized" | "_possibleConstructorReturn" | "_callSuper", Some(first)) => {
                    return self.origins(first).to_vec();
                }
                // `__assign({}, a, b)`: the first, with the members of the others.
                (name, Some(first))
                    if crate::facts::indices::is_merge(name)
                        && matches!(&*self.origins(first), [Origin { root: Root::Literal(_), path }] if path.is_empty()) =>
                {
                    return self.origins(first).to_vec();
                }
                // The constructor of the parent, as down-level classes find it.
                ("getPrototypeOf" | "_getPrototypeOf" | "_createSuper", Some(first)) => {
                    let parents: Vec<Origin> = self.origins(first).iter().flat_map(|o| self.parents_of(o)).collect();
                    return if parents.is_empty() { own } else { parents };
                }
                _ => {}
            }
        }
        let mut out = Vec::new();
        if let Value::Member(object, Key::Name(name)) = self.value(c.with(call.callee)) {
            let object = c.with(*object);
            match (name.as_str(), arg(0)) {
                ("call" | "apply", Some(this)) if self.is_created_super(object) && matches!(self.value(this), Value::This(_)) => {
                    return self.origins(this).to_vec();
                }
                // The functions of `Object` that give back their first argument.
                ("assign" | "freeze" | "seal" | "defineProperty" | "defineProperties" | "setPrototypeOf", Some(first))
                    if self.is_global(object, "Object") =>
                {
                    return self.origins(first).to_vec();
                }
                // What a Map holds under a key is a path; `get` of a header or query is never an emitter.
                ("get", Some(key))
                    if call.args.len() == 1
                        && !matches!(self.value(key), Value::Object(..) | Value::Function(_))
                        && self.functions_called(c).is_empty()
                        && self.method_model(c).is_none() =>
                {
                    let key = self.path_key(c.file, &Key::Computed(key.id));
                    return self.origins(object).iter().map(|o| o.join(key)).collect();
                }
                ("pop" | "shift" | "at" | "find", _) => return self.origins(object).iter().map(|o| o.join(PathKey::Element)).collect(),
                ("then" | "catch" | "finally", _) if self.functions_called(c).is_empty() => return own,
                _ => {}
            }
            if super::sites::is_chaining(name) && call.args.len() >= 2 && self.functions_called(c).is_empty() {
                return self.origins(object).to_vec();
            }
            if let Some(subject) = self.subject_of(c) {
                return subject;
            }
            if self.models.named(name).is_some_and(|named| named.gives_back)
                && let Some(method) = self.method_model(c)
                && method.origin == From::Receiver
            {
                return self.origins(object).to_vec();
            }
        }
        let gives_back = |name: &str| self.models.named(name).is_some_and(|named| named.gives_back);
        if !matches!(self.receiver(c), Some((_, Key::Name(name))) if !gives_back(name))
            && self.functions_called(c).is_empty()
            && let Some(returned) = self.method_model(c).and_then(|method| method.returns_arg)
            && let Some(returned) = arg(returned)
        {
            return self.origins(returned).to_vec();
        }
        for f in self.functions_called(c).iter().copied() {
            let function = self.fun(f);
            if function.is_generator || function.returns.is_empty() || function.returns.len() > WIDTH || self.within(self.function_of(c), f)
            {
                continue;
            }
            for &value in &function.returns {
                for origin in self.origins(f.with(value)).iter() {
                    out.extend(self.from_callee(c, f, origin));
                }
            }
        }
        out.truncate(WIDTH * 2);
        if out.is_empty() { own } else { out }
    }

    /// What an origin inside `f` is for the caller at `c`.
    pub fn from_callee(&self, c: CallAt, f: Fun, origin: &Origin) -> Vec<Origin> {
        let call = self.call(c);
        let followed = |v: ValueId| self.origins(c.with(v)).iter().flat_map(|o| self.follow(o, &origin.path)).collect::<Vec<_>>();
        // `Base.call(this, options)`, `Base.apply(this, arguments)`.
        if let Some((object, Key::Name(name))) = self.receiver(c)
            && matches!(name.as_str(), "call" | "apply")
            && self.functions_of(object).iter().any(|&(g, _)| g == f)
        {
            return match origin.root {
                Root::This(g) if g == f => call.args.first().map_or_else(|| vec![Origin::root(Root::Nothing)], |&this| followed(this)),
                Root::Param(g, i) if g == f && name == "call" => {
                    call.args.get(i as usize + 1).map_or_else(|| vec![Origin::root(Root::Nothing)], |&arg| followed(arg))
                }
                Root::Param(g, i) if g == f => match call.args.get(1).map(|&list| self.value(c.with(list))) {
                    Some(Value::Array(elements)) => {
                        elements.get(i as usize).map_or_else(|| vec![Origin::root(Root::Nothing)], |&arg| followed(arg))
                    }
                    Some(Value::Arguments(h)) => vec![Origin { root: Root::Param(c.with(*h), i), path: origin.path.clone() }],
                    _ => vec![Origin::root(Root::Unknown(c.with(call.value)))],
                },
                _ => vec![origin.clone()],
            };
        }
        // `const on = toggle.bind(null, 'addEventListener')`, called as `on(...)`.
        let before = |v: At<ValueId>| self.origins(v).iter().flat_map(|o| self.follow(o, &origin.path)).collect::<Vec<_>>();
        if let Root::Param(g, i) = origin.root
            && g == f
            && let Some(bound) = self.bound_before(c, f)
        {
            return self.argument_behind(c, bound, i as usize).map_or_else(|| vec![Origin::root(Root::Nothing)], before);
        }
        match origin.root {
            Root::Param(g, i) if g == f && !origin.path.is_empty() && self.fun(f).params.get(i as usize).is_some_and(|p| p.rest) => {
                self.gathered(c, i as usize, &origin.path)
            }
            Root::Param(g, i) if g == f => match call.args.get(i as usize) {
                Some(&arg) => self
                    .put_before(c, arg, &origin.path)
                    .unwrap_or_else(|| self.last_puts(c, c.with(arg)).iter().flat_map(|v| followed(v.id)).collect()),
                None => vec![Origin::root(Root::Nothing)],
            },
            Root::This(g) if g == f => match self.value(c.with(call.callee)) {
                Value::Member(object, _) => self.origins(c.with(*object)).iter().flat_map(|o| self.follow(o, &origin.path)).collect(),
                _ => vec![Origin::root(Root::Call(c))],
            },
            _ => vec![origin.clone()],
        }
    }

    /// The `bind` that has put arguments before those of the call, where the call runs `f` by what that gave; and how many.
    fn bound_before(&self, c: CallAt, f: Fun) -> Option<(CallAt, usize)> {
        let callee = c.with(self.call(c).callee);
        if !matches!(self.value(callee), Value::Binding(_) | Value::Member(..) | Value::Import(..)) {
            return None;
        }
        self.origins(callee).iter().find_map(|o| {
            let (Root::Call(bind), true) = (o.root, o.path.is_empty()) else { return None };
            let (target, count) = self.bind_target(bind).filter(|&(_, count)| count > 0)?;
            self.functions_of(target).contains(&(f, 0)).then_some((bind, count))
        })
    }

    /// The argument at place `i` of what the call gives `f`, some of which `bind` may have put before.
    pub(super) fn argument(&self, c: CallAt, f: Fun, i: usize) -> Option<At<ValueId>> {
        match self.bound_before(c, f) {
            Some(bound) => self.argument_behind(c, bound, i),
            None => self.call(c).args.get(i).map(|&v| c.with(v)),
        }
    }

    fn argument_behind(&self, c: CallAt, (bind, count): (CallAt, usize), i: usize) -> Option<At<ValueId>> {
        match i.checked_sub(count) {
            Some(own) => self.call(c).args.get(own).map(|&v| c.with(v)),
            None => self.call(bind).args.get(i + 1).map(|&v| bind.with(v)),
        }
    }

    /// What stands on a path below the list of the arguments from `first` on: `f(...args)` reads `args[0].signal`.
    fn gathered(&self, c: CallAt, first: usize, path: &[PathKey]) -> Vec<Origin> {
        let Some((key, rest)) = path.split_first() else { return Vec::new() };
        let args = self.call(c).args.get(first..).unwrap_or_default();
        let is_spread = |&v: &ValueId| matches!(self.value(c.with(v)), Value::Spread(_));
        let below = |v: ValueId, path: &[PathKey]| self.origins(c.with(v)).iter().flat_map(|o| self.follow(o, path)).collect::<Vec<_>>();
        let place = match key {
            PathKey::Name(name) => self.text(*name).parse::<usize>().ok(),
            _ => None,
        };
        match place {
            // What comes out of a list may stand anywhere behind it.
            Some(place) if !args.iter().take(place + 1).any(is_spread) => match args.get(place) {
                Some(&arg) => below(arg, rest),
                None => vec![Origin::root(Root::Nothing)],
            },
            _ => {
                let element: Vec<PathKey> = std::iter::once(PathKey::Element).chain(rest.iter().copied()).collect();
                args.iter().flat_map(|v| below(*v, if is_spread(v) { &element } else { rest })).collect()
            }
        }
    }

    /// What stands ready in every page, in a wrapper: `$(document)`.
    fn wrapped(&self, c: CallAt, name: &str) -> Option<Vec<Origin>> {
        let call = self.call(c);
        let [inner] = call.args[..] else { return None };
        let part = self.page_part(c.with(inner), PARTS)?;
        let own = |o: &Origin| o.path.is_empty() && matches!(o.root, Root::Function(_) | Root::Class(_) | Root::Literal(_));
        let is_own = self.origins(c.with(call.callee)).iter().any(own);
        (!is_own).then(|| vec![part.join(PathKey::Name(self.sym(&format!("{WRAPPED}{name}"))))])
    }

    /// `window`, `document`, `document.body`, also through a variable or what a function around the file is given. (As they are written:
    /// that many wrap something else has to cost nothing.)
    fn page_part(&self, v: At<ValueId>, depth: u32) -> Option<Origin> {
        let depth = depth.checked_sub(1)?;
        match self.value(v) {
            Value::Global(name) if matches!(name.as_str(), "window" | "document") => Some(Origin::root(Root::Global(self.sym(name)))),
            Value::Member(object, Key::Name(name)) if matches!(name.as_str(), "body" | "documentElement") => {
                let whole = self.page_part(v.with(*object), depth)?;
                Some(whole.join(PathKey::Name(self.sym(name))))
            }
            Value::Binding(_) => self.page_part(self.same_as(v)?, depth),
            Value::Param(f, i) => self.page_part(self.given_param(v.with(*f), *i)?, depth),
            _ => None,
        }
    }

    /// The value is this global variable.
    pub fn is_global(&self, v: At<ValueId>, name: &str) -> bool {
        matches!(self.value(v), Value::Global(global) if global == name)
    }

    /// The plain or last name of what is called.
    pub fn callee_name(&self, c: CallAt) -> Option<String> {
        self.called_as(c).map(str::to_owned)
    }

    /// The same, as it stands in the facts.
    pub(super) fn called_as(&self, c: CallAt) -> Option<&str> {
        self.facts(c.file).called_as(self.call(c))
    }

    /// The object whose method is called, and the method's key.
    pub fn receiver(&self, c: CallAt) -> Option<(At<ValueId>, &Key)> {
        match self.value(c.with(self.call(c).callee)) {
            Value::Member(object, key) => Some((c.with(*object), key)),
            _ => None,
        }
    }

    /// An origin in the words of the source: `options.signal`, `this.client`, `process`.
    pub fn show(&self, origin: &Origin) -> String {
        let mut text = match origin.root {
            Root::Param(f, i) => {
                let param = self.fun(f).params.get(i as usize);
                param.map(|p| p.name.clone()).filter(|n| !n.is_empty()).unwrap_or_else(|| "an argument".into())
            }
            Root::This(_) => "this".into(),
            Root::Call(c) => match self.callee_name(c) {
                Some(name) if self.call(c).kind == CallKind::New => format!("new {name}()"),
                Some(name) => format!("{name}()"),
                None => "a call's result".into(),
            },
            Root::Literal(_) => "an object".into(),
            Root::Function(f) => self.function_name(f),
            Root::Class(c) => self.class(c).name.clone(),
            Root::Global(sym) | Root::Module(sym) | Root::Const(sym) => self.text(sym).to_string(),
            Root::File(_) => "the module".into(),
            Root::Binding(b) => self.binding(b).name.clone(),
            Root::Nothing => "undefined".into(),
            Root::Unknown(_) => "an object".into(),
        };
        for key in &origin.path {
            match key {
                PathKey::Name(sym) => match self.text(*sym).strip_prefix(WRAPPED) {
                    Some(wrapper) => text = format!("{wrapper}({text})"),
                    None => {
                        text.push('.');
                        text.push_str(&self.text(*sym));
                    }
                },
                PathKey::Symbol(v) => match self.value(*v) {
                    Value::Binding(b) => text.push_str(&format!("[{}]", self.binding(v.with(*b)).name)),
                    _ => text.push_str("[symbol]"),
                },
                PathKey::Element => text.push_str("[…]"),
            }
        }
        text
    }
}
