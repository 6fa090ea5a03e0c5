//! Photos and documents of staff.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::support::{Answer, Erp, compat, extended, ivanov};

async fn put(erp: &Erp, target: &str, form: Form) -> Answer {
    erp.described("POST", target, erp.request("POST", target).multipart(form)).await
}

fn file(name: &str, kind: &str) -> Part {
    Part::bytes(b"\r\n--bytes\r\n".to_vec()).file_name(name.to_owned()).mime_str(kind).unwrap()
}

#[tokio::test]
async fn a_photo_and_documents_are_stored_by_what_they_are() {
    for erp in [compat().await, extended().await] {
        let id = erp.send("POST", "/api/v1/staff/", &ivanov()).await.json()["id"].clone();
        let photo = put(&erp, &format!("/api/v1/staff/{id}/photo"), Form::new().part("file", file("лицо.JPG", "image/jpeg"))).await;
        assert_eq!((photo.status, &photo.json()["photo_path"]), (200, &json!(format!("staff/{id}/photo.jpg"))));
        let document = Form::new().text("doc_type", "passport").part("file", file("scan.pdf", "application/pdf"));
        let staff = put(&erp, &format!("/api/v1/staff/{id}/document"), document).await;
        assert_eq!((staff.status, &staff.json()["document_paths"]["passport"]), (200, &json!(format!("staff/{id}/passport.pdf"))));
        assert_eq!(erp.get(&format!("/api/v1/staff/{id}")).await.json()["photo_path"], photo.json()["photo_path"]);
    }
}

#[tokio::test]
async fn what_is_missing_or_of_another_kind_is_told() {
    let erp = compat().await;
    let id = erp.send("POST", "/api/v1/staff/", &ivanov()).await.json()["id"].clone();
    let (photo, document) = (format!("/api/v1/staff/{id}/photo"), format!("/api/v1/staff/{id}/document"));
    let missing = |answer: &Answer| answer.json()["detail"][0]["loc"].clone();
    let nothing = put(&erp, &photo, Form::new().text("file", "no file")).await;
    assert_eq!((nothing.status, missing(&nothing)), (422, json!(["body", "file"])));
    assert_eq!(erp.send("POST", &photo, &json!({})).await.status, 422);
    let text = put(&erp, &photo, Form::new().part("file", file("a.txt", "text/plain"))).await;
    assert_eq!((text.status, text.json()), (400, json!({ "detail": "File must be an image" })));
    let untold = put(&erp, &document, Form::new().part("file", file("a.pdf", "application/pdf"))).await;
    assert_eq!((untold.status, missing(&untold)), (422, json!(["body", "doc_type"])));
    let odd = put(&erp, &document, Form::new().text("doc_type", "ticket").part("file", file("a.pdf", "application/pdf"))).await;
    assert_eq!((odd.status, &odd.json()["detail"][0]["type"]), (422, &json!("enum")));
    let nobody = put(&erp, "/api/v1/staff/99/photo", Form::new().part("file", file("a.jpg", "image/jpeg"))).await;
    assert_eq!(nobody.status, 404);
    let broken = erp.request("POST", &photo).header("content-type", "multipart/form-data; boundary=x").body("--x\r\nodd");
    assert_eq!(erp.described("POST", &photo, broken).await.status, 400);
    assert_eq!(erp.get(&format!("/api/v1/staff/{id}")).await.json()["photo_path"], Value::Null);
}
