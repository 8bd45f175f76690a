use super::*;

use std::fmt::Write as _;

use proptest::prelude::*;

fn secrets(values: &[&str]) -> Secrets {
    let mut secrets = Secrets::default();
    for value in values {
        secrets.add_value((*value).into());
    }
    secrets
}

#[test]
fn a_secret_is_redacted_within_a_text_and_its_parts_do_not_show() {
    let secrets = secrets(&["hunter2", "", "hunter2hunter"]);
    assert_eq!(secrets.text("bad: hunter2hunter"), "bad: ****");
    assert_eq!(secrets.text("bad: hunter2!"), "bad: ****!");
    assert_eq!(secrets.text("hunter2hunter2, 中hunter2"), "****, 中****");
    assert_eq!(format!("{secrets:?}"), "2 secrets");
}

#[test]
fn a_short_secret_is_redacted_where_it_stands_alone() {
    let secrets = secrets(&["1", "a b c"]);
    assert_eq!(secrets.text("1"), "****");
    assert_eq!(secrets.text(" a b c\n"), "****");
    assert_eq!(secrets.text("after 10 s, a b c"), "after 10 s, a b c");
}

#[test]
fn the_forms_that_services_and_logs_write_are_redacted() {
    let secrets = secrets(&["p\"a/s&s wörd😀"]);
    for form in [
        r#"{"Pw": "p\"a/s&s wörd😀"}"#,
        r#"{"Pw": "p\"a\/s&s w\u00f6rd\ud83d\ude00"}"#,
        r#"{"Pw": "p\"a/s&s w\u{f6}rd\u{1f600}"}"#,
        r#"{"body": "{\"Pw\": \"p\\\"a/s&s w\\u00F6rd😀\"}"}"#,
        "pw=p%22a%2Fs%26s%20w%C3%B6rd%F0%9F%98%80&x=1",
        "pw=p%22a%2fs%26s+w%c3%b6rd😀&x=1",
        "<b>p&quot;a/s&amp;s w&#xF6;rd&#128512;</b>",
        "pw=p%2522a%252Fs%2526s%2520w%25C3%25B6rd%25F0%259F%2598%2580",
        "p\"a/s&s\twörd😀",
        "p\"a/\r\n    s&s wör\n    d😀",
    ] {
        let shown = secrets.text(form);
        assert!(
            shown.contains(REDACTED) && !shown.contains("rd"),
            "{form}: {shown}"
        );
    }
}

#[test]
fn base64_is_redacted_wherever_the_secret_begins_in_it() {
    let secrets = secrets(&["hunter2"]);
    // Base64: the value alone, then after 1, 5 and 6 other bytes.
    assert_eq!(secrets.text("aHVudGVyMg=="), "****");
    assert_eq!(secrets.text("eGh1bnRlcjI="), "e****");
    assert_eq!(secrets.text("cm9vdDpodW50ZXIyOmE="), "cm9vdD****OmE=");
    assert_eq!(secrets.text("YWRtaW46aHVudGVyMg"), "YWRtaW46****");
    assert_eq!(secrets.text("YWRtaW46aHV\n  udGVyMg"), "YWRtaW46****");
    assert_eq!(secrets.text("%59WRtaW46aHVudGVyMg%3D%3D"), "%59WRtaW46****");
}

#[test]
fn the_url_safe_alphabet_is_redacted() {
    let secrets = secrets(&["~~~???>>>"]);
    assert_eq!(secrets.text("fn5-Pz8_Pj4-"), "****");
    assert_eq!(secrets.text("fn5+Pz8/Pj4+"), "****");
}

#[test]
fn each_line_of_a_secret_is_redacted_on_its_own() {
    let pem = "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\nabc\n-----END KEY-----\n";
    let secrets = secrets(&[pem]);
    assert_eq!(secrets.text("read MIIEowIBAAKCAQEA"), "read ****");
    assert_eq!(secrets.text("abc"), "abc");
    let logged = pem.replace('\n', "\r\n  ");
    assert_eq!(secrets.text(&format!("key {logged}!")), "key ****\r\n  !");
    assert_eq!(secrets.text(&pem.replace('\n', " ")), "**** ");
    assert_eq!(secrets.text(&pem.replace('\n', "\\n")), "****\\n");
}

#[test]
fn words_that_only_look_like_a_short_secret_stay() {
    let secrets = secrets(&["handle", "my pass"]);
    for text in ["which hand led", "mypass", "m ypass", "my p ass"] {
        assert_eq!(secrets.text(text), text);
    }
    assert_eq!(secrets.text("my\t pass"), "****");
    assert_eq!(secrets.text("han\ndle"), "****");
}

#[test]
fn what_breaks_off_or_is_no_encoding_stays() {
    let secrets = secrets(&["hunter2"]);
    let text = r"%4 %zz% \u12 \ud83d \ud83dx \u{110000} \u{ \x4 &; &#; &#x; &#99999999; &amp \";
    assert_eq!(secrets.text(text), text);
}

#[test]
fn sets_are_joined_and_compared() {
    let mut one = Secrets::default();
    assert!(one.is_empty());
    one.add("Password", "hunter2".into());
    assert_eq!(one.text("hunter2 swordfish"), "**** swordfish");
    let mut two = Secrets::default();
    two.add("Key", "swordfish".into());
    two.add_key("Kept");
    one.extend(&two);
    // The search is rebuilt.
    assert_eq!(one.text("hunter2 swordfish"), "**** ****");
    assert_eq!(Vec::from_iter(one.keys()), ["Kept", "Key", "Password"]);
    two.add("Password", "hunter2".into());
    assert_eq!(one, two);
    assert_ne!(one, secrets(&["hunter2", "swordfish"]));
}

#[test]
fn a_large_text_with_thousands_of_occurrences_is_redacted() {
    let secrets = secrets(&["hunter2 and more", "aaaa"]);
    let piece = format!("{}hunter2%20and+more{{}}\n", "x".repeat(180));
    let shown = secrets.text(&piece.repeat(5_000));
    assert_eq!(
        shown,
        format!("{}****{{}}\n", "x".repeat(180)).repeat(5_000)
    );
    assert_eq!(secrets.text(&"a".repeat(1_000_000)), REDACTED);
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn json_ascii(text: &str) -> String {
    let mut out = String::new();
    for unit in text.encode_utf16() {
        write!(out, "\\u{unit:04X}").unwrap();
    }
    out
}

/// * `is_encoded`: decides for each byte in turn; bytes that require encoding are always encoded.
fn percent(text: &str, is_encoded: impl Fn(usize) -> bool, blank: &str) -> String {
    let mut out = String::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b' ' => out.push_str(blank),
            b'a'..=b'z' | b'0'..=b'9' if !is_encoded(at) => out.push(char::from(byte)),
            _ if at % 2 == 0 => write!(out, "%{byte:02x}").unwrap(),
            _ => write!(out, "%{byte:02X}").unwrap(),
        }
    }
    out
}

fn entities(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ if letter.is_ascii() => out.push(letter),
            _ => write!(out, "&#x{:x};", u32::from(letter)).unwrap(),
        }
    }
    out
}

/// Decodes every run of base64 in every alignment, one per line.
fn decoded_everywhere(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = text.replace(['\n', ' '], "");
    let text = text.replace('-', "+").replace('_', "/");
    let value = |code: &u8| ALPHABET.iter().position(|known| known == code);
    let mut all = Vec::new();
    for piece in text.as_bytes().split(|code| value(code).is_none()) {
        for start in 0..4.min(piece.len()) {
            let (mut bits, mut count) = (0, 0);
            for code in piece[start..].iter().filter_map(value) {
                (bits, count) = ((bits << 6 | code) & 0xffff, count + 6);
                if count >= 8 {
                    count -= 8;
                    all.push(u8::try_from(bits >> count & 0xff).unwrap());
                }
            }
            all.push(b'\n');
        }
    }
    all
}

/// Generates secrets without `*`, because the replacement would match one.
fn secret() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9!#$%&'\"+/=\\\\<>{}中文密碼😀é \\n-]{0,3}[a-z0-9中文密碼]{4}[a-zA-Z0-9!#$%&'\"+/=\\\\<>{}中文密碼😀é \\n-]{0,24}[a-z0-9]"
}

/// Generates the text around a secret.
fn around() -> impl Strategy<Value = String> {
    "[A-Za-z0-9 .:,\"'&%\\\\{}中é\\n+=/-]{0,20}"
}

proptest! {
    #[test]
    fn no_form_of_a_secret_survives(
        secret in secret(), before in around(), after in around(), mask: u64,
    ) {
        let secrets = secrets(&[&secret]);
        let text = format!("{before}{secret}{after}");
        let cases = [
            (text.clone(), secret.clone()),
            (json(&text), json(&secret).trim_matches('"').to_owned()),
            (json(&json(&text)), json(&json(&secret)).trim_matches(['"', '\\']).to_owned()),
            (json_ascii(&text), json_ascii(&secret)),
            (entities(&text), entities(&secret)),
        ];
        for (text, form) in cases {
            let shown = secrets.text(&text);
            prop_assert!(!shown.contains(&form), "{text:?} became {shown:?}");
            prop_assert!(shown.contains(REDACTED), "{text:?} became {shown:?}");
        }
        for blank in ["+", "%20"] {
            // The text around the encoded secret is encoded too.
            let form = percent(&secret, |at| mask >> (at % 64) & 1 == 1, blank);
            let text = format!("{}{form}{}", percent(&before, |_| true, blank), percent(&after, |_| true, blank));
            let shown = secrets.text(&text);
            prop_assert!(!shown.contains(&form), "{text:?} became {shown:?}");
        }
    }

    #[test]
    fn no_base64_of_a_secret_survives(
        secret in secret(), before in around(), after in around(), width in 4..80_usize,
    ) {
        let secrets = secrets(&[&secret]);
        let encoded = aws_smithy_types::base64::encode(format!("{before}{secret}{after}"));
        let lines: Vec<String> = encoded
            .as_bytes()
            .chunks(width)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        let url_safe = encoded.replace('+', "-").replace('/', "_").replace('=', "");
        for text in [lines.join("\n  "), encoded, url_safe] {
            let shown = secrets.text(&text);
            let decoded = decoded_everywhere(&shown);
            let survives = decoded.windows(secret.len()).any(|part| part == secret.as_bytes());
            prop_assert!(!survives, "{text:?} became {shown:?}");
            prop_assert!(shown.contains(REDACTED), "{text:?} became {shown:?}");
        }
    }

    #[test]
    fn white_space_does_not_save_a_secret(
        secret in secret(), before in around(), after in around(), at: prop::sample::Index,
    ) {
        let secrets = secrets(&[&secret]);
        let letters: Vec<char> = secret.trim().chars().collect();
        let (first, second) = letters.split_at(at.index(letters.len() - 1) + 1);
        let (first, second) = (String::from_iter(first), String::from_iter(second));
        let folded = secret.trim().replace(' ', "\t").replace('\n', "\r\n    ");
        for form in [format!("{first}\n    {second}"), format!("{first}\r\n{second}"), folded] {
            let text = format!("{before}{form}{after}");
            let shown = secrets.text(&text);
            prop_assert!(!shown.contains(&form), "{text:?} became {shown:?}");
        }
    }

    #[test]
    fn a_text_without_secrets_stays(
        secret in "[0-9]{8,20}|[一二三四五六]{4,9}", text in "[a-z%&;+= \\\\\\n\"中]{0,200}",
    ) {
        prop_assert_eq!(secrets(&[&secret]).text(&text), text);
    }

    #[test]
    fn redacting_twice_changes_nothing(
        one in secret(), two in secret(), before in around(), between in around(), after in around(),
    ) {
        let secrets = secrets(&[&one, &two]);
        let text = format!("{before}{}{between}{two}{after}", json(&one));
        let once = secrets.text(&text);
        prop_assert_eq!(secrets.text(&once), once);
    }

    #[test]
    fn any_text_can_be_redacted(one in ".{1,20}", two in "\\PC{4,9}", text in ".{0,200}") {
        let shown = secrets(&[&one, &two]).text(&format!("{text}{two}{text}{one}"));
        let is_short = two.chars().filter(|it| !it.is_whitespace()).count() < 4;
        prop_assert!(is_short || two.contains('*') || !shown.contains(&two), "{shown:?}");
    }
}
