//! The operations whose work is measured: programs over an input of `{n}` pieces. Each prints one line, so that one that
//! fails shows. Every method of text and of lists has one, and every decoder, which a test sees to.

/// Of text.
pub const TEXTS: &[(&str, &str)] = &[
    ("split", "print(\"ab,\".repeat({n}).split(\",\").length)"),
    ("split into characters", "print(\"é\".repeat({n}).split(\"\").length)"),
    ("replace", "print(\"ab\".repeat({n}).replace(\"a\", \"xyz\").length)"),
    ("count of an overlapping needle", "print(\"a\".repeat({n}).count(\"aa\"))"),
    ("search for what nearly occurs", "print((\"a\".repeat({n}) + \"b\").index_of(\"aaaaaaaaaaaaaaaaab\"))"),
    ("search for a long needle", "print(\"ab\".repeat({n}).index_of(\"ab\".repeat({n} / 2) + \"c\"))"),
    ("search from the end", "print(\"ab\".repeat({n}).last_index_of(\"ba\".repeat({n} / 2) + \"c\"))"),
    ("case", "print(\"ß\".repeat({n}).upper().length, \"Σ\".repeat({n}).lower().length)"),
    ("reverse", "print(\"é漢\".repeat({n}).reverse().length)"),
    ("graphemes", "print(\"e\\u{301}\".repeat({n}).graphemes().length)"),
    ("one endless grapheme", "print((\"e\" + \"\\u{301}\".repeat({n})).graphemes().length)"),
    ("trim", "print((\" \".repeat({n}) + \"x\" + \" \".repeat({n})).trim().length)"),
    ("lines", "print(\"a\\r\\n\".repeat({n}).lines().length)"),
    ("slices of one text", "t = \"é漢\".repeat(50)\nfor i in 1..{n} { x = t[i % 50:] }\nprint(x.length > 0)"),
    ("padding", "print(\"x\".pad_start({n}, \"é漢\").length)"),
    ("regex that backtracks elsewhere", "print((\"a\".repeat({n}) + \"!\").matches(/^(a+)+$/))"),
    ("regex with nested stars", "print(\"a\".repeat({n}).matches(/(a*)*b/))"),
    ("regex of alternatives", "print(\"ab\".repeat({n}).matches(/(a|b|ab)*c/))"),
    ("regex, all matches", "print(\"ab1\".repeat({n}).find_all(/[a-z]+/).length)"),
    ("regex, counted", "print(\"a\".repeat({n}).find_all(/a{1,50}b?/).length > 0)"),
    ("regex, split and replace", "print(\"a1\".repeat({n}).replace(/[0-9]/, \"é\").split(/é/).length)"),
    ("length and is_empty", "t = \"é\".repeat({n})\nprint(t.length, t.is_empty)"),
    ("capitalize", "print(\"ß\".repeat({n}).capitalize().length)"),
    ("trim at one side", "t = \" \".repeat({n})\nprint((t + \"x\").trim_start(), (\"x\" + t).trim_end())"),
    (
        "beginning and end of what nearly is",
        "t = \"ab\".repeat({n})\nu = \"ab\".repeat({n} - 1)\nprint(t.starts_with(u + \"c\"), t.ends_with(\"c\" + u))",
    ),
    ("contains", "print(\"ab\".repeat({n}).contains(\"ba\".repeat({n} / 2) + \"c\"))"),
    (
        "slice and substring",
        "t = \"é漢\".repeat({n})\nprint(t.slice(1, -1).length, t.substring(1, {n}).length)",
    ),
    (
        "each character by its index",
        "t = \"é漢\".repeat({n})\nsum = 0\nfor i in 1..{n} { sum += t.code_at(i) + t.char_at(-i).length }\nprint(sum > 0)",
    ),
    ("replace_first", "print((\"ab\".repeat({n}) + \"c\").replace_first(\"c\", \"x\").length)"),
    ("padding at the end", "print(\"x\".pad_end({n}, \"é漢\").length)"),
    (
        "the smaller and the larger text",
        "t = \"ab\".repeat({n})\nprint(t.min(t + \"c\") == t, t.max(t).length)",
    ),
    ("type and copy of a text", "t = \"ab\".repeat({n})\nprint(t.type(), t.copy().length)"),
];

/// Of lists.
pub const LISTS: &[(&str, &str)] = &[
    ("join", "print(range(0, {n}).join(\", \").length)"),
    ("sort of the sorted", "print(range(0, {n}).sort().length)"),
    ("sort of the reversed", "print(range(0, {n}).reverse().sort().length)"),
    ("sort of equals", "print(range(0, {n}).map(i => 1).sort().length)"),
    ("sort by key", "print(range(0, {n}).sort(x => x % 7).length)"),
    ("unique", "print(range(0, {n}).unique().length)"),
    ("group_by", "print(range(0, {n}).group_by(x => x % 10).count())"),
    (
        "push and pop",
        "xs = []\nfor i in 1..{n} { xs.push(i) }\nfor i in 1..{n} { xs.pop() }\nprint(xs.length)",
    ),
    ("equality", "print(range(0, {n}) == range(0, {n}))"),
    ("flat, zip and chunk", "xs = range(0, {n})\nprint(xs.chunk(2).flat().zip(xs).length)"),
    ("spread", "xs = range(0, {n})\nprint([...xs, ...xs].length)"),
    ("sum, min and max", "xs = range(0, {n})\nprint(xs.sum(), xs.min(), xs.max())"),
    ("length, count and is_empty", "xs = range(0, {n}).to_list()\nprint(xs.length, xs.count, xs.is_empty)"),
    ("first and last", "xs = range(0, {n}).to_list()\nprint(xs.first, xs.last)"),
    // Several times, so that it is the moving that counts, and not whether the list had room.
    ("insert", "xs = range(0, {n}).to_list()\nfor i in 1..20 { xs.insert(0, i) }\nprint(xs.length)"),
    ("remove_at", "xs = range(0, {n}).to_list()\nprint(xs.remove_at(0))"),
    ("remove of the last one", "xs = range(0, {n}).to_list()\nprint(xs.remove({n} - 1))"),
    (
        "shift and unshift",
        "xs = range(0, {n}).to_list()\nfor i in 1..20 { xs.unshift(i) }\nprint(xs.shift())",
    ),
    ("splice", "xs = range(0, {n}).to_list()\nfor i in 1..20 { xs.splice({n} / 4, 9, i) }\nprint(xs.length)"),
    ("clear", "xs = range(0, {n}).to_list()\nxs.clear()\nprint(xs.length)"),
    ("map and filter", "print(range(0, {n}).map(x => x + 1).filter(x => x % 2 == 0).length)"),
    (
        "find of what is not there",
        "xs = range(0, {n})\nprint(xs.find(x => x < 0), xs.find_index(x => x < 0))",
    ),
    ("some and every", "xs = range(0, {n})\nprint(xs.some(x => x < 0), xs.every(x => x >= 0))"),
    ("reduce", "print(range(0, {n}).reduce((sum, x) => sum + x, 0))"),
    ("each", "sum = 0\nrange(0, {n}).each(x => { sum += x })\nprint(sum)"),
    ("flat_map", "print(range(0, {n}).flat_map(x => [x, x]).length)"),
    ("reverse", "print(range(0, {n}).reverse().length)"),
    (
        "take, drop and slice",
        "xs = range(0, {n}).to_list()\nprint(xs.take({n} / 2).length, xs.drop({n} / 2).length, xs.slice(1, -1).length)",
    ),
    ("concat", "xs = range(0, {n}).to_list()\nprint(xs.concat(xs).length)"),
    ("contains and index_of", "xs = range(0, {n}).to_list()\nprint(xs.contains(-1), xs.index_of(-1))"),
    ("avg", "print(range(0, {n}).avg())"),
    ("type and copy of a list", "xs = range(0, {n}).to_list()\nprint(xs.type(), xs.copy().length)"),
];

/// From text to values.
pub const DECODERS: &[(&str, &str)] = &[
    ("digits to int", "print(parse_int(\"9\".repeat({n})))"),
    ("digits to number", "print(parse_number(\"9\".repeat({n})) == none)"),
    ("JSON of digits", "r = try json_parse(\"9\".repeat({n}))\nprint(r is error)"),
    ("JSON of a list", "print(json_parse(\"[\" + \"1,\".repeat({n}) + \"2]\").length)"),
    ("JSON of a text", "print(json_parse(\"\\\"\" + \"\\\\u00e9\".repeat({n}) + \"\\\"\").length)"),
    (
        "JSON of one key, repeated",
        "print(json_parse(\"\\{\" + \"\\\"a\\\":1,\".repeat({n}) + \"\\\"a\\\":2}\").count())",
    ),
    ("base64", "print(base64_decode(base64_encode(\"é\".repeat({n}))).length)"),
    ("url", "print(url_decode(url_encode(\"é/\".repeat({n}))).length)"),
    ("times", "r = try time(\"2024-01-01\" + \"0\".repeat({n}))\nprint(r is error)"),
    (
        "digits, converted",
        "t = \"9\".repeat({n})\nprint((try t.to_int()) is error, (try t.to_number()) is error, (try t.to_time()) is error)",
    ),
];

/// Of maps, and from values to text.
pub const OTHERS: &[(&str, &str)] = &[
    ("map inserts", "m = [:]\nfor i in 1..{n} { m[i] = i }\nprint(m.count())"),
    ("map inserts and removals", "m = [:]\nfor i in 1..{n} { m[i] = i; m.remove(i - 1) }\nprint(m.count())"),
    ("JSON out", "print(json_stringify(range(0, {n})).length)"),
    ("sha256", "print(sha256(\"é\".repeat({n})).length)"),
    ("to_text", "print(range(0, {n}).to_text().length)"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use flin_runtime::base::Kind;
    use flin_runtime::base::builtin::Signature;
    use flin_runtime::natives;

    /// The built-ins of which `is_wanted` wants a program, and that none of these calls.
    fn without_a_program(
        programs: &[&[(&str, &str)]],
        is_wanted: fn(&Signature) -> bool,
    ) -> Vec<&'static str> {
        let called = |signature: &Signature| {
            let (before, after) = (if signature.is_function() { "" } else { "." }, "(");
            let call = format!("{before}{}{}", signature.name, if signature.property { "" } else { after });
            programs.concat().iter().any(|(_, source)| source.contains(&call))
        };
        let signatures = natives::builtins().entries().map(|(_, signature)| signature);
        let wanted = signatures.filter(|signature| !signature.alias && is_wanted(signature));
        wanted.filter(|signature| !called(signature)).map(|signature| signature.name).collect()
    }

    fn takes(signature: &Signature, kind: Kind) -> bool {
        !signature.is_function() && signature.receiver.has(kind)
    }

    #[test]
    fn x_22_every_method_of_text_and_of_lists_and_every_decoder_has_a_program() {
        let none: [&str; 0] = [];
        let texts = without_a_program(&[TEXTS, DECODERS, OTHERS], |s| takes(s, Kind::Text));
        assert_eq!(texts, none, "methods of text");
        let lists = without_a_program(&[LISTS, OTHERS], |s| takes(s, Kind::List));
        assert_eq!(lists, none, "methods of lists");
        let decoders = without_a_program(&[DECODERS], |s| {
            s.is_function() && (s.name.contains("parse") || s.name.contains("decode"))
        });
        assert_eq!(decoders, none, "decoders");
    }
}
