//! A small report, set from the text of the large one: what holds for both outputs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::references::{Reference, References};
use crate::runs::Runs;
use crate::world::Report;
use crate::{html, pdf};

/// A text of our own beside `lib.typ`, with these equations to refer to and without runs of its own.
fn report(text: &str, keys: &[&str]) -> (Report, TempDir) {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().unwrap();
    fs::copy(repository.join("crates/report/text/lib.typ"), folder.path().join("lib.typ")).unwrap();
    let heading = "#import \"lib.typ\": *\n#show: report.with([Title], [Subtitle])\n";
    fs::write(folder.path().join("main.typ"), format!("{heading}{text}")).unwrap();
    let place = || ("crates/a.rs".to_owned(), "name".to_owned());
    let reference = || Reference { code: Some(place()), test: place() };
    let equation: BTreeMap<_, _> = keys.iter().map(|key| ((*key).to_owned(), reference())).collect();
    let references = References { equation, erratum: BTreeMap::new() };
    let nowhere = PathBuf::from("/nowhere");
    let runs = Runs::read(&repository, &nowhere, false).unwrap();
    (Report::new(runs, &references, folder.path().into(), "main.typ").unwrap(), folder)
}

const THREE: &str = "= Part\n#eq(\"a\", $ x = 1 $) and #eqref(\"c\")\n\n$ y = 2 $\n#eq(\"b\", $ a &= b \\ &= c $)\n== Section\n\
    #eq(\"c\", $ z = sum_k z_k $) after #eqref(\"a\")";

#[test]
fn equations_bear_the_same_numbers_in_the_pdf_and_in_the_page() {
    let (report, _folder) = report(THREE, &["a", "b", "c"]);
    let page = html::build(&report).unwrap();
    assert_eq!(pdf::build(&report).unwrap().equations, 3);
    assert_eq!(page.equations, 3);
    let numbers: Vec<&str> = page.text.split("class=\"equation-number\">").skip(1).map(|rest| &rest[..3]).collect();
    assert_eq!(numbers, ["(1)", "(2)", "(3)"]);
    // Three numbered formulas and one without, all as MathML; the first reference is forward.
    assert_eq!(page.text.matches("<math display=\"block\"").count(), 4);
    let links: Vec<&str> =
        page.text.split("<a href=\"#").skip(1).filter_map(|rest| rest.split(['>', '<']).nth(1)).collect();
    assert_eq!(links[links.len() - 2..], ["(3)", "(1)"]);
}

#[test]
fn the_same_text_gives_the_same_bytes() {
    let (one, other) = (report(THREE, &["a", "b", "c"]), report(THREE, &["a", "b", "c"]));
    assert_eq!(pdf::build(&one.0).unwrap().bytes, pdf::build(&other.0).unwrap().bytes);
    assert_eq!(html::build(&one.0).unwrap().text, html::build(&other.0).unwrap().text);
}

#[test]
fn the_page_needs_no_other_file() {
    let picture = "#picture(\"gumbel-seed1\", \"samples.png\", \"Digits\")[Digits.]";
    let page = html::build(&report(picture, &[]).0).unwrap().text;
    assert!(page.contains("<img src=\"data:image/png;base64,"));
    let addresses: Vec<&str> = page.split("url(").skip(1).chain(page.split("src=\"").skip(1)).collect();
    assert!(addresses.len() >= 2 && addresses.iter().all(|address| address.starts_with("data:")));
    assert!(!page.contains("<script") && !page.contains("<link"));
    // The caption ends with the commands.
    let commands = "<code>elbo train vae --run gumbel-seed1 --preset gumbel --seed 1</code>, then <code>elbo sample gumbel-seed1</code>";
    assert!(page.contains(commands), "{page}");
}

#[test]
fn numbers_are_rounded_with_all_their_digits_and_a_true_minus() {
    let text = "#fixed(-83.504, 2)|#fixed(2, 3)|#fixed(-0.0001, 2)|#fixed(99.996, 2)|#fixed(7.4, 0)|#whole(1000000)|#whole(17)";
    let page = html::build(&report(text, &[]).0).unwrap().text;
    assert!(page.contains("−83.50|2.000|0.00|100.00|7|1\u{202f}000\u{202f}000|17"), "{page}");
}

#[test]
fn a_missing_number_names_the_command_that_makes_it() {
    let (report, _folder) = report("#data(\"toy\", \"estimators.json\").draws", &[]);
    let Err(error) = html::build(&report) else { panic!("a number out of nowhere") };
    let error = error.to_string();
    assert!(
        error.contains("outputs/toy/estimators.json is missing; run `just report`, or `elbo estimators toy"),
        "{error}"
    );
}

#[test]
fn an_equation_without_a_reference_and_a_character_without_a_glyph_are_mistakes() {
    let Err(error) = pdf::build(&report("#eq(\"unknown\", $ x $)", &[]).0) else {
        panic!("an equation out of nowhere")
    };
    assert!(error.to_string().contains("lib.typ"), "{error}");
    let Err(error) = pdf::build(&report("漢", &[]).0) else { panic!("a glyph out of nowhere") };
    assert_eq!(error.to_string(), "no font of the report has a character of `漢`; write it otherwise");
}

#[test]
fn the_page_has_a_font_with_mathematics() {
    let font = crate::fonts::mathematics();
    assert!(font.len() > 100_000 && font.windows(4).any(|tag| tag == b"MATH"));
}
