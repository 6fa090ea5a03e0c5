//! `usher demo-erp`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use crate::support::{command, usher};

/// A running demo ERP; it ends with the test.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let arguments = [&["demo-erp", "--listen", "127.0.0.1:0"], arguments].concat();
        let mut child = command(".", &arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit("http://").next().unwrap().to_owned();
        Self { child, address }
    }

    fn get(&self, path: &str, key: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\nx-api-key: {key}\r\nconnection: close\r\n\r\n", self.address).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_serves_and_ends_well_when_asked_to() {
    let mut erp = Running::start(&[]);
    assert!(erp.get("/health", "").ends_with("{\"status\":\"ok\"}"));
    let asked = Command::new("kill").args(["-TERM", &erp.child.id().to_string()]).status().unwrap();
    assert!(asked.success());
    assert_eq!(erp.child.wait().unwrap().code(), Some(0));
}

#[test]
fn its_profile_key_and_positions_can_be_chosen() {
    let erp = Running::start(&["--profile", "compat", "--api-key", "other", "--extra-positions", "120"]);
    assert!(erp.get("/api/v1/positions/", "demo-key").starts_with("HTTP/1.1 401"));
    let positions = erp.get("/api/v1/positions/?skip=100", "other");
    assert!(positions.starts_with("HTTP/1.1 200") && positions.contains("POS_X120") && !positions.contains("erp_access"), "{positions}");
}

#[test]
fn a_busy_port_is_one_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let out = usher(".", &["demo-erp", "--listen", &address]);
    let expected = format!(
        "usher: port {} on 127.0.0.1 is in use by another program; stop that or choose another with --listen\n",
        taken.local_addr().unwrap().port()
    );
    assert_eq!((out.code, out.stderr), (2, expected));
}

#[test]
fn a_wrong_address_or_key_is_usage() {
    for arguments in [&["--listen", "nowhere"][..], &["--api-key", ""], &["--api-key", "ключ"], &["--listen", "192.0.2.1:8090"]] {
        let out = usher(".", &[&["demo-erp"], arguments].concat());
        assert_eq!(out.code, 2, "{arguments:?}: {}", out.stderr);
    }
}

#[test]
fn reports_need_a_receiver_a_secret_and_the_agreed_additions() {
    let to = ["--report-to", "http://127.0.0.1:9"];
    for (arguments, told) in [
        (&to[..], "set ERP_HOOK_SECRET, or name its file with --report-secret-file"),
        (&[&to[..], &["--report-secret-file", "/nowhere/secret"]].concat(), "the file /nowhere/secret does not exist"),
        (&[&to[..], &["--profile", "compat"]].concat(), "the profile compat reports nothing"),
        (&["--report-secret-file", "/nowhere/secret"], "--report-to"),
    ] {
        let out = usher(".", &[&["demo-erp"], arguments].concat());
        assert!(out.code == 2 && out.stderr.contains(told), "{arguments:?}: {}", out.stderr);
    }
    let folder = crate::support::folder(&[("secret", "a-secret_of-no-worth\n")]);
    let file = folder.path().join("secret");
    let secret = ["--report-secret-file", file.to_str().unwrap()];
    let out = usher(".", &[&["demo-erp", "--report-to", "user:word@nowhere"], &secret[..]].concat());
    assert!(out.code == 2 && out.stderr.contains("--report-to: the address for reports must be http or https"), "{}", out.stderr);
    assert!(!out.stderr.contains("word"), "{}", out.stderr);
    let erp = Running::start(&[&to[..], &secret].concat());
    assert!(erp.get("/health", "").ends_with("{\"status\":\"ok\"}"));
}
