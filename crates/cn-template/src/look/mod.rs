//! The parts of a template as rules see them: every text and every resource, with its place.
//!
//! | module | contents |
//! | --- | --- |
//! | `aim` | the targets of one look, and sets of them |
//! | `phrase` | one string value as CloudFormation sees it, whatever functions build it |
//! | `values` | the value of a node, if it depends only on the region |
//! | `trial` | the values that a reference can have, according to the template |
//! | `condition` | the conditions that are true in a region |
//! | `place` | the place of a value, and how to treat the text there |
//! | `uses` | parameters and mappings that become service principals |
//! | `walk` | every string value with its place |
//! | `scene` | one text, as a rule sees it |
//! | `subject` | one resource, as a rule sees it |
//! | `lists` | the texts of a list, for rules that look for duplicates |
//! | `nested` | documents inside strings |
//! | `shown` | texts with their references written out for messages |

pub(crate) mod aim;
pub(crate) mod condition;
pub(crate) mod lists;
pub(crate) mod nested;
pub(crate) mod phrase;
pub(crate) mod place;
pub(crate) mod scene;
pub(crate) mod shown;
pub(crate) mod subject;
pub(crate) mod trial;
pub(crate) mod uses;
pub(crate) mod values;
pub(crate) mod walk;
