//! Forms that statements and expressions seldom take: patterns, spread and named arguments, unset variables, functions
//! with more variables than there are registers.

use super::Generator;

/// Statements. `$` and a letter stand for an operand as in [`super::builtin`], `@` makes a name a new one.
const FORMS: &[&str] = &[
    "{a: p@, ...q@} = [\"a\": 1, \"z\": $i]\nprint(p@, q@)",
    "[p@, [q@]] = [1, [$i]]\nprint(q@)",
    "print(match $I { [] -> 0, [n] -> n, [n, ...r] -> r.length })",
    "print(match $M { {a: n} -> n, _ -> none })",
    "print(match $x { is int -> 1, is text | is list -> 2, _ -> 3 })",
    "print(match $i { 1..5 -> \"few\", 7 -> \"seven\", _ -> \"many\" })",
    "print(match $t { \"a\" | \"abc\" -> 1, t@ if t@.length > 2 -> 2, _ -> 3 })",
    "print((try (match $i { 1 -> \"one\" })) is error)",
    "m@ = $M\nm@.zz = 1\ndelete m@[\"zz\"]\nprint(m@)",
    "print([...$I, ...$T])",
    "print([...$M, \"k\": $i])",
    "n@ = none\nprint($M?.a, n@?.b)",
    "n@ = $i % 100\nn@ *= 2\nn@ -= $k\nn@ /= 3\nn@ %= 7\nprint(n@)",
    "print(2 in 1..$k, $i not in $I, \"a\" in $t, $t in $M)",
    "l@ = $I\nl@.push(...[1, 2])\nprint(l@)",
    "if $b { u@ = $i }\nprint(u@ ?? \"unset\")",
    "if $b { u@ = $i }\nprint((try u@) is error)",
    "r@ = 0..<$k\nprint(r@.length, r@ == 0..<2, 1..<$k)",
    "print([1, 2].map(Circle), [\"a\"].map(upper), [\"1\"].map(int))",
    "try { throw $t } catch e@ { print(e@.message) }",
    "try { throw error(\"Odd\", \"no\") } catch e@ { print((try (() => { throw e@ })()) is error) }",
    "print($i < 3, 3 <= $i, $n > 1, 1.5 >= $n, $i == 3, $i != 4)",
    "if $n < 2 { print(1) } else if $n <= 3 { print(2) }\nif $n > 4 { print(3) }\nif $n >= 5 { print(4) }",
    "while $i > 9223372036854775806 { break }\nif $i == 3 { print(5) }\nif $i != 3 { print(6) }",
    "a@ = $i\nb@ = $i\nif a@ > b@ { print(1) }\nif a@ >= b@ { print(2) }\nif a@ < b@ { print(3) }\nif a@ <= b@ { print(4) }",
    "k@ = []\nfor i@ in 1..3 { k@.push(() => i@ * 2) }\nprint(k@.map(f => f()))",
    "m@ = -9223372036854775808\nprint((try (m@ / -1)) is error, try (m@ % -1), (try -m@) is error, (try abs(m@)) is error)\nprint((try [1, 2][::0]) is error, (try \"ab\"[::0]) is error)",
    "print((try (2 ** 63)) is error, (try (10 ** 30)) is error, try ((-2) ** 63), (try ($k ** 90)) is error)\nl@ = [1, 2]\ntry { l@[7] = 1 } catch e@ { print(e@.kind) }\ntry { l@[-9] = 1 } catch e@ { print(e@.kind) }\nprint((try l@.insert(9, 0)) is error, (try l@.remove_at(5)) is error, l@)",
    "print(-$n, !$b, 7 - $k, 7 * $k, 1 + $k, $k ** 2, 9 / 2, $n ++ $t)",
    "print(({ name: $t, [$t]: 1 }).count())",
    "print($x == none ? 1 : 2, $x ?: 3, $b && $x, $b || $x)",
];

/// The same, for the top level alone.
const DECLARATIONS: &[&str] = &[
    "fn h@(a, b = a, ...rest) { return [a, b, rest] }\nprint(h@(1), h@(1, 2, 3, 4), h@(b: 5, a: 6), h@(...$I, 1))",
    "fn h@([a, b], {c: d}) { a + b + d }\nprint(h@([1, 2], [\"c\": 3]), (try h@([1], [:])) is error)",
    "fn h@() { c = 0\n add = () => { c += 1\n return c }\n add()\n return add() }\nprint(h@())",
    "g@ = 0\nfn h@() { g@ += 1\n return g@ }\nh@()\nprint(h@(), g@)",
    "fn h@() { return late@ ?? \"unset\" }\nprint(h@())\nlate@ = $i\nprint(h@())",
    "fn h@(n) { if n <= 0 { return 0 } return n + h@(n - 1) }\nprint(h@(5))",
    "fn h@() { for x in $I { if x > 2 { return x } } }\nprint(h@())",
    "s@ = Shape.Box(1, $i)\nprint(s@.name, s@.values, s@ is Shape, s@ == Box(1, 2), Shape.all)",
];

/// More variables than a frame has registers.
const MANY: usize = 270;

impl Generator<'_> {
    pub(super) fn form(&mut self) {
        if self.indent == 0 && self.choices.below(3) == 0 {
            if self.choices.once_in(12) {
                return self.many_variables();
            }
            let template = self.choices.pick(DECLARATIONS);
            return self.lines(template);
        }
        let template = self.choices.pick(FORMS);
        self.lines(template);
    }

    fn lines(&mut self, template: &str) {
        let suffix = self.fresh("_");
        let filled = self.fill(&template.replace('@', &suffix));
        for line in filled.split('\n') {
            self.line(line);
        }
    }

    fn many_variables(&mut self) {
        let name = self.fresh("many");
        self.line(&format!("fn {name}(a) {{"));
        let all: Vec<String> = (0..MANY).map(|n| format!("n{n}")).collect();
        for (at, variable) in all.iter().enumerate() {
            self.line(&format!("    {variable} = a + {at}"));
        }
        self.line(&format!("    return {}", all.join(" + ")));
        self.line("}");
        let value = self.postfixable(super::Type::Int);
        self.line(&format!("print({name}({value} % 1000))"));
    }
}
