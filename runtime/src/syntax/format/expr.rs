//! Expressions and functions.

use super::Printer;
use crate::base::Span;
use crate::syntax::tree::*;

impl Printer<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::None => self.put("none"),
            ExprKind::Bool(value) => self.put(if *value { "true" } else { "false" }),
            ExprKind::Int(_)
            | ExprKind::Number(_)
            | ExprKind::Duration(_)
            | ExprKind::Text(_)
            | ExprKind::Regex(_)
            | ExprKind::Element(_)
            | ExprKind::Control(_) => self.verbatim(expr.span),
            ExprKind::Name(name) => self.put(&name.text),
            ExprKind::Paren(inner) => self.paren(inner, expr.span),
            ExprKind::List(items) => {
                let place = |item: &ListItem| item.value.span;
                self.bracketed(("[", "]", expr.span), items, place, |printer, item| {
                    printer.spread(item.spread);
                    printer.expr(&item.value);
                });
            }
            ExprKind::Map(map) => self.map(map, expr.span),
            ExprKind::Construct(parts) => {
                self.put(&parts.name.text);
                self.put(" ");
                let braces = Span { start: self.brace_behind(parts.name.span.end), ..expr.span };
                self.brace_entries(&parts.entries, braces);
            }
            ExprKind::Response(entries) => {
                self.put("response ");
                let word = expr.span.start.saturating_add(8);
                let braces = Span { start: self.brace_behind(word), ..expr.span };
                self.brace_entries(entries, braces);
            }
            ExprKind::Function(function) => self.function(function),
            ExprKind::If(parts) => self.if_(parts),
            ExprKind::Match(parts) => self.match_(parts, expr.span),
            ExprKind::Transaction(body) => {
                self.put("transaction ");
                self.body(body);
            }
            ExprKind::Try(operand) => {
                self.put("try ");
                self.expr(operand);
            }
            ExprKind::TryCatch(parts) => self.try_catch(parts),
            ExprKind::Store(op, operand) => {
                self.put(match op {
                    StoreOp::Save => "save ",
                    StoreOp::Delete => "delete ",
                    StoreOp::Restore => "restore ",
                    StoreOp::Destroy => "destroy ",
                });
                self.expr(operand);
            }
            ExprKind::Conditional(parts) => self.indented(|printer| printer.conditional(parts)),
            ExprKind::Pipeline(parts) => {
                self.expr(&parts.first);
                self.indented(|printer| {
                    let mut end = parts.first.span.end;
                    for stage in &parts.stages {
                        printer.leading(end, stage.span.start, "|> ");
                        printer.expr(stage);
                        end = stage.span.end;
                    }
                });
            }
            ExprKind::Chain(chain) => self.chain(chain),
            ExprKind::Range(range) => {
                self.expr(&range.start);
                self.put(if range.exclusive { "..<" } else { ".." });
                self.expr(&range.end);
            }
            ExprKind::Unary(op, operand) => self.unary(*op, operand),
            ExprKind::Power(operands) => {
                for (at, operand) in operands.iter().enumerate() {
                    if at > 0 {
                        self.put(" ** ");
                    }
                    self.expr(operand);
                }
            }
            ExprKind::Postfix(postfix) => self.postfix(postfix),
            ExprKind::Assign(assign) => {
                for step in &assign.steps {
                    self.expr(&step.place);
                    self.put(match step.op {
                        AssignOp::Set => " = ",
                        AssignOp::Add => " += ",
                        AssignOp::Subtract => " -= ",
                        AssignOp::Multiply => " *= ",
                        AssignOp::Divide => " /= ",
                        AssignOp::Remainder => " %= ",
                    });
                }
                self.expr(&assign.value);
            }
        }
    }

    fn paren(&mut self, inner: &Expr, whole: Span) {
        let broken = self.breaks(whole.start, inner.span.start) > 0;
        self.put("(");
        if broken {
            self.indented(|printer| {
                printer.newline();
                printer.expr(inner);
            });
            self.newline();
        } else {
            self.expr(inner);
        }
        self.put(")");
    }

    fn spread(&mut self, spread: bool) {
        if spread {
            self.put("...");
        }
    }

    /// A word or operator that may start a line, on a line of its own where the author broke there.
    fn leading(&mut self, end: u32, start: u32, word: &str) {
        if self.breaks(end, start) > 0 {
            self.newline();
        } else {
            self.put(" ");
        }
        self.put(word);
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr) {
        self.put(match op {
            UnaryOp::Not => "!",
            UnaryOp::Negate => "-",
            UnaryOp::Typeof => "typeof ",
            UnaryOp::New => "new ",
        });
        let minus = matches!(operand.kind, ExprKind::Unary(UnaryOp::Negate, _) | ExprKind::Int(i64::MIN));
        if op == UnaryOp::Negate && minus {
            self.put(" ");
        }
        self.expr(operand);
    }

    fn conditional(&mut self, parts: &Conditional) {
        let mut end = None;
        for (condition, then) in &parts.arms {
            if let Some(end) = end {
                self.leading(end, condition.span.start, ": ");
            }
            self.expr(condition);
            self.leading(condition.span.end, then.span.start, "? ");
            self.expr(then);
            end = Some(then.span.end);
        }
        self.leading(end.unwrap_or(0), parts.otherwise.span.start, ": ");
        self.expr(&parts.otherwise);
    }

    fn chain(&mut self, chain: &Chain) {
        self.expr(&chain.first);
        self.indented(|printer| {
            let mut end = chain.first.span.end;
            for link in &chain.rest {
                let right = match &link.right {
                    LinkRight::Expr(expr) => expr.span,
                    LinkRight::Type(ty) => ty.span,
                };
                printer.operator(link.op, printer.breaks(end, right.start) > 0);
                match &link.right {
                    LinkRight::Expr(expr) => printer.expr(expr),
                    LinkRight::Type(ty) => printer.ty(ty),
                }
                end = right.end;
            }
        });
    }

    /// An infix operator: one that may start a line does where the line is broken, another ends the line before.
    fn operator(&mut self, op: BinaryOp, broken: bool) {
        let leads = matches!(op, BinaryOp::Or | BinaryOp::And | BinaryOp::Coalesce | BinaryOp::Elvis);
        if broken && leads {
            self.newline();
        } else {
            self.put(" ");
        }
        self.put(spelling(op));
        if broken && !leads {
            self.newline();
        } else {
            self.put(" ");
        }
    }

    fn postfix(&mut self, postfix: &Postfix) {
        self.expr(&postfix.base);
        let mut end = postfix.base.span.end;
        let ends = std::iter::once(end).chain(postfix.ops.iter().map(|op| op.span.end));
        let broken = ends.zip(&postfix.ops).any(|(end, op)| self.breaks(end, op.span.start) > 0);
        let levels = if broken { super::INDENT } else { 0 };
        self.indent = self.indent.saturating_add(levels);
        for op in &postfix.ops {
            self.postfix_op(op, end);
            end = op.span.end;
        }
        self.indent = self.indent.saturating_sub(levels);
    }

    fn postfix_op(&mut self, op: &PostfixOp, end: u32) {
        match &op.kind {
            PostfixKind::Call(args) => self.args(args),
            PostfixKind::Index(index) => {
                self.put("[");
                self.expr(index);
                self.put("]");
            }
            PostfixKind::Slice(slice) => self.slice(slice),
            PostfixKind::Member(name) => self.member(".", name, self.breaks(end, op.span.start) > 0),
            PostfixKind::OptionalMember(name) => self.member("?.", name, self.breaks(end, op.span.start) > 0),
            PostfixKind::At(when) => {
                self.put(" @ ");
                self.expr(when);
            }
            PostfixKind::Increment => self.put_step("++"),
            PostfixKind::Decrement => self.put_step("--"),
        }
    }

    fn member(&mut self, dot: &str, name: &Name, broken: bool) {
        if broken {
            self.newline();
        }
        self.put(dot);
        self.put(&name.text);
    }

    fn slice(&mut self, slice: &Slice) {
        self.put("[");
        if let Some(start) = &slice.start {
            self.expr(start);
        }
        self.colon();
        if let Some(end) = &slice.end {
            self.expr(end);
        }
        if let Some(step) = &slice.step {
            self.colon();
            self.expr(step);
        }
        self.put("]");
    }

    pub(super) fn args(&mut self, args: &Args) {
        let place = |arg: &Arg| arg.name.as_ref().map_or(arg.value.span, |name| name.span.to(arg.value.span));
        self.bracketed(("(", ")", args.span), &args.args, place, |printer, arg| {
            if let Some(name) = &arg.name {
                printer.put(&name.text);
                printer.put(": ");
            }
            printer.spread(arg.spread);
            printer.expr(&arg.value);
        });
    }

    fn map(&mut self, map: &MapLiteral, whole: Span) {
        match (map.style, map.entries.is_empty()) {
            (MapStyle::Bracket, true) => self.put("[:]"),
            (MapStyle::Bracket, false) => {
                self.bracketed(("[", "]", whole), &map.entries, entry_span, Self::entry);
            }
            (MapStyle::Brace, true) => self.put("{}"),
            (MapStyle::Brace, false) => self.brace_entries(&map.entries, whole),
        }
    }

    fn brace_entries(&mut self, entries: &[MapEntry], whole: Span) {
        let broken =
            entries.first().is_some_and(|entry| self.breaks(whole.start, entry_span(entry).start) > 0);
        let brackets = match (entries.is_empty(), broken) {
            (true, _) | (_, true) => ("{", "}", whole),
            _ => ("{ ", " }", whole),
        };
        self.bracketed(brackets, entries, entry_span, Self::entry);
    }

    fn entry(&mut self, entry: &MapEntry) {
        match entry {
            MapEntry::Pair(key, value) => {
                match key {
                    MapKey::Word(name) => self.put(&name.text),
                    MapKey::Expr(expr) => self.expr(expr),
                    MapKey::Computed(expr) => {
                        self.put("[");
                        self.expr(expr);
                        self.put("]");
                    }
                }
                self.colon();
                self.put(" ");
                self.expr(value);
            }
            MapEntry::Shorthand(name) => self.put(&name.text),
            MapEntry::Spread(expr) => {
                self.put("...");
                self.expr(expr);
            }
        }
    }

    /// Where the `{` behind a name stands.
    fn brace_behind(&self, end: u32) -> u32 {
        let at = crate::syntax::lexer::skip_trivia(self.text, crate::base::span::to_usize(end)).end;
        crate::base::span::to_u32(at)
    }
}

fn entry_span(entry: &MapEntry) -> Span {
    match entry {
        MapEntry::Pair(MapKey::Word(name), value) => name.span.to(value.span),
        MapEntry::Pair(MapKey::Expr(key), value) => key.span.to(value.span),
        MapEntry::Pair(MapKey::Computed(key), value) => {
            let start = key.span.start.saturating_sub(1);
            Span { start, ..key.span }.to(value.span)
        }
        MapEntry::Shorthand(name) => name.span,
        MapEntry::Spread(expr) => expr.span,
    }
}

const fn spelling(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "||",
        BinaryOp::Coalesce => "??",
        BinaryOp::Elvis => "?:",
        BinaryOp::And => "&&",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::Is => "is",
        BinaryOp::In => "in",
        BinaryOp::NotIn => "not in",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Concat => "++",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Remainder => "%",
    }
}
