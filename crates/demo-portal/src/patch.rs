//! JSON Patch (RFC 6902) on a parsed resource: all operations or none.

use serde_json::Value;

/// Applies a patch document. An error says which operation failed and nothing of its content.
pub(crate) fn apply(target: &Value, patch: &Value) -> Result<Value, String> {
    let operations = patch.as_array().ok_or("the patch is not a list")?;
    let mut result = target.clone();
    for (n, operation) in operations.iter().enumerate() {
        one(&mut result, operation).map_err(|error| format!("operation {n}: {error}"))?;
    }
    Ok(result)
}

fn one(target: &mut Value, operation: &Value) -> Result<(), &'static str> {
    let path = operation["path"].as_str().ok_or("no path")?;
    let value = || operation.get("value").cloned().ok_or("no value");
    match operation["op"].as_str().ok_or("no op")? {
        "add" => add(target, path, value()?),
        "remove" => remove(target, path).map(drop),
        "replace" => {
            *target.pointer_mut(path).ok_or("nothing at the path")? = value()?;
            Ok(())
        }
        "test" if target.pointer(path) == operation.get("value") => Ok(()),
        "test" => Err("the test failed"),
        "move" => {
            let moved = remove(target, operation["from"].as_str().ok_or("no from")?)?;
            add(target, path, moved)
        }
        "copy" => {
            let from = operation["from"].as_str().ok_or("no from")?;
            let copied = target.pointer(from).cloned().ok_or("nothing at from")?;
            add(target, path, copied)
        }
        _ => Err("unknown op"),
    }
}

fn split(path: &str) -> Result<(&str, String), &'static str> {
    let (parent, last) = path.rsplit_once('/').ok_or("a path begins with a slash")?;
    Ok((parent, last.replace("~1", "/").replace("~0", "~")))
}

fn add(target: &mut Value, path: &str, value: Value) -> Result<(), &'static str> {
    if path.is_empty() {
        *target = value;
        return Ok(());
    }
    let (parent, last) = split(path)?;
    match target.pointer_mut(parent).ok_or("nothing at the path")? {
        Value::Object(fields) => {
            fields.insert(last, value);
            Ok(())
        }
        Value::Array(list) if last == "-" => {
            list.push(value);
            Ok(())
        }
        Value::Array(list) => {
            let at: usize = last.parse().map_err(|_| "not an index")?;
            if at > list.len() {
                return Err("beyond the end");
            }
            list.insert(at, value);
            Ok(())
        }
        _ => Err("neither object nor list"),
    }
}

fn remove(target: &mut Value, path: &str) -> Result<Value, &'static str> {
    let (parent, last) = split(path)?;
    match target.pointer_mut(parent).ok_or("nothing at the path")? {
        Value::Object(fields) => fields.remove(&last).ok_or("nothing at the path"),
        Value::Array(list) => {
            let at: usize = last.parse().map_err(|_| "not an index")?;
            if at < list.len() { Ok(list.remove(at)) } else { Err("nothing at the path") }
        }
        _ => Err("neither object nor list"),
    }
}
