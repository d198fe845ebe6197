//! Text methods against the standard library and slow, obvious models.

use crate::natives::testing::Bench;
use crate::value::Value;
use proptest::prelude::*;

/// Calls a method on texts and ints.
fn call(name: &str, args: &[&str]) -> String {
    call_at(name, args, &[])
}

fn call_at(name: &str, args: &[&str], ints: &[i64]) -> String {
    let mut bench = Bench::new();
    let mut values: Vec<Value> = args.iter().map(|arg| bench.text(arg)).collect();
    for (at, &n) in ints.iter().enumerate() {
        values.insert(at + 1, Value::Int(n));
    }
    bench.shown(name, &values)
}

#[test]
fn lengths_count_code_points() {
    assert_eq!(call("length", &["é漢🎉"]), "3");
    assert_eq!(call("is_empty", &[""]), "true");
    assert_eq!(
        call("graphemes", &["👨\u{200d}👩\u{200d}👧🇩🇪e\u{301}"]),
        r#"["👨\u{200d}👩\u{200d}👧", "🇩🇪", "e\u{301}"]"#
    );
}

#[test]
fn t3_04_case_mapping_may_change_the_length() {
    assert_eq!(call("upper", &["Straße ﬃ"]), r#""STRASSE FFI""#);
    assert_eq!(call("toLowerCase", &["ΟΔΟΣ İ"]), "\"οδος i\u{307}\"".replace('\u{307}', "\\u{307}"));
    assert_eq!(call("capitalize", &["ßa B"]), r#""SSa B""#);
    assert_eq!(call("capitalize", &[""]), r#""""#);
}

#[test]
fn trimming_takes_white_space_alone() {
    assert_eq!(call("trim", &["\u{3000}\t a b \n\u{a0}"]), r#""a b""#);
    assert_eq!(call("trim_start", &["  a "]), r#""a ""#);
    assert_eq!(call("trim_end", &["  a "]), r#""  a""#);
    assert_eq!(call("trim", &[" \n "]), r#""""#);
}

#[test]
fn lines_end_in_lf_or_crlf_and_a_final_one_is_ignored() {
    assert_eq!(call("lines", &["a\r\nb\n\nc\r"]), r#"["a", "b", "", "c\r"]"#);
    assert_eq!(call("lines", &["a\n"]), r#"["a"]"#);
    assert_eq!(call("lines", &[""]), "[]");
    assert_eq!(call("lines", &["\n"]), r#"[""]"#);
}

#[test]
fn t3_05_an_empty_needle_is_defined() {
    assert_eq!(call("index_of", &["añb", ""]), "0");
    assert_eq!(call("last_index_of", &["añb", ""]), "3");
    assert_eq!(call("split", &["añb", ""]), r#"["a", "ñ", "b"]"#);
    assert_eq!(call("split", &["", ","]), r#"[""]"#);
    assert_eq!(call("split", &["", ""]), "[]");
    assert_eq!(call("contains", &["a", ""]), "true");
    assert!(call("count", &["a", ""]).starts_with("ValueError: "));
    assert!(call("replace", &["a", "", "b"]).starts_with("ValueError: "));
    assert!(call("replace_first", &["a", "", "b"]).starts_with("ValueError: "));
}

#[test]
fn occurrences_do_not_overlap_and_dollar_is_literal() {
    assert_eq!(call("count", &["aaaaa", "aa"]), "2");
    assert_eq!(call("replace", &["aaaaa", "aa", "$1"]), r#""$1$1a""#);
    assert_eq!(call("replace_first", &["aaaaa", "aa", "é"]), r#""éaaa""#);
    assert_eq!(call("replace", &["abc", "b", ""]), r#""ac""#);
    assert_eq!(call("split", &[",a,,b,", ","]), r#"["", "a", "", "b", ""]"#);
}

#[test]
fn t3_02_characters_by_index() {
    assert_eq!(call_at("char_at", &["é漢🎉"], &[1]), r#""漢""#);
    assert_eq!(call_at("char_at", &["é漢🎉"], &[-1]), r#""""#);
    assert_eq!(call_at("char_at", &["é漢🎉"], &[3]), r#""""#);
    assert_eq!(call_at("code_at", &["é漢🎉"], &[2]), "127881");
    assert_eq!(
        call_at("code_at", &["é"], &[5]),
        "IndexOutOfBounds: Index 5 is out of bounds for text of length 1"
    );
    assert_eq!(
        call_at("code_at", &["é"], &[i64::MIN]),
        "IndexOutOfBounds: Index -9223372036854775808 is out of bounds for text of length 1"
    );
}

#[test]
fn t3_03_slices_clamp_and_substrings_swap() {
    assert_eq!(call_at("slice", &["é漢🎉"], &[0, 2]), r#""é漢""#);
    assert_eq!(call_at("slice", &["é漢🎉"], &[-2]), r#""漢🎉""#);
    assert_eq!(call_at("slice", &["abc"], &[5, 2]), r#""""#);
    assert_eq!(call_at("slice", &["abc"], &[i64::MIN, i64::MAX]), r#""abc""#);
    assert_eq!(call_at("substring", &["é漢🎉"], &[2, -5]), r#""é漢""#);
    assert_eq!(call_at("substring", &["é漢🎉"], &[2, 1]), r#""漢""#);
    assert_eq!(call_at("substring", &["é漢🎉"], &[1]), r#""漢🎉""#);
}

#[test]
fn t3_06_widths_count_code_points_and_cut_the_filler() {
    assert_eq!(call_at("pad_start", &["é", "漢🎉"], &[4]), r#""漢🎉漢é""#);
    assert_eq!(call_at("padEnd", &["é", "漢🎉"], &[4]), r#""é漢🎉漢""#);
    assert_eq!(call_at("pad_start", &["abc"], &[5]), r#""  abc""#);
    for width in [i64::MIN, -1, 0, 3] {
        assert_eq!(call_at("pad_start", &["abc", "x"], &[width]), r#""abc""#);
    }
    assert!(call_at("pad_end", &["abc", ""], &[1]).starts_with("ValueError: "));
    assert_eq!(call_at("repeat", &["é漢"], &[3]), r#""é漢é漢é漢""#);
    assert_eq!(call_at("repeat", &["é漢"], &[0]), r#""""#);
    assert_eq!(call_at("repeat", &[""], &[i64::MAX]), r#""""#);
    assert!(call_at("repeat", &["a"], &[-1]).starts_with("ValueError: "));
}

#[test]
fn t2_03_sizes_are_charged_before_anything_is_made() {
    for (name, args, n) in [
        ("repeat", &["ab"][..], 1_000_000_000_000),
        ("repeat", &["ab"], i64::MAX),
        ("pad_start", &["ab", "漢"], 1_000_000_000_000),
        ("pad_end", &["ab", "漢"], i64::MAX),
    ] {
        assert!(call_at(name, args, &[n]).starts_with("MemoryLimitExceeded: "), "{name}");
    }
    // Each alone fits, together they do not.
    let mut bench = Bench::with_budget(1 << 20);
    let (source, with) = (bench.text(&"a".repeat(1000)), bench.text(&"b".repeat(2000)));
    let needle = bench.text("a");
    let before = {
        bench.shown("length", &[source]);
        bench.heap.memory.used()
    };
    assert!(bench.shown("replace", &[source, needle, with]).starts_with("MemoryLimitExceeded: "));
    bench.shown("length", &[source]);
    assert_eq!(bench.heap.memory.used(), before, "what the failed call held is given back");
}

#[test]
fn long_texts_go_in_many_steps_and_linear_fuel() {
    let spent = |name: &str, size: usize, others: &[&str]| {
        let mut bench = Bench::new();
        let mut args = vec![bench.text(&"aé,\n".repeat(size))];
        args.extend(others.iter().map(|other| bench.text(other)));
        bench.call(name, &args).unwrap();
        assert!(bench.steps > 1, "{name} in {} steps", bench.steps);
        bench.spent()
    };
    for (name, others) in [
        ("upper", &[][..]),
        ("lower", &[]),
        ("reverse", &[]),
        ("lines", &[]),
        ("graphemes", &[]),
        ("split", &[","]),
        ("split", &[""]),
        ("count", &["é"]),
        ("replace", &[",", "--"]),
        ("index_of", &["éé"]),
        ("last_index_of", &["éé"]),
        ("find_all", &["[a-z]|,.*?x"]),
        ("matches", &["é{2}"]),
    ] {
        let (once, twice) = (spent(name, 30_000, others), spent(name, 60_000, others));
        assert!(twice * 2 <= once * 5, "{name}: {once} then {twice}");
    }
}

#[test]
fn a_pattern_is_found_by_code_points_and_flags() {
    let mut bench = Bench::new();
    let text = bench.text("Añ1 añ22\nB");
    for (source, flags, expected) in [
        (r"\w+", "", r#"["Añ1", "añ22", "B"]"#),
        ("a", "i", r#"["A", "a"]"#),
        ("^.", "m", r#"["A", "B"]"#),
        ("^.", "", r#"["A"]"#),
        ("2.B", "s", r#"["2\nB"]"#),
        ("2.B", "", "[]"),
        (r"\bañ", "", r#"["añ"]"#),
        ("", "", r#"["", "", "", "", "", "", "", "", "", "", ""]"#),
    ] {
        let regex = bench.regex(source, flags);
        assert_eq!(bench.shown("find_all", &[text, regex]), expected, "/{source}/{flags}");
    }
    let regex = bench.regex("ñ.", "");
    let with = bench.text("$0");
    assert_eq!(bench.shown("replace", &[text, regex, with]), r#""A$0 a$02\nB""#);
    assert_eq!(bench.shown("replace_first", &[text, regex, with]), r#""A$0 añ22\nB""#);
    assert_eq!(bench.shown("split", &[text, regex]), r#"["A", " a", "2\nB"]"#);
    assert_eq!(bench.shown("contains", &[text, regex]), "true");
    let bad = bench.text("(");
    assert!(bench.shown("matches", &[text, bad]).starts_with("ValueError: a pattern does not compile"));
    assert!(bench.shown("find_all", &[text, bad]).starts_with("ValueError: "));
}

proptest! {
    #[test]
    fn operations_equal_those_of_std(content in "[aé,🎉\n ]{0,40}", needle in "[aé,]{1,3}", with in "[xé]{0,2}") {
        let (content, needle, with) = (content.as_str(), needle.as_str(), with.as_str());
        let chars = |byte: usize| content.get(..byte).unwrap().chars().count().to_string();
        let or_absent = |found: Option<usize>| found.map_or("-1".to_owned(), chars);
        prop_assert_eq!(call("index_of", &[content, needle]), or_absent(content.find(needle)));
        prop_assert_eq!(call("last_index_of", &[content, needle]), or_absent(content.rfind(needle)));
        prop_assert_eq!(call("contains", &[content, needle]), content.contains(needle).to_string());
        prop_assert_eq!(call("count", &[content, needle]), content.matches(needle).count().to_string());
        prop_assert_eq!(call("replace", &[content, needle, with]), format!("{:?}", content.replace(needle, with)));
        let parts: Vec<&str> = content.split(needle).collect();
        prop_assert_eq!(call("split", &[content, needle]), format!("{parts:?}"));
        let lines: Vec<&str> = content.lines().collect();
        prop_assert_eq!(call("lines", &[content]), format!("{lines:?}"));
        let reversed: String = content.chars().rev().collect();
        prop_assert_eq!(call("reverse", &[content]), format!("{reversed:?}"));
    }

    #[test]
    fn graphemes_equal_those_of_the_whole_text(content in "[a\u{301}👩\u{200d}🇩🇪क\u{94d}\r\n]{0,60}", copies in 1_usize..200) {
        use unicode_segmentation::UnicodeSegmentation;
        let content = content.repeat(copies);
        let expected: Vec<&str> = content.graphemes(true).collect();
        prop_assert_eq!(call("graphemes", &[&content]), format!("{expected:?}"));
    }
}
