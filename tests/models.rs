//! Model packs: each file of `rules/models` is compiled in, loads without a fault, and its examples are JavaScript.

use std::collections::BTreeSet;
use swc_common::{BytePos, FileName, SourceMap, sync::Lrc};
use swc_ecma_ast::EsVersion;
use swc_ecma_parser::{EsSyntax, Parser, StringInput, Syntax, TsSyntax, lexer::Lexer};
use unlisten::findings::Region;
use unlisten::models::{BUILTIN, Example, Kind, Models, Pack, TypeUse};

fn pack(text: &str) -> Pack {
    Pack::parse("test.toml", &format!("library = 'test'\nsource = 'https://example.org'\n{text}")).expect("a pack")
}

/// The faults of one pack on its own, as sentences.
fn faults(text: &str) -> Vec<String> {
    match Models::new(vec![pack(text)]) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn every_file_of_the_folder_is_compiled_in() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/models");
    let files = std::fs::read_dir(folder).expect("rules/models");
    let files: BTreeSet<String> = files.map(|file| file.expect("a file").file_name().into_string().expect("UTF-8")).collect();
    let listed: BTreeSet<String> = BUILTIN.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(files, listed);
    assert_eq!(BUILTIN.len(), listed.len(), "a pack is listed twice");
}

#[test]
fn the_packs_have_no_fault() {
    let packs = BUILTIN.iter().map(|(name, text)| Pack::parse(name, text).unwrap_or_else(|error| panic!("{error}"))).collect();
    if let Err(errors) = Models::new(packs) {
        panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    }
    assert!(Models::builtin().types().next().is_some());
}

#[test]
fn each_fault_is_one_clear_sentence() {
    let faulty = [
        ("[[type]]\nname='A'\nkind='emitter'\nextends=['B']", "type `A` extends the unknown type `B`"),
        ("[[type]]\nname='A'\nkind='emitter'\nextends=['A']", "type `A` extends itself"),
        ("[[type]]\nname='A'\nkind='emitter'\n[[type]]\nname='A'\nkind='other'", "type `A` is declared twice"),
        ("[[type]]\nname='A'\nkind='emitter'\nproperties={b='B[]'}", "type `A` names the unknown type `B`"),
        ("[[type]]\nname='A'\nkind='emitter'\nmethods={m={returns='Promise<B>'}}", "type `A`, `m` names the unknown type `B`"),
        ("[[type]]\nname='A'\nkind='emitter'\nsource='the manual'", "`source` is to be the manual's address"),
        ("[[module]]\nname='node:x'", "is to be written without `node:`"),
        ("[[module]]\nname='x'\n[[module]]\nname='x'", "module `x` is declared twice"),
        ("[[shape]]\nparams=['req']\ntypes=[]\nruns='request'", "has 1 parameters and 0 types"),
        ("[[decorator]]\nname='Get'\nmodules=['x']", "decorator `Get` says nothing"),
    ];
    for (text, sentence) in faulty {
        let faults = faults(text);
        assert_eq!(faults.len(), 1, "{text}: {faults:?}");
        assert!(faults[0].starts_with("model pack test: ") && faults[0].contains(sentence), "{}", faults[0]);
    }
}

#[test]
fn a_misspelt_key_is_refused_by_name() {
    let error = Pack::parse("mine.toml", "library='x'\nsource='https://example.org'\ntypo=1").expect_err("an unknown key").to_string();
    assert!(error.starts_with("model pack mine.toml: ") && error.contains("typo"), "{error}");
    let error = Pack::parse("mine.toml", "library='x'").expect_err("no source").to_string();
    assert!(error.contains("missing field `source`"), "{error}");
}

const FAMILY: &str = "
[[type]]
name = 'Base'
kind = 'emitter'
lifetime = 'connection'
pooled = true
state_guards = ['ready']
evidence = ['baseOnly']
event = [{ name = ['open', 'close'], fires = 'rarely' }, { name = 'data', fires = 'many' }]
properties = { peer = { type = 'Base', lifetime = 'program' } }
methods = { end = { ends = true } }
[[type]]
name = 'Child'
extends = ['Base']
kind = 'emitter'
event = [{ name = 'open', fires = 'once-early' }]
[[module]]
name = 'test'
aliases = ['test-compat']
classes = { default = 'Child' }
";

#[test]
fn a_type_has_what_it_extends() {
    let models = Models::new(vec![pack(FAMILY)]).expect("no fault");
    let (base, child) = (models.type_named("Base").expect("Base"), models.type_named("Child").expect("Child"));
    assert!(models.is_a(child, base) && models.is_a(child, child) && !models.is_a(base, child));
    let fires = |name| models.event(child, name).map(|event| format!("{:?}", event.fires));
    assert_eq!(fires("open").as_deref(), Some("OnceEarly"), "its own comes first");
    assert_eq!(fires("close").as_deref(), Some("Rarely"));
    assert_eq!(fires("nonsense"), None);
    assert_eq!(models.property(child, "peer").map(|peer| (peer.of(), peer.lifetime())), Some(("Base", Some(Region::Program))));
    assert!(models.method(child, "end").is_some_and(|end| end.ends));
    assert_eq!((models.kind(child), models.lifetime(child)), (Kind::Emitter, Some(Region::Connection)));
    assert!(models.pooled(child) && models.state_guard(child, "ready") && !models.state_guard(child, "x"));
    assert_eq!(models.types_by_evidence("baseOnly"), [base]);
    assert_eq!(models.type_use("Promise<Child[]>"), Some(TypeUse::Promise(Box::new(TypeUse::Array(Box::new(TypeUse::One(child)))))));
    assert!(models.module("test").is_some() && models.module("node:test").is_some() && models.module("test-compat").is_some());
}

#[test]
fn a_star_is_every_event_that_is_not_named() {
    let star = "[[type]]\nname='S'\nextends=['Base']\nkind='emitter'\nevent=[{ name='*', fires='many' }]";
    let models = Models::new(vec![pack(FAMILY), pack(star)]).expect("no fault");
    let fires = |name| models.event(models.type_named("S").expect("S"), name).map(|event| format!("{:?}", event.fires));
    assert_eq!((fires("chat").as_deref(), fires("close").as_deref()), (Some("Many"), Some("Rarely")));
}

#[test]
fn a_pack_is_not_applied_to_its_own_library() {
    let mut own = pack(FAMILY);
    own.packages = vec!["@test/*".to_owned()];
    let models = Models::new(vec![own]).expect("no fault");
    let sees = |package| {
        let view = models.without(package);
        (view.type_named("Base").is_some(), view.module("test").is_some(), view.types_by_evidence("baseOnly").count() == 1)
    };
    for others in [None, Some("testing"), Some("@tester/x")] {
        assert_eq!(sees(others), (true, true, true), "{others:?}");
    }
    for own in ["test", "@test/client"] {
        assert_eq!(sees(Some(own)), (false, false, false), "{own}");
    }
}

#[test]
fn a_project_adds_packs_of_its_own() {
    let mine = pack("[[type]]\nname='my.Bus'\nkind='emitter'\nlifetime='program'");
    let models = Models::builtin().with(std::slice::from_ref(&mine)).expect("no fault");
    assert!(models.type_named("my.Bus").is_some());
    assert!(models.with(&[mine]).is_err(), "the same type twice");
}

/// JavaScript with JSX, else TypeScript.
fn parses(code: &str) -> Result<(), String> {
    let es = Syntax::Es(EsSyntax { jsx: true, ..Default::default() });
    let ts = Syntax::Typescript(TsSyntax { decorators: true, ..Default::default() });
    let parse = |syntax| {
        let map: Lrc<SourceMap> = Lrc::default();
        let file = map.new_source_file(FileName::Anon.into(), code.to_owned());
        let input = StringInput::new(&file.src, BytePos(1), BytePos(1 + file.src.len() as u32));
        let mut parser = Parser::new_from(Lexer::new(syntax, EsVersion::EsNext, input, None));
        let parsed = parser.parse_program().map_err(|error| format!("{error:?}"));
        let errors = parser.take_errors();
        parsed.and_then(|_| if errors.is_empty() { Ok(()) } else { Err(format!("{errors:?}")) })
    };
    parse(es).or_else(|error| parse(ts).map_err(|_| error))
}

#[test]
fn every_example_is_a_program() {
    let mut wrong = Vec::new();
    for Example { at, code, it } in Models::builtin().examples() {
        match code {
            None => wrong.push(format!("{at} has no example")),
            Some(code) => {
                if let Err(error) = parses(code) {
                    wrong.push(format!("{at}: {error}"));
                }
                if it.is_some() && !code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "it") {
                    wrong.push(format!("{at}: nothing in the example is called `it`"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A sign that two unrelated types share is none.
#[test]
fn evidence_belongs_to_one_family_of_types() {
    let models = Models::builtin();
    let mut shared = Vec::new();
    for ix in models.types() {
        for sign in &models.model(ix).evidence {
            let others = models.types().filter(|&other| !models.is_a(other, ix) && !models.is_a(ix, other));
            for other in others {
                let own = models.model(other);
                if own.evidence.contains(sign) || own.methods.contains_key(sign) || own.properties.contains_key(sign) {
                    shared.push(format!("`{sign}` of {} is a member of {} too", models.name(ix), models.name(other)));
                }
            }
        }
    }
    assert!(shared.is_empty(), "{}", shared.join("\n"));
}

/// What the packs say of Node's core is asked of Node itself: the functions are there, and the classes have the methods.
#[test]
fn core_modules_have_what_the_packs_say() {
    let models = Models::builtin();
    let mut script = String::from(
        "const wrong = []; let seen = 0; const has = (o, at, name) => { seen++; if (!(name in Object(o))) wrong.push(at + ' has no ' + name); };\n",
    );
    for module in models.packs.iter().filter(|pack| pack.library == "node").flat_map(|pack| &pack.modules) {
        let name = &module.name;
        for function in module.functions.keys() {
            script += &format!("has(require('node:{name}'), '{name}', '{function}');\n");
        }
        for (export, of) in &module.classes {
            let class = if export == "default" { format!("require('node:{name}')") } else { format!("require('node:{name}').{export}") };
            let methods = models.types().filter(|&ix| models.is_a(models.type_named(of).expect("checked"), ix));
            let methods = methods.flat_map(|ix| models.model(ix).methods.keys()).map(String::as_str);
            // Some classes exist in the manual and for TypeScript only; a child that was forked is given its `send` when it is made.
            for method in methods.filter(|&method| method != "send") {
                script += &format!("if ({class}?.prototype) has({class}.prototype, '{name}.{export}', '{method}');\n");
            }
        }
    }
    script += "if (+process.versions.node.split('.')[0] >= 20) { console.log(seen, wrong.join(', ')); } else { console.log('0 '); }";
    let Ok(ran) = std::process::Command::new("node").args(["--no-warnings", "-e", &script]).output() else {
        eprintln!("skipped: Node is missing");
        return;
    };
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let (seen, wrong) = said.trim_end_matches('\n').split_once(' ').expect("a count");
    assert_eq!(wrong, "", "of {seen} members");
}
