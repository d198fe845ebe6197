//! From a method and a path to the endpoint that answers: a tree of the segments of all patterns.
//!
//! - **T1** In each segment a literal beats a parameter, and a parameter the rest of the path.
//! - **T2** A search visits each node of the tree at most once, whatever the path.
//! - **T3** Of a pattern's methods the one that is named beats `ANY`; `GET` also answers `HEAD`.

use crate::code::module::{Endpoint, EndpointKind};
use crate::record::Pairs;
use crate::syntax::tree::Method;
use std::collections::HashMap;

/// What answers a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// An endpoint.
    Endpoint(Match),
    /// A WebSocket alone: a plain request has to be upgraded.
    Socket(Match),
    /// Nothing but the list of methods, for `OPTIONS`: what `Allow` says.
    Options(String),
    /// The path is known, the method is not: what `Allow` says.
    NotAllowed(String),
    /// The path is not known.
    Nothing,
}

/// An endpoint that answers, and what its pattern bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Index in the module's list of endpoints.
    pub endpoint: u32,
    /// Parameters of the path.
    pub params: Pairs,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Router {
    nodes: Vec<Node>,
    /// The nodes of patterns that are literal throughout, by path: they beat all others (T1), and need no search.
    literal: HashMap<String, usize>,
}

#[derive(Debug, Default)]
struct Node {
    literals: HashMap<String, usize>,
    parameter: Option<usize>,
    rest: Option<usize>,
    answers: Vec<Answers>,
}

/// An endpoint at its node.
#[derive(Debug)]
struct Answers {
    to: Way,
    endpoint: u32,
    /// Names of the parameters on the way.
    names: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Method(Method),
    Socket,
}

impl Router {
    /// The routes among the endpoints, each with its pattern.
    pub fn new<'e>(endpoints: impl IntoIterator<Item = (u32, &'e Endpoint, &'e str)>) -> Self {
        let mut router = Self { nodes: vec![Node::default()], literal: HashMap::new() };
        for (index, endpoint, pattern) in endpoints {
            let to = match endpoint.kind {
                EndpointKind::Route(method) => Way::Method(method),
                EndpointKind::Page | EndpointKind::Stream => Way::Method(Method::Get),
                EndpointKind::Socket => Way::Socket,
                EndpointKind::Every { .. } | EndpointKind::Cron(_) => continue,
            };
            router.add(pattern, to, index);
        }
        router
    }

    fn add(&mut self, pattern: &str, to: Way, endpoint: u32) {
        let mut at = 0;
        let mut names = Vec::new();
        for segment in segments(pattern) {
            let fresh = self.nodes.len();
            let Some(node) = self.nodes.get_mut(at) else { return };
            at = if let Some(name) = segment.strip_prefix(':') {
                names.push(name.to_owned());
                *node.parameter.get_or_insert(fresh)
            } else if let Some(name) = segment.strip_prefix('*') {
                names.push(name.to_owned());
                *node.rest.get_or_insert(fresh)
            } else {
                *node.literals.entry(segment.to_owned()).or_insert(fresh)
            };
            if at == fresh {
                self.nodes.push(Node::default());
            }
        }
        if let Some(node) = self.nodes.get_mut(at) {
            let is_literal = !pattern.split('/').any(|segment| segment.starts_with([':', '*']));
            if is_literal {
                let path = segments(pattern).fold(String::new(), |path, segment| path + "/" + segment);
                self.literal.insert(if path.is_empty() { "/".to_owned() } else { path }, at);
            }
            node.answers.push(Answers { to, endpoint, names });
        }
    }

    /// What answers a method at a path, which is decoded and starts with `/`.
    pub fn find(&self, method: &str, path: &str) -> Found {
        let wanted = Method::by_name(method).filter(|method| *method != Method::Any);
        let literal = self.literal.get(path).and_then(|&at| self.nodes.get(at)?.answering(wanted));
        if let Some(answers) = literal {
            return Found::Endpoint(answers.found(&[]));
        }
        let segments: Vec<&str> = segments(path).collect();
        let mut known = Known::default();
        let mut best = None;
        self.walk(&segments, |node, bound| {
            known.note(node);
            best = node.answering(wanted).map(|answers| answers.found(bound));
            best.is_some()
        });
        match best {
            Some(found) => Found::Endpoint(found),
            None if known.methods.is_empty() => match self.socket(path) {
                Some(found) if matches!(wanted, Some(Method::Get)) => Found::Socket(found),
                Some(_) => Found::NotAllowed("GET".to_owned()),
                None => Found::Nothing,
            },
            None if method == Method::Options.name() => Found::Options(known.allow()),
            None => Found::NotAllowed(known.allow()),
        }
    }

    /// The WebSocket at a path.
    pub fn socket(&self, path: &str) -> Option<Match> {
        let segments: Vec<&str> = segments(path).collect();
        let mut best = None;
        self.walk(&segments, |node, bound| {
            let socket = node.answers.iter().find(|answers| answers.to == Way::Socket);
            best = socket.map(|answers| answers.found(bound));
            best.is_some()
        });
        best
    }

    /// Visits the nodes whose pattern takes the path, the most literal first, until one is enough.
    fn walk(&self, segments: &[&str], mut enough: impl FnMut(&Node, &[String]) -> bool) {
        // Each entry: a node, how many segments lead to it, what was bound on the way, and does it end the path?
        let mut work: Vec<(usize, usize, Vec<String>, bool)> = vec![(0, 0, Vec::new(), segments.is_empty())];
        while let Some((at, depth, bound, ends)) = work.pop() {
            let Some(node) = self.nodes.get(at) else { continue };
            if ends {
                if !node.answers.is_empty() && enough(node, &bound) {
                    return;
                }
                continue;
            }
            let Some((segment, behind)) = segments.get(depth..).and_then(<[&str]>::split_first) else {
                continue;
            };
            let next = depth.saturating_add(1);
            let ends = behind.is_empty();
            // The last one pushed is looked at first.
            if let Some(rest) = node.rest {
                let tail = segments.get(depth..).unwrap_or_default().join("/");
                work.push((rest, segments.len(), with(&bound, tail), true));
            }
            if let Some(parameter) = node.parameter {
                work.push((parameter, next, with(&bound, (*segment).to_owned()), ends));
            }
            if let Some(&literal) = node.literals.get(*segment) {
                work.push((literal, next, bound, ends));
            }
        }
    }
}

fn with(bound: &[String], value: String) -> Vec<String> {
    let mut bound = bound.to_vec();
    bound.push(value);
    bound
}

/// The segments of a path or pattern; a trailing slash, or a doubled one, makes none.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

impl Node {
    fn method(&self, method: Method) -> Option<&Answers> {
        self.answers.iter().find(|answers| answers.to == Way::Method(method))
    }

    fn answering(&self, wanted: Option<Method>) -> Option<&Answers> {
        let named = wanted.and_then(|method| self.method(method));
        let get = || self.method(Method::Get).filter(|_| wanted == Some(Method::Head));
        named.or_else(get).or_else(|| self.method(Method::Any))
    }
}

impl Answers {
    fn found(&self, bound: &[String]) -> Match {
        let params = self.names.iter().cloned().zip(bound.iter().cloned());
        Match { endpoint: self.endpoint, params: params.collect() }
    }
}

/// The methods that a path is known for.
#[derive(Debug, Default)]
struct Known {
    methods: Vec<Method>,
}

impl Known {
    fn note(&mut self, node: &Node) {
        for answers in &node.answers {
            if let Way::Method(method) = answers.to {
                self.methods.push(method);
            }
        }
    }

    fn allow(&self) -> String {
        let has = |method: &Method| match method {
            Method::Head => self.methods.contains(&Method::Get) || self.methods.contains(method),
            Method::Options => true,
            method => self.methods.contains(method),
        };
        let shown = Method::ALL.iter().filter(|method| **method != Method::Any && has(method));
        shown.map(|method| method.name()).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests;
