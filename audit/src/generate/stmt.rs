//! Statements.

use super::{Generator, TYPES, Type};

impl Generator<'_> {
    pub(super) fn statement(&mut self) {
        self.budget = self.budget.saturating_sub(1);
        let nested = self.indent >= 3;
        match self.choices.below(if nested { 10 } else { 28 }) {
            0..=2 => self.declare(),
            3 => {
                let ty = self.choices.pick(&TYPES);
                let value = self.expr(ty);
                self.line(&format!("print({value})"));
            }
            4 => self.change(),
            5 => self.write_element(),
            6 => self.method_statement(),
            7 => self.destructure(),
            8 => self.jump(),
            9 => self.builtin(),
            10 => self.branch(),
            11 => self.for_loop(),
            12 => self.while_loop(),
            13 => self.function(),
            14 => self.attempt(),
            15 => self.match_statement(),
            16 => self.closure(),
            17 => self.steps_loop(),
            18 => self.throwing(),
            19..=21 => self.builtin(),
            22..=24 => self.form(),
            _ => self.declare(),
        }
    }

    fn declare(&mut self) {
        let ty = self.choices.pick(&TYPES);
        let value = self.expr(ty);
        let name = self.fresh("v");
        self.line(&format!("{name} = {value}"));
        // Inside a block the variable may stay unset, so only the top level may use it later on.
        if self.indent == 0 {
            self.vars.push((name, ty));
        }
    }

    fn change(&mut self) {
        let ty = self.choices.pick(&TYPES);
        let Some(name) = self.var_of(ty) else { return self.declare() };
        let value = self.expr(ty);
        match ty {
            Type::Int => {
                let op = self.choices.pick(&["=", "+=", "-=", "="]);
                match self.choices.below(4) {
                    0 => self.line(&format!("{name}++")),
                    1 => self.line(&format!("{name}--")),
                    _ => self.line(&format!("{name} {op} {value}")),
                }
            }
            Type::Text => {
                let op = self.choices.pick(&["=", "+="]);
                self.line(&format!("{name} {op} {value}"));
            }
            _ => self.line(&format!("{name} = {value}")),
        }
    }

    fn write_element(&mut self) {
        if self.choices.below(2) == 0 {
            let Some(name) = self.var_of(Type::Map) else { return self.declare() };
            let value = self.expr(Type::Int);
            let place = self.choices.pick(&["[\"a\"]", ".b", "[\"key\"]", ".c"]);
            self.line(&format!("{name}{place} = {value}"));
        } else {
            let Some(name) = self.var_of(Type::Ints) else { return self.declare() };
            let (index, value) = (self.expr(Type::Int), self.expr(Type::Int));
            self.line(&format!("if {name}.length > 0 {{ {name}[{index} % {name}.length] = {value} }}"));
        }
    }

    fn method_statement(&mut self) {
        let Some(name) = self.var_of(Type::Ints) else { return self.declare() };
        let value = self.expr(Type::Int);
        match self.choices.below(9) {
            0 | 1 => self.line(&format!("if {name}.length < 50 {{ {name}.push({value}) }}")),
            2 => self.line(&format!("print({name}.pop())")),
            3 => self.line(&format!("print({name}.shift())")),
            4 => self.line(&format!("if {name}.length < 50 {{ {name}.unshift({value}) }}")),
            5 => self.line(&format!("print(try {name}.insert({value}, 5))")),
            6 => self.line(&format!("print({name}.splice({value}, 1, 8, 9))")),
            7 => self.line(&format!("print({name}.remove({value}))")),
            _ => self.line(&format!("print((try {name}.remove_at({value})) is error)")),
        }
    }

    fn destructure(&mut self) {
        let (a, b) = (self.fresh("d"), self.fresh("d"));
        match self.choices.below(3) {
            0 => {
                let (x, y) = (self.expr(Type::Int), self.expr(Type::Int));
                self.line(&format!("[{a}, {b}] = [{x}, {y}]"));
            }
            1 => {
                let list = self.expr(Type::Ints);
                self.line(&format!("[{a}, ...{b}] = [1, ...{list}]"));
                if self.indent == 0 {
                    self.vars.push((a, Type::Int));
                    self.vars.push((b, Type::Ints));
                }
                return;
            }
            _ => {
                let (x, y) = (self.expr(Type::Int), self.expr(Type::Int));
                self.line(&format!("{{one: {a}, two: {b}}} = [\"one\": {x}, \"two\": {y}]"));
            }
        }
        if self.indent == 0 {
            self.vars.push((a, Type::Int));
            self.vars.push((b, Type::Int));
        }
    }

    fn jump(&mut self) {
        if self.in_loop {
            let condition = self.expr(Type::Bool);
            let jump = self.choices.pick(&["break", "continue"]);
            self.line(&format!("if {condition} {{ {jump} }}"));
        } else {
            self.declare();
        }
    }

    fn block(&mut self, statements: usize) {
        self.indent += 1;
        for _ in 0..statements {
            self.statement();
        }
        self.indent -= 1;
    }

    fn some(&mut self) -> usize {
        1 + self.choices.below(3)
    }

    fn branch(&mut self) {
        let condition = self.expr(Type::Bool);
        self.line(&format!("if {condition} {{"));
        let n = self.some();
        self.block(n);
        if self.choices.below(2) == 0 {
            let other = self.expr(Type::Bool);
            self.line(&format!("}} else if {other} {{"));
            self.block(1);
        }
        if self.choices.below(2) == 0 {
            self.line("} else {");
            self.block(1);
        }
        self.line("}");
    }

    fn looped(&mut self, head: &str, bound: &[(String, Type)]) {
        self.line(&format!("{head} {{"));
        let (before, was_in_loop) = (self.vars.len(), self.in_loop);
        self.vars.extend_from_slice(bound);
        self.in_loop = true;
        let n = self.some();
        self.block(n);
        self.in_loop = was_in_loop;
        self.vars.truncate(before);
        self.line("}");
    }

    fn for_loop(&mut self) {
        let item = self.fresh("i");
        match self.choices.below(5) {
            0 => {
                let end = self.choices.pick(&["3", "5", "8"]);
                self.looped(&format!("for {item} in 1..{end}"), &[(item.clone(), Type::Int)]);
            }
            1 => {
                let list = self.expr(Type::Ints);
                let at = self.fresh("at");
                self.looped(
                    &format!("for {item}, {at} in ({list})"),
                    &[(item.clone(), Type::Int), (at.clone(), Type::Int)],
                );
            }
            2 => {
                let map = self.expr(Type::Map);
                let value = self.fresh("m");
                let head = format!("for ({item}, {value}) in ({map})");
                self.looped(&head, &[(item.clone(), Type::Text), (value.clone(), Type::Int)]);
            }
            3 => {
                let text = self.expr(Type::Text);
                self.looped(&format!("for {item} in ({text}).slice(0, 10)"), &[(item.clone(), Type::Text)]);
            }
            _ => {
                let end = self.expr(Type::Int);
                self.looped(&format!("for {item} in 0..<(({end}) % 6)"), &[(item.clone(), Type::Int)]);
            }
        }
    }

    fn while_loop(&mut self) {
        let counter = self.fresh("w");
        self.line(&format!("{counter} = 0"));
        let limit = self.choices.pick(&["2", "4", "6"]);
        self.line(&format!("while {counter} < {limit} {{"));
        let was_in_loop = std::mem::replace(&mut self.in_loop, true);
        self.indent += 1;
        self.line(&format!("{counter} += 1"));
        self.statement();
        self.indent -= 1;
        self.in_loop = was_in_loop;
        self.line("}");
    }

    fn steps_loop(&mut self) {
        let i = self.fresh("s");
        self.looped(&format!("for {i} = 0; {i} < 4; {i}++"), &[]);
    }

    fn function(&mut self) {
        if self.indent > 0 {
            return self.declare();
        }
        let name = self.fresh("f");
        let count = self.choices.below(3);
        let params: Vec<Type> = (0..count).map(|_| self.choices.pick(&TYPES)).collect();
        let result = self.choices.pick(&TYPES);
        let names: Vec<String> = params.iter().map(|_| self.fresh("a")).collect();
        let outer = std::mem::take(&mut self.vars);
        // A function sees the variables outside too, but is called when they may have changed: ints and texts do no harm.
        self.vars = outer.iter().filter(|(_, ty)| matches!(ty, Type::Int | Type::Text)).cloned().collect();
        self.vars.extend(names.iter().cloned().zip(params.iter().copied()));
        let was_in_loop = std::mem::replace(&mut self.in_loop, false);
        self.line(&format!("fn {name}({}) {{", names.join(", ")));
        let n = self.choices.below(2);
        self.block(n);
        let value = self.expr(result);
        self.indent += 1;
        self.line(&format!("return {value}"));
        self.indent -= 1;
        self.line("}");
        self.in_loop = was_in_loop;
        self.vars = outer;
        self.functions.push((name, params, result));
    }

    fn attempt(&mut self) {
        let error = self.fresh("e");
        self.line("try {");
        let n = self.some();
        self.block(n);
        self.line(&format!("}} catch {error} {{"));
        self.indent += 1;
        self.line(&format!("print({error}.kind, {error}.status)"));
        self.indent -= 1;
        self.line("}");
    }

    fn throwing(&mut self) {
        let kind = self.choices.pick(&["\"Odd\", \"no\"", "\"plain\"", "404, \"gone\""]);
        let condition = self.expr(Type::Bool);
        self.line(&format!("print((try (() => {{ if {condition} {{ throw error({kind}) }} else {{ return 1 }} }})()) is error)"));
    }

    fn match_statement(&mut self) {
        let subject = self.expr(Type::Shape);
        let (a, b) = (self.expr(Type::Int), self.expr(Type::Text));
        self.line(&format!("match {subject} {{"));
        self.line(&format!("    Circle(r) if r > 2 -> print(r + ({a}))"));
        self.line("    Box(w, h) -> { print(w, h) }");
        self.line(&format!("    _ -> print({b})"));
        self.line("}");
    }

    fn closure(&mut self) {
        if self.indent > 0 {
            return self.declare();
        }
        let (total, add) = (self.fresh("v"), self.fresh("g"));
        let step = self.expr(Type::Int);
        self.line(&format!("{total} = 0"));
        self.vars.push((total.clone(), Type::Int));
        self.line(&format!("{add} = (n) => {{"));
        self.line(&format!("    {total} += n % 100 + ({step}) % 100"));
        self.line(&format!("    {total}"));
        self.line("}");
        self.functions.push((add, vec![Type::Int], Type::Int));
    }
}
