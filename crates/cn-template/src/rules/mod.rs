//! The rules: one file for each, and one registry of all codes.
//!
//! Each rule has its own file with the code, the reason, the sources, the messages, and its looks.
//! Its fixture is `fixtures/rules/CODE`, and its page `docs/rules/CODE.md` is generated from both.
//! A new rule needs its file, two lines here, and a fixture; see `CONTRIBUTING.md` for the steps.
//!
//! | module | contents |
//! | --- | --- |
//! | `model` | the form of a rule: how it looks at a template, and its results |
//! | `shared` | grammar that several rules use: ARNs, hosts, managed policies |
//!
//! Rules without a look are reported elsewhere: by the parser, by the code for artifacts,
//! parameters and settings, or from the hits of other rules.

pub(crate) mod cn001_syntax;
pub(crate) mod cn002_empty;
pub(crate) mod cn003_not_a_mapping;
pub(crate) mod cn004_no_resources;
pub(crate) mod cn005_several_documents;
pub(crate) mod cn006_duplicate_key;
pub(crate) mod cn007_aliases_expanded;
pub(crate) mod cn008_alias;
pub(crate) mod cn009_shape;
pub(crate) mod cn010_unreadable;
pub(crate) mod cn101_arn;
pub(crate) mod cn102_in_pieces;
pub(crate) mod cn103_arn_region;
pub(crate) mod cn104_account;
pub(crate) mod cn105_layer;
pub(crate) mod cn106_foreign_artifact;
pub(crate) mod cn107_rotation;
pub(crate) mod cn108_known_account;
pub(crate) mod cn109_pattern;
pub(crate) mod cn110_bucket_emr;
pub(crate) mod cn111_broken_form;
pub(crate) mod cn201_principal;
pub(crate) mod cn202_principal_with_suffix;
pub(crate) mod cn203_service_name;
pub(crate) mod cn204_audience;
pub(crate) mod cn205_issuer;
pub(crate) mod cn206_log_account;
pub(crate) mod cn207_log_id;
pub(crate) mod cn301_host;
pub(crate) mod cn302_host_region;
pub(crate) mod cn303_s3_host;
pub(crate) mod cn304_foreign_bucket;
pub(crate) mod cn305_console;
pub(crate) mod cn306_cloudfront_host;
pub(crate) mod cn307_s3_hyphen;
pub(crate) mod cn308_dual_stack;
pub(crate) mod cn309_global_host;
pub(crate) mod cn310_unknown_host;
pub(crate) mod cn311_unknown_name;
pub(crate) mod cn312_registry;
pub(crate) mod cn313_mirror;
pub(crate) mod cn314_function_host;
pub(crate) mod cn315_accelerate;
pub(crate) mod cn320_endpoint;
pub(crate) mod cn321_identifier;
pub(crate) mod cn322_zone;
pub(crate) mod cn323_map_rows;
pub(crate) mod cn324_region_name;
pub(crate) mod cn325_zone_name;
pub(crate) mod cn326_public_parameter;
pub(crate) mod cn401_type_absent;
pub(crate) mod cn402_type_absent_here;
pub(crate) mod cn403_property_absent;
pub(crate) mod cn404_class_absent;
pub(crate) mod cn405_policy_absent;
pub(crate) mod cn406_policy_unknown;
pub(crate) mod cn407_type_unknown;
pub(crate) mod cn410_edge;
pub(crate) mod cn411_user_pool;
pub(crate) mod cn412_function_url;
pub(crate) mod cn413_certificate;
pub(crate) mod cn414_aliases;
pub(crate) mod cn415_edge_code;
pub(crate) mod cn416_distribution;
pub(crate) mod cn417_cache_policy;
pub(crate) mod cn418_web_acl;
pub(crate) mod cn419_appsync;
pub(crate) mod cn420_tracing;
pub(crate) mod cn421_lambda;
pub(crate) mod cn422_icp;
pub(crate) mod cn423_http_task;
pub(crate) mod cn424_pull_through;
pub(crate) mod cn425_alarms;
pub(crate) mod cn426_private_ca;
pub(crate) mod cn428_messages;
pub(crate) mod cn429_doubtful;
pub(crate) mod cn430_source_connection;
pub(crate) mod cn501_code;
pub(crate) mod cn502_artifact;
pub(crate) mod cn503_remote_file;
pub(crate) mod cn521_missing_file;
pub(crate) mod cn522_not_a_path;
pub(crate) mod cn523_whole_folder;
pub(crate) mod cn524_path_in_function;
pub(crate) mod cn525_wrong_kind;
pub(crate) mod cn526_cycle;
pub(crate) mod cn527_unreadable_artifact;
pub(crate) mod cn528_too_large;
pub(crate) mod cn529_loop_path;
pub(crate) mod cn530_outside_artifact;
pub(crate) mod cn601_unused_suppression;
pub(crate) mod cn611_undeclared_parameter;
pub(crate) mod cn612_missing_parameter;
pub(crate) mod cn613_template_too_large;
pub(crate) mod cn614_tags;
pub(crate) mod cn615_unreadable_parameters;
pub(crate) mod cn616_not_a_parameter;
pub(crate) mod cn617_stack_policy;
pub(crate) mod cn618_rollback_triggers;
pub(crate) mod cn619_visible_secret;
pub(crate) mod cn620_not_packaged;
pub(crate) mod cn621_changed_package;
pub(crate) mod cn622_settings;
pub(crate) mod cn623_no_validation;
pub(crate) mod cn630_stack_set;
pub(crate) mod cn651_configuration_syntax;
pub(crate) mod cn652_unknown_environment;
pub(crate) mod cn653_unknown_setting;
pub(crate) mod cn654_setting_type;

pub(crate) mod model;
pub(crate) mod shared;

pub use model::{Does, Rule};

use crate::diag::Code;

/// All rules, ordered by code.
pub static RULES: &[&Rule] = &[
    &cn001_syntax::RULE,
    &cn002_empty::RULE,
    &cn003_not_a_mapping::RULE,
    &cn004_no_resources::RULE,
    &cn005_several_documents::RULE,
    &cn006_duplicate_key::RULE,
    &cn007_aliases_expanded::RULE,
    &cn008_alias::RULE,
    &cn009_shape::RULE,
    &cn010_unreadable::RULE,
    &cn101_arn::RULE,
    &cn102_in_pieces::RULE,
    &cn103_arn_region::RULE,
    &cn104_account::RULE,
    &cn105_layer::RULE,
    &cn106_foreign_artifact::RULE,
    &cn107_rotation::RULE,
    &cn108_known_account::RULE,
    &cn109_pattern::RULE,
    &cn110_bucket_emr::RULE,
    &cn111_broken_form::RULE,
    &cn201_principal::RULE,
    &cn202_principal_with_suffix::RULE,
    &cn203_service_name::RULE,
    &cn204_audience::RULE,
    &cn205_issuer::RULE,
    &cn206_log_account::RULE,
    &cn207_log_id::RULE,
    &cn301_host::RULE,
    &cn302_host_region::RULE,
    &cn303_s3_host::RULE,
    &cn304_foreign_bucket::RULE,
    &cn305_console::RULE,
    &cn306_cloudfront_host::RULE,
    &cn307_s3_hyphen::RULE,
    &cn308_dual_stack::RULE,
    &cn309_global_host::RULE,
    &cn310_unknown_host::RULE,
    &cn311_unknown_name::RULE,
    &cn312_registry::RULE,
    &cn313_mirror::RULE,
    &cn314_function_host::RULE,
    &cn315_accelerate::RULE,
    &cn320_endpoint::RULE,
    &cn321_identifier::RULE,
    &cn322_zone::RULE,
    &cn323_map_rows::RULE,
    &cn324_region_name::RULE,
    &cn325_zone_name::RULE,
    &cn326_public_parameter::RULE,
    &cn401_type_absent::RULE,
    &cn402_type_absent_here::RULE,
    &cn403_property_absent::RULE,
    &cn404_class_absent::RULE,
    &cn405_policy_absent::RULE,
    &cn406_policy_unknown::RULE,
    &cn407_type_unknown::RULE,
    &cn410_edge::RULE,
    &cn411_user_pool::RULE,
    &cn412_function_url::RULE,
    &cn413_certificate::RULE,
    &cn414_aliases::RULE,
    &cn415_edge_code::RULE,
    &cn416_distribution::RULE,
    &cn417_cache_policy::RULE,
    &cn418_web_acl::RULE,
    &cn419_appsync::RULE,
    &cn420_tracing::RULE,
    &cn421_lambda::RULE,
    &cn422_icp::RULE,
    &cn423_http_task::RULE,
    &cn424_pull_through::RULE,
    &cn425_alarms::RULE,
    &cn426_private_ca::RULE,
    &cn428_messages::RULE,
    &cn429_doubtful::RULE,
    &cn430_source_connection::RULE,
    &cn501_code::RULE,
    &cn502_artifact::RULE,
    &cn503_remote_file::RULE,
    &cn521_missing_file::RULE,
    &cn522_not_a_path::RULE,
    &cn523_whole_folder::RULE,
    &cn524_path_in_function::RULE,
    &cn525_wrong_kind::RULE,
    &cn526_cycle::RULE,
    &cn527_unreadable_artifact::RULE,
    &cn528_too_large::RULE,
    &cn529_loop_path::RULE,
    &cn530_outside_artifact::RULE,
    &cn601_unused_suppression::RULE,
    &cn611_undeclared_parameter::RULE,
    &cn612_missing_parameter::RULE,
    &cn613_template_too_large::RULE,
    &cn614_tags::RULE,
    &cn615_unreadable_parameters::RULE,
    &cn616_not_a_parameter::RULE,
    &cn617_stack_policy::RULE,
    &cn618_rollback_triggers::RULE,
    &cn619_visible_secret::RULE,
    &cn620_not_packaged::RULE,
    &cn621_changed_package::RULE,
    &cn622_settings::RULE,
    &cn623_no_validation::RULE,
    &cn630_stack_set::RULE,
    &cn651_configuration_syntax::RULE,
    &cn652_unknown_environment::RULE,
    &cn653_unknown_setting::RULE,
    &cn654_setting_type::RULE,
];

/// Returns the rule with a code, regardless of case.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .find(|rule| rule.code.id.eq_ignore_ascii_case(id))
        .copied()
}

/// Returns a code of the registry; in a constant, an unknown code does not compile.
///
/// # Panics
///
/// Panics if no rule has this code.
pub const fn code(id: &str) -> Code {
    let mut index = 0;
    while index < RULES.len() {
        let code = RULES[index].code;
        if is_same(code.id.as_bytes(), id.as_bytes()) {
            return code;
        }
        index += 1;
    }
    panic!("no rule has this code");
}

const fn is_same(left: &[u8], right: &[u8]) -> bool {
    let mut index = 0;
    while index < left.len() && index < right.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    left.len() == right.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::china;

    #[test]
    fn rules_are_sorted_by_code() {
        let ids: Vec<&str> = RULES.iter().map(|rule| rule.code.id).collect();
        assert!(ids.is_sorted_by(|left, right| left < right), "{ids:?}");
    }

    #[test]
    fn names_are_unique_and_in_kebab_case() {
        let mut names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
        let is_kebab = |name: &&str| {
            name.split('-').all(|word| {
                !word.is_empty()
                    && word
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            })
        };
        assert!(names.iter().all(is_kebab), "{names:?}");
        names.sort_unstable();
        assert!(names.is_sorted_by(|left, right| left < right), "{names:?}");
    }

    #[test]
    fn rules_that_look_name_sources_that_exist() {
        for rule in RULES {
            let id = rule.code.id;
            assert!(!rule.why.is_empty() && !rule.programs.is_empty(), "{id}");
            assert!(
                rule.looks.is_empty() || !rule.sources.is_empty(),
                "{id}: no source"
            );
            for source in rule.sources {
                assert!(
                    china::source(source).is_some(),
                    "{id}: no source `{source}`"
                );
            }
        }
    }

    #[test]
    fn a_code_is_found_however_it_is_written() {
        const ARN: Code = code("CN101");
        assert_eq!(find("cn101").map(|rule| rule.name), Some("arn"));
        assert!(find("CN999").is_none());
        assert_eq!(ARN, cn101_arn::RULE.code);
    }
}
