//! Pictures with few colours: pages have not many, and such a file is a third as large.

use std::collections::HashMap;

/// Colours that a picture may have.
const COLOURS: usize = 256;

/// The same picture with the colours it has most of; each other becomes the nearest of these.
pub fn small(picture: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(picture)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    let width = match frame.color_type {
        png::ColorType::Rgb => 3,
        png::ColorType::Rgba => 4,
        other => panic!("a picture of a page is {other:?}"),
    };
    let colours: Vec<[u8; 3]> = pixels[..frame.buffer_size()].chunks_exact(width).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let palette = most_frequent(&colours);
    let mut nearest = HashMap::new();
    let indices: Vec<u8> = colours.iter().map(|colour| *nearest.entry(*colour).or_insert_with(|| nearest_of(*colour, &palette))).collect();

    let mut small = Vec::new();
    let mut encoder = png::Encoder::new(&mut small, frame.width, frame.height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.concat());
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&indices).unwrap();
    writer.finish().unwrap();
    small
}

/// The colours of the pixels, those first that most have. Of shades that nobody could tell apart only one is taken.
fn most_frequent(colours: &[[u8; 3]]) -> Vec<[u8; 3]> {
    let mut count: HashMap<[u8; 3], usize> = HashMap::new();
    for colour in colours {
        *count.entry(*colour).or_default() += 1;
    }
    let mut all: Vec<([u8; 3], usize)> = count.into_iter().collect();
    all.sort_unstable_by_key(|(colour, count)| (std::cmp::Reverse(*count), *colour));
    let mut taken: Vec<[u8; 3]> = Vec::new();
    for (colour, count) in all {
        // Whatever covers a surface keeps its own colour.
        let apart = if count > colours.len() / 1000 { 0 } else { 160 };
        if taken.len() < COLOURS && taken.iter().all(|other| distance(*other, colour) > apart) {
            taken.push(colour);
        }
    }
    taken
}

fn nearest_of(colour: [u8; 3], palette: &[[u8; 3]]) -> u8 {
    let (at, _) = palette.iter().enumerate().min_by_key(|(_, other)| distance(**other, colour)).unwrap();
    u8::try_from(at).unwrap()
}

fn distance(one: [u8; 3], other: [u8; 3]) -> u32 {
    one.iter().zip(other).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}
