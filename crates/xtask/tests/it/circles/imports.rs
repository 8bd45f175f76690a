//! The imports between the files of a crate, read from the sources.
//!
//! A name is resolved through `use` lines to the module that defines it: an import through a
//! `mod.rs` that re-exports counts for the file behind it. Items with `#[cfg(test)]` are skipped. A
//! name that a macro defines is attributed to the module in which it is looked up; names of other
//! crates resolve to nothing.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, UseTree, Visibility};

/// Names of modules from the root of the crate; empty for the root.
type ModulePath = Vec<String>;

/// Imports, each with the path that causes it.
pub(super) type Imports = BTreeMap<(Utf8PathBuf, Utf8PathBuf), String>;

/// Finds the imports between the files of one crate.
///
/// * `root`: `lib.rs` or `main.rs`.
/// * `read`: returns the text of a file; `None` if there is no such file.
pub(super) fn imports(root: &Utf8Path, read: &dyn Fn(&Utf8Path) -> Option<String>) -> Imports {
    let mut sources = Sources::default();
    let folder = root.parent().expect("a root lies in a folder");
    sources.file(read, Vec::new(), root, folder);
    sources.imports()
}

#[derive(Default)]
struct Sources {
    modules: BTreeMap<ModulePath, Module>,
}

#[derive(Default)]
struct Module {
    file: Utf8PathBuf,
    /// A name may belong to both a module and a function.
    names: BTreeMap<String, Vec<Name>>,
    uses: Vec<Use>,
    /// Paths in the code.
    paths: BTreeSet<Vec<String>>,
}

enum Name {
    Item,
    Module,
    /// An import of this path.
    Alias(Vec<String>),
}

struct Use {
    path: Vec<String>,
    is_glob: bool,
    is_public: bool,
}

/// The target of a path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Module(ModulePath),
    /// An item that this module defines.
    ItemOf(ModulePath),
}

/// Aliases resolved so far, so that two aliases of each other do not loop.
type Seen = BTreeSet<(ModulePath, String)>;

impl Sources {
    /// Reads a file, and the files of the modules that it declares.
    ///
    /// * `folder`: the folder of its modules' files.
    fn file(
        &mut self,
        read: &dyn Fn(&Utf8Path) -> Option<String>,
        module: ModulePath,
        file: &Utf8Path,
        folder: &Utf8Path,
    ) {
        let text = read(file).unwrap_or_else(|| panic!("there is no {file}"));
        let parsed = syn::parse_file(&text).unwrap_or_else(|why| panic!("{file}: {why}"));
        self.items(read, module, file, folder, parsed.items);
    }

    fn items(
        &mut self,
        read: &dyn Fn(&Utf8Path) -> Option<String>,
        module: ModulePath,
        file: &Utf8Path,
        folder: &Utf8Path,
        items: Vec<Item>,
    ) {
        let mut found = Module {
            file: file.to_owned(),
            ..Module::default()
        };
        for item in items {
            match item {
                _ if is_test(attributes(&item)) => {}
                Item::Use(item) => {
                    let is_public = !matches!(item.vis, Visibility::Inherited);
                    found.import(&item.tree, is_public);
                }
                Item::Mod(item) => {
                    let name = item.ident.to_string();
                    found.name(&name, Name::Module);
                    let mut child = module.clone();
                    child.push(name.clone());
                    let inner = folder.join(&name);
                    if let Some((_, items)) = item.content {
                        self.items(read, child, file, &inner, items);
                        continue;
                    }
                    let flat = folder.join(format!("{name}.rs"));
                    let there = match path_attribute(&item.attrs) {
                        Some(path) => file.with_file_name(path),
                        None if read(&flat).is_some() => flat,
                        None => inner.join("mod.rs"),
                    };
                    self.file(read, child, &there, &inner);
                }
                item => {
                    if let Some(name) = name_of(&item) {
                        found.name(&name, Name::Item);
                    }
                    found.scan(without_tests(item).into_token_stream());
                }
            }
        }
        self.modules.insert(module, found);
    }

    fn imports(&self) -> Imports {
        let mut imports = Imports::new();
        let mut add = |from: &Module, target: &ModulePath, path: &[String]| {
            let to = &self.modules[target].file;
            if *to != from.file {
                let edge = (from.file.clone(), to.clone());
                imports.entry(edge).or_insert_with(|| path.join("::"));
            }
        };
        for (path, module) in &self.modules {
            for import in &module.uses {
                for target in self.resolve(path, &import.path, &mut Seen::new()) {
                    match target {
                        // A parent that re-exports an item from below does not use it itself.
                        Target::ItemOf(of) if import.is_public && of.starts_with(path) => {}
                        Target::ItemOf(of) => add(module, &of, &import.path),
                        Target::Module(of) if import.is_glob && !import.is_public => {
                            add(module, &of, &import.path);
                        }
                        // Paths in the code show the used parts of the module.
                        Target::Module(_) => {}
                    }
                }
            }
            for used in &module.paths {
                for target in self.resolve(path, used, &mut Seen::new()) {
                    if let Target::ItemOf(of) = target {
                        add(module, &of, used);
                    }
                }
            }
        }
        imports
    }

    /// Returns the targets of a path in a module; empty if the path leaves the crate.
    fn resolve(&self, module: &ModulePath, path: &[String], seen: &mut Seen) -> Vec<Target> {
        let mut base = module.clone();
        let is_anchor = |segment: &&String| matches!(segment.as_str(), "crate" | "self" | "super");
        let anchors = path.iter().take_while(is_anchor).count();
        for anchor in &path[..anchors] {
            match anchor.as_str() {
                "crate" => base.clear(),
                "super" => drop(base.pop()),
                _ => {}
            }
        }
        let mut is_ours = anchors > 0;
        let mut targets = vec![Target::Module(base)];
        for segment in &path[anchors..] {
            let inner = targets.iter().find_map(|target| match target {
                Target::Module(inner) => Some(inner.clone()),
                Target::ItemOf(_) => None,
            });
            // After an item, the path continues with a variant, a function or a constant of it.
            let Some(inner) = inner else {
                break;
            };
            targets = self.look_up(&inner, segment, seen);
            if targets.is_empty() {
                // A path may begin with another crate, and a name may be imported from another
                // crate; otherwise a macro defines it.
                let is_foreign = !is_ours || self.modules[&inner].names.contains_key(segment);
                return if is_foreign {
                    Vec::new()
                } else {
                    vec![Target::ItemOf(inner)]
                };
            }
            is_ours = true;
        }
        targets.sort();
        targets.dedup();
        targets
    }

    fn look_up(&self, module: &ModulePath, name: &str, seen: &mut Seen) -> Vec<Target> {
        let found = &self.modules[module];
        let mut targets = Vec::new();
        for known in found.names.get(name).into_iter().flatten() {
            match known {
                Name::Item => targets.push(Target::ItemOf(module.clone())),
                Name::Module => {
                    let mut inner = module.clone();
                    inner.push(name.to_owned());
                    targets.push(Target::Module(inner));
                }
                Name::Alias(path) => {
                    if seen.insert((module.clone(), path.join("::"))) {
                        targets.extend(self.resolve(module, path, seen));
                    }
                }
            }
        }
        if targets.is_empty() {
            for import in found.uses.iter().filter(|import| import.is_glob) {
                let key = (
                    module.clone(),
                    format!("{}::{name}", import.path.join("::")),
                );
                if !seen.insert(key) {
                    continue;
                }
                for target in self.resolve(module, &import.path, seen) {
                    if let Target::Module(of) = target {
                        targets.extend(self.look_up(&of, name, seen));
                    }
                }
            }
        }
        targets
    }
}

impl Module {
    fn name(&mut self, name: &str, is: Name) {
        self.names.entry(name.to_owned()).or_default().push(is);
    }

    /// Adds a `use` line.
    fn import(&mut self, tree: &UseTree, is_public: bool) {
        for (path, name) in flat(tree) {
            let is_glob = name.is_none();
            if let Some(name) = name {
                self.name(&name, Name::Alias(path.clone()));
            }
            self.uses.push(Use {
                path,
                is_glob,
                is_public,
            });
        }
    }

    /// Adds the paths in code, including code in macros.
    fn scan(&mut self, code: TokenStream) {
        let tokens: Vec<TokenTree> = code.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.scan(group.stream()),
                TokenTree::Ident(word) if word == "use" => {
                    let end = tokens[at..].iter().position(|it| is_punct(it, ';'));
                    let end = at + end.unwrap_or(tokens.len() - at);
                    let tree = tokens[at + 1..end].iter().cloned().collect();
                    // In a macro, `use` may be an ordinary word; `impl Trait + use<'a>` is not an
                    // import either.
                    if let Ok(tree) = syn::parse2::<UseTree>(tree) {
                        self.import(&tree, false);
                        at = end;
                    }
                }
                TokenTree::Ident(_) if is_start(&tokens[..at]) => {
                    let (path, length) = path_at(&tokens[at..]);
                    let is_call = matches!(
                        tokens.get(at + length),
                        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis
                    );
                    // A lowercase word may be a variable.
                    let is_type = path[0].starts_with(char::is_uppercase);
                    if path.len() > 1 || is_call || is_type {
                        self.paths.insert(path);
                    }
                    at += length;
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
    }
}

/// Returns true if an identifier after these tokens begins a path.
fn is_start(before: &[TokenTree]) -> bool {
    match before {
        [.., last] if is_punct(last, '.') || is_punct(last, '\'') => {
            // `..` and `..=` are ranges.
            matches!(before, [.., one, _] if is_punct(one, '.') && is_punct(last, '.'))
        }
        [.., one, two] if is_punct(one, ':') && is_punct(two, ':') => false,
        [.., TokenTree::Ident(word)] => word != "fn",
        _ => true,
    }
}

/// Returns the path at the start of the tokens, and the number of its tokens.
fn path_at(tokens: &[TokenTree]) -> (Vec<String>, usize) {
    let mut path = vec![tokens[0].to_string()];
    let mut length = 1;
    while let [TokenTree::Punct(one), two, TokenTree::Ident(name), ..] = &tokens[length..]
        && one.as_char() == ':'
        && one.spacing() == Spacing::Joint
        && is_punct(two, ':')
    {
        path.push(name.to_string());
        length += 3;
    }
    (path, length)
}

fn is_punct(token: &TokenTree, letter: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == letter)
}

/// Returns the paths of a `use` line, each with the name that it imports; `None` for `*`.
fn flat(tree: &UseTree) -> Vec<(Vec<String>, Option<String>)> {
    match tree {
        UseTree::Path(inner) => flat(&inner.tree)
            .into_iter()
            .map(|(mut path, name)| {
                let segment = inner.ident.to_string();
                // `a::{self}` imports `a`.
                let name = name.map(|name| {
                    if name == "self" {
                        segment.clone()
                    } else {
                        name
                    }
                });
                if path == ["self"] {
                    path.clear();
                }
                path.insert(0, segment);
                (path, name)
            })
            .collect(),
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            vec![(vec![name.clone()], Some(name))]
        }
        UseTree::Rename(rename) => {
            vec![(
                vec![rename.ident.to_string()],
                Some(rename.rename.to_string()),
            )]
        }
        UseTree::Glob(_) => vec![(Vec::new(), None)],
        UseTree::Group(group) => group.items.iter().flat_map(flat).collect(),
    }
}

/// Returns true if an item is compiled only for tests.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let is_cfg = attribute.path().is_ident("cfg");
        let condition = attribute
            .meta
            .require_list()
            .map(|it| it.tokens.to_string());
        is_cfg && condition.is_ok_and(|it| it == "test" || it.starts_with("all (test"))
    })
}

/// Returns the file in `#[path = "…"]`.
fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| {
        let value = &attribute.meta.require_name_value().ok()?.value;
        let literal = syn::parse2::<syn::LitStr>(value.to_token_stream()).ok()?;
        attribute.path().is_ident("path").then(|| literal.value())
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name_of(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Macro(item) => item.ident.as_ref()?.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        _ => return None,
    })
}

/// Returns an item without the functions that are compiled only for tests.
fn without_tests(mut item: Item) -> Item {
    if let Item::Impl(block) = &mut item {
        block.items.retain(|inner| match inner {
            syn::ImplItem::Fn(function) => !is_test(&function.attrs),
            syn::ImplItem::Const(constant) => !is_test(&constant.attrs),
            _ => true,
        });
    }
    item
}
