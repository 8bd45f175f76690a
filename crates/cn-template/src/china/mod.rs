//! What is missing or different in China, as data with sources.
//!
//! The tables are texts under `data/`, each naming its source in its first
//! lines. `cargo xtask china-data` writes the generated ones anew. A table
//! that knows nothing of a name or a region says [`Availability::Unknown`]:
//! silence here never means that something works.

mod table;

use table::Table;

use crate::partition::{Partition, Region};

static TYPES: Table = Table::new(include_str!("data/types.tsv"));
static SCHEMA: Table = Table::new(include_str!("data/schema.tsv"));
static POLICIES: Table = Table::new(include_str!("data/policies.tsv"));
static CLASSES: Table = Table::new(include_str!("data/classes.tsv"));
static ENDPOINTS: Table = Table::new(include_str!("data/endpoints.tsv"));
static KNOWN: Table = Table::new(include_str!("data/known.tsv"));

/// Where each table comes from, for people who wonder how old it is.
pub fn sources() -> Vec<(&'static str, &'static str)> {
    [
        ("resource types", &TYPES),
        ("properties and values", &SCHEMA),
        ("managed policies", &POLICIES),
        ("instance classes", &CLASSES),
        ("endpoint services", &ENDPOINTS),
        ("accounts, layers, hosted zones", &KNOWN),
    ]
    .map(|(what, table)| (what, table.source()))
    .to_vec()
}

/// Whether something can be had in a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Availability {
    /// The table lists it.
    Yes,
    /// The table knows the name and the region, and does not list it there.
    No,
    /// The table does not know the name or the region.
    Unknown,
}

/// The letter of a region in the tables.
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

/// Whether CloudFormation's registry has a resource type in a region.
///
/// Being in the registry does not prove that the service works there.
pub fn resource_type(name: &str, region: &Region) -> Availability {
    listed(TYPES.value(&[name]), letter(region))
}

/// Whether a resource type is in neither region of China.
pub fn is_absent_in_china(name: &str) -> bool {
    TYPES.value(&[name]) == Some("u")
}

/// Whether AWS has a managed policy of that path in a partition.
///
/// * `path`: what follows `:policy/` in its ARN.
pub fn managed_policy(path: &str, partition: Partition) -> Availability {
    let letter = match partition {
        Partition::Aws => Some('a'),
        Partition::AwsCn => Some('c'),
        _ => None,
    };
    listed(POLICIES.value(&[path]), letter)
}

/// Whether an instance class can be had in a region.
///
/// * `property`: type and property, such as `AWS::RDS::DBInstance/DBInstanceClass`.
pub fn instance_class(property: &str, class: &str, region: &Region) -> Availability {
    listed(CLASSES.value(&[property, class]), letter(region))
}

/// How the schema of a resource type differs from us-east-1's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The property at this path is not known there.
    Property(&'static str),
    /// The property at this path does not take this value there.
    Value(&'static str, &'static str),
    /// The property at this path must be given there.
    Required(&'static str),
}

/// The differences of a resource type's schema in a region.
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

/// The name of an interface endpoint's service in a region of China that begins with `cn.com.amazonaws`.
///
/// None where the name begins with `com.amazonaws` as elsewhere, or is not known.
pub fn endpoint_service(name: &str, region: &Region) -> Option<&'static str> {
    let letter = letter(region)?;
    let row = ENDPOINTS.rows(&[name]).next()?;
    let mut fields = row.split('\t');
    let own = fields.next()?;
    let letters = fields.next()?;
    letters
        .contains(letter)
        .then(|| fields.next().unwrap_or(own))
}

/// A value that AWS owns and that differs from region to region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twin {
    /// What it is, such as `elb-log-account`.
    pub what: &'static str,
    /// What takes its place in the region asked for; none where nothing is known.
    pub value: Option<&'static str>,
}

/// What stands in a region for a value that AWS owns in another partition.
pub fn twin(value: &str, region: &Region) -> Option<Twin> {
    let partition = region.partition();
    let row = KNOWN.all().find(|row| {
        let mut fields = row.split('\t').skip(1);
        let place = fields.next().unwrap_or_default();
        fields.next() == Some(value) && partition_of(place) != Some(partition)
    })?;
    let what = row.split('\t').next()?;
    Some(Twin {
        what,
        value: known(what, region),
    })
}

/// Whether a value of that kind begins so in a region of another partition.
pub fn is_known_elsewhere(what: &str, beginning: &str, region: &Region) -> bool {
    KNOWN.rows(&[what]).any(|row| {
        let mut fields = row.split('\t').skip(1);
        let place = fields.next().unwrap_or_default();
        let begins = fields
            .next()
            .is_some_and(|value| value.starts_with(beginning));
        begins && partition_of(place) != Some(region.partition())
    })
}

/// A value that AWS owns in a region.
pub fn known(what: &str, region: &Region) -> Option<&'static str> {
    KNOWN
        .value(&[what, region.as_str()])
        .or_else(|| KNOWN.value(&[what, region.partition().id()]))
}

fn partition_of(place: &str) -> Option<Partition> {
    Partition::from_id(place).or_else(|| Partition::of_region(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str) -> Region {
        name.parse().unwrap()
    }

    #[test]
    fn tables_are_sorted_and_say_where_they_come_from() {
        for table in [&TYPES, &SCHEMA, &POLICIES, &CLASSES, &ENDPOINTS, &KNOWN] {
            let rows: Vec<_> = table.all().collect();
            let mut sorted = rows.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(rows, sorted);
            assert!(
                table.source().contains(char::is_numeric),
                "{}",
                table.source()
            );
        }
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
