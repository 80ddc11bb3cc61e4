//! Types: what an object is, strongest sign first: allocation or model, annotation, evidence (what is done with it).

use super::owners::owner_of_constructor;
use super::{At, CallAt, Fun, Origin, Owner, PathKey, Program, Root, sites};
use crate::facts::*;
use crate::findings::Region;
use crate::models::{Member, Shape, TypeIx, TypeUse};

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    Model(TypeIx),
    /// A class, constructor or object of the program.
    Owner(Owner),
}

/// So many calls of a function are asked what they give it.
const CALLERS: usize = 8;

impl Program<'_> {
    /// What an object is, as far as it is known.
    pub fn type_of(&self, origin: &Origin) -> Option<Type> {
        if let Some(known) = self.layer().types.borrow().get(origin) {
            return *known;
        }
        if self.depth().get() > 36 || !self.layer().typing.borrow_mut().insert(origin.clone()) {
            self.layer().cuts.set(self.layer().cuts.get() + 1);
            return None;
        }
        let cuts = self.layer().cuts.get();
        self.depth().set(self.depth().get() + 1);
        let found = self.find_type(origin);
        self.depth().set(self.depth().get() - 1);
        self.layer().typing.borrow_mut().remove(origin);
        // An answer that a cycle cut short is kept only deep inside, where asking again would cost exponentially.
        if found.is_some()
            || self.layer().cuts.get() == cuts
            || self.layer().typing.borrow().len() > 4
            || self.layer().typing.borrow().is_empty()
        {
            self.layer().types.borrow_mut().insert(origin.clone(), found);
        }
        found
    }

    /// The model of an object's type: its own, or that of the nearest ancestor of its class.
    pub fn model_type(&self, origin: &Origin) -> Option<Type> {
        match self.type_of(origin)? {
            Type::Model(ix) => Some(Type::Model(ix)),
            Type::Owner(owner) => self.owner_model(owner).map(Type::Model),
        }
    }

    /// The modelled type that a class of the program extends, at some distance.
    pub fn owner_model(&self, owner: Owner) -> Option<TypeIx> {
        for owner in self.ancestors(owner) {
            for parent in self.parents(owner) {
                if let Some(ix) = self.constructed(parent) {
                    return Some(ix);
                }
            }
        }
        self.made_from_options(owner)
    }

    /// An owner and its ancestors.
    pub fn ancestors(&self, owner: Owner) -> Vec<Owner> {
        let mut out = vec![owner];
        let mut at = 0;
        while at < out.len() && out.len() < 32 {
            for parent in self.parents(out[at]) {
                if let Some(parent) = owner_of_constructor(parent)
                    && !out.contains(&parent)
                {
                    out.push(parent);
                }
            }
            at += 1;
        }
        out
    }

    /// The modelled type that `new X` makes.
    pub fn constructed(&self, origin: &Origin) -> Option<TypeIx> {
        let named = |name: &str| self.view.type_named(name);
        match (origin.root, &origin.path[..]) {
            (Root::Module(module), path) => {
                let model = self.view.module(&self.text(module))?;
                match path {
                    [] => model.classes.get("default").and_then(|n| named(n)),
                    [PathKey::Name(name), ..] => model.classes.get(&*self.text(*name)).and_then(|n| named(n)),
                    _ => None,
                }
            }
            (Root::Global(name), []) => self.models.global_class(&self.text(name)),
            (Root::Global(global), [PathKey::Name(name)]) if matches!(&*self.text(global), "window" | "globalThis") => {
                self.models.global_class(&self.text(*name))
            }
            _ => None,
        }
    }

    fn member_type(&self, member: &Member) -> Option<Type> {
        let written = match member {
            Member::Type(name) => name,
            Member::Full(model) => &model.of,
        };
        self.used_type(written)
    }

    /// A type as packs write it; a promise is what it resolves to.
    pub fn used_type(&self, written: &str) -> Option<Type> {
        match self.models.type_use(written)? {
            TypeUse::One(ix) => Some(Type::Model(ix)),
            TypeUse::Promise(inner) => match *inner {
                TypeUse::One(ix) => Some(Type::Model(ix)),
                _ => None,
            },
            TypeUse::Array(_) => None,
        }
        .filter(|t| !matches!(t, Type::Model(ix) if !self.view.sees_type(*ix)))
    }

    fn find_type(&self, origin: &Origin) -> Option<Type> {
        if origin.path.is_empty() { self.root_type(origin.root) } else { self.path_type(origin) }
    }

    fn root_type(&self, root: Root) -> Option<Type> {
        match root {
            Root::Call(c) => self.call_type(c),
            Root::This(f) => self.this_type(f),
            Root::Param(f, i) => self.param_type(f, i as usize),
            Root::Global(name) => self.models.global(&self.text(name)).and_then(|m| self.member_type(m)),
            Root::Module(name) => self.view.module(&self.text(name))?.of.as_deref().and_then(|t| self.used_type(t)),
            Root::Literal(literal) => Some(Type::Owner(Owner::Literal(literal))),
            Root::Function(f) => Some(Type::Owner(Owner::Function(f))),
            Root::Binding(b) => {
                let of = self.binding(b).of.clone()?;
                self.written_type(b.file, &of)
            }
            _ => None,
        }
    }

    fn call_type(&self, c: CallAt) -> Option<Type> {
        let call = self.call(c);
        let callee = c.with(call.callee);
        if call.kind == CallKind::New {
            for origin in self.classes_of(callee) {
                if let Some(owner) = owner_of_constructor(&origin) {
                    return Some(Type::Owner(owner));
                }
                if let Some(ix) = self.constructed(&origin) {
                    return Some(Type::Model(ix));
                }
            }
            return self.constructed_of_given(c);
        }
        let returns = |name: &str| self.models.named(name).is_some_and(|named| named.returns);
        if !matches!(self.receiver(c), Some((_, Key::Name(name))) if !returns(name))
            && let Some(method) = self.method_model(c)
            && let Some(returns) = &method.returns
        {
            return self.used_type(returns);
        }
        if let Some(found) = self.injected_by(c) {
            return Some(found);
        }
        for f in self.functions_called(c).iter().copied() {
            if let Some(of) = self.fun(f).return_type.clone()
                && let Some(found) = self.written_type(f.file, &of)
            {
                return Some(found);
            }
        }
        if let Some(found) = self.result_of_field(c) {
            return Some(found);
        }
        // The DOM's own name: the document (or shadow root) that a node hangs in.
        if matches!(self.receiver(c), Some((_, Key::Name(name))) if name == "getRootNode") && self.functions_called(c).is_empty() {
            return self.used_type("Document");
        }
        // A factory written as a class or constructor that is called without `new`.
        self.origins(callee).iter().find_map(|o| self.constructed(o)).map(Type::Model)
    }

    /// `new driver.Pool()`, where the function was given the library: `new Store(require('driver'))`.
    fn constructed_of_given(&self, c: CallAt) -> Option<Type> {
        let callees = self.origins(c.with(self.call(c).callee));
        callees.iter().find_map(|o| {
            let Root::Param(f, _) = o.root else { return None };
            let mut given = self.callers(f).iter().take(CALLERS).flat_map(|&by| self.from_callee(by, f, o));
            given.find_map(|o| self.constructed(&o)).map(Type::Model)
        })
    }

    /// What a library's function returns that was put into a field: `this.ask = secure ? https.request : http.request`.
    fn result_of_field(&self, c: CallAt) -> Option<Type> {
        self.receiver(c)?;
        let callees = self.origins(c.with(self.call(c).callee));
        let fields = callees.iter().filter(|o| matches!(o.root, Root::This(_)) && o.path.len() == 1);
        let held: Vec<Origin> = fields.flat_map(|o| self.field_sources(o)).flat_map(|(_, origins)| origins).collect();
        held.iter().find_map(|o| {
            let (Root::Module(module), [PathKey::Name(name)]) = (o.root, &o.path[..]) else { return None };
            let method = self.view.module(&self.text(module))?.functions.get(&*self.text(*name))?;
            self.used_type(method.returns.as_deref()?)
        })
    }

    fn this_type(&self, f: Fun) -> Option<Type> {
        if let Some(owner) = self.owner_of_this(f)
            && self.is_class(owner)
        {
            return Some(Type::Owner(owner));
        }
        if let Some(patch) = self.patch(f)
            && let Place::Member(object, _) = &self.assign(patch).to
        {
            for target in self.origins(patch.with(*object)).iter() {
                if let Some(class) = target.prefix()
                    && matches!(target.path.last(), Some(PathKey::Name(n)) if &*self.text(*n) == "prototype")
                    && let Some(ix) = self.constructed(&class)
                {
                    return Some(Type::Model(ix));
                }
            }
        }
        // `f.call(x)`: `this` is x. A plain function as listener: `this` is the emitter.
        for &c in self.callers(f) {
            if let (Some((_, Key::Name(name))), Some(&first)) = (self.receiver(c), self.call(c).args.first())
                && matches!(name.as_str(), "call" | "apply")
                && let Some(found) = self.origins(c.with(first)).iter().find_map(|o| self.type_of(o))
            {
                return Some(found);
            }
        }
        for passed in self.passed(f) {
            if passed.shift == 0
                && let Some(site) = sites::registration(self, passed.call)
                && site.handler == Some(self.call(passed.call).args[passed.arg])
                && let Some(found) = site.receivers(self).iter().find_map(|o| self.type_of(o))
            {
                return Some(found);
            }
        }
        self.owner_of_this(f).map(Type::Owner)
    }

    fn param_type(&self, f: Fun, i: usize) -> Option<Type> {
        let function = self.fun(f);
        if let Some(of) = function.params.get(i).and_then(|p| p.of.clone())
            && let Some(found) = self.written_type(f.file, &of)
        {
            return Some(found);
        }
        if let Some(found) = self.own_entry(f).and_then(|entry| self.used_type(entry.params.get(i)?)) {
            return Some(found);
        }
        if let Some(found) = self.injected_param(f, i) {
            return Some(found);
        }
        for passed in self.passed(f) {
            let Some(index) = i.checked_sub(passed.shift) else {
                // A bound argument.
                continue;
            };
            if let Some(site) = sites::registration(self, passed.call)
                && site.handler == Some(self.call(passed.call).args[passed.arg])
            {
                if let Some(found) = self.event_param(&site, index) {
                    return Some(found);
                }
                continue;
            }
            if let Some(model) = self.method_model(passed.call) {
                let args = self.call(passed.call).args.len();
                for callback in &model.callbacks {
                    let here = match callback.arg {
                        -1 => passed.arg + 1 == args,
                        -2 => true,
                        at => passed.arg as i32 == at,
                    };
                    // A function that declares enough parameters gets an error first.
                    let error_first = callback.error_first_at.is_some_and(|at| function.params.len() >= at) as usize;
                    if here
                        && callback.member.is_none()
                        && self.condition_holds(passed.call, callback)
                        && let Some(at) = index.checked_sub(error_first)
                        && let Some(found) = callback.params.get(at).and_then(|t| self.used_type(t))
                    {
                        return Some(found);
                    }
                }
            }
        }
        for optioned in self.optioned(f) {
            if let Some(found) = self.option_callback(optioned).and_then(|callback| self.used_type(callback.params.get(i)?)) {
                return Some(found);
            }
        }
        // The arguments of its callers, where the first that tells a type speaks for all.
        for &c in self.callers(f).iter().take(CALLERS) {
            let call = self.call(c);
            let shift = matches!(self.receiver(c), Some((_, Key::Name(n))) if n == "call") as usize;
            if let Some(&arg) = call.args.get(i + shift)
                && let Some(found) = self.origins(c.with(arg)).iter().find_map(|o| self.type_of(o))
            {
                // (The page is no type of the nodes in it.)
                let whole = matches!(found, Type::Model(ix) if self.models.is_ambient(ix)) && self.is_tree_walk(f, i);
                if whole {
                    continue;
                }
                return Some(found);
            }
        }
        if let Some(found) = self.shape_type(f, i) {
            return Some(found);
        }
        self.evidence(f.file, &Origin::root(Root::Param(f, i as u32)))
    }

    /// The type of a listener's parameter.
    fn event_param(&self, site: &sites::Site, index: usize) -> Option<Type> {
        let Some(event) = site.event.as_ref() else {
            // Where all events bring the same, the name is no matter.
            let models = site.receivers(self).iter().find_map(|o| match self.model_type(o) {
                Some(Type::Model(ix)) => self.models.any_event(ix),
                _ => None,
            });
            return models?.params.get(index).and_then(|t| self.used_type(t));
        };
        for origin in site.receivers(self).iter() {
            if let Some(Type::Model(ix)) = self.model_type(origin)
                && let Some(model) = self.models.event(ix, event)
            {
                return model.params.get(index).and_then(|t| self.used_type(t));
            }
        }
        // An untyped emitter's `socket` event hands over the request's connection. (A server's tells of a new one.)
        match (&**event, index) {
            ("socket", 0) if !site.receivers(self).iter().any(|o| self.is_server(o)) => self.used_type("http.Socket"),
            _ => None,
        }
    }

    /// What a call that makes servers gave, by its name: `library.server()`, `new SocketServer()`.
    pub(super) fn is_server(&self, o: &Origin) -> bool {
        let makes = |o: &Origin| {
            o.path.is_empty()
                && matches!(o.root, Root::Call(c) if self.callee_name(c).is_some_and(|name| name.to_ascii_lowercase().contains("server")))
        };
        makes(o) || self.field_sources(o).into_iter().flat_map(|(_, sources)| sources).any(|o| makes(&o))
    }

    /// `(req, res, next)` and the like.
    fn shape_type(&self, f: Fun, i: usize) -> Option<Type> {
        self.shapes_of(f).next()?.types.get(i).and_then(|t| self.used_type(t))
    }

    fn shapes_of(&self, f: Fun) -> impl Iterator<Item = &Shape> {
        let params = &self.fun(f).params;
        self.models.shapes().filter(move |shape| {
            params.len() >= shape.params.len()
                && shape.params.iter().zip(params).all(|(want, param)| param.name.strip_prefix('_').unwrap_or(&param.name) == *want)
        })
    }

    /// A host that loads the module runs the function once, by its shape: `module.exports = function (RED) {...}`.
    pub(super) fn is_module_shape(&self, f: Fun) -> bool {
        self.shapes_of(f).any(|shape| shape.runs == Region::Program)
    }

    /// The value is part of the page in a wrapper.
    pub(super) fn is_wrapped(&self, v: At<ValueId>) -> bool {
        self.origins(v).iter().any(|o| self.is_in_wrapper(o))
    }

    /// Part of the page in a wrapper.
    pub(super) fn is_in_wrapper(&self, o: &Origin) -> bool {
        matches!(self.type_of(o), Some(Type::Model(ix)) if self.models.is_wrapper(ix))
    }

    fn path_type(&self, origin: &Origin) -> Option<Type> {
        if let (Root::Module(module), [PathKey::Name(name)]) = (origin.root, &origin.path[..])
            && let Some(model) = self.view.module(&self.text(module))
        {
            let name = self.text(*name);
            if let Some(member) = model.objects.get(&*name) {
                return self.member_type(member);
            }
            if &*name == "default" {
                return model.of.as_deref().and_then(|t| self.used_type(t));
            }
        }
        let prefix = origin.prefix()?;
        let key = *origin.path.last()?;
        let name = match key {
            PathKey::Name(name) => Some(self.text(name)),
            _ => None,
        };
        if let Some(wrapper) = name.as_deref().and_then(|name| name.strip_prefix(super::values::WRAPPED)) {
            return self.models.wrapper(wrapper).filter(|&ix| self.view.sees_type(ix)).map(Type::Model);
        }
        // (The DOM's own name: the tree of an element, whatever else is asked of it.)
        if name.as_deref() == Some("shadowRoot") {
            return self.used_type("HTMLElement");
        }
        if let Some((file, of)) = self.annotated(origin)
            && let Some(found) = self.written_type(file, &of)
        {
            return Some(found);
        }
        match self.type_of(&prefix) {
            Some(Type::Model(ix)) => {
                if let Some(name) = &name
                    && let Some(member) = self.models.property(ix, name)
                {
                    return self.member_type(member);
                }
            }
            Some(Type::Owner(owner)) => {
                for assign in self.field_assigns(owner, &[key]) {
                    let from = assign.with(self.assign(assign).from);
                    if let Some(found) = self.origins(from).iter().filter(|o| *o != origin).find_map(|o| self.type_of(o)) {
                        return Some(found);
                    }
                }
                if let Some(name) = &name
                    && let Some(ix) = self.owner_model(owner)
                    && let Some(member) = self.models.property(ix, name)
                {
                    return self.member_type(member);
                }
            }
            None => {}
        }
        let used = self.tail_type(origin, name.as_deref()).or_else(|| self.evidence(self.file_of(origin)?, origin));
        used.or_else(|| self.type_in_bag(&prefix, key))
    }

    /// What a caller puts into the bag that it hands over.
    fn type_in_bag(&self, given: &Origin, key: PathKey) -> Option<Type> {
        let Some(Type::Owner(Owner::Literal(bag))) = self.type_of(given).filter(|_| matches!(given.root, Root::Param(..))) else {
            return None;
        };
        let parts = self.follow(&Origin::root(Root::Literal(bag)), &[key]);
        parts.iter().filter(|o| o.path.is_empty()).find_map(|o| self.type_of(o))
    }

    fn file_of(&self, origin: &Origin) -> Option<u32> {
        match origin.root {
            Root::Param(f, _) | Root::This(f) | Root::Function(f) => Some(f.file),
            Root::Call(c) => Some(c.file),
            Root::Literal(v) | Root::Unknown(v) => Some(v.file),
            Root::Class(c) => Some(c.file),
            Root::Binding(b) => Some(b.file),
            _ => None,
        }
    }

    /// Evidence in a path's tail: `req.socket`, `.connection`, `.session.socket`.
    fn tail_type(&self, origin: &Origin, name: Option<&str>) -> Option<Type> {
        let holder = origin.prefix()?;
        let shown = self.show(&holder);
        let last = shown.rsplit(['.', ' ']).next().unwrap_or("").trim_end_matches("()");
        // (`incomingRequest` too.)
        let named = || ["Req", "Request", "Res", "Response"].iter().any(|end| last.ends_with(end));
        match name? {
            "socket" | "connection" if matches!(&*last.to_lowercase(), "req" | "request" | "res" | "session") || named() => {
                self.used_type("http.Socket")
            }
            "ownerDocument" => self.used_type("Document"),
            // What servers of web standards keep of Node's own: `event.node.req`.
            "req" if last == "node" => self.used_type("http.IncomingMessage"),
            "res" if last == "node" => self.used_type("http.ServerResponse"),
            _ => None,
        }
    }
}
