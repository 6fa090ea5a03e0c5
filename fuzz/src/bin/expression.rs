//! The entry `expression`, guided by coverage.

fn main() {
    afl::fuzz!(|data: &[u8]| {
        if let Ok(text) = std::str::from_utf8(data) {
            usher_fuzz::entries::expression(text);
        }
    });
}
