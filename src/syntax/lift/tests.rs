//! `fixtures/compiled/NAME/` holds a source and what compilers make of it (their helpers left out). Lifted, each has the source's control flow.

use camino::Utf8Path;

use crate::facts::{self, BlockId, Exit, Item, Key, ModuleFacts, Place, Value, ValueId};
use crate::syntax::{parse, parse_source};

fn facts_of(text: &str) -> ModuleFacts {
    let path = Utf8Path::new("a.js");
    let parsed = parse_source(path, text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    facts::extract(path, text, &parsed).facts
}

/// What asynchronous functions and generators do, in order: one line each.
fn flow(facts: &ModuleFacts) -> Vec<String> {
    let lifted = facts.functions.iter().filter(|f| f.is_async || f.is_generator);
    lifted.map(|f| format!("{}({}) {}", if f.is_async { "async" } else { "function*" }, f.params.len(), block(facts, f.body))).collect()
}

fn block(facts: &ModuleFacts, id: BlockId) -> String {
    let items: Vec<String> = facts.blocks[id.index()].items.iter().filter_map(|item| step(facts, item)).collect();
    format!("{{ {} }}", items.join("; "))
}

fn step(facts: &ModuleFacts, item: &Item) -> Option<String> {
    let within = |id: &Option<BlockId>, word: &str| id.map_or_else(String::new, |id| format!(" {word} {}", block(facts, id)));
    Some(match item {
        Item::Call(c) => called(facts, facts.calls[c.index()].callee),
        Item::Assign(_) => return None,
        Item::Branch(_, then, otherwise) => format!("if {}{}", block(facts, *then), within(otherwise, "else")),
        Item::Loop(body) => format!("loop {}", block(facts, *body)),
        Item::Try(tried, caught, last) => format!("try {}{}{}", block(facts, *tried), within(caught, "catch"), within(last, "finally")),
        Item::Exit(Exit::Return(_)) => "return".to_owned(),
        Item::Exit(Exit::Throw(_)) => "throw".to_owned(),
        Item::Exit(Exit::Break) => "break".to_owned(),
        Item::Exit(Exit::Continue) => "continue".to_owned(),
        Item::Await(_) => "await".to_owned(),
        Item::Yield => "yield".to_owned(),
    })
}

fn called(facts: &ModuleFacts, callee: ValueId) -> String {
    match &facts.values[callee.index()] {
        Value::Member(_, Key::Name(name)) | Value::Global(name) => name.clone(),
        Value::Binding(b) => facts.bindings[b.index()].name.clone(),
        _ => "?".to_owned(),
    }
}

#[test]
fn compiled_code_has_the_control_flow_of_its_source() {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/compiled");
    let mut compared = 0;
    for folder in root.read_dir_utf8().expect("the fixtures are there").flatten() {
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("it can be read");
        let source = flow(&facts_of(&read("source.js")));
        assert!(!source.is_empty());
        for file in folder.path().read_dir_utf8().expect("it is a folder").flatten() {
            let compiled = flow(&facts_of(&read(file.file_name())));
            // A `return` at the end is the compiler's, and a call of a runtime's helper for `yield*`.
            let bare = |flow: &[String]| -> Vec<String> {
                flow.iter()
                    .map(|line| {
                        line.replace("; return }", " }")
                            .replace("__values; ", "")
                            .replace("_regeneratorValues; ", "")
                            .replace("awrap; ", "")
                    })
                    .collect()
            };
            assert_eq!(bare(&compiled), bare(&source), "{}", file.path());
            compared += 1;
        }
    }
    assert!(compared > 30, "{compared}");
}

#[test]
fn what_is_no_state_machine_stays() {
    let odd = [
        // A state that is kept elsewhere, a case that does not exist, parts that cross each other.
        "__generator(this, function (_a) { switch (_a.label) { case 0: return [3, 7]; case 1: return [2]; } })",
        "__generator(this, function (_a) { switch (_a.label) { case 0: return steps(_a); case 1: return [2]; } })",
        "__generator(this, function (_a) { switch (_a.label) { case 0: _a.trys.push([0, 2, , 1]); case 1: return [4, 1]; case 2: return [2]; } })",
        "regeneratorRuntime.wrap(function (_context) { while (1) { switch (_context.next) { case 0: return 1; } } })",
        "__generator(this)",
    ];
    for call in odd {
        let text = format!("function run() {{ return {call}; }}");
        let facts = facts_of(&text);
        assert!(facts.functions.iter().all(|f| !f.is_generator && !f.is_async), "{text}");
        assert!(parse(Utf8Path::new("a.js"), &text).is_ok());
    }
}

#[test]
fn what_is_written_by_hand_stays() {
    let text = "function g() { return f.apply(this, arguments); } function f() { f = function () {}; return f.apply(this, arguments); } // __awaiter";
    assert_eq!(facts_of(text).functions.len(), 4);
}

#[test]
fn spread_members_are_read_as_such() {
    let written = |text: &str| {
        let facts = facts_of(text);
        let objects = facts.values.iter().filter_map(|value| match value {
            Value::Object(props, spreads) if !spreads.is_empty() => Some((props.len(), spreads.len())),
            _ => None,
        });
        objects.collect::<Vec<_>>()
    };
    assert_eq!(written("f(__spreadProps(__spreadValues({}, a), { b: 1, c }));"), [(2, 1)]);
    // As Rollup writes a second one of a name.
    assert_eq!(written("f(_objectSpread$h(_objectSpread$h({}, a), {}, { b: 1 }, d));"), [(1, 2)]);
    assert_eq!(written("f(_objectSpread(_objectSpread({}, a), {}, { b: 1 }, d));"), [(1, 2)]);
    assert_eq!(written("f((0, helper._object_spread_props)((0, helper._object_spread)({}, a), { b: 1 }));"), [(1, 1)]);
    // What is copied into is another's.
    assert_eq!(written("f(__spreadValues(a, b), __spreadValues({}), __spreadValues(...c));"), []);
}

#[test]
fn fields_are_written_where_they_are_defined() {
    let written = |text: &str| {
        let facts = facts_of(text);
        let assigns = facts.assigns.iter().filter_map(|assign| match &assign.to {
            Place::Member(object, Key::Name(name)) => Some((name.clone(), matches!(facts.values[object.index()], Value::This(_)))),
            _ => None,
        });
        assigns.collect::<Vec<_>>()
    };
    let this = |name: &str| vec![(name.to_owned(), true)];
    assert_eq!(written("class A { constructor() { __publicField(this, 'x', 1); } }"), this("x"));
    assert_eq!(written("function A() { (0, _defineProperty2.default)(this, 'x', 1); }"), this("x"));
    assert_eq!(written("function A() { _define_property(_assert_this_initialized(this), 'x', 1); }"), this("x"));
    assert_eq!(written("function A() {} _defineProperty(A, 'y', 1);"), [("y".to_owned(), false)]);
    // A descriptor, a value that goes on, a key that is worked out.
    assert_eq!(written("Object.defineProperty(this, 'x', { value: 1 }); f(_defineProperty({}, 'x', 1)); _defineProperty(this, k, 1);"), []);
}
