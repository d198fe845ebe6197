//! Every built-in by name, called with operands of the kinds that it takes, and now and then with others.
//!
//! A template is a piece of source in which `$` and a letter stand for an operand: `$i` int, `$k` small int, `$n`
//! number, `$b` bool, `$t` text, `$I` list of ints, `$T` list of texts, `$M` map, `$x` anything,
//! `$s` a comparison of an int in one of its spellings with itself in the plainest.

mod odd;

use super::{Generator, TYPES, Type};
use odd::{JSONS, ODD, WITH_ODD};

/// Calls that the evaluator judges.
const JUDGED: &[&str] = &[
    "type_of($x)",
    "$x.type()",
    "$x.to_text()",
    "$x.copy()",
    "len($t)",
    "len($I)",
    "len($M)",
    "range(0, $k)",
    "range(9, $k, -2)",
    "int($x)",
    "number($x)",
    "text($x)",
    "bool($x)",
    "parse_int($t)",
    "parse_number($t)",
    "json_parse(json_stringify($x))",
    "json_stringify($x, 2)",
    "error(\"Odd\", $t)",
    "error($t).context($t).kind",
    "pi",
    "abs($n)",
    "$i.abs()",
    "floor($n)",
    "$n.floor()",
    "ceil($n)",
    "$n.ceil()",
    "trunc($n)",
    "$n.trunc()",
    "round($n)",
    "$n.round()",
    "sqrt($n)",
    "$n.sqrt()",
    "pow($i, 2)",
    "$n.pow(2)",
    "sin($n)",
    "$n.cos()",
    "cos($n)",
    "tan($n)",
    "log10($n)",
    "ln($n)",
    "exp($n)",
    "clamp($i, 0, $k)",
    "$i.clamp(0, 9)",
    "is_nan($n)",
    "$n.is_nan()",
    "is_finite($n)",
    "$n.is_finite()",
    "$n.to_int()",
    "$i.to_number()",
    "min($i, $i)",
    "max($i, $i, 3)",
    "$t.to_int()",
    "$t.to_number()",
    "$t.length",
    "$t.len",
    "$t.is_empty",
    "$t.upper()",
    "$t.toUpperCase()",
    "$t.uppercase()",
    "$t.lower()",
    "$t.toLowerCase()",
    "$t.lowercase()",
    "$t.capitalize()",
    "$t.trim()",
    "$t.trim_start()",
    "$t.trim_end()",
    "$t.reverse()",
    "$t.lines()",
    "$t.starts_with($t)",
    "$t.startsWith($t)",
    "$t.ends_with($t)",
    "$t.endsWith($t)",
    "$t.contains($t)",
    "$t.includes($t)",
    "$t.index_of($t)",
    "$t.indexOf($t)",
    "$t.last_index_of($t)",
    "$t.count($t)",
    "$t.slice($i, $i)",
    "$t.substring($i, $i)",
    "$t.char_at($k)",
    "$t.charAt($k)",
    "$t.code_at($k)",
    "$t.charCodeAt($k)",
    "$t.split($t)",
    "$t.replace(\"a\", $t)",
    "$t.replace_first(\"a\", $t)",
    "$t.repeat($k)",
    "$t.pad_start($k, $t)",
    "$t.padStart($k)",
    "$t.pad_end($k)",
    "$t.padEnd($k, \"é\")",
    "$I.length",
    "$I.len",
    "$I.count",
    "$I.is_empty",
    "$I.first",
    "$I.last",
    "$I.map(n => n + $k)",
    "$I.filter(n => n > $k)",
    "$I.find(n => n > $k)",
    "$I.find_index(n => n == $k)",
    "$I.findIndex(n => n == $k)",
    "$I.some(n => n > $k)",
    "$I.any(n => n < $k)",
    "$I.every(n => n > $k)",
    "$I.all(n => $b)",
    "$I.reduce((a, n) => a + n, $i)",
    "$I.reduce((a, n) => n)",
    "$I.each(n => n)",
    "$I.flat_map(n => [n, $k])",
    "$I.group_by(n => n % 2)",
    "$T.sort()",
    "$I.sort(n => -n)",
    "$I.reverse()",
    "$I.unique()",
    "[$I, $I].flat()",
    "$I.take($k)",
    "$I.drop($k)",
    "$I.slice($i, $i)",
    "$I.concat($I)",
    "$I.contains($i)",
    "$I.includes($k)",
    "$I.index_of($i)",
    "$I.indexOf($k)",
    "$I.join()",
    "$T.join($t)",
    "$I.zip($T)",
    "$I.chunk($k)",
    "$I.sum()",
    "$I.min()",
    "$T.max()",
    "(1..$k).to_list()",
    "$I.insert($k, 1)",
    "$I.remove_at($k)",
    "$I.remove($i)",
    "$I.push(1, $x)",
    "$I.pop()",
    "$I.shift()",
    "$I.unshift($i)",
    "$I.splice(1, $k, 7)",
    "$I.clear()",
    "$M.keys()",
    "$M.values()",
    "$M.entries()",
    "$M.count()",
    "$M.is_empty()",
    "$M.isEmpty()",
    "$M.has($t)",
    "$M.includes($t)",
    "$M.get($t, $x)",
    "$M.set($t, $i)",
    "$M.remove($t)",
    "$M.merge($M)",
    "$M.map_values(v => v + 1)",
    "$M.filter((v, k) => k != $t)",
    "$M.clear()",
    "(5s).to_ms()",
    "(90s).seconds",
];

/// Calls that the evaluator leaves alone: tables of Unicode, decimals, the clock, chance, files, digests. They stand at
/// the end of a program, where they cost no judgement of anything else.
const UNJUDGED: &[&str] = &[
    "$t.graphemes()",
    "$t.matches(/a+/)",
    "$t.test(/b/i)",
    "$t.find_all(/\\w/)",
    "$n.to_fixed(2)",
    "$n.toFixed(1)",
    "$n.format(2)",
    "$i.toLocaleString()",
    "$i.toString()",
    "String($x)",
    "Number($t)",
    "parseInt($t)",
    "parseFloat($t)",
    "Math.min($i, $n)",
    "Math.max($n, $i)",
    "Math.abs($i)",
    "Math.floor($n)",
    "Math.ceil($n)",
    "Math.round($n)",
    "Math.sqrt($n)",
    "Math.pow($n, 2)",
    "Math.PI",
    "math_pi",
    "math_abs($i)",
    "math_floor($n)",
    "math_ceil($n)",
    "math_round($n)",
    "math_sqrt($n)",
    "math_pow($i, 2)",
    "math_min($i, $i)",
    "math_max($i, $i)",
    "Object.keys($M)",
    "Object.values($M)",
    "Object.entries($M)",
    "Array.isArray($x)",
    "JSON.parse($t)",
    "JSON.stringify($x)",
    "$I.avg()",
    "$T.isEmpty",
    "$t.to_time()",
    "time($i)",
    "time(\"2024-02-29\").year",
    "now.month",
    "today.day",
    "yesterday.weekday",
    "tomorrow.hour",
    "now.minute",
    "now.second",
    "now.iso()",
    "now.format(\"YYYY-MM-DD dddd\")",
    "now.add(5s).to_ms()",
    "Date.now()",
    "url_encode($t)",
    "url_decode($t)",
    "encodeURIComponent($t)",
    "base64_encode($t)",
    "base64_decode($t)",
    "base64_bytes(base64_encode($t)).size",
    "base64_bytes(\"aGk=\").text()",
    "base64_bytes(\"aGk=\").to_base64()",
    "sha256($t)",
    "hmac_sha256($t, $t)",
    "verify_password($t, $t)",
    "secure_equals($t, $t)",
    "random_token($k)",
    "random()",
    "Math.random()",
    "math_random()",
    "random_int(0, $k)",
    "uuid()",
    "escape($t)",
    "raw($t)",
    "env($t, $x)",
    "log_debug($t)",
    "log_info($t)",
    "log_warn($t)",
    "log_error($t)",
    "write_file(\"a\", $t)",
    "append_file(\"a\", $t)",
    "read_file(\"a\")",
    "read_bytes(\"a\")",
    "file_exists(\"a\")",
    "list_files(\"\")",
    "delete_file($t)",
    "window.location.href",
    "log.debug($t)",
    "log.info($t, $M)",
    "log.warn($t)",
    "log.error($t)",
    "$t.split(/,/)",
];

impl Generator<'_> {
    /// A call that may fail, and what came of it.
    pub(super) fn builtin(&mut self) {
        let template = self.choices.pick(JUDGED);
        self.outcome(template);
    }

    /// Calls that end the part of a program that is judged.
    pub(super) fn unjudged_end(&mut self) {
        while self.choices.left() > 0 && self.budget > 0 {
            self.budget -= 1;
            match self.choices.below(5) {
                0 => self.law(),
                1 => {
                    let template = self.choices.pick(UNJUDGED);
                    self.outcome(template);
                }
                _ => {
                    let template = self.choices.pick(WITH_ODD);
                    self.outcome(template);
                }
            }
        }
    }

    fn outcome(&mut self, template: &str) {
        let name = self.fresh("r");
        let call = self.fill(template);
        self.line(&format!("{name} = try {call}"));
        self.line(&format!("if {name} is error {{ print({name}.kind) }} else {{ print({name}) }}"));
    }

    /// The template with an operand for each `$`.
    pub(super) fn fill(&mut self, template: &str) -> String {
        let mut pieces = template.split('$');
        let mut out = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (letter, rest) = piece.split_at(1);
            let operand = match letter {
                "i" => self.postfixable(Type::Int),
                "k" => self.choices.pick(&["1", "2", "3", "0", "5", "(-1)"]).to_owned(),
                "n" => self.postfixable(Type::Number),
                "b" => self.postfixable(Type::Bool),
                "t" => self.postfixable(Type::Text),
                "I" => self.postfixable(Type::Ints),
                "T" => self.postfixable(Type::Texts),
                "M" => self.postfixable(Type::Map),
                "v" => {
                    let odd = self.choices.pick(ODD);
                    // Out of a list of several kinds: the checker does not know which it is.
                    format!("[{}, none][0]", self.fill(odd))
                }
                "s" => {
                    let (value, spelling) = self.spelled();
                    format!("{spelling} == {value}")
                }
                "j" => {
                    let json = self.choices.pick(JSONS);
                    self.fill(json)
                }
                _ => {
                    let any = self.choices.pick(&TYPES);
                    self.postfixable(any)
                }
            };
            out.push_str(&operand);
            out.push_str(rest);
        }
        out
    }
}
