//! Functions: declared, anonymous and lambdas.

use super::trial::Group;
use super::{Context, Parse, Parser};
use crate::syntax::lexer::TokenKind;
use crate::syntax::tree::{
    Body, Expr, ExprKind, Function, FunctionBody, FunctionKind, Name, Param, StmtKind, Target, TargetKind,
    Type,
};

impl Parser<'_> {
    /// `FnDecl`; the token is `server` or `fn`.
    pub(super) fn fn_statement(&mut self) -> Parse<StmtKind> {
        let start = self.token.start;
        let kind = if self.is_word("server") { FunctionKind::ServerFn } else { FunctionKind::Fn };
        self.advance();
        if kind == FunctionKind::ServerFn {
            self.advance();
        }
        let mut function = self.fn_head(kind)?;
        function.body = FunctionBody::Body(self.body("function")?);
        function.span = self.since(start);
        Ok(StmtKind::Function(function))
    }

    /// A declared function up to its body, which is empty yet.
    fn fn_head(&mut self, kind: FunctionKind) -> Parse<Box<Function>> {
        let id = self.id();
        let name = Some(self.name("a name for the function")?);
        let type_params = self.type_params()?;
        let params = self.params()?;
        let result = self.result_type()?;
        let span = self.since(self.end);
        let body = FunctionBody::Body(Body { id, span, stmts: Vec::new() });
        Ok(Box::new(Function { id, span, kind, name, type_params, params, result, body }))
    }

    fn result_type(&mut self) -> Parse<Option<Type>> {
        if self.eat(TokenKind::Arrow) { self.type_().map(Some) } else { Ok(None) }
    }

    /// `AnonFn`; the token is `fn`.
    pub(super) fn anonymous_fn(&mut self) -> Parse<Box<Expr>> {
        let start = self.advance().start;
        let params = self.params()?;
        let result = self.result_type()?;
        let body = if self.eat(TokenKind::FatArrow) {
            self.lambda_body()?
        } else {
            FunctionBody::Body(self.body("function")?)
        };
        Ok(self.function_node(start, FunctionKind::Anonymous, (params, result), body))
    }

    /// `(…) => …`.
    pub(super) fn params_lambda(&mut self) -> Parse<Box<Expr>> {
        let start = self.token.start;
        let params = self.params()?;
        let result = self.result_type()?;
        self.lambda(start, params, result)
    }

    /// `name => …`.
    pub(super) fn name_lambda(&mut self) -> Parse<Box<Expr>> {
        let start = self.token.start;
        let name = self.name("a name")?;
        let target = Target { span: name.span, kind: TargetKind::Name(name) };
        let params = vec![plain_param(target)];
        self.lambda(start, params, None)
    }

    /// `[a, b] => …` or `{a, b} => …`.
    pub(super) fn target_lambda(&mut self) -> Parse<Box<Expr>> {
        let start = self.token.start;
        let params = vec![plain_param(self.target()?)];
        self.lambda(start, params, None)
    }

    fn lambda(&mut self, start: u32, params: Vec<Param>, result: Option<Type>) -> Parse<Box<Expr>> {
        self.expect(TokenKind::FatArrow)?;
        let body = self.lambda_body()?;
        Ok(self.function_node(start, FunctionKind::Lambda, (params, result), body))
    }

    /// `LambdaBody`: a `{` is never a map.
    fn lambda_body(&mut self) -> Parse<FunctionBody> {
        if !self.is(TokenKind::LeftBrace) {
            return self.nested(Self::simple).map(|expr| FunctionBody::Expr(*expr));
        }
        if self.at_control() {
            let start = self.token.start;
            let control = self.control_in_code()?;
            return Ok(FunctionBody::Expr(*self.node(start, ExprKind::Control(control))));
        }
        self.body("function").map(FunctionBody::Body)
    }

    fn function_node(
        &mut self,
        start: u32,
        kind: FunctionKind,
        (params, result): (Vec<Param>, Option<Type>),
        body: FunctionBody,
    ) -> Box<Expr> {
        let id = self.id();
        let span = self.since(start);
        let function = Function { id, span, kind, name: None, type_params: Vec::new(), params, result, body };
        self.node(start, ExprKind::Function(Box::new(function)))
    }

    /// `Params`.
    pub(super) fn params(&mut self) -> Parse<Vec<Param>> {
        self.group(Group::Params, |_| Vec::new(), |parser| parser.nested(Self::params_parenthesised))
    }

    fn params_parenthesised(&mut self) -> Parse<Vec<Param>> {
        let open = self.expect(TokenKind::LeftParen)?;
        let open = self.token_span(open);
        let params = self.within(self.context.brackets(), Self::params_inside)?;
        self.close(TokenKind::RightParen, open, "parameters")?;
        Ok(params)
    }

    fn params_inside(&mut self) -> Parse<Vec<Param>> {
        let mut params = Vec::new();
        while !self.is(TokenKind::RightParen) {
            params.push(self.param()?);
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        Ok(params)
    }

    fn param(&mut self) -> Parse<Param> {
        let start = self.token.start;
        let rest = self.eat(TokenKind::Ellipsis);
        let target = self.target()?;
        let ty = if self.eat(TokenKind::Colon) { Some(self.type_()?) } else { None };
        let default = if self.eat(TokenKind::Equal) { Some(*self.expr()?) } else { None };
        Ok(Param { span: self.since(start), rest, target, ty, default })
    }

    /// A function without a name of its own, such as a handler: parameters are optional.
    pub(super) fn handler(&mut self, start: u32) -> Parse<Function> {
        let id = self.id();
        let params = if self.is(TokenKind::LeftParen) { self.params()? } else { Vec::new() };
        let context = Context { ws: false, ..self.context };
        let body = self.within(context, |parser| parser.body("handler"))?;
        Ok(Function {
            id,
            span: self.since(start),
            kind: FunctionKind::Handler,
            name: None::<Name>,
            type_params: Vec::new(),
            params,
            result: None,
            body: FunctionBody::Body(body),
        })
    }
}

fn plain_param(target: Target) -> Param {
    Param { span: target.span, rest: false, target, ty: None, default: None }
}
