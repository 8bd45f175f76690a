//! Enums of the words that CloudFormation uses.

/// Defines an enum with one variant for each word of the service, and one for
/// words that are newer than this version.
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
            /// A word that this version does not know.
            ///
            /// [`new`](Self::new) gives it for no word that has a variant of its own.
            Other(String),
        }

        impl $name {
            /// Every word that has a variant of its own.
            #[cfg(test)]
            pub(crate) const WORDS: &'static [&'static str] = &[$($word),+];

            /// Parses the service's word; no word is wrong.
            $vis fn new(word: impl Into<String>) -> Self {
                let word = word.into();
                match word.as_str() {
                    $($word => Self::$variant,)+
                    _ => Self::Other(word),
                }
            }

            /// Returns the word exactly as the service writes it.
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
                // With the width that a table asks for.
                f.pad(self.as_str())
            }
        }
    };
}

pub(crate) use words;

/// Asserts that an enum has exactly the words of the service, each way.
///
/// * `values`: of the SDK's own enum.
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
