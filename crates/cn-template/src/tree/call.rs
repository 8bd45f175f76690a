//! Intrinsic functions, in the short and the long form.

use crate::source::Span;
use crate::tree::node::{Kind, Node};

/// A call of an intrinsic function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    /// The function.
    pub function: Function<'a>,
    /// The bytes that name the function: the tag or the key.
    pub name_span: Span,
    /// The argument of the call.
    pub argument: &'a Node,
}

/// The function that a call names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Function<'a> {
    /// `Ref`.
    Ref,
    /// `Fn::Sub`.
    Sub,
    /// `Fn::Join`.
    Join,
    /// `Fn::GetAtt`.
    GetAtt,
    /// `Fn::If`.
    If,
    /// `Fn::FindInMap`.
    FindInMap,
    /// `Fn::Transform`.
    Transform,
    /// `Condition`, which names a condition inside another.
    Condition,
    /// `Fn::` and any other name; the name is without the prefix.
    Other(&'a str),
}

impl<'a> Function<'a> {
    /// Returns the function of a long name: `Ref`, `Condition` or `Fn::…`.
    pub fn from_long(name: &'a str) -> Option<Self> {
        match name {
            "Ref" => Some(Self::Ref),
            "Condition" => Some(Self::Condition),
            _ => name.strip_prefix("Fn::").map(Self::from_bare),
        }
    }

    /// Returns the function of a short tag, with its exclamation mark, such as `!Sub`.
    pub fn from_tag(tag: &'a str) -> Option<Self> {
        let name = tag
            .strip_prefix('!')
            .filter(|name| !name.starts_with('!'))?;
        Some(match name {
            "Ref" => Self::Ref,
            "Condition" => Self::Condition,
            _ => Self::from_bare(name),
        })
    }

    fn from_bare(name: &'a str) -> Self {
        match name {
            "Sub" => Self::Sub,
            "Join" => Self::Join,
            "GetAtt" => Self::GetAtt,
            "If" => Self::If,
            "FindInMap" => Self::FindInMap,
            "Transform" => Self::Transform,
            other => Self::Other(other),
        }
    }
}

impl Node {
    /// Returns the intrinsic function that this node calls.
    ///
    /// A call is a tag, or a mapping whose only key is a function's long name. `Condition` in the
    /// long form is a function only inside conditions; a resource's own `Condition` key has other
    /// keys next to it, so it is not a call.
    pub fn call(&self) -> Option<Call<'_>> {
        match &self.kind {
            Kind::Tagged(tagged) => Some(Call {
                function: Function::from_tag(&tagged.tag)?,
                name_span: tagged.tag_span,
                argument: &tagged.value,
            }),
            Kind::Mapping(mapping) => {
                let [entry] = mapping.entries.as_slice() else {
                    return None;
                };
                let function = Function::from_long(entry.key.as_str()?)?;
                Some(Call {
                    function,
                    name_span: entry.key.span,
                    argument: &entry.value,
                })
            }
            _ => None,
        }
    }

    /// Returns the node inside any tags.
    pub fn untagged(&self) -> &Node {
        let mut node = self;
        while let Kind::Tagged(tagged) = &node.kind {
            node = &tagged.value;
        }
        node
    }
}
