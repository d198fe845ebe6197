//! Expressions of a wanted type.

use super::{Generator, TYPES, Type};

const INTS: [&str; 14] = [
    "0",
    "1",
    "2",
    "3",
    "7",
    "10",
    "-1",
    "-5",
    "100",
    "255",
    "1_000",
    "9223372036854775807",
    "-9223372036854775808",
    "0x7F",
];
const NUMBERS: [&str; 8] = ["0.5", "1.0", "2.25", "-3.75", "1e10", "0.1", "1000000.0", "-0.0"];
const TEXTS: [&str; 10] = [
    "\"\"",
    "\"a\"",
    "\"abc\"",
    "\"é漢🎉\"",
    "\"a b c\"",
    "'x'",
    "\"ß\"",
    "\"1,2,3\"",
    "\"  pad \"",
    "\"42\"",
];
const KEYS: [&str; 4] = ["\"a\"", "\"b\"", "\"key\"", "\"é\""];

impl Generator<'_> {
    /// An expression of the type; once in a while of any.
    pub(super) fn expr(&mut self, ty: Type) -> String {
        let ty = if self.choices.once_in(60) { self.choices.pick(&TYPES) } else { ty };
        self.depth += 1;
        let simple = self.depth > 4 || self.choices.left() == 0;
        let made = if simple || self.choices.below(3) == 0 { self.leaf(ty) } else { self.compound(ty) };
        self.depth -= 1;
        made
    }

    fn leaf(&mut self, ty: Type) -> String {
        if self.choices.below(4) > 0
            && let Some(name) = self.var_of(ty)
        {
            return name;
        }
        match ty {
            Type::Int => match self.choices.below(16) {
                // One in eight, by the bytes that always meant it to the committed seeds.
                7 | 15 => self.choices.pick(&INTS).into(),
                // What goes wrong for one value in a hundred lies at no boundary.
                6 => self.spelled().1,
                _ => self.choices.pick(&INTS[..9]).into(),
            },
            Type::Number => self.choices.pick(&NUMBERS).into(),
            Type::Bool => self.choices.pick(&["true", "false"]).into(),
            Type::Text => self.choices.pick(&TEXTS).into(),
            Type::Ints => {
                self.choices.pick(&["[1, 2, 3]", "[]", "[5, 3, 9, 1]", "(1..4).to_list()", "[0]"]).into()
            }
            Type::Texts => self.choices.pick(&["[\"b\", \"a\"]", "[\"x\"]", "\"a,b,c\".split(\",\")"]).into(),
            Type::Map => self.choices.pick(&["[\"a\": 1, \"b\": 2]", "[:]", "[\"key\": 5]"]).into(),
            Type::Shape => self.choices.pick(&["Dot", "Circle(2)", "Shape.Box(2, 3)", "Shape.Dot"]).into(),
        }
    }

    /// An int below 2^16, and one of the ways to write it.
    pub(super) fn spelled(&mut self) -> (usize, String) {
        let value = self.choices.below(1 << 16);
        let spelling = match self.choices.below(5) {
            0 => value.to_string(),
            1 => format!("0x{value:X}"),
            2 => format!("0b{value:b}"),
            3 => format!("0o{value:o}"),
            _ => {
                let mut digits = value.to_string();
                if digits.len() > 1 {
                    digits.insert(1 + self.choices.below(digits.len() - 1), '_');
                }
                digits
            }
        };
        (value, spelling)
    }

    fn call(&mut self, ty: Type) -> Option<String> {
        let fitting: Vec<_> = self.functions.iter().filter(|(_, _, result)| *result == ty).cloned().collect();
        if fitting.is_empty() {
            return None;
        }
        let (name, params, _) = fitting.get(self.choices.below(fitting.len()))?.clone();
        let args: Vec<String> = params.into_iter().map(|param| self.expr(param)).collect();
        Some(format!("{name}({})", args.join(", ")))
    }

    fn compound(&mut self, ty: Type) -> String {
        if self.choices.once_in(6)
            && let Some(call) = self.call(ty)
        {
            return call;
        }
        match self.choices.below(12) {
            0 => {
                let (c, a, b) = (self.expr(Type::Bool), self.expr(ty), self.expr(ty));
                return format!("({c} ? {a} : {b})");
            }
            1 => {
                let (c, a, b) = (self.expr(Type::Bool), self.expr(ty), self.expr(ty));
                return format!("(if {c} then {a} else {b})");
            }
            2 => {
                let (a, b) = (self.expr(ty), self.expr(ty));
                return format!("({a} {} {b})", self.choices.pick(&["??", "?:"]));
            }
            3 => {
                let (a, b) = (self.expr(ty), self.expr(ty));
                return format!("((try {a}) || {b})");
            }
            _ => {}
        }
        match ty {
            Type::Int => self.int(),
            Type::Number => self.number(),
            Type::Bool => self.bool(),
            Type::Text => self.text(),
            Type::Ints => self.ints(),
            Type::Texts => self.texts(),
            Type::Map => self.map(),
            Type::Shape => {
                let (a, b) = (self.expr(Type::Int), self.expr(Type::Int));
                match self.choices.below(2) {
                    0 => format!("Circle({a})"),
                    _ => format!("Box({a}, {b})"),
                }
            }
        }
    }

    fn int(&mut self) -> String {
        match self.choices.below(22) {
            0..=5 => {
                let op = self.choices.pick(&["+", "-", "*", "+", "-"]);
                let sign = self.choices.pick(&["", "", "-"]);
                let (a, b) = (self.expr(Type::Int), self.expr(Type::Int));
                format!("({sign}({a}) {op} {b})")
            }
            6 => format!("({} {} {})", self.expr(Type::Int), self.choices.pick(&["/", "%"]), self.nonzero()),
            7 => format!("({} % 7) ** {}", self.expr(Type::Int), self.choices.pick(&["2", "3", "0"])),
            8 => format!("({}).length", self.expr(Type::Text)),
            9 => format!("{}.length", self.postfixable(Type::Ints)),
            10 => format!("{}.count()", self.postfixable(Type::Map)),
            11 => format!("{}.index_of({})", self.postfixable(Type::Text), self.expr(Type::Text)),
            12 => format!("({}.sum())", self.postfixable(Type::Ints)),
            13 => format!("({}.{}() ?? 0)", self.postfixable(Type::Ints), self.choices.pick(&["min", "max"])),
            14 => format!("({}[{}] ?? 0)", self.postfixable(Type::Map), self.choices.pick(&KEYS)),
            15 => {
                let list = self.postfixable(Type::Ints);
                format!("((try {list}[{}]) || 1)", self.expr(Type::Int))
            }
            16 => format!("{}.reduce((a, b) => a + b, 0)", self.postfixable(Type::Ints)),
            17 => {
                let subject = self.expr(Type::Shape);
                let other = self.expr(Type::Int);
                format!(
                    "(match {subject} {{ Dot -> 0, Circle(r) -> r, Box(w, h) if w == h -> w, _ -> {other} }})"
                )
            }
            18 => {
                let subject = self.expr(Type::Int);
                let other = self.expr(Type::Int);
                format!("(match {subject} {{ 0 | 1 -> 10, 2..9 -> 20, n if n < 0 -> 30, _ -> {other} }})")
            }
            19 => format!("abs({} % 1000)", self.expr(Type::Int)),
            20 => format!("(-({}))", self.expr(Type::Int)),
            _ => format!("int({} > 0)", self.expr(Type::Int)),
        }
    }

    /// Mostly not zero.
    fn nonzero(&mut self) -> String {
        match self.choices.below(10) {
            0 => self.expr(Type::Int),
            _ => self.choices.pick(&["2", "3", "-1", "7", "10"]).into(),
        }
    }

    fn number(&mut self) -> String {
        match self.choices.below(8) {
            0..=3 => {
                let op = self.choices.pick(&["+", "-", "*", "/", "%"]);
                let (a, b) = (self.expr(Type::Number), self.expr(Type::Number));
                format!("({a} {op} {b})")
            }
            4 => format!("({} + {})", self.expr(Type::Int), self.expr(Type::Number)),
            5 => format!("number({})", self.expr(Type::Int)),
            6 => format!("sqrt({})", self.expr(Type::Int)),
            _ => format!("(-{})", self.postfixable(Type::Number)),
        }
    }

    fn bool(&mut self) -> String {
        let ty = self.choices.pick(&[Type::Int, Type::Int, Type::Text, Type::Number]);
        match self.choices.below(10) {
            0..=2 => {
                let op = self.choices.pick(&["<", "<=", ">", ">="]);
                format!("({} {op} {})", self.expr(ty), self.expr(ty))
            }
            3 | 4 => {
                let ty = self.choices.pick(&TYPES);
                format!("({} {} {})", self.expr(ty), self.choices.pick(&["==", "!="]), self.expr(ty))
            }
            5 => format!("({} && {})", self.expr(Type::Bool), self.expr(Type::Bool)),
            6 => format!("({} || {})", self.expr(Type::Bool), self.expr(Type::Bool)),
            7 => format!("(!{})", self.postfixable(Type::Bool)),
            8 => format!("({} in {})", self.expr(Type::Int), self.expr(Type::Ints)),
            _ => {
                let ty = self.choices.pick(&TYPES);
                let name =
                    self.choices.pick(&["int", "text", "list", "map", "int | text", "Shape", "number?"]);
                format!("({} is {name})", self.expr(ty))
            }
        }
    }

    fn text(&mut self) -> String {
        let any = self.choices.pick(&TYPES);
        match self.choices.below(16) {
            0 | 1 => format!("({} + {})", self.expr(Type::Text), self.expr(any)),
            2 => format!("({} ++ {})", self.expr(Type::Text), self.expr(Type::Text)),
            3 => format!("text({})", self.expr(any)),
            4 => match self.var_of(any) {
                Some(name) => format!("\"<{{{name}}}>\""),
                None => self.leaf(Type::Text),
            },
            5 => {
                let method =
                    self.choices.pick(&["upper", "lower", "trim", "reverse", "capitalize", "trim_start"]);
                format!("{}.{method}()", self.postfixable(Type::Text))
            }
            6 => format!(
                "{}.slice({}, {})",
                self.postfixable(Type::Text),
                self.expr(Type::Int),
                self.expr(Type::Int)
            ),
            7 => {
                format!("{}[{}:{}]", self.postfixable(Type::Text), self.expr(Type::Int), self.expr(Type::Int))
            }
            8 => format!("{}.replace(\"a\", {})", self.postfixable(Type::Text), self.expr(Type::Text)),
            9 => format!("{}.repeat({} % 3 + 2)", self.postfixable(Type::Text), self.expr(Type::Int)),
            10 => format!("{}.join({})", self.postfixable(Type::Texts), self.choices.pick(&TEXTS)),
            11 => {
                format!("{}.pad_start({} % 20, \"-+\")", self.postfixable(Type::Text), self.expr(Type::Int))
            }
            12 => format!("typeof {}", self.postfixable(any)),
            13 => format!("json_stringify({})", self.expr(any)),
            14 => format!("{}.substring({}, 3)", self.postfixable(Type::Text), self.expr(Type::Int)),
            _ => format!("((try {}[{}]) || \"\")", self.postfixable(Type::Text), self.expr(Type::Int)),
        }
    }

    fn lambda(&mut self, of: Type, result: Type) -> String {
        let name = self.fresh("p");
        self.vars.push((name.clone(), of));
        let body = self.expr(result);
        self.vars.pop();
        if self.choices.below(4) == 0 {
            format!("({name}, at) => {body}")
        } else {
            format!("{name} => {body}")
        }
    }

    fn ints(&mut self) -> String {
        let list = self.postfixable(Type::Ints);
        match self.choices.below(16) {
            0 | 1 => format!("{list}.map({})", self.lambda(Type::Int, Type::Int)),
            2 => format!("{list}.filter({})", self.lambda(Type::Int, Type::Bool)),
            3 => format!("({list} + {})", self.expr(Type::Ints)),
            4 => format!("{list}.sort()"),
            5 => format!("{list}.sort((a, b) => b % 1000 - a % 1000)"),
            6 => format!("{list}.reverse()"),
            7 => format!("{list}[{}:{}]", self.expr(Type::Int), self.expr(Type::Int)),
            8 => format!("{list}[::{}]", self.choices.pick(&["1", "2", "-1", "-2"])),
            9 => format!("[...{list}, {}]", self.expr(Type::Int)),
            10 => format!("({list} |> take({} % 5 + 4))", self.expr(Type::Int)),
            11 => format!("{list}.unique()"),
            12 => format!("{}.values()", self.postfixable(Type::Map)),
            13 => format!("({list}.chunk(2) |> flat)"),
            14 => format!("{list}.flat_map(n => [n, n])"),
            _ => format!("{list}.concat({})", self.expr(Type::Ints)),
        }
    }

    fn texts(&mut self) -> String {
        match self.choices.below(6) {
            0 => format!("{}.split({})", self.postfixable(Type::Text), self.choices.pick(&TEXTS)),
            1 => format!("{}.keys()", self.postfixable(Type::Map)),
            2 => format!("{}.map({})", self.postfixable(Type::Texts), self.lambda(Type::Text, Type::Text)),
            3 => format!("{}.sort()", self.postfixable(Type::Texts)),
            4 => format!("{}.map(n => \"{{n}}\")", self.postfixable(Type::Ints)),
            _ => format!("[{}, {}]", self.expr(Type::Text), self.expr(Type::Text)),
        }
    }

    fn map(&mut self) -> String {
        match self.choices.below(6) {
            0 => format!("[{}: {}]", self.choices.pick(&KEYS), self.expr(Type::Int)),
            1 => {
                format!("{{ a: {}, ...{} }}", self.expr(Type::Int), self.expr(Type::Map))
                    .replacen('{', "({", 1)
                    + ")"
            }
            2 => format!("{}.merge({})", self.postfixable(Type::Map), self.expr(Type::Map)),
            3 => format!("{}.map_values(v => v + 1)", self.postfixable(Type::Map)),
            4 => format!("{}.filter((v, k) => v > 1)", self.postfixable(Type::Map)),
            _ => format!("{}.copy()", self.postfixable(Type::Map)),
        }
    }

    /// An operand that a member, index or prefix can be put to.
    pub(super) fn postfixable(&mut self, ty: Type) -> String {
        let made = self.expr(ty);
        let plain = made.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !made.starts_with(|c: char| c.is_ascii_digit());
        if plain { made } else { format!("({made})") }
    }
}
