//! Reasons for uploading an object whole.

/// The reason why a large object is uploaded whole, without a range of an earlier object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoDelta {
    /// Nothing was uploaded from this location before, or its index was deleted.
    #[error("the bucket has no earlier object of this source")]
    NoBase,
    /// The indexes cannot be listed or read.
    #[error("cannot look up earlier objects: {error}")]
    Unreadable {
        /// The failed request in one line.
        error: String,
    },
    /// An index is damaged.
    #[error("the index `{index}` is damaged")]
    Damaged {
        /// The index's key.
        index: String,
    },
    /// Too little of the object is in an earlier one.
    #[error("it shares no range of 5 MiB with an earlier object")]
    Different,
    /// The earlier object was deleted.
    #[error("the earlier object, `{base}`, was deleted")]
    BaseDeleted {
        /// The earlier object's key.
        base: String,
    },
    /// The earlier object was overwritten.
    #[error("the earlier object, `{base}`, was overwritten")]
    BaseOverwritten {
        /// The earlier object's key.
        base: String,
    },
    /// S3 refuses to compose the object, for example because copying is not permitted.
    #[error("S3 could not compose it: {error}")]
    Refused {
        /// The failed request in one line.
        error: String,
    },
    /// The composed object would differ from the local bytes, or nothing proves that it would not;
    /// it was not completed.
    #[error("the bytes that S3 copied from `{base}` could not be verified")]
    Mismatch {
        /// The earlier object's key.
        base: String,
    },
}
