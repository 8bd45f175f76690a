//! Codes of findings about the text.

use crate::diag::Code;

/// The text cannot be parsed.
pub const SYNTAX: Code = Code {
    id: "CN001",
    title: "neither valid YAML nor JSON",
};
/// The text contains only space and comments.
pub const EMPTY: Code = Code {
    id: "CN002",
    title: "empty template",
};
/// The text is a list or a scalar instead of a template.
pub const NOT_A_MAPPING: Code = Code {
    id: "CN003",
    title: "template that is not a mapping",
};
/// The template has nothing to deploy.
pub const NO_RESOURCES: Code = Code {
    id: "CN004",
    title: "template without resources",
};
/// The text contains a second document.
pub const SEVERAL_DOCUMENTS: Code = Code {
    id: "CN005",
    title: "several YAML documents in one file",
};
/// A key occurs twice in a mapping, so one of the values is lost.
pub const DUPLICATE_KEY: Code = Code {
    id: "CN006",
    title: "duplicate key",
};
/// Aliases or merge keys were expanded.
pub const ALIASES_EXPANDED: Code = Code {
    id: "CN007",
    title: "YAML aliases expanded",
};
/// Aliases or merge keys cannot be expanded.
pub const ALIAS: Code = Code {
    id: "CN008",
    title: "YAML alias that cannot be expanded",
};
/// A section or resource has the wrong shape.
pub const SHAPE: Code = Code {
    id: "CN009",
    title: "section or resource with the wrong structure",
};
