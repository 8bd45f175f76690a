//! Projects to package, generated from fixed seeds: the same bytes on every machine.
//!
//! The texts are words of a small vocabulary and compress to about a third; noise does not compress
//! at all.

use std::fmt::Write as _;
use std::io::{BufWriter, Write};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

/// Creates one function with one small file.
pub fn one_function(folder: &Utf8Path) -> std::io::Result<Utf8PathBuf> {
    functions(folder, 1, 1)
}

/// Creates functions, each with its own folder.
///
/// * `files`: the number of files per folder, of about 4 kB each.
pub fn functions(folder: &Utf8Path, count: usize, files: usize) -> std::io::Result<Utf8PathBuf> {
    let mut random = Random(1);
    let mut resources = String::new();
    for at in 0..count {
        let code = folder.join(format!("f{at}"));
        fs::create_dir_all(&code)?;
        for file in 0..files {
            let bytes = 2_000 + random.below(4_000);
            text(&code.join(format!("m{file}.py")), bytes, &mut random)?;
        }
        function(&mut resources, &format!("F{at}"), &format!("f{at}"));
    }
    template(folder, &resources)
}

/// Creates one function whose folder looks like installed dependencies.
///
/// * `bytes`: the approximate size of all files together; a tenth of them is noise.
pub fn many_files(folder: &Utf8Path, count: usize, bytes: usize) -> std::io::Result<Utf8PathBuf> {
    const PER_FOLDER: usize = 25;
    let mut random = Random(2);
    let average = bytes / count;
    for at in 0..count {
        let place = at / PER_FOLDER;
        let code = folder.join(format!("code/package{:03}/lib{place}", place / 8));
        if at % PER_FOLDER == 0 {
            fs::create_dir_all(&code)?;
        }
        let bytes = average / 4 + random.below(average * 3 / 2);
        if at % 10 == 9 {
            noise(&code.join(format!("asset{at}.png")), bytes, &mut random)?;
        } else {
            text(&code.join(format!("module{at}.js")), bytes, &mut random)?;
        }
    }
    let mut resources = String::new();
    function(&mut resources, "F", "code");
    template(folder, &resources)
}

/// Creates one function with ten files, half of them noise.
pub fn large_files(folder: &Utf8Path, bytes: usize) -> std::io::Result<Utf8PathBuf> {
    let mut random = Random(3);
    let code = folder.join("code");
    fs::create_dir_all(&code)?;
    for at in 0..5 {
        text(
            &code.join(format!("text{at}.json")),
            bytes / 10,
            &mut random,
        )?;
        noise(
            &code.join(format!("noise{at}.bin")),
            bytes / 10,
            &mut random,
        )?;
    }
    let mut resources = String::new();
    function(&mut resources, "F", "code");
    template(folder, &resources)
}

/// Creates one function with one file of noise.
pub fn one_large_file(folder: &Utf8Path, bytes: usize) -> std::io::Result<Utf8PathBuf> {
    let code = folder.join("code");
    fs::create_dir_all(&code)?;
    noise(&code.join("noise.bin"), bytes, &mut Random(4))?;
    let mut resources = String::new();
    function(&mut resources, "F", "code");
    template(folder, &resources)
}

/// A change of the project of [`archive`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// No change: the project as it was first packaged.
    None,
    /// One file of 10 kB has different content.
    Changed,
    /// A file of 10 kB is added after all others.
    Appended,
    /// One file of 10 kB is deleted.
    Removed,
    /// One of the folders is renamed.
    Renamed,
    /// 20 files of 10 kB, anywhere, have different content.
    Scattered,
}

/// Creates one function whose folder has 40 folders of noise: the archive is as large as its files.
pub fn archive(folder: &Utf8Path, bytes: usize, edit: Edit) -> std::io::Result<Utf8PathBuf> {
    const FOLDERS: usize = 40;
    const FILES: usize = 20;
    const SMALL: usize = 10_000;
    let mut random = Random(7);
    let scattered: Vec<usize> = (0..20).map(|_| random.below(FOLDERS * FILES)).collect();
    let middle = FOLDERS * FILES / 2;
    for at in 0..FOLDERS * FILES {
        let name = match edit {
            Edit::Renamed if at / FILES == FOLDERS / 2 => "renamed",
            _ => "package",
        };
        let code = folder.join(format!("code/{name}{:02}", at / FILES));
        fs::create_dir_all(&code)?;
        let seed = at as u64 * 2 + 1000;
        let large = bytes / FOLDERS / FILES - SMALL;
        noise(
            &code.join(format!("m{:02}.bin", at % FILES)),
            large,
            &mut Random(seed),
        )?;
        let is_changed = match edit {
            Edit::Changed => at == middle,
            Edit::Scattered => scattered.contains(&at),
            _ => false,
        };
        if edit != Edit::Removed || at != middle {
            let small = code.join(format!("m{:02}.cfg", at % FILES));
            noise(
                &small,
                SMALL,
                &mut Random(seed + 1 + u64::from(is_changed) * 1_000_000),
            )?;
        }
    }
    if edit == Edit::Appended {
        noise(&folder.join("code/z.cfg"), SMALL, &mut Random(5))?;
    }
    let mut resources = String::new();
    function(&mut resources, "F", "code");
    template(folder, &resources)
}

/// Creates a template that nests many others.
pub fn nested_templates(folder: &Utf8Path, count: usize) -> std::io::Result<Utf8PathBuf> {
    let mut random = Random(5);
    let mut resources = String::new();
    for at in 0..count {
        let name = format!("nested{at}.yaml");
        let mut nested = String::from("Resources:\n");
        for topic in 0..10 {
            line(
                &mut nested,
                format_args!(
                    "  Topic{topic}:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: {}",
                    random.words(8)
                ),
            );
        }
        fs::write(folder.join(&name), nested)?;
        line(
            &mut resources,
            format_args!(
                "  Stack{at}:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: {name}"
            ),
        );
    }
    template(folder, &resources)
}

/// Creates one template of the maximum size, with one small folder of code.
pub fn long_template(folder: &Utf8Path, resources: usize) -> std::io::Result<Utf8PathBuf> {
    let mut random = Random(6);
    fs::create_dir_all(folder.join("code"))?;
    fs::write(
        folder.join("code/a.py"),
        "def handler(event, context):\n    return 1\n",
    )?;
    let mut text = String::new();
    function(&mut text, "F", "code");
    for at in 1..resources {
        line(
            &mut text,
            format_args!(
                "  Role{at}: # {}\n    Type: AWS::IAM::Role\n    Properties:\n      Description: '{}'\n      Policies:\n        - PolicyName: p{at}\n          PolicyDocument:\n            Statement:\n              - Effect: Allow\n                Action: [\"s3:GetObject\", 's3:PutObject']\n                Resource: !Sub arn:aws:s3:::${{AWS::AccountId}}-{at}/*\n              - Effect: Allow\n                Action: lambda:InvokeFunction\n                Resource: !GetAtt F.Arn",
                random.words(5),
                random.words(12),
            ),
        );
    }
    template(folder, &text)
}

fn function(resources: &mut String, name: &str, code: &str) {
    line(
        resources,
        format_args!(
            "  {name}:\n    Type: AWS::Lambda::Function\n    Properties:\n      Handler: index.handler\n      Runtime: python3.12\n      Role: !Sub arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/r\n      Code: {code}"
        ),
    );
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    text.write_fmt(line)
        .expect("writing to a text does not fail");
    text.push('\n');
}

fn template(folder: &Utf8Path, resources: &str) -> std::io::Result<Utf8PathBuf> {
    let path = folder.join("template.yaml");
    fs::write(
        &path,
        format!("AWSTemplateFormatVersion: '2010-09-09'\nResources:\n{resources}"),
    )?;
    Ok(path)
}

fn text(path: &Utf8Path, bytes: usize, random: &mut Random) -> std::io::Result<()> {
    let mut writer = BufWriter::new(fs::File::create(path)?);
    let mut written = 0;
    while written < bytes {
        let words = random.words(10);
        writeln!(writer, "const {words};")?;
        written += words.len() + 8;
    }
    writer.flush()
}

fn noise(path: &Utf8Path, bytes: usize, random: &mut Random) -> std::io::Result<()> {
    let mut writer = BufWriter::new(fs::File::create(path)?);
    for _ in 0..bytes / 8 {
        writer.write_all(&random.next().to_le_bytes())?;
    }
    writer.flush()
}

/// A generator of numbers without a pattern that a compressor could find.
struct Random(u64);

impl Random {
    /// Returns the next number.
    ///
    /// # Source
    ///
    /// "splitmix64", Sebastiano Vigna, public domain.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("it is below the limit")
    }

    /// Returns words of a vocabulary in which few words are frequent, as in any text.
    fn words(&mut self, count: usize) -> String {
        const SYLLABLES: [&str; 16] = [
            "re", "con", "get", "set", "data", "node", "item", "list", "er", "ion", "al", "map",
            "key", "val", "un", "str",
        ];
        let mut words = String::with_capacity(count * 10);
        for at in 0..count {
            if at > 0 {
                words.push(' ');
            }
            // The product of two numbers is small more often than large.
            let mut word = self.below(64) * self.below(64);
            for _ in 0..3 {
                words.push_str(SYLLABLES[word % 16]);
                word /= 16;
            }
        }
        words
    }
}
