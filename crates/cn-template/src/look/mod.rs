//! The view of a rule: every text and every resource, in its place.
//!
//! | module | holds |
//! | --- | --- |
//! | `aim` | the regions asked for, and sets of them |
//! | `phrase` | one string value as CloudFormation will see it, whatever functions build it |
//! | `values` | the value of a node, where the region alone decides it |
//! | `trial` | the values that a reference can have, as the template itself gives them |
//! | `condition` | the conditions that hold in a region |
//! | `place` | the place of a value, and what may be done to it there |
//! | `uses` | parameters and mappings that become service principals |
//! | `walk` | every string value with its place |
//! | `scene` | one text as a rule sees it |
//! | `subject` | one resource as a rule sees it |
//! | `lists` | the texts of a list, for those that ask for a text beside theirs |
//! | `nested` | documents inside strings |
//! | `shown` | texts with their references written out for people |

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
