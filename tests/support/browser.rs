//! Chromium without a window, driven through its `WebDriver`: a real engine for layout, scripts and the content security policy.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::extensions::query::ElementPollerWithTimeout;
use thirtyfour::prelude::*;
use thirtyfour::{LoggingPrefsLogLevel, WindowHandle};

use crate::support::browser_process::Process;

/// How long a page may take to become what it should.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long what moves on a page may move.
const STILL: Duration = Duration::from_millis(400);
const GLANCE: Duration = Duration::from_millis(50);

const SWITCHES: [&str; 10] = [
    "--headless=new",
    "--no-sandbox", // there is none for root, who runs this in a container
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
];

/// How a person sees a page.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// The width and height of the window, and whether it is a phone's.
    pub window: (u32, u32, bool),
    /// `light` or `dark`.
    pub scheme: &'static str,
    /// What the browser sends as `Accept-Language`.
    pub languages: &'static str,
}

/// As narrow as a window may be before a page has to scroll sideways.
pub const NARROW: (u32, u32, bool) = (320, 640, true);
pub const PHONE: (u32, u32, bool) = (360, 740, true);
pub const DESKTOP: (u32, u32, bool) = (1280, 900, false);

/// One browser with one page. The order of the fields is that of their end.
pub struct Browser {
    page: WebDriver,
    _driver: Process,
    _profile: TempDir,
}

impl Browser {
    /// Starts one of its own, with a fresh profile and on a free port.
    pub async fn start() -> Self {
        let chromium = program(&["chromium", "chromium-browser", "google-chrome"]);
        let chromedriver = program(&["chromedriver"]);
        let (Some(chromium), Some(chromedriver)) = (chromium, chromedriver) else {
            panic!("this test needs Chromium and its WebDriver; install them (Debian: apt-get install chromium chromium-driver)");
        };
        let profile = tempfile::tempdir().unwrap();
        let mut driver =
            Process::start(Command::new(chromedriver).arg("--port=0").env("TMPDIR", profile.path()).stderr(Stdio::null())).unwrap();
        driver.wait_for("started successfully on port ");
        let port = driver.wait_for(".");
        let mut wanted = DesiredCapabilities::chrome();
        wanted.set_binary(chromium.to_str().unwrap()).unwrap();
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
        for switch in SWITCHES {
            wanted.add_arg(switch).unwrap();
        }
        wanted.add_arg(&format!("--user-data-dir={}", profile.path().display())).unwrap();
        let builder = WebDriver::builder(format!("http://127.0.0.1:{}", port.trim_end_matches('.')), wanted)
            .request_timeout(Duration::from_mins(3))
            .poller(Arc::new(ElementPollerWithTimeout::new(PATIENCE, GLANCE)));
        let page = builder.connect().await.expect("Chromium does not start; its driver must be of the same version");
        Self { page, _driver: driver, _profile: profile }
    }

    /// One that looks on as this person does, at this address.
    pub async fn seeing(look: Look, address: &str) -> Self {
        let browser = Self::start().await;
        browser.look(look).await;
        browser.open(address).await;
        browser
    }

    /// Looks on as this person does, from the next page on.
    pub async fn look(&self, look: Look) {
        let (width, height, mobile) = look.window;
        let tools = self.page.cdp();
        tools.emulation().set_device_metrics_override(width, height, 2.0, mobile).await.unwrap();
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": look.scheme }] });
        tools.send_raw("Emulation.setEmulatedMedia", scheme).await.unwrap();
        let agent = self.run("return navigator.userAgent").await;
        let languages = json!({ "userAgent": agent, "acceptLanguage": look.languages });
        tools.send_raw("Emulation.setUserAgentOverride", languages).await.unwrap();
    }

    pub async fn open(&self, address: &str) {
        self.page.goto(address).await.unwrap();
    }

    /// What a script returns.
    pub async fn run(&self, script: &str) -> Value {
        self.page.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    /// Waits until exactly this can be read in the element.
    pub async fn reads(&self, selector: &str, words: &str) {
        let found = self.page.query(By::Css(selector)).and_displayed().with_text(words.to_owned()).first_opt().await.unwrap();
        let Some(_) = found else {
            panic!("waiting for «{words}» in {selector}, the page reads:\n{}", self.text("body").await);
        };
    }

    /// The text of an element as it can be read.
    pub async fn text(&self, selector: &str) -> String {
        self.page.find(By::Css(selector)).await.unwrap().text().await.unwrap()
    }

    /// Types into an empty field.
    pub async fn fill(&self, selector: &str, text: &str) {
        let field = self.page.find(By::Css(selector)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Types into whatever has the focus: a text, and then these keys.
    pub async fn types(&self, text: &str, keys: &[&str]) {
        let mut typed = TypingData::from(text);
        for key in keys {
            typed = typed
                + match *key {
                    "Enter" => Key::Enter + "",
                    "Escape" => Key::Escape + "",
                    "Down" => Key::Down + "",
                    "Shift+Tab" => Key::Shift + Key::Tab + Key::Null,
                    other => panic!("what is {other}?"),
                };
        }
        self.page.active_element().await.unwrap().send_keys(typed).await.unwrap();
    }

    pub async fn click(&self, selector: &str) {
        self.page.find(By::Css(selector)).await.unwrap().click().await.unwrap();
    }

    /// Turns to what is in a frame, until [`Self::leave`].
    pub async fn enter(&self, frame: &str) {
        self.page.find(By::Css(frame)).await.unwrap().enter_frame().await.unwrap();
    }

    /// Turns back to the page that frames.
    pub async fn leave(&self) {
        self.page.enter_default_frame().await.unwrap();
    }

    /// Opens one more tab beside the present one and turns to it; the name of the one that was left.
    pub async fn new_tab(&self) -> WindowHandle {
        let left = self.page.window().await.unwrap();
        let tab = self.page.new_tab().await.unwrap();
        self.page.switch_to_window(tab).await.unwrap();
        left
    }

    /// Turns to a tab.
    pub async fn turn_to(&self, tab: WindowHandle) {
        self.page.switch_to_window(tab).await.unwrap();
    }

    /// What the browser complained of since it was last asked: errors of scripts, refused styles, failed requests.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self.page.browser_log().await.unwrap();
        entries.into_iter().filter(|entry| entry.level != "INFO" && entry.level != "DEBUG").map(|entry| entry.message).collect()
    }

    /// What is to be seen, as PNG, when nothing moves any more.
    pub async fn seen(&self) -> Vec<u8> {
        tokio::time::sleep(STILL).await;
        self.page.screenshot_as_png().await.unwrap()
    }

    /// Forgets who one is: the next page knows nobody.
    pub async fn forget(&self) {
        self.page.cdp().send_raw("Network.clearBrowserCookies", json!({})).await.unwrap();
    }

    /// Keeps a picture of the page, if the variable `PICTURES` names a folder for them.
    pub async fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("PICTURES") {
            std::fs::write(PathBuf::from(folder).join(format!("{name}.png")), self.seen().await).unwrap();
        }
    }

    pub async fn quit(self) {
        self.page.quit().await.unwrap();
    }
}

/// The first of these programs that is in the search path.
fn program(names: &[&str]) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    let places = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file())
}
