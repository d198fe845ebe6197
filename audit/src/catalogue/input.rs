//! Inputs that are data: programs, tables of expressions, products of operands.

use super::vector::Settings;
use serde::Deserialize;

/// How a program must end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// What it prints, without the last line break.
    pub output: Option<String>,
    /// The kind of the error that ends it.
    pub error: Option<String>,
    /// The error's message, whole.
    pub message: Option<String>,
    /// Any of these kinds of error, or a value.
    pub orderly: bool,
    /// A diagnostic of this code, before anything runs.
    pub diagnostic: Option<String>,
    /// `line:column` of the first diagnostic.
    pub at: Option<String>,
}

/// A piece of source: itself, or repeated.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The text.
    #[serde(default)]
    pub text: String,
    /// Or bytes, two hexadecimal digits each.
    #[serde(default)]
    pub hex: String,
    /// How often, in a quick run.
    pub times: Option<usize>,
    /// How often, in a full one; else as in a quick one.
    pub times_full: Option<usize>,
}

/// A program with what it must do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// What people see.
    pub name: String,
    /// The whole source.
    pub source: Option<String>,
    /// Or a file beside `vector.toml`.
    pub file: Option<String>,
    /// Or pieces of it.
    #[serde(default)]
    pub parts: Vec<Part>,
    /// Or bytes, two hexadecimal digits each, for sources that are not text.
    pub hex: Option<String>,
    /// Limits of this one.
    #[serde(default)]
    pub settings: Settings,
    /// Left out of the quick size.
    #[serde(default)]
    pub full_only: bool,
    /// Files below `files/`, as name and hexadecimal content.
    #[serde(default)]
    pub files: Vec<(String, String)>,
    /// Component files, as name and source.
    #[serde(default)]
    pub components: Vec<(String, String)>,
    /// What it must do.
    pub expect: Expect,
}

/// Expressions that must all end the same way, or each with its own printed value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What people see.
    pub name: String,
    /// Statements before each.
    #[serde(default)]
    pub given: String,
    /// Expressions that all end as `expect` says.
    #[serde(default)]
    pub each: Vec<String>,
    /// Expressions, each with what `print` shows of it.
    #[serde(default)]
    pub gives: Vec<(String, String)>,
    /// How those of `each` must end.
    #[serde(default)]
    pub expect: Expect,
    /// Limits.
    #[serde(default)]
    pub settings: Settings,
}

/// One expression with `{a}` and `{b}` replaced by every combination.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// What people see.
    pub name: String,
    /// Statements before each.
    #[serde(default)]
    pub given: String,
    /// With `{a}` and `{b}`, literally.
    pub expression: String,
    /// Left operands.
    pub a: Vec<String>,
    /// Right operands.
    #[serde(default)]
    pub b: Vec<String>,
    /// How all of them must end.
    pub expect: Expect,
    /// Limits.
    #[serde(default)]
    pub settings: Settings,
}

impl Product {
    /// Every combination, written out.
    pub fn expressions(&self) -> impl Iterator<Item = String> {
        let none = [String::new()];
        let right = if self.b.is_empty() { none.to_vec() } else { self.b.clone() };
        self.a.iter().flat_map(move |a| {
            let with_a = self.expression.replace("{a}", a);
            right.clone().into_iter().map(move |b| with_a.replace("{b}", &b))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_has_every_combination() {
        let product: Product = toml::from_str(
            "name = 'n'\nexpression = '{a} / {b}'\na = ['1', '2']\nb = ['0', '-0']\nexpect = { error = 'DivisionByZero' }",
        )
        .unwrap();
        let all: Vec<_> = product.expressions().collect();
        assert_eq!(all, ["1 / 0", "1 / -0", "2 / 0", "2 / -0"]);
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        assert!(toml::from_str::<Expect>("eror = 'DivisionByZero'").is_err());
    }
}
