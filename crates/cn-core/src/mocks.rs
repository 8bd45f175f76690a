//! Clients that answer requests by rules, for tests.

/// Builds a client of an SDK crate.
///
/// * the second argument is a `RuleMode`: in order, or any matching rule.
macro_rules! mocked {
    ($sdk:ident, $mode:expr, $rules:expr) => {{
        let answers = aws_smithy_mocks::MockResponseInterceptor::new().rule_mode($mode);
        let rules: &[aws_smithy_mocks::Rule] = $rules;
        let answers = rules.iter().fold(answers, |all, rule| all.with_rule(rule));
        let key = $sdk::config::Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let config = $sdk::Config::builder()
            .behavior_version($sdk::config::BehaviorVersion::latest())
            .credentials_provider(key)
            .region($sdk::config::Region::new("cn-north-1"))
            .http_client(aws_smithy_mocks::create_mock_http_client())
            .interceptor(answers)
            .build();
        $sdk::Client::from_conf(config)
    }};
}

pub(crate) use mocked;
