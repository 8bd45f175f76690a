//! The state that tests create in the emulators and read from them.

use serde_json::json;

use crate::client::{CallError, Client};
use crate::keys::Keys;
use crate::xml;

/// A policy that allows everything, for users whose rights are not the subject of the test.
pub const ALLOW_ALL: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// A policy that allows only the call that cannot be denied.
pub const ALLOW_NOTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}]}"#;

/// A resource of a stack, from `DescribeStackResources`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackResource {
    /// The name in the template.
    pub logical_id: String,
    /// The kind, such as `AWS::Lambda::Function`.
    pub kind: String,
    /// The ARN or name.
    pub physical_id: String,
    /// The status, such as `CREATE_COMPLETE`.
    pub status: String,
}

/// IAM and STS.
impl Client {
    /// Creates a user with an inline policy and an access key.
    pub fn create_user(&self, name: &str, policy: &str) -> Result<Keys, CallError> {
        let user = ("UserName", name);
        self.query("iam", "CreateUser", &[user])?;
        self.query(
            "iam",
            "PutUserPolicy",
            &[user, ("PolicyName", "own"), ("PolicyDocument", policy)],
        )?;
        let answer = self.query("iam", "CreateAccessKey", &[user])?;
        Ok(keys_in(&answer))
    }

    /// Sets a user's access key to `Active` or `Inactive`.
    pub fn set_key_status(&self, user: &str, key_id: &str, status: &str) -> Result<(), CallError> {
        let fields = [
            ("UserName", user),
            ("AccessKeyId", key_id),
            ("Status", status),
        ];
        self.query("iam", "UpdateAccessKey", &fields).map(drop)
    }

    /// Returns a user's access keys as identifier and status.
    pub fn access_keys(&self, user: &str) -> Result<Vec<(String, String)>, CallError> {
        let answer = self.query("iam", "ListAccessKeys", &[("UserName", user)])?;
        let text = |member: &str, name| xml::first(member, name).unwrap_or_default();
        Ok(xml::all(&answer, "member")
            .iter()
            .map(|member| (text(member, "AccessKeyId"), text(member, "Status")))
            .collect())
    }

    /// Creates another access key of a user.
    pub fn create_access_key(&self, user: &str) -> Result<Keys, CallError> {
        let answer = self.query("iam", "CreateAccessKey", &[("UserName", user)])?;
        Ok(keys_in(&answer))
    }

    /// Returns a user's inline policy; `None` if there is none of that name.
    pub fn user_policy(&self, user: &str, policy: &str) -> Result<Option<String>, CallError> {
        let fields = [("UserName", user), ("PolicyName", policy)];
        let answer = self.query("iam", "GetUserPolicy", &fields);
        let answer = absent_as_none(answer, &["NoSuchEntity"])?;
        Ok(answer.and_then(|answer| xml::first(&answer, "PolicyDocument")))
    }

    /// Creates a role with all permissions for tokens of an issuer with this audience and subject,
    /// and returns the role's ARN.
    ///
    /// * `issuer`: the address without `https://`.
    pub fn create_web_identity_role(
        &self,
        name: &str,
        issuer: &str,
        audience: &str,
        subject: &str,
    ) -> Result<String, CallError> {
        let side = self.side();
        let arn = |rest: &str| format!("arn:{}:iam::{}:{rest}", side.partition(), side.account());
        let (of_audience, of_subject) = (format!("{issuer}:aud"), format!("{issuer}:sub"));
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": arn(&format!("oidc-provider/{issuer}"))},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {of_audience: audience, of_subject: subject}},
        }]});
        let trust = trust.to_string();
        let role = ("RoleName", name);
        self.query(
            "iam",
            "CreateRole",
            &[role, ("AssumeRolePolicyDocument", &trust)],
        )?;
        let fields = [role, ("PolicyName", "own"), ("PolicyDocument", ALLOW_ALL)];
        self.query("iam", "PutRolePolicy", &fields)?;
        Ok(arn(&format!("role/{name}")))
    }

    /// Creates a signing key of a key spec such as `RSA_2048`, and returns its ID.
    pub fn create_signing_key(&self, spec: &str) -> Result<String, CallError> {
        let input = json!({"KeySpec": spec, "KeyUsage": "SIGN_VERIFY"});
        let answer = self.json("kms", "TrentService.CreateKey", &input)?;
        let id = answer["KeyMetadata"]["KeyId"].as_str();
        Ok(id.unwrap_or_default().to_owned())
    }

    /// Assumes a role with all permissions, which is created at the first call.
    pub fn assume_role(&self, name: &str) -> Result<Keys, CallError> {
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}"#;
        let role = ("RoleName", name);
        match self.query(
            "iam",
            "CreateRole",
            &[role, ("AssumeRolePolicyDocument", trust)],
        ) {
            Err(error) if error.code != "EntityAlreadyExists" => return Err(error),
            _ => {}
        }
        let fields = [role, ("PolicyName", "own"), ("PolicyDocument", ALLOW_ALL)];
        self.query("iam", "PutRolePolicy", &fields)?;
        let side = self.side();
        let arn = format!(
            "arn:{}:iam::{}:role/{name}",
            side.partition(),
            side.account()
        );
        self.assume_existing_role(&arn)
    }

    /// Assumes an existing role by its ARN.
    pub fn assume_existing_role(&self, arn: &str) -> Result<Keys, CallError> {
        let fields = [("RoleArn", arn), ("RoleSessionName", "build")];
        let answer = self.query("sts", "AssumeRole", &fields)?;
        Ok(Keys {
            session_token: xml::first(&answer, "SessionToken"),
            ..keys_in(&answer)
        })
    }

    /// Returns the ARN of the identity of the client's keys.
    pub fn caller_arn(&self) -> Result<String, CallError> {
        let answer = self.query("sts", "GetCallerIdentity", &[])?;
        Ok(xml::first(&answer, "Arn").unwrap_or_default())
    }
}

/// SSM parameters.
impl Client {
    /// Writes a parameter of type `String`, replacing it if it exists.
    pub fn put_parameter(&self, name: &str, value: &str) -> Result<(), CallError> {
        self.put_parameter_of_type("String", name, value)
    }

    /// Writes a parameter of type `SecureString`, replacing it if it exists.
    pub fn put_secure_parameter(&self, name: &str, value: &str) -> Result<(), CallError> {
        self.put_parameter_of_type("SecureString", name, value)
    }

    fn put_parameter_of_type(&self, kind: &str, name: &str, value: &str) -> Result<(), CallError> {
        let input = json!({"Name": name, "Value": value, "Type": kind, "Overwrite": true});
        self.json("ssm", "AmazonSSM.PutParameter", &input).map(drop)
    }

    /// Returns a parameter's plain value; `None` if it does not exist.
    pub fn parameter(&self, name: &str) -> Result<Option<String>, CallError> {
        let input = json!({"Name": name, "WithDecryption": true});
        let answer = absent_as_none(
            self.json("ssm", "AmazonSSM.GetParameter", &input),
            &["ParameterNotFound"],
        )?;
        Ok(answer.and_then(|answer| answer["Parameter"]["Value"].as_str().map(ToOwned::to_owned)))
    }
}

/// S3.
impl Client {
    /// Creates a bucket in the client's region.
    pub fn create_bucket(&self, name: &str) -> Result<(), CallError> {
        let region = self.region();
        let body = if region == "us-east-1" {
            String::new()
        } else {
            format!(
                "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
            )
        };
        self.rest("s3", "PUT", &format!("/{name}"), "", body.into_bytes())
            .map(drop)
    }

    /// Writes an object.
    pub fn put_object(&self, bucket: &str, key: &str, body: &[u8]) -> Result<(), CallError> {
        let path = format!("/{bucket}/{key}");
        self.rest("s3", "PUT", &path, "", body.to_owned()).map(drop)
    }

    /// Returns an object; `None` if it does not exist.
    pub fn object(&self, bucket: &str, key: &str) -> Result<Option<Vec<u8>>, CallError> {
        let path = format!("/{bucket}/{key}");
        let answer = self.rest("s3", "GET", &path, "", Vec::new());
        Ok(absent_as_none(answer, &["NoSuchKey"])?.map(|body| body.to_vec()))
    }

    /// Returns a bucket's keys in S3's order (the first thousand).
    pub fn object_keys(&self, bucket: &str) -> Result<Vec<String>, CallError> {
        let answer = self.rest(
            "s3",
            "GET",
            &format!("/{bucket}"),
            "list-type=2",
            Vec::new(),
        )?;
        let text = String::from_utf8_lossy(&answer);
        let objects = xml::all(&text, "Contents");
        Ok(objects
            .iter()
            .filter_map(|object| xml::first(object, "Key"))
            .collect())
    }
}

/// CloudFormation.
impl Client {
    /// Creates a stack from a template's text and waits until it is finished.
    ///
    /// # Errors
    ///
    /// When the stack is refused or does not end in `CREATE_COMPLETE`.
    pub fn create_stack(
        &self,
        stack: &str,
        template: &str,
        parameters: &[(&str, &str)],
    ) -> Result<(), CallError> {
        let keys = (1..=parameters.len()).map(|at| {
            ["Key", "Value"].map(|part| format!("Parameters.member.{at}.Parameter{part}"))
        });
        let keys: Vec<[String; 2]> = keys.collect();
        let mut fields = vec![
            ("StackName", stack),
            ("TemplateBody", template),
            ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ];
        for ([key, field], (name, value)) in keys.iter().zip(parameters) {
            fields.extend([(key.as_str(), *name), (field.as_str(), *value)]);
        }
        self.query("cloudformation", "CreateStack", &fields)?;
        let status = self.settled(stack)?;
        if status == "CREATE_COMPLETE" {
            return Ok(());
        }
        let events = self.query(
            "cloudformation",
            "DescribeStackEvents",
            &[("StackName", stack)],
        )?;
        Err(CallError {
            operation: "CreateStack".to_owned(),
            side: self.side(),
            status: 200,
            code: status,
            message: xml::all(&events, "ResourceStatusReason").join("; "),
        })
    }

    /// Waits until no operation is in progress, and returns the stack's status.
    pub fn settled(&self, stack: &str) -> Result<String, CallError> {
        loop {
            let status = self.stack_status(stack)?.unwrap_or_default();
            // The status of a stack that only has a change set ends in `_IN_PROGRESS` too.
            if status == "REVIEW_IN_PROGRESS" || !status.ends_with("_IN_PROGRESS") {
                return Ok(status);
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// Returns a stack's status; `None` if there is no such stack.
    pub fn stack_status(&self, stack: &str) -> Result<Option<String>, CallError> {
        let answer = self.query("cloudformation", "DescribeStacks", &[("StackName", stack)]);
        let answer = absent_as_none(answer, &["ValidationError"])?;
        Ok(answer.and_then(|answer| xml::first(&answer, "StackStatus")))
    }

    /// Returns a stack's outputs as name and value.
    pub fn stack_outputs(&self, stack: &str) -> Result<Vec<(String, String)>, CallError> {
        let answer = self.query("cloudformation", "DescribeStacks", &[("StackName", stack)])?;
        let names = xml::all(&answer, "OutputKey");
        let values = xml::all(&answer, "OutputValue");
        Ok(names
            .into_iter()
            .zip(values)
            .map(|(name, value)| (name.to_owned(), xml::unescaped(value)))
            .collect())
    }

    /// Returns a stack's resources, without those of nested stacks.
    pub fn stack_resources(&self, stack: &str) -> Result<Vec<StackResource>, CallError> {
        let fields = [("StackName", stack)];
        let answer = self.query("cloudformation", "DescribeStackResources", &fields)?;
        let read = |member: &&str| {
            let text = |name| xml::first(member, name).unwrap_or_default();
            StackResource {
                logical_id: text("LogicalResourceId"),
                kind: text("ResourceType"),
                physical_id: text("PhysicalResourceId"),
                status: text("ResourceStatus"),
            }
        };
        Ok(xml::all(&answer, "member").iter().map(read).collect())
    }

    /// Returns the template that a stack was created from, as it was sent.
    pub fn stack_template(&self, stack: &str) -> Result<String, CallError> {
        let fields = [("StackName", stack), ("TemplateStage", "Original")];
        let answer = self.query("cloudformation", "GetTemplate", &fields)?;
        Ok(xml::first(&answer, "TemplateBody").unwrap_or_default())
    }
}

fn keys_in(answer: &str) -> Keys {
    let text = |name| xml::first(answer, name).unwrap_or_default();
    Keys::new(text("AccessKeyId"), text("SecretAccessKey"))
}

fn absent_as_none<T>(answer: Result<T, CallError>, codes: &[&str]) -> Result<Option<T>, CallError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if codes.iter().any(|code| error.code.ends_with(code)) => Ok(None),
        Err(error) => Err(error),
    }
}
