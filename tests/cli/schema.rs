//! A small validator of JSON Schema: what the schemas of the reports use of drafts 4 and 2020-12. A keyword that it does not know is an
//! error, so that nothing passes unchecked. (The well-kept crates for this change the features of crates that the parser is built of.)

use regex::Regex;
use serde_json::{Map, Value};

/// Everything in `value` that `schema` does not allow, each with its place.
pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    Validator { root: schema }.check(schema, value, "", &mut faults);
    faults
}

struct Validator<'a> {
    root: &'a Value,
}

/// Said for people, or checked with another keyword.
const SILENT: [&str; 13] = [
    "$schema",
    "id",
    "$id",
    "title",
    "description",
    "default",
    "definitions",
    "$defs",
    "examples",
    "deprecated",
    "readOnly",
    "$comment",
    "x-taplo",
];

impl Validator<'_> {
    fn check(&self, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        let schema = match schema {
            Value::Bool(true) => return,
            Value::Object(schema) => schema,
            other => return faults.push(format!("{at}: {other} allows nothing")),
        };
        for (keyword, rule) in schema {
            if SILENT.contains(&keyword.as_str()) {
                continue;
            }
            let mut fault = |text: String| faults.push(format!("{at}: {text}"));
            match (keyword.as_str(), value) {
                ("$ref", _) => {
                    let target = rule.as_str().and_then(|path| self.root.pointer(path.trim_start_matches('#')));
                    self.check(target.unwrap_or_else(|| panic!("no {rule}")), value, at, faults);
                }
                ("type", _) => {
                    let mut types = rule.as_array().map_or(std::slice::from_ref(rule), Vec::as_slice).iter();
                    if !types.any(|name| is(name.as_str().expect("a name"), value)) {
                        fault(format!("{value} is no {rule}"));
                    }
                }
                ("enum", _) if !rule.as_array().expect("a list").contains(value) => fault(format!("{value} is none of {rule}")),
                ("const", _) if rule != value => fault(format!("{value} is not {rule}")),
                ("minimum", Value::Number(number)) if number.as_f64() < rule.as_f64() => fault(format!("{number} is below {rule}")),
                ("maximum", Value::Number(number)) if number.as_f64() > rule.as_f64() => fault(format!("{number} is above {rule}")),
                ("minItems", Value::Array(items)) if (items.len() as u64) < rule.as_u64().expect("a number") => fault("too few".into()),
                ("uniqueItems", Value::Array(items)) if rule == true => {
                    if (1..items.len()).any(|i| items[..i].contains(&items[i])) {
                        fault("the same twice".into());
                    }
                }
                ("items", Value::Array(items)) => {
                    items.iter().enumerate().for_each(|(i, item)| self.check(rule, item, &format!("{at}/{i}"), faults));
                }
                ("minLength", Value::String(text)) if (text.chars().count() as u64) < rule.as_u64().expect("a number") => {
                    fault("too short".into())
                }
                ("pattern", Value::String(text)) => {
                    if !Regex::new(rule.as_str().expect("a pattern")).expect("a pattern").is_match(text) {
                        fault(format!("{text:?} does not match {rule}"));
                    }
                }
                ("format", Value::String(text)) => {
                    if !has_format(rule.as_str().expect("a name"), text) {
                        fault(format!("{text:?} is no {rule}"));
                    }
                }
                ("required", Value::Object(object)) => {
                    for name in rule.as_array().expect("a list").iter().filter(|name| !object.contains_key(name.as_str().expect("a name")))
                    {
                        fault(format!("{name} is missing"));
                    }
                }
                ("properties", Value::Object(object)) => {
                    for (name, rule) in rule.as_object().expect("an object") {
                        if let Some(value) = object.get(name) {
                            self.check(rule, value, &format!("{at}/{name}"), faults);
                        }
                    }
                }
                ("additionalProperties", Value::Object(object)) => self.additional(schema, rule, object, at, faults),
                ("anyOf" | "oneOf", _) => {
                    let all = rule.as_array().expect("a list");
                    let fit = all.iter().filter(|rule| {
                        let mut within = Vec::new();
                        self.check(rule, value, at, &mut within);
                        within.is_empty()
                    });
                    let fit = fit.count();
                    if fit == 0 || keyword == "oneOf" && fit > 1 {
                        fault(format!("fits {fit} of {keyword}: {value}"));
                    }
                }
                ("allOf", _) => rule.as_array().expect("a list").iter().for_each(|rule| self.check(rule, value, at, faults)),
                (
                    "enum"
                    | "const"
                    | "minimum"
                    | "maximum"
                    | "minItems"
                    | "uniqueItems"
                    | "items"
                    | "minLength"
                    | "pattern"
                    | "format"
                    | "required"
                    | "properties"
                    | "additionalProperties",
                    _,
                ) => {}
                (unknown, _) => panic!("{at}: the validator does not know `{unknown}`"),
            }
        }
    }

    fn additional(&self, schema: &Map<String, Value>, rule: &Value, object: &Map<String, Value>, at: &str, faults: &mut Vec<String>) {
        let named = schema.get("properties").and_then(Value::as_object);
        for (name, value) in object.iter().filter(|(name, _)| !named.is_some_and(|named| named.contains_key(*name))) {
            match rule {
                Value::Bool(false) => faults.push(format!("{at}: `{name}` is not foreseen")),
                rule => self.check(rule, value, &format!("{at}/{name}"), faults),
            }
        }
    }
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("no type {other}"),
    }
}

fn has_format(name: &str, text: &str) -> bool {
    let uri = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b));
    match name {
        "uri" => uri(text) && text.split_once(':').is_some_and(|(scheme, _)| scheme.bytes().all(|b| b.is_ascii_alphanumeric())),
        "uri-reference" => uri(text),
        "date-time" => Regex::new(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$").expect("a constant").is_match(text),
        // Rust's own, beside `minimum`.
        "uint" | "uint8" | "uint16" | "uint32" | "uint64" | "int32" | "int64" | "double" => true,
        other => panic!("no format {other}"),
    }
}

#[test]
fn what_a_schema_forbids_is_found() {
    let schema = serde_json::json!({
        "type": "object",
        "required": ["a"],
        "additionalProperties": false,
        "properties": {
            "a": { "type": ["string", "null"], "pattern": "^x" },
            "b": { "type": "array", "uniqueItems": true, "minItems": 1, "items": { "$ref": "#/definitions/n" } },
            "u": { "format": "uri" },
            "o": { "oneOf": [{ "type": "string" }, { "const": "x" }] },
        },
        "definitions": { "n": { "type": "integer", "minimum": 1, "maximum": 3 } },
    });
    let good = serde_json::json!({ "a": "xy", "b": [1, 2], "u": "file:///a%20b", "o": "y" });
    assert_eq!(faults(&schema, &good), [""; 0]);
    for (name, bad) in [
        ("a", "1"),
        ("a", "\"y\""),
        ("b", "[]"),
        ("b", "[1, 1]"),
        ("b", "[0]"),
        ("b", "[4]"),
        ("b", "[1.5]"),
        ("u", "\"a b\""),
        ("o", "\"x\""),
        ("z", "1"),
    ] {
        let mut value = good.clone();
        value[name] = serde_json::from_str(bad).expect("JSON");
        assert_eq!(faults(&schema, &value).len(), 1, "{name} {bad}: {:?}", faults(&schema, &value));
    }
    assert_eq!(faults(&schema, &serde_json::json!({})).len(), 1);
}
