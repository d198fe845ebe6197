//! Laws: what is true of built-ins whose results the evaluator does not know. A program prints `law` and whether one
//! holds; a law that does not is a finding, wherever the program ends.

use super::Generator;

/// What begins a line about a law.
pub const MARK: &str = "law ";

/// Statements; `law(…)` stands for the line that is printed. `$` and a letter stand for an operand as in
/// [`super::builtin`], `@` makes a name a new one.
const LAWS: &[&str] = &[
    // Unicode's tables
    "t@ = $t\nlaw(t@.graphemes().join(\"\") == t@ && t@.graphemes().length <= t@.length)",
    "t@ = $t\nlaw(t@.find_all(/\\w+/).every(w => w in t@))",
    "t@ = $t\nlaw(t@.split(/,/).join(\",\") == t@)",
    "t@ = $t\nlaw(t@.matches(/a+/) == (t@.find_all(/a+/).length > 0))",
    // Encodings
    "t@ = $t\nlaw(base64_bytes(base64_encode(t@)).text() == t@ && base64_decode(base64_encode(t@)) == t@)",
    "t@ = $t\nlaw(url_decode(url_encode(t@)) == t@)",
    "t@ = $t\nlaw(\"<\" not in escape(t@).to_text() && raw(t@).to_text() == \"{t@}\")",
    "t@ = $t\nlaw(sha256(t@).length == 64 && secure_equals(hmac_sha256(t@, \"k\"), hmac_sha256(t@, \"k\")))",
    // Files
    "t@ = $t\nwrite_file(\"d/a\", t@)\nlaw(read_file(\"d/a\") == t@ && file_exists(\"d/a\") && list_files(\"d\") == [\"a\"])",
    "t@ = $t\nwrite_file(\"b\", t@)\nappend_file(\"b\", t@)\nlaw(read_bytes(\"b\").text() == t@ + t@)\ndelete_file(\"b\")\nlaw(!file_exists(\"b\"))",
    "save_upload({ bytes: base64_bytes(\"/w==\") }, \"u\")\nlaw(read_bytes(\"u\").size == 1 && (try save_upload({ size: 1 }, \"u\")) is error)",
    "write_file(\"c\", base64_bytes(\"/w==\"))\nlaw((try read_file(\"c\")) is error && read_bytes(\"c\").size == 1)",
    "law([\"../a\", \"/a\", \"a/../../b\", \"a\\u{0}\"].every(p => (try write_file(p, $t)) is error))",
    "law((try read_file(\"no\")) is error && (try list_files(\"no\")) is error && (try delete_file(\"no\")) is error)",
    "write_file(\"f\", \"\")\nlaw((try write_file(\"f/a\", \"\")) is error && (try list_files(\"f\")) is error)",
    // Depth
    "law((try json_parse(\"[\".repeat(128) + \"]\".repeat(128))) is list)",
    "law((try json_parse(\"[\".repeat(129) + \"]\".repeat(129))) is error)",
    "l@ = []\nfor i@ in 0..<140 { l@ = [\"a\": [l@]] }\nlaw((try json_stringify(l@)) is error)",
    "l@ = [$i]\nl@.push(l@)\nlaw((try json_stringify(l@)) is error && (try text(l@)) is error)",
    "l@ = []\nm@ = []\nfor i@ in 0..<300 { l@ = [l@]\n m@ = [m@] }\nlaw((try (l@ == m@)) is error)",
    "l@ = [$i]\nm@ = [$i]\nfor i@ in 0..<200 { l@ = [\"k\": l@]\n m@ = [\"k\": m@] }\nlaw(l@ == l@.copy())",
    "fn h@(n) { return n <= 0 ? 0 : 1 + h@(n - 1) }\nlaw(h@(100) == 100 && (try h@(200)) is error)",
    "h@ = (n) => n <= 0 ? 0 : 1 + [n].map(x => h@(x - 1)).sum()\nlaw(h@(30) == 30 && (try h@(300)) is error)",
    // Time and chance
    "k@ = $k\nlaw(time(k@).add(5s).to_ms() - time(k@).to_ms() == 5000)",
    "law(time(\"2024-02-29T12:30:05Z\").iso().starts_with(\"2024-02-29T12:30:05\"))",
    "d@ = time($i % 4000000000000)\nlaw(d@.month >= 1 && d@.month <= 12 && d@.day <= 31 && d@.hour < 24 && d@.minute < 60)",
    "law((try time(\"2023-02-29\")) is error && (try time(\"x\")) is error)",
    "n@ = random_int(0, 9)\nlaw(n@ >= 0 && n@ <= 9 && random() < 1 && uuid().length == 36)",
    // Numbers and texts
    "law($s && $s && $s)",
    "law((1.005).to_fixed(2).length == 4 && (1234.5).format(1) != \"\")",
    "l@ = $I\nlaw((try l@.avg()) is error || l@.is_empty() || l@.avg() * l@.length - l@.sum() < 0.001)",
    "s@ = $I.sort()\nlaw(s@.every((n, at) => at == 0 || s@[at - 1] <= n))",
    // Lists that are changed while they are walked
    "l@ = [1, 2, 3]\nr@ = try l@.map(n => { l@.push(n)\n l@.length })\nlaw(r@ is error || r@.length >= 3)",
    "l@ = [3, 1, 2]\nr@ = try l@.sort((a, b) => { l@.clear()\n a - b })\nlaw(r@ is error || r@.length <= 3)",
];

impl Generator<'_> {
    /// A law, in a block of its own: an operand may fail, which says nothing about the law.
    pub(super) fn law(&mut self) {
        let template = self.choices.pick(LAWS);
        self.state(template);
    }

    pub(super) fn state(&mut self, template: &str) {
        let suffix = self.fresh("_");
        let filled = self.fill(&template.replace('@', &suffix));
        let (declared, filled) = match filled.split_once('\n') {
            Some((function, rest)) if function.starts_with("fn ") => {
                (Some(function.to_owned()), rest.to_owned())
            }
            _ => (None, filled),
        };
        if let Some(function) = declared {
            self.line(&function);
        }
        self.line("try {");
        self.indent += 1;
        for line in filled.split('\n') {
            self.line(&line.replace("law(", "print(\"law\", "));
        }
        self.indent -= 1;
        self.line(&format!("}} catch failed{suffix} {{ print(failed{suffix}.kind) }}"));
    }
}

/// The first line that says that a law does not hold.
pub fn broken(output: &str) -> Option<&str> {
    output.lines().find(|line| line.starts_with(MARK) && *line != "law true")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::machine;
    use crate::generate::Choices;

    /// Each law by itself, with operands that the bytes choose.
    fn program(law: &str, bytes: &[u8]) -> String {
        let mut generator = Generator::new(Choices::new(bytes));
        generator.state(law);
        generator.out
    }

    #[test]
    fn every_law_holds_and_is_reached() {
        let mut wrong = String::new();
        for law in LAWS {
            let source = program(law, &[]);
            let output = match machine::compile(&source) {
                Some(module) => machine::run(&module, false).output,
                None => "does not compile".to_owned(),
            };
            if broken(&output).is_some() || !output.contains("law true") {
                wrong.extend([&*output, "\n", &*source, "\n"]);
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
    }

    #[test]
    fn a_broken_law_is_seen() {
        assert_eq!(broken("law true\nlaw false\n"), Some("law false"));
        assert_eq!(broken("lawful\nlaw true\n"), None);
    }
}
