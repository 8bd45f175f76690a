//! Enums of CloudFormation's values.

/// Defines an enum with a variant for each value of the service, and one for unknown values.
macro_rules! words {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        $vis enum $name {
            $(
                #[doc = concat!("`", $word, "`.")]
                $(#[$variant_meta])*
                $variant,
            )+
            /// A value that this version does not know.
            ///
            /// [`new`](Self::new) never uses it for a value that has its own variant.
            Other(String),
        }

        impl $name {
            /// Every value that has its own variant.
            #[cfg(test)]
            pub(crate) const WORDS: &'static [&'static str] = &[$($word),+];

            /// Parses the service's value; never fails.
            $vis fn new(word: impl Into<String>) -> Self {
                let word = word.into();
                match word.as_str() {
                    $($word => Self::$variant,)+
                    _ => Self::Other(word),
                }
            }

            /// Returns the value exactly as the service writes it.
            $vis fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                Self::new(word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                // Respects the width of the format, for tables.
                f.pad(self.as_str())
            }
        }
    };
}

pub(crate) use words;

/// Asserts that an enum has exactly the values of the service.
///
/// * `values`: the values of the SDK's enum.
#[cfg(test)]
pub(crate) fn assert_words(words: &[&str], values: &[&str]) {
    let sorted = |list: &[&str]| {
        let mut list: Vec<String> = list.iter().map(|word| (*word).to_owned()).collect();
        list.sort();
        list.dedup();
        list
    };
    assert_eq!(sorted(words), sorted(values));
}
