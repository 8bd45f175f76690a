//! The facts about China: what is missing or different there, with sources.
//!
//! The tables are texts under `data/`. Each row leads to a source in `data/sources.tsv`, which has
//! a URL and the date when somebody last checked it: a generated table names its source in the
//! first line, and a table kept by hand has it in the last column of each row. The generated tables
//! are written by `cargo xtask china-data`. A table that does not know a name or a region returns
//! [`Availability::Unknown`]: a missing entry never means that something works.

mod source;
mod table;

use std::sync::LazyLock;

use table::Table;

pub use source::{Source, source, sources};

use crate::partition::{Partition, Region};

static TYPES: Table = Table::new(include_str!("data/types.tsv"));
static SCHEMA: Table = Table::new(include_str!("data/schema.tsv"));
static POLICIES: Table = Table::new(include_str!("data/policies.tsv"));
static CLASSES: Table = Table::new(include_str!("data/classes.tsv"));
static ENDPOINTS: Table = Table::new(include_str!("data/endpoints.tsv"));
static KNOWN: Table = Table::new(include_str!("data/known.tsv"));
static NAMES: Table = Table::new(include_str!("data/names.tsv"));
static MIRRORS: Table = Table::new(include_str!("data/mirrors.tsv"));
static PRINCIPALS: Table = Table::new(include_str!("data/principals.tsv"));
static CONDITION_KEYS: Table = Table::new(include_str!("data/condition-keys.tsv"));
static HOMES: Table = Table::new(include_str!("data/homes.tsv"));
static DOUBTFUL: Table = Table::new(include_str!("data/doubtful.tsv"));
static ADVICE: Table = Table::new(include_str!("data/advice.tsv"));

/// Every table of facts with its subject.
static TABLES: [(&str, &Table); 13] = [
    ("resource types", &TYPES),
    ("properties and values", &SCHEMA),
    ("managed policies", &POLICIES),
    ("instance classes", &CLASSES),
    ("endpoint services", &ENDPOINTS),
    ("accounts, layers and hosted zones", &KNOWN),
    ("names by partition", &NAMES),
    ("public registries and downloads", &MIRRORS),
    ("suffixes of service principals", &PRINCIPALS),
    ("condition keys that hold service names", &CONDITION_KEYS),
    ("hosts of services without regions", &HOMES),
    ("types without an endpoint", &DOUBTFUL),
    ("replacements for resource types", &ADVICE),
];

/// Returns the subject of each table with the IDs of its sources.
pub fn tables() -> Vec<(&'static str, Vec<&'static str>)> {
    TABLES
        .iter()
        .map(|(subject, table)| (*subject, table.sources()))
        .collect()
}

/// The availability of a thing in a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Availability {
    /// The table lists it.
    Yes,
    /// The table knows the name and the region, and does not list the name there.
    No,
    /// The table does not know the name or the region.
    Unknown,
}

/// Returns the letter of a region in the tables.
fn letter(region: &Region) -> Option<char> {
    match region.as_str() {
        "us-east-1" => Some('u'),
        "cn-north-1" => Some('n'),
        "cn-northwest-1" => Some('w'),
        _ => None,
    }
}

fn listed(letters: Option<&str>, letter: Option<char>) -> Availability {
    match (letters, letter) {
        (Some(letters), Some(letter)) if letters.contains(letter) => Availability::Yes,
        (Some(_), Some(_)) => Availability::No,
        _ => Availability::Unknown,
    }
}

/// Returns the availability of a resource type in a region's CloudFormation registry.
///
/// A type in the registry does not prove that the service works there.
pub fn resource_type(name: &str, region: &Region) -> Availability {
    listed(TYPES.value(&[name]), letter(region))
}

/// Returns true if a resource type is in neither region of China.
pub fn is_absent_in_china(name: &str) -> bool {
    TYPES.value(&[name]) == Some("u")
}

/// Returns the availability of a managed policy in a partition.
///
/// * `path`: the part of the ARN after `:policy/`.
pub fn managed_policy(path: &str, partition: Partition) -> Availability {
    let letter = match partition {
        Partition::Aws => Some('a'),
        Partition::AwsCn => Some('c'),
        _ => None,
    };
    listed(POLICIES.value(&[path]), letter)
}

/// Returns the availability of an instance class in a region.
///
/// * `property`: type and property, such as `AWS::RDS::DBInstance/DBInstanceClass`.
pub fn instance_class(property: &str, class: &str, region: &Region) -> Availability {
    listed(CLASSES.value(&[property, class]), letter(region))
}

/// A difference between a resource type's schema in a region and in us-east-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The property at this path does not exist in the region.
    Property(&'static str),
    /// The property at this path does not take this value in the region.
    Value(&'static str, &'static str),
    /// The property at this path is required in the region.
    Required(&'static str),
}

/// Returns the differences of a resource type's schema in a region.
pub fn schema_differences(name: &str, region: &Region) -> Vec<Difference> {
    let Some(letter) = letter(region) else {
        return Vec::new();
    };
    SCHEMA
        .rows(&[name])
        .filter_map(|row| {
            let mut fields = row.split('\t').skip(1);
            let (kind, path, letters) = (fields.next()?, fields.next()?, fields.next()?);
            if !letters.contains(letter) {
                return None;
            }
            match kind {
                "property" => Some(Difference::Property(path)),
                "required" => Some(Difference::Required(path)),
                _ => path
                    .split_once('=')
                    .map(|(path, value)| Difference::Value(path, value)),
            }
        })
        .collect()
}

/// Returns the `cn.com.amazonaws` name of an interface endpoint's service in a region of China.
///
/// `None` if the name begins with `com.amazonaws` as elsewhere, or is unknown.
pub fn endpoint_service(name: &str, region: &Region) -> Option<&'static str> {
    let letter = letter(region)?;
    let row = ENDPOINTS.rows(&[name]).next()?;
    let mut fields = row.split('\t');
    let own = fields.next()?;
    let letters = fields.next()?;
    letters
        .contains(letter)
        .then(|| fields.next().filter(|name| *name != "-").unwrap_or(own))
}

/// A value that AWS owns and that differs from region to region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twin {
    /// The kind, such as `elb-log-account`.
    pub kind: &'static str,
    /// The counterpart in the region; `None` if it is unknown.
    pub value: Option<&'static str>,
}

/// Returns the counterpart in a region of a value that AWS owns in another partition.
pub fn twin(value: &str, region: &Region) -> Option<Twin> {
    let partition = region.partition();
    let row = KNOWN.all().find(|row| {
        let mut fields = row.split('\t').skip(1);
        let place = fields.next().unwrap_or_default();
        fields.next() == Some(value) && partition_of(place) != Some(partition)
    })?;
    let kind = row.split('\t').next()?;
    Some(Twin {
        kind,
        value: known(kind, region),
    })
}

/// Returns true if another partition has a value of that kind with this beginning.
pub fn is_known_elsewhere(kind: &str, beginning: &str, region: &Region) -> bool {
    KNOWN.rows(&[kind]).any(|row| {
        let mut fields = row.split('\t').skip(1);
        let place = fields.next().unwrap_or_default();
        let begins = fields
            .next()
            .is_some_and(|value| value.starts_with(beginning));
        begins && partition_of(place) != Some(region.partition())
    })
}

/// Returns the value that AWS owns in a region, by its kind.
pub fn known(kind: &str, region: &Region) -> Option<&'static str> {
    KNOWN
        .value(&[kind, region.as_str()])
        .or_else(|| KNOWN.value(&[kind, region.partition().id()]))
}

fn partition_of(place: &str) -> Option<Partition> {
    Partition::from_id(place).or_else(|| Partition::of_region(place))
}

/// Returns true if AWS owns a number or name in the region itself.
pub fn is_known_here(value: &str, region: &Region) -> bool {
    let is_place = |place: &str| place == region.as_str() || place == region.partition().id();
    KNOWN.all().any(|row| {
        let mut fields = row.split('\t').skip(1);
        fields.next().is_some_and(is_place) && fields.next() == Some(value)
    })
}

/// A name that differs between partitions and that no pseudo parameter gives.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The key of the name in messages and mappings.
    pub key: &'static str,
    /// The name in each partition that has one, in the order of the table.
    pub values: Vec<(Partition, &'static str)>,
}

impl Row {
    /// Returns the name in a partition.
    pub fn value(&self, partition: Partition) -> Option<&'static str> {
        self.values
            .iter()
            .find(|(candidate, _)| *candidate == partition)
            .map(|(_, value)| *value)
    }
}

/// Returns the names that the partitions have for a key of `data/names.tsv`.
///
/// # Panics
///
/// Panics if the key is unknown, which is a mistake in a rule.
pub fn row(key: &str) -> &'static Row {
    static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
        let mut rows: Vec<Row> = Vec::new();
        for row in NAMES.all() {
            let mut fields = row.split('\t');
            let (Some(key), Some(place), Some(value)) =
                (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            let Some(partition) = Partition::from_id(place) else {
                continue;
            };
            match rows.last_mut() {
                Some(last) if last.key == key => last.values.push((partition, value)),
                _ => rows.push(Row {
                    key,
                    values: vec![(partition, value)],
                }),
            }
        }
        rows
    });
    ROWS.iter()
        .find(|row| row.key == key)
        .expect("a rule names a key of the table")
}

/// Returns the hosts outside AWS that are slow or blocked from China.
pub fn mirrors() -> impl Iterator<Item = &'static str> {
    MIRRORS.all().filter_map(|row| row.split('\t').next())
}

/// Returns true if the principal of a service has the partition's suffix.
///
/// * `is_regional`: true for the form that names a region, `logs.REGION`.
pub fn is_principal_with_suffix(service: &str, is_regional: bool) -> bool {
    let form = if is_regional { "regional" } else { "plain" };
    PRINCIPALS.value(&[service]) == Some(form)
}

/// Returns true if policies are reported to fail when a service's principal has China's suffix.
pub fn is_refused_with_suffix(service: &str) -> bool {
    PRINCIPALS.value(&[service]) == Some("refused")
}

/// Returns true if the values of a condition key are names of services.
pub fn is_service_name_key(key: &str) -> bool {
    CONDITION_KEYS.value(&[&key.to_ascii_lowercase()]).is_some()
}

/// The region in China of a service whose host names no region elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// One region serves both regions.
    In(&'static str),
    /// Each region serves itself.
    Own,
    /// The host names no region in China either.
    Everywhere,
}

/// Returns the region in China of a service whose host names no region elsewhere.
pub fn home_of(service: &str) -> Option<Home> {
    Some(match HOMES.value(&[service])? {
        "own" => Home::Own,
        "none" => Home::Everywhere,
        region => Home::In(region),
    })
}

/// Returns true if a resource type is in the registry but its service has no known endpoint.
pub fn is_doubtful(kind: &str) -> bool {
    DOUBTFUL
        .all()
        .filter_map(|row| row.split('\t').next())
        .any(|beginning| kind.starts_with(beginning))
}

/// Returns the replacement in China for a resource type that is not available there.
pub fn advice(kind: &str) -> Option<&'static str> {
    ADVICE
        .all()
        .filter_map(|row| {
            let mut fields = row.split('\t');
            Some((fields.next()?, fields.next()?))
        })
        .filter(|(beginning, _)| kind.starts_with(beginning))
        .max_by_key(|(beginning, _)| beginning.len())
        .map(|(_, advice)| advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str) -> Region {
        name.parse().unwrap()
    }

    #[test]
    fn tables_are_sorted() {
        for (subject, table) in &TABLES {
            let rows: Vec<_> = table.all().collect();
            let mut sorted = rows.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(rows, sorted, "{subject}");
        }
    }

    #[test]
    fn every_row_leads_to_a_source_with_a_url_and_a_date() {
        for (subject, table) in &TABLES {
            for (row, id) in table.with_sources() {
                assert!(source(id).is_some(), "{subject}: `{row}` has no source");
            }
        }
        for source in sources() {
            assert!(source.url.starts_with("https://"), "{}", source.id);
            assert!(!source.title.is_empty(), "{}", source.id);
            assert_eq!(source.seen.len(), "2026-11-25".len(), "{}", source.id);
            assert!(source.day().is_some(), "{}: `{}`", source.id, source.seen);
        }
    }

    #[test]
    fn the_facts_that_rules_ask_for_are_there() {
        assert_eq!(
            row("ConsoleHost").value(Partition::AwsCn),
            Some("console.amazonaws.cn")
        );
        assert!(is_principal_with_suffix("ec2", false));
        assert!(!is_principal_with_suffix("ec2", true));
        assert!(is_principal_with_suffix("logs", true));
        assert!(is_service_name_key("iam:PassedToService"));
        assert_eq!(home_of("iam"), Some(Home::In("cn-north-1")));
        assert_eq!(home_of("global.health"), Some(Home::Everywhere));
        assert_eq!(home_of("lambda"), None);
        assert!(is_doubtful("AWS::WAF::IPSet") && !is_doubtful("AWS::WAFv2::IPSet"));
        let advice = advice("AWS::CloudFront::OriginAccessControl");
        assert!(advice.is_some_and(|advice| advice.contains("origin access identity")));
        assert!(is_known_here("638102146993", &region("cn-north-1")));
        assert!(!is_known_here("638102146993", &region("us-east-1")));
    }

    #[test]
    fn types_are_where_the_registry_has_them() {
        let check = |name: &str, region_name: &str| resource_type(name, &region(region_name));
        assert_eq!(
            check("AWS::Cognito::UserPool", "cn-north-1"),
            Availability::No
        );
        assert_eq!(
            check("AWS::Cognito::IdentityPool", "cn-north-1"),
            Availability::Yes
        );
        assert_eq!(
            check("AWS::Cognito::IdentityPool", "cn-northwest-1"),
            Availability::No
        );
        assert_eq!(
            check("AWS::DAX::Cluster", "cn-northwest-1"),
            Availability::Yes
        );
        assert_eq!(
            check("AWS::Lambda::Function", "cn-north-1"),
            Availability::Yes
        );
        assert_eq!(
            check("AWS::Lambda::Function", "eu-west-1"),
            Availability::Unknown
        );
        assert_eq!(check("Custom::Thing", "cn-north-1"), Availability::Unknown);
        assert!(is_absent_in_china("AWS::AppRunner::Service"));
    }

    #[test]
    fn policies_classes_and_schemas_are_the_partitions_own() {
        let cn = Partition::AwsCn;
        assert_eq!(managed_policy("ComprehendReadOnly", cn), Availability::No);
        assert_eq!(
            managed_policy("service-role/AWSLambdaBasicExecutionRole", cn),
            Availability::Yes
        );
        assert_eq!(managed_policy("MadeUp", cn), Availability::Unknown);
        assert_eq!(
            managed_policy("AWSLambdaFullAccess", Partition::Aws),
            Availability::No
        );
        let property = "AWS::DAX::Cluster/NodeType";
        assert_eq!(
            instance_class(property, "dax.r3.2xlarge", &region("cn-north-1")),
            Availability::No
        );
        assert!(
            schema_differences("AWS::CloudFront::Distribution", &region("cn-north-1")).contains(
                &Difference::Property("/DistributionConfig/ViewerMtlsConfig")
            )
        );
        assert_eq!(
            schema_differences("AWS::SQS::Queue", &region("cn-north-1")),
            []
        );
    }

    #[test]
    fn what_aws_owns_has_a_twin() {
        let at = |value: &str, name: &str| twin(value, &region(name)).and_then(|twin| twin.value);
        assert_eq!(at("127311923021", "cn-north-1"), Some("638102146993"));
        assert_eq!(at("763104351884", "cn-northwest-1"), Some("727897471807"));
        assert_eq!(at("Z3RFFRIM2A3IF5", "us-east-1"), None);
        assert_eq!(
            at("Z35SXDOTRQ7X7K", "cn-northwest-1"),
            Some("ZM7IZAIOVVDZF")
        );
        assert_eq!(at("638102146993", "cn-north-1"), None);
        assert_eq!(endpoint_service("ec2", &region("cn-north-1")), Some("ec2"));
        assert_eq!(
            endpoint_service("transcribe", &region("cn-north-1")),
            Some("transcribe.cn")
        );
        assert_eq!(endpoint_service("polly", &region("cn-north-1")), None);
        assert_eq!(endpoint_service("logs", &region("cn-north-1")), None);
    }
}
