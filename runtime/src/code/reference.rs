//! The format page, made from the opcode table and the list of sections, and the test that keeps it so.

use super::format::{Section, VERSION};
use super::op::{Block, OpInfo, TABLE};
use super::verify::Rule;
use std::fmt::Write as _;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bytecode.md");

/// The header comment of a source file, without its marks.
fn header(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .fold(String::new(), |page, line| page + line + "\n")
}

fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn operands(info: &OpInfo) -> String {
    let shown = info.operands.iter().map(|(name, kind)| format!("{}: {kind:?}", name.trim_end_matches('_')));
    shown.collect::<Vec<_>>().join(", ")
}

fn block(block: Block) -> String {
    match block {
        Block::No => String::new(),
        Block::Call => "`base` and `argc` more; all from `base` on are lost".to_owned(),
        Block::Take => "`argc` from `base` on".to_owned(),
        Block::Fixed(count) => format!("{count} from `base` on"),
    }
}

fn page() -> String {
    let mut page = format!(
        "# Bytecode\n\nGenerated from `runtime/src/code`; `UPDATE_DOCS=1 cargo test -p runtime bytecode_page` writes it \
         anew. This is version {VERSION}.\n\n## The file\n\n"
    );
    page.push_str(&header(include_str!("format.rs")));
    page.push_str("\n| section | name | holds |\n|---|---|---|\n");
    for section in Section::ALL {
        let _ = writeln!(page, "| {} | {} | {} |", section.code(), section.name(), one_line(section.doc()));
    }
    page.push_str("\nA list is its count (4 bytes) and its elements; a text is its size in bytes and its UTF-8; an optional ");
    page.push_str("number is 0, or 1 and the number.\n\n## The rules\n\n");
    page.push_str(&header(include_str!("verify.rs")));
    page.push_str("\n## The instructions\n\n");
    page.push_str(&header(include_str!("op.rs")));
    page.push_str("\n| code | instruction | operands | registers besides | does |\n|---|---|---|---|---|\n");
    for info in TABLE {
        let (operands, block, doc) = (operands(info), block(info.block), one_line(info.doc));
        let _ = writeln!(page, "| `{:02X}` | {} | {operands} | {block} | {doc} |", info.code, info.name);
    }
    page
}

#[test]
fn the_bytecode_page_is_what_the_table_says() {
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(written == page, "runtime/docs/bytecode.md is stale: run this test with UPDATE_DOCS=1");
}

#[test]
fn every_rule_stands_in_the_verifiers_header() {
    let header = header(include_str!("verify.rs"));
    for rule in (1..=18).map(Rule) {
        assert!(header.contains(&format!("- **{rule}** ")), "{rule}");
    }
    assert!(!header.contains("- **B19** "));
}
