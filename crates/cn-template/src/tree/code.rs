//! Codes of findings about the text itself.

use crate::diag::Code;

/// The text cannot be parsed.
pub const SYNTAX: Code = Code {
    id: "CN001",
    title: "neither valid YAML nor JSON",
};
/// Nothing but space and comments.
pub const EMPTY: Code = Code {
    id: "CN002",
    title: "the template is empty",
};
/// A list or a word where a template must stand.
pub const NOT_A_MAPPING: Code = Code {
    id: "CN003",
    title: "a template is a mapping",
};
/// Nothing to deploy.
pub const NO_RESOURCES: Code = Code {
    id: "CN004",
    title: "no resources",
};
/// A second document in the text.
pub const SEVERAL_DOCUMENTS: Code = Code {
    id: "CN005",
    title: "several documents",
};
/// One of two values would be lost.
pub const DUPLICATE_KEY: Code = Code {
    id: "CN006",
    title: "duplicate key",
};
/// Aliases or merge keys were written out.
pub const ALIASES_EXPANDED: Code = Code {
    id: "CN007",
    title: "aliases expanded",
};
/// Aliases or merge keys that cannot be written out.
pub const ALIAS: Code = Code {
    id: "CN008",
    title: "alias cannot be expanded",
};
/// A section or resource of the wrong shape.
pub const SHAPE: Code = Code {
    id: "CN009",
    title: "section of the wrong shape",
};
