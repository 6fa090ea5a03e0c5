//! A text as a QR code, which a phone's camera reads: for a link that is shown on a screen or on paper.

use png::{BitDepth, ColorType, Encoder};
use qrcodegen::{QrCode, QrCodeEcc};

/// Light modules around the code, without which cameras do not find it.
const QUIET: i32 = 4;

/// Pixels that the picture is wide, at most, unless its modules would be smaller than [`SMALLEST`].
const WIDTH: i32 = 512;

/// Pixels of a module, at least.
const SMALLEST: i32 = 4;

/// The picture, a PNG in black and white; `None` if the text is longer than a code can hold.
pub(crate) fn picture(text: &str) -> Option<Vec<u8>> {
    // A sixth of it may be covered or blurred: messengers compress pictures.
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let modules = code.size() + 2 * QUIET;
    let module = usize::try_from((WIDTH / modules).max(SMALLEST)).ok()?;
    let rows = (-QUIET..code.size() + QUIET).flat_map(|y| std::iter::repeat_n(row(&code, y, module), module));
    let side = u32::try_from(modules).ok()? * u32::try_from(module).ok()?;
    drawn(side, &rows.collect::<Vec<_>>().concat()).ok()
}

/// A row of pixels, eight in a byte and the leftmost first: light ones are set.
fn row(code: &QrCode, y: i32, module: usize) -> Vec<u8> {
    let light = (-QUIET..code.size() + QUIET).flat_map(|x| std::iter::repeat_n(!code.get_module(x, y), module));
    let light: Vec<bool> = light.collect();
    light.chunks(8).map(|eight| eight.iter().zip((0..8).rev()).fold(0, |byte, (light, bit)| byte | u8::from(*light) << bit)).collect()
}

fn drawn(side: u32, pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::MADE_AT_MOST;

    /// The width of the picture, and which of its pixels are dark.
    fn pixels(picture: &[u8]) -> (usize, Vec<bool>) {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(picture));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut grey = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut grey).unwrap();
        assert_eq!((info.width, info.color_type), (info.height, ColorType::Grayscale));
        (info.width as usize, grey.into_iter().map(|grey| grey == 0).collect())
    }

    #[test]
    fn a_camera_reads_what_was_put_in_and_a_record_can_hold_it() {
        for text in ["https://t.me/bot?start=abcdefghijkmnpqrstuvwxyz23", "Ключ № 7", &"https://example.com/".repeat(20), &"x".repeat(2331)]
        {
            let picture = picture(text).unwrap();
            assert!(picture.len() <= MADE_AT_MOST, "{} bytes", picture.len());
            let (width, dark) = pixels(&picture);
            let mut image = rqrr::PreparedImage::prepare_from_bitmap(width, width, |x, y| dark[y * width + x]);
            let read: Vec<String> = image.detect_grids().iter().map(|grid| grid.decode().unwrap().1).collect();
            assert_eq!(read, [text]);
        }
        assert_eq!(picture(&"x".repeat(2332)), None);
    }

    #[test]
    fn it_is_crisp_and_stands_free() {
        let link = "https://t.me/some_company_bot?start=abcdefghijkmnpqrstuvwxyz23";
        let (width, dark) = pixels(&picture(link).unwrap());
        assert!((400..=WIDTH as usize).contains(&width), "{width}");
        let first = dark.iter().position(|dark| *dark).unwrap();
        let margin = first / width;
        assert_eq!(first % width, margin, "the corner of the code is as far from the top as from the side");
        let module = margin / QUIET as usize;
        assert_eq!((margin % QUIET as usize, width % module), (0, 0));
        for (at, dark_here) in dark.iter().enumerate() {
            let (x, y) = (at % width, at / width);
            assert_eq!(*dark_here, dark[(y - y % module) * width + (x - x % module)], "one module is one square, at {x}, {y}");
            assert!(!dark_here || (margin..width - margin).contains(&x) && (margin..width - margin).contains(&y), "at {x}, {y}");
        }
    }
}
