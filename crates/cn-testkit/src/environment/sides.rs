//! The state of one test in the two emulators, and the requests to them.

use super::{TestEnv, locked};
use crate::client::Client;
use crate::keys::{Keys, SECRET_MARK};
use crate::router::{Fault, Requests, decoded};
use crate::script::Script;
use crate::seed::ALLOW_ALL;
use crate::side::Side;

/// The state that [`TestEnv::seed`] creates.
#[derive(Clone, Debug)]
pub struct Seed {
    /// The China user's access key.
    pub keys: Keys,
    /// The bucket in China.
    pub bucket: String,
    /// The parameter in home that holds the access key id.
    pub access_key_parameter: String,
    /// The parameter in home that holds the secret key.
    pub secret_key_parameter: String,
    /// The parameter in home that holds the bucket's name.
    pub bucket_parameter: String,
}

/// The two sides.
impl TestEnv {
    /// Returns a root client of home's emulator.
    pub fn home(&self) -> Client {
        self.ports().root(Side::Home)
    }

    /// Returns a root client of China's emulator.
    pub fn china(&self) -> Client {
        self.ports().root(Side::China)
    }

    /// Returns a client that sends through the router, as the programs do.
    pub fn client(&self, side: Side, keys: Keys) -> Client {
        self.router.client(side, keys)
    }

    /// Creates a user with keys in China, whose rights are those of the policy.
    pub fn china_user(&self, stem: &str, policy: &str) -> Keys {
        let user = self.china().create_user(&self.name(stem), policy);
        let keys = user.expect("users can be created");
        self.keep_secret(&keys.secret);
        self.redact(&keys.id, "[KEY-ID]");
        keys
    }

    /// Returns this test's bucket in China, created at the first call.
    pub fn bucket(&self) -> &str {
        self.bucket.get_or_init(|| {
            let name = self.name("artifacts");
            let created = self.china().create_bucket(&name);
            created.expect("buckets can be created");
            name
        })
    }

    /// Creates the state of the documented setup: a user in China with all rights, its keys and a
    /// bucket of China in home's parameters, and the variables `USER_ACCESS_KEY_SSM`,
    /// `USER_SECRET_KEY_SSM`, `S3_BUCKET_SSM` and `CN_REGION`.
    pub fn seed(&self) -> Seed {
        let keys = self.china_user("deployer", ALLOW_ALL);
        let seed = Seed {
            bucket: self.bucket().to_owned(),
            access_key_parameter: self.parameter_name("UserAccessKey"),
            secret_key_parameter: self.parameter_name("UserSecretKey"),
            bucket_parameter: self.parameter_name("DeploymentS3Bucket"),
            keys,
        };
        let home = self.home();
        let parameters = [
            home.put_secure_parameter(&seed.access_key_parameter, &seed.keys.id),
            home.put_secure_parameter(&seed.secret_key_parameter, &seed.keys.secret),
            home.put_parameter(&seed.bucket_parameter, &seed.bucket),
        ];
        parameters
            .into_iter()
            .collect::<Result<(), _>>()
            .expect("parameters can be written");
        self.set("CN_REGION", Side::China.region());
        self.set("S3_BUCKET_SSM", &seed.bucket_parameter);
        self.set("USER_ACCESS_KEY_SSM", &seed.access_key_parameter);
        self.set("USER_SECRET_KEY_SSM", &seed.secret_key_parameter);
        seed
    }

    /// Writes a profile with keys into the AWS files under `HOME`, as `aws configure` would.
    pub fn write_profile(&self, profile: &str, keys: &Keys, region: &str) {
        let folder = self.home_folder().join(".aws");
        let credentials = format!(
            "[{profile}]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            keys.id, keys.secret,
        );
        self.write(folder.join("credentials"), credentials);
        let config = format!("[profile {profile}]\nregion = {region}\n");
        self.write(folder.join("config"), config);
    }

    /// Returns the address that serves the keys of an existing role of home, for
    /// `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
    pub fn role_url(&self, role: &str) -> String {
        self.router.role_url(role)
    }

    /// Lets a script answer the operations of its service.
    pub fn script(&self, script: Script) {
        self.router.script(script);
    }

    /// Adds a fault to the next matching requests.
    pub fn fault(&self, fault: Fault) {
        self.router.fault(fault);
    }

    /// Returns the requests of all programs so far, without those of seeding.
    pub fn requests(&self) -> Requests {
        self.router.requests()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.router.forget_requests();
    }

    /// Fails unless every request signed by home's role went to home, and every request signed by
    /// these China keys to China.
    pub fn assert_identities_kept_apart(&self, china: &Keys) {
        let requests = self.requests();
        let strays = requests.signed_by(&china.id).to(Side::Home);
        assert_eq!(
            strays.count(),
            0,
            "China's keys were sent to home:\n{strays}"
        );
        for role in self.router.role_keys() {
            let strays = requests.signed_by(&role.id).to(Side::China);
            assert_eq!(
                strays.count(),
                0,
                "home's keys were sent to China:\n{strays}"
            );
        }
    }

    /// Fails if a recorded request contains a secret value of any test, in path, query, header
    /// fields or a remembered body.
    pub fn assert_no_secret_was_sent(&self) {
        let secrets = self.secrets();
        for request in self.requests().0 {
            let body = request.body.clone().unwrap_or_default();
            let headers: Vec<String> = request.headers.iter().map(|(_, v)| v.clone()).collect();
            let text = format!(
                "{}?{}\n{}\n{}",
                request.path,
                request.query,
                headers.join("\n"),
                String::from_utf8_lossy(&body),
            );
            for secret in &secrets {
                let shown = text.contains(secret) || decoded(&text).contains(secret);
                assert!(!shown, "a secret value is in the request: {request}");
            }
        }
    }

    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut secrets = locked(&self.secrets).clone();
        // The role's session token is part of every request that the role signs; its secret never
        // is.
        secrets.extend(self.router.role_keys().into_iter().map(|keys| keys.secret));
        secrets.extend(self.router.issued_secrets());
        secrets.push(SECRET_MARK.to_owned());
        secrets.retain(|secret| !secret.is_empty());
        secrets
    }
}
