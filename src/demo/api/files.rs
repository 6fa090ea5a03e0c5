//! Photos and documents of staff. The demo looks at what comes and keeps no more than where it would lie.

use serde_json::Value;

use crate::demo::api::{Work, staff};
use crate::demo::office::Refusal;
use crate::demo::parts::{Part, parts};
use crate::demo::reply::Reply;

/// Documents that the back-end knows.
const DOCUMENTS: [&str; 4] = ["passport", "contract", "diploma", "other"];

/// `POST /api/v1/staff/{staff_id}/photo`: an image as the part `file`.
pub fn photo(work: &mut Work<'_>) -> Result<Reply, Reply> {
    let (id, parts) = (work.call.id("staff_id")?, given(work)?);
    let file = file(&parts)?;
    if !file.kind.as_deref().is_some_and(|kind| kind.starts_with("image/")) {
        return Err(Reply::detail(400, "File must be an image"));
    }
    let path = format!("staff/{id}/photo.{}", ending(file));
    work.held.office.staff.get_mut(&id).ok_or_else(Reply::crash)?.photo_path = Some(path);
    staff::show(work)
}

/// `POST /api/v1/staff/{staff_id}/document`: a file as the part `file`, and what it is as `doc_type`.
pub fn document(work: &mut Work<'_>) -> Result<Reply, Reply> {
    let (id, parts) = (work.call.id("staff_id")?, given(work)?);
    let file = file(&parts)?;
    let kind = parts.iter().find(|part| part.name == "doc_type" && part.file.is_none()).ok_or_else(|| missing("doc_type"))?;
    let kind = String::from_utf8_lossy(kind.bytes).into_owned();
    if !DOCUMENTS.contains(&kind.as_str()) {
        let words = "Input should be 'passport', 'contract', 'diploma' or 'other'";
        return Err(Reply::problem("enum", &["body", "doc_type"], words, &kind.into()));
    }
    let path = format!("staff/{id}/{kind}.{}", ending(file));
    work.held.office.staff.get_mut(&id).ok_or_else(Reply::crash)?.document_paths.insert(kind, path.into());
    staff::show(work)
}

/// The parts of the body, of somebody who is there.
fn given<'a>(work: &Work<'a>) -> Result<Vec<Part<'a>>, Reply> {
    let id = work.call.id("staff_id")?;
    if !work.held.office.staff.contains_key(&id) {
        return Err(work.refuse(&Refusal::NoStaff));
    }
    let call = work.call;
    if call.header("content-type").is_some_and(|kind| kind.starts_with("multipart/form-data")) {
        return parts(call).ok_or_else(|| Reply::detail(400, "There was an error parsing the body"));
    }
    Ok(Vec::new())
}

fn file<'p, 'a>(parts: &'p [Part<'a>]) -> Result<&'p Part<'a>, Reply> {
    let file = parts.iter().find(|part| part.name == "file" && part.file.is_some()).ok_or_else(|| missing("file"))?;
    if file.bytes.is_empty() { Err(Reply::detail(400, "File is empty")) } else { Ok(file) }
}

fn missing(field: &str) -> Reply {
    Reply::problem("missing", &["body", field], "Field required", &Value::Null)
}

/// The ending of the file's name: letters and digits only, since it becomes part of a path.
fn ending(file: &Part<'_>) -> String {
    let name = file.file.as_deref().unwrap_or_default();
    let ending = name.rsplit_once('.').map_or("bin", |(_, ending)| ending);
    let plain = !ending.is_empty() && ending.len() <= 8 && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain { ending.to_ascii_lowercase() } else { "bin".to_owned() }
}
