//! gaoya: reads JSONL, signs and indexes with the crate's parallel calls, writes pairs.
//!
//! The crate and not the Python package: that one has to be given the texts a second
//! time to query, and signs them again. The number of threads is RAYON_NUM_THREADS.
use gaoya::minhash::{MinHashIndex, MinHasher, MinHasher32, VecContainer};
use gaoya::text::whitespace_split;
use rayon::prelude::*;
use serde::Deserialize;
use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write};

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    text: Cow<'a, str>,
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let [_, input, output, setting] = &args[..] else {
        eprintln!("usage: gaoya-driver INPUT OUTPUT matched|defaults");
        std::process::exit(2);
    };
    let data = std::fs::read_to_string(input).expect("read the input");
    let lines: Vec<&str> = data.lines().filter(|l| !l.is_empty()).collect();
    let (ids, pairs) = match setting.as_str() {
        // Bands and rows of doppel's preset `near`, lower-cased word 5-grams.
        "matched" => find(&lines, 16, 6, 0.8, |h: &MinHasher32<_>, text| {
            let text = text.to_lowercase();
            let words: Vec<&str> = whitespace_split(&text).collect();
            // Windows are hashed as they are: joining them costs a string each.
            match words.len() {
                0..5 => h.create_signature(std::iter::once(&words[..])),
                _ => h.create_signature(words.windows(5)),
            }
        }),
        // What MinHashStringIndex takes when it is told nothing.
        "defaults" => find(&lines, 20, 5, 0.75, |h: &MinHasher32<_>, text| {
            h.create_signature(whitespace_split(text))
        }),
        other => panic!("setting {other} is neither matched nor defaults"),
    };
    let mut out = BufWriter::new(File::create(output).expect("create the output"));
    writeln!(out, "#pairs").unwrap();
    for (a, b) in pairs {
        writeln!(out, "{}\t{}", ids[a], ids[b]).unwrap();
    }
    out.flush().expect("write the output");
}

type Hasher = MinHasher32<std::hash::BuildHasherDefault<fnv::FnvHasher>>;

fn find(
    lines: &[&str],
    bands: usize,
    rows: usize,
    threshold: f64,
    sign: impl Fn(&Hasher, &str) -> Vec<u32> + Sync,
) -> (Vec<String>, Vec<(usize, usize)>) {
    let hasher = Hasher::new(bands * rows);
    let (ids, signatures): (Vec<String>, Vec<Vec<u32>>) = lines
        .par_iter()
        .map(|line| {
            let r: Record = serde_json::from_str(line).expect("parse a line");
            (r.id.into_owned(), sign(&hasher, &r.text))
        })
        .unzip();
    let mut index: MinHashIndex<u32, usize, VecContainer<usize>> =
        MinHashIndex::new_index(bands, rows, threshold);
    let queries = signatures.clone(); // the index takes its own
    index.par_bulk_insert((0..ids.len()).collect(), signatures);
    let near = index.par_bulk_query(&queries);
    let pairs = near
        .into_iter()
        .enumerate()
        .flat_map(|(b, near)| {
            near.into_iter()
                .filter(move |&a| a < b)
                .map(move |a| (a, b))
        })
        .collect();
    (ids, pairs)
}
