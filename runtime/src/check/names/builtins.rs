//! Names that no source declares: built-in functions and methods, the words of a request, browser-only names.

use super::super::Role;
use crate::base::builtin::{Builtins, NativeId, Signature};
use crate::base::{Kind, Kinds};
use std::collections::{HashMap, HashSet};

/// What a handler, a page, a middleware or a component knows of its request.
const REQUEST: &[&str] = &["params", "query", "body", "headers", "cookies", "session", "request"];
/// What a server offers anywhere.
const SERVER: &[&str] = &["redirect", "set_cookie", "csrf_token", "broadcast"];
/// What a socket's code may call.
const SOCKET: &[&str] = &["send", "join", "leave", "close"];
/// Runs the whole request pipeline; known to tests.
const TEST_REQUEST: &str = "test_request";
/// Methods of entities and queries that are also functions of their receiver.
const QUERY_METHODS: &[&str] =
    &["all", "where", "order", "limit", "offset", "with_deleted", "only_deleted", "find", "get", "history"];
/// Names that only a browser gives a meaning.
const CLIENT: &[&str] = &[
    "window",
    "document",
    "navigator",
    "localStorage",
    "sessionStorage",
    "history",
    "location",
    "console",
    "event",
    "fetch",
    "alert",
    "setTimeout",
    "setInterval",
    "clearTimeout",
    "clearInterval",
    "requestAnimationFrame",
    "Date",
    "URL",
    "Blob",
    "FileReader",
    "FormData",
    "IntersectionObserver",
    "ResizeObserver",
    "MutationObserver",
];

/// The built-ins, by name.
#[derive(Debug)]
pub struct Index {
    builtins: Builtins,
    functions: HashMap<&'static str, (NativeId, &'static Signature)>,
    methods: HashMap<&'static str, Vec<&'static Signature>>,
    /// `Math` to `floor` to its number.
    namespaces: HashMap<&'static str, HashMap<&'static str, NativeId>>,
    client: HashSet<&'static str>,
}

impl Index {
    /// Of one table of built-ins.
    pub fn new(builtins: &Builtins) -> Self {
        let mut functions = HashMap::new();
        let mut methods: HashMap<_, Vec<_>> = HashMap::new();
        let mut namespaces: HashMap<_, HashMap<_, _>> = HashMap::new();
        for (id, signature) in builtins.entries() {
            if !signature.is_function() {
                methods.entry(signature.name).or_default().push(signature);
            } else if let Some((space, member)) = signature.name.split_once('.') {
                namespaces.entry(space).or_default().insert(member, id);
            } else {
                functions.entry(signature.name).or_insert((id, signature));
            }
        }
        Self { builtins: *builtins, functions, methods, namespaces, client: CLIENT.iter().copied().collect() }
    }

    /// A plain function.
    pub fn function(&self, name: &str) -> Option<(NativeId, &'static Signature)> {
        self.functions.get(name).copied()
    }

    /// The face of a built-in.
    pub fn signature(&self, id: NativeId) -> Option<&'static Signature> {
        self.builtins.0.get(usize::from(id.0))
    }

    /// Names of methods, for suggestions.
    pub fn method_names(&self) -> impl Iterator<Item = &'static str> {
        self.methods.keys().copied()
    }

    /// The methods of that name, one for each set of receivers.
    pub fn methods(&self, name: &str) -> &[&'static Signature] {
        self.methods.get(name).map_or(&[], Vec::as_slice)
    }

    /// Is it a method of any kind?
    pub fn is_method(&self, name: &str) -> bool {
        self.methods.contains_key(name) || QUERY_METHODS.contains(&name)
    }

    /// A method that is called with parentheses and of a kind that every program has: not of entities or queries alone.
    pub fn is_called_method(&self, name: &str) -> bool {
        const STORED: Kinds = Kinds::of(&[Kind::Entity, Kind::Query]);
        let many = |receiver: Kinds| receiver != Kinds::ANY && receiver.and(STORED) != receiver;
        self.methods(name).iter().any(|method| !method.property && many(method.receiver))
    }

    /// What follows the dot after a name such as `Math`.
    pub fn namespace(&self, name: &str) -> Option<&HashMap<&'static str, NativeId>> {
        self.namespaces.get(name)
    }

    /// Does only a browser know it?
    pub fn is_client(&self, name: &str) -> bool {
        self.client.contains(name)
    }

    /// All names of functions, methods and namespaces, for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let names = self.functions.keys().chain(self.methods.keys()).chain(self.namespaces.keys());
        // Those that only the compiler calls have names that no program can write.
        names.copied().filter(|name| !name.starts_with('@'))
    }
}

/// Is it a function that a server offers to all code?
pub fn is_server_function(name: &str) -> bool {
    SERVER.contains(&name)
}

/// What code of a file runs in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surrounding {
    /// Blocks around it that answer requests.
    pub handlers: u32,
    /// Sockets around it.
    pub sockets: u32,
    /// Tests around it.
    pub tests: u32,
}

/// Is it a word of the context that code of that role runs in?
pub fn is_context(name: &str, role: Role, around: Surrounding) -> bool {
    let own: &[&str] = match role {
        Role::Component => &["props", "children"],
        Role::Middleware => &["next", "response"],
        Role::Test => &[TEST_REQUEST],
        Role::Global | Role::App | Role::Job | Role::Script => &[],
    };
    own.contains(&name)
        || (role.sees_request() || around.handlers > 0) && REQUEST.contains(&name)
        || around.sockets > 0 && SOCKET.contains(&name)
        || around.tests > 0 && name == TEST_REQUEST
}
