//! Names of the files that a run writes, one for each region.

use camino::{Utf8Path, Utf8PathBuf};
use cn_template::Region;

/// The placeholder for the region in a file name.
const REGION: &str = "{region}";

/// Returns the file of one region.
///
/// `{region}` in the name is replaced with the region. With several regions and no placeholder, the
/// region goes before the extension.
///
/// * `is_one`: true if there is no other region.
pub(super) fn of_region(path: &Utf8Path, region: &Region, is_one: bool) -> Utf8PathBuf {
    let region = region.as_str();
    if path.as_str().contains(REGION) {
        return path.as_str().replace(REGION, region).into();
    }
    if is_one {
        return path.to_owned();
    }
    let name = match (path.file_stem(), path.extension()) {
        (Some(stem), Some(extension)) => format!("{stem}.{region}.{extension}"),
        _ => format!("{}.{region}", path.file_name().unwrap_or_default()),
    };
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_region_has_a_file_of_its_own() {
        let region: Region = "cn-north-1".parse().unwrap();
        let named = |path: &str, is_one| of_region(path.into(), &region, is_one);
        for (path, alone, beside_others) in [
            ("a/out.yaml", "a/out.yaml", "a/out.cn-north-1.yaml"),
            ("out", "out", "out.cn-north-1"),
            ("{region}/o.yaml", "cn-north-1/o.yaml", "cn-north-1/o.yaml"),
        ] {
            assert_eq!(named(path, true), alone);
            assert_eq!(named(path, false), beside_others);
        }
    }
}
