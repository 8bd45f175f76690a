//! Files that a run reads and writes: one way each to open, write and lock them.
//!
//! [`check_outputs`] checks all output files of a run before the run does anything.
//! [`write_atomic`] replaces a regular file in one step and never replaces anything else.
//! [`read_text`] refuses anything but a regular file, unless its caller accepts pipes.

mod lock;
mod outputs;
mod place;
mod read;
mod temporary;
mod write;

pub(crate) use lock::Lock;
pub use lock::LockError;
pub(crate) use outputs::{Known, is_same_path, known};
pub use outputs::{OutputError, check_outputs};
pub(crate) use place::Identity;
pub use read::{Accepts, read_text};
pub(crate) use read::{open, read, read_plain};
pub(crate) use temporary::is_temporary;
pub use write::{Readers, WriteError, create_folder, write_atomic};
pub(crate) use write::{check_secret, clear};

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use camino::Utf8Path;
    use fs_err as fs;

    use super::read::MOST_TEXT_BYTES;
    use super::*;

    fn mode(path: &Utf8Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn replaces_what_a_link_points_at_and_keeps_its_mode() {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(scratch.path()).unwrap();
        let (file, link) = (root.join("file"), root.join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        write_atomic(&link, b"new", Readers::Anybody).unwrap();
        assert_eq!(
            (fs::read_to_string(&file).unwrap().as_str(), mode(&file)),
            ("new", 0o640)
        );
        assert!(link.is_symlink());
        write_atomic(&link, b"secret", Readers::Owner).unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(fs::read_dir(root).unwrap().count(), 2);
    }

    #[test]
    fn a_link_to_a_file_that_is_not_there_yet_is_followed() {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(scratch.path()).unwrap();
        fs::create_dir(root.join("volume")).unwrap();
        symlink("volume/file", root.join("link")).unwrap();
        write_atomic(&root.join("link"), b"secret", Readers::Owner).unwrap();
        assert!(root.join("link").is_symlink());
        assert_eq!(
            fs::read_to_string(root.join("volume/file")).unwrap(),
            "secret"
        );
        symlink("nowhere/file", root.join("lost")).unwrap();
        write_atomic(&root.join("lost"), b"secret", Readers::Owner).unwrap_err();
        assert!(root.join("lost").is_symlink());
    }

    #[test]
    fn the_owner_of_a_replaced_file_stays() {
        use std::os::unix::fs::{MetadataExt, chown};
        let scratch = tempfile::tempdir().unwrap();
        let file = Utf8Path::from_path(scratch.path()).unwrap().join("file");
        fs::write(&file, "old").unwrap();
        // Only root can change the owner.
        if chown(&file, Some(1000), Some(1000)).is_ok() {
            write_atomic(&file, b"new", Readers::Owner).unwrap();
            let metadata = fs::metadata(&file).unwrap();
            assert_eq!((metadata.uid(), metadata.gid()), (1000, 1000));
        }
    }

    #[test]
    fn a_new_file_has_the_mode_asked_for() {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(scratch.path()).unwrap();
        write_atomic(&root.join("secret"), b"x", Readers::Owner).unwrap();
        assert_eq!(mode(&root.join("secret")), 0o600);
        fs::write(root.join("ordinary"), "x").unwrap();
        write_atomic(&root.join("plain"), b"x", Readers::Anybody).unwrap();
        assert_eq!(mode(&root.join("plain")), mode(&root.join("ordinary")));
        let error = write_atomic(&root.join("no/folder"), b"x", Readers::Anybody).unwrap_err();
        assert_eq!(error.path, root.join("no/folder"));
    }

    fn root(scratch: &tempfile::TempDir) -> &Utf8Path {
        Utf8Path::from_path(scratch.path()).unwrap()
    }

    /// Creates a special file. Returns false if that requires root.
    fn make(program: &str, arguments: &[&str]) -> bool {
        let made = std::process::Command::new(program).args(arguments).status();
        made.unwrap().success()
    }

    #[test]
    fn what_is_no_regular_file_is_written_into_and_never_replaced() {
        use std::os::unix::fs::FileTypeExt;
        let scratch = tempfile::tempdir().unwrap();
        let (fifo, device) = (root(&scratch).join("fifo"), root(&scratch).join("null"));
        assert!(make("mkfifo", &[fifo.as_str()]));
        let path = fifo.clone();
        let reader = std::thread::spawn(move || fs::read_to_string(path).unwrap());
        write_atomic(&fifo, b"text", Readers::Anybody).unwrap();
        assert_eq!(reader.join().unwrap(), "text");
        assert!(fs::metadata(&fifo).unwrap().file_type().is_fifo());
        if make("mknod", &[device.as_str(), "c", "1", "3"]) {
            let link = root(&scratch).join("link");
            symlink("null", &link).unwrap();
            for path in [&device, &link] {
                write_atomic(path, b"text", Readers::Anybody).unwrap();
                write_atomic(path, b"secret", Readers::Owner).unwrap_err();
                check_outputs("".into(), std::slice::from_ref(path), &[]).unwrap();
            }
            assert!(fs::metadata(&device).unwrap().file_type().is_char_device());
        }
        for folder in [".", "..", "no/folder/file"] {
            let path = root(&scratch).join(folder);
            write_atomic(&path, b"text", Readers::Anybody).unwrap_err();
            check_outputs("".into(), &[path], &[]).unwrap_err();
        }
        assert!(fs::read_dir(scratch.path()).unwrap().count() <= 3);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_open_file_is_written_at_its_end() {
        use std::os::fd::AsRawFd;
        let scratch = tempfile::tempdir().unwrap();
        let (log, link) = (root(&scratch).join("log"), root(&scratch).join("link"));
        fs::write(&log, "before ").unwrap();
        let open = fs::OpenOptions::new().append(true).open(&log).unwrap();
        let descriptor = format!("/proc/self/fd/{}", open.file().as_raw_fd());
        symlink(&descriptor, &link).unwrap();
        let inode = known("".into(), &log).identity;
        for path in [descriptor.as_str(), link.as_str()] {
            write_atomic(path.into(), b"text ", Readers::Anybody).unwrap();
        }
        assert_eq!(fs::read_to_string(&log).unwrap(), "before text text ");
        assert_eq!(known("".into(), &log).identity, inode);
        // Another output with that name would replace the file behind the descriptor.
        let error = check_outputs("".into(), &[log, descriptor.into()], &[]).unwrap_err();
        assert!(matches!(error, OutputError::Same { .. }), "{error}");
    }

    #[test]
    fn outputs_differ_from_each_other_and_from_inputs() {
        let scratch = tempfile::tempdir().unwrap();
        let root = root(&scratch);
        fs::create_dir(root.join("src")).unwrap();
        fs::write(root.join("template.yaml"), "").unwrap();
        fs::hard_link(root.join("template.yaml"), root.join("hard")).unwrap();
        symlink("src", root.join("build")).unwrap();
        symlink("src/new", root.join("soft")).unwrap();
        let check = |outputs: &[&str]| {
            let outputs: Vec<_> = outputs.iter().map(|path| (*path).into()).collect();
            check_outputs(root, &outputs, &["template.yaml".into(), "absent".into()])
        };
        check(&["a", "b", "src/a", "absent"]).unwrap();
        for input in [
            "template.yaml",
            "src/../template.yaml",
            "hard",
            "build/../hard",
        ] {
            let error = check(&["a", input]).unwrap_err();
            assert!(
                matches!(error, OutputError::Input { .. }),
                "{input}: {error}"
            );
        }
        for (first, second) in [("a", "./a"), ("src/new", "soft"), ("src/b", "build/b")] {
            let error = check(&[first, second]).unwrap_err();
            assert!(
                matches!(error, OutputError::Same { .. }),
                "{first}: {error}"
            );
        }
        let error = check(&["nowhere/a"]).unwrap_err();
        assert!(matches!(error, OutputError::Write(_)), "{error}");
    }

    #[test]
    fn only_what_a_reader_accepts_is_opened() {
        let scratch = tempfile::tempdir().unwrap();
        let (fifo, large) = (root(&scratch).join("fifo"), root(&scratch).join("large"));
        assert!(make("mkfifo", &[fifo.as_str()]));
        fs::File::create(&large)
            .unwrap()
            .set_len(MOST_TEXT_BYTES + 1)
            .unwrap();
        let refused = |path: &str, accepts| read(path.into(), accepts).unwrap_err().to_string();
        for accepts in [Accepts::Files, Accepts::Descriptors] {
            assert_eq!(refused(fifo.as_str(), accepts), "it is a FIFO, not a file");
        }
        for accepts in [Accepts::Files, Accepts::Pipes] {
            assert_eq!(
                refused("/dev/urandom", accepts),
                "it is a device, not a file"
            );
            assert_eq!(refused(large.as_str(), accepts), "it is larger than 64 MiB");
            assert_eq!(read("/dev/null".into(), accepts).unwrap(), b"");
        }
        for (text, expected) in [("\u{feff}{}", "{}"), ("{}", "{}")] {
            fs::write(&large, text).unwrap();
            assert_eq!(read_plain(&large, Accepts::Files).unwrap(), expected);
            assert_eq!(read_text(&large, Accepts::Files).unwrap(), text);
        }
        let path = fifo.clone();
        let writer = std::thread::spawn(move || fs::write(path, "text").unwrap());
        assert_eq!(read_text(&fifo, Accepts::Pipes).unwrap(), "text");
        writer.join().unwrap();
    }
}
