//! What earlier runs worked out, kept on disk, by the hash of what it was worked out of.
//!
//! A project has a folder of its own below the user's cache folder. It holds segments: each run that worked something out adds one, and
//! a run that finds too many melts them into one. A segment is written beside its place and then renamed, so that runs at the same time
//! see whole ones only; what a run misses because another has just melted it, it works out again. Nothing in here is trusted: an entry
//! whose checksum is wrong is not there.

use std::borrow::Cow;
use std::fs::{self, File};
use std::hash::Hasher;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock};

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What an entry is found by.
pub type Key = [u8; 32];

/// Begins every segment; another form of the cache has another.
const MAGIC: &[u8; 16] = b"unlisten cache 2";
/// More segments are melted into one.
const SEGMENTS: usize = 8;
/// Entries that a run did not ask for are kept up to this many bytes.
const UNUSED: usize = 64 << 20;
/// A project's folder that nobody has used for so long is taken away by the next run of any project.
const FORGOTTEN: std::time::Duration = std::time::Duration::from_secs(60 * 60 * 24 * 30);
/// A segment of so many bytes is read at once.
const AT_ONCE: u64 = 1 << 20;
/// Magic, number of entries.
const HEAD: usize = 20;
/// Key, offset, length, checksum.
const ROW: usize = 32 + 8 + 4 + 8;

/// A project's entries of one kind.
pub struct Cache {
    folder: Utf8PathBuf,
    kind: &'static str,
    segments: Vec<Segment>,
    index: FxHashMap<Key, Place>,
    used: Vec<AtomicBool>,
    fresh: Mutex<Vec<(Key, Vec<u8>)>>,
}

struct Segment {
    path: Utf8PathBuf,
    bytes: Bytes,
}

/// The bytes of a segment.
enum Bytes {
    Read(Vec<u8>),
    /// Read where they are asked for: of a large segment most may be what other runs asked for. The file stays what it is though another
    /// run takes its name away.
    OnDisk(File),
}

#[derive(Clone, Copy)]
struct Place {
    segment: u32,
    offset: usize,
    length: usize,
    checksum: u64,
    /// Into `used`.
    number: u32,
}

/// Where caches are: `UNLISTEN_CACHE_DIR`, else the platform's folder for caches. None where there is neither.
pub fn default_folder() -> Option<Utf8PathBuf> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()).map(Utf8PathBuf::from);
    variable("UNLISTEN_CACHE_DIR").or_else(|| {
        let platform = if cfg!(windows) {
            variable("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            variable("HOME").map(|home| home.join("Library/Caches"))
        } else {
            variable("XDG_CACHE_HOME").filter(|path| path.is_absolute()).or_else(|| variable("HOME").map(|home| home.join(".cache")))
        };
        platform.map(|folder| folder.join("unlisten"))
    })
}

/// What tells this build of the program from every other: its answers need not be another's.
pub fn build() -> &'static [u8] {
    static BUILD: OnceLock<Vec<u8>> = OnceLock::new();
    BUILD.get_or_init(|| {
        let own = std::env::current_exe().and_then(fs::metadata);
        let changed = own.as_ref().ok().and_then(|own| own.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok());
        format!("{} {:?} {:?}", env!("CARGO_PKG_VERSION"), own.map(|own| own.len()).ok(), changed).into_bytes()
    })
}

/// The folder that a path's cache is kept under: the repository around it, else the folder itself.
pub fn project_of(path: &Utf8Path) -> Utf8PathBuf {
    let real = super::real_path(path);
    let repository = real.ancestors().find(|folder| folder.join(".git").exists());
    repository.unwrap_or(if real.is_file() { real.parent().unwrap_or(&real) } else { &real }).to_owned()
}

/// The key of several parts.
pub fn key(parts: &[&[u8]]) -> Key {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

/// Tells what was broken by chance, at the speed of reading. (Another build may compute another, and finds nothing then.)
fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(bytes);
    hasher.write_usize(bytes.len());
    hasher.finish()
}

/// Fills `bytes` from this place of a file, whoever else reads it.
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> std::io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset);
    #[cfg(windows)]
    {
        let mut read = 0;
        while read < bytes.len() {
            match std::os::windows::fs::FileExt::seek_read(file, &mut bytes[read..], offset + read as u64)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                more => read += more,
            }
        }
        Ok(())
    }
}

impl Bytes {
    /// Of a segment: its head and table, and where the rest of it is.
    fn open(path: &Utf8Path) -> std::io::Result<(Vec<u8>, Bytes)> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut bytes = Vec::new();
        if length <= AT_ONCE {
            file.read_to_end(&mut bytes)?;
            let table = bytes.get(..HEAD + ROW * count(&bytes)).unwrap_or(&bytes).to_vec();
            return Ok((table, Bytes::Read(bytes)));
        }
        bytes.resize(HEAD, 0);
        file.read_exact(&mut bytes)?;
        // A broken count asks for no more than there is.
        let table = (ROW * count(&bytes)) as u64;
        (&file).take(table).read_to_end(&mut bytes)?;
        Ok((bytes, Bytes::OnDisk(file)))
    }

    fn get(&self, offset: usize, length: usize) -> Option<Cow<'_, [u8]>> {
        match self {
            Bytes::Read(bytes) => bytes.get(offset..offset.checked_add(length)?).map(Cow::Borrowed),
            Bytes::OnDisk(file) => {
                let mut bytes = vec![0; length];
                read_at(file, &mut bytes, offset as u64).ok()?;
                Some(Cow::Owned(bytes))
            }
        }
    }
}

/// The number of entries that a segment says it has; none where it is no segment.
fn count(head: &[u8]) -> usize {
    let number = head.get(16..HEAD).filter(|_| head.starts_with(MAGIC)).and_then(|four| four.try_into().ok()).map(u32::from_le_bytes);
    number.unwrap_or_default() as usize
}

impl Cache {
    /// Opens what is kept of a project; what is broken counts for absent, and the cache is empty where nothing can be read.
    pub fn open(folder: &Utf8Path, project: &Utf8Path, kind: &'static str) -> Cache {
        let name: String = blake3::hash(project.as_str().as_bytes()).to_hex()[..16].to_owned();
        let folder = folder.join(name);
        let mut paths: Vec<Utf8PathBuf> = folder
            .read_dir_utf8()
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.into_path()))
            .filter(|path| path.extension() == Some(kind))
            .collect();
        paths.sort();
        let mut cache =
            Cache { folder, kind, segments: Vec::new(), index: FxHashMap::default(), used: Vec::new(), fresh: Mutex::default() };
        for path in paths {
            match Bytes::open(&path) {
                Ok((table, bytes)) => cache.take(path, &table, bytes),
                Err(_) => continue,
            }
        }
        cache.used = cache.index.values().map(|_| AtomicBool::new(false)).collect();
        for (number, place) in (0..).zip(cache.index.values_mut()) {
            place.number = number;
        }
        cache
    }

    /// Takes in a segment, as far as its table is whole.
    fn take(&mut self, path: Utf8PathBuf, table: &[u8], bytes: Bytes) {
        let segment = self.segments.len() as u32;
        let rows = table.get(HEAD..).unwrap_or_default().chunks_exact(ROW).take(count(table));
        self.index.reserve(rows.len());
        for row in rows {
            let number = |range: std::ops::Range<usize>| {
                let mut eight = [0; 8];
                eight[..range.len()].copy_from_slice(&row[range]);
                u64::from_le_bytes(eight)
            };
            let (offset, length, checksum) = (number(32..40) as usize, number(40..44) as usize, number(44..52));
            let key: Key = row[..32].try_into().expect("32 bytes");
            self.index.insert(key, Place { segment, offset, length, checksum, number: 0 });
        }
        // One that is broken is melted away with the others.
        self.segments.push(Segment { path, bytes });
    }

    /// What is kept there, as long as it is whole.
    fn bytes(&self, place: &Place) -> Option<Cow<'_, [u8]>> {
        let bytes = self.segments[place.segment as usize].bytes.get(place.offset, place.length)?;
        (checksum(&bytes) == place.checksum).then_some(bytes)
    }

    /// What is kept under a key.
    pub fn get<T: DeserializeOwned>(&self, key: &Key) -> Option<T> {
        let place = self.index.get(key)?;
        let value = postcard::from_bytes(&self.bytes(place)?).ok()?;
        self.used[place.number as usize].store(true, Relaxed);
        Some(value)
    }

    /// Something is kept under a key (which need not be whole). It counts as used.
    pub fn has(&self, key: &Key) -> bool {
        let place = self.index.get(key);
        if let Some(place) = place {
            self.used[place.number as usize].store(true, Relaxed);
        }
        place.is_some()
    }

    /// Keeps a value for later runs, once [`Cache::save`] is called.
    pub fn put<T: Serialize>(&self, key: Key, value: &T) {
        if let (Ok(bytes), Ok(mut fresh)) = (postcard::to_allocvec(value), self.fresh.lock()) {
            fresh.push((key, bytes));
        }
    }

    /// Writes what is new. Nothing is told of a disk that is full or read-only: the next run works it out again.
    pub fn save(self) {
        let mut fresh = self.fresh.lock().map(|mut fresh| std::mem::take(&mut *fresh)).unwrap_or_default();
        if fresh.is_empty() {
            return;
        }
        let melt = self.segments.len() >= SEGMENTS;
        fresh.sort();
        fresh.dedup_by(|a, b| a.0 == b.0);
        let kept: Vec<(&Key, Cow<[u8]>)>;
        let mut entries: Vec<(&Key, &[u8])> = fresh.iter().map(|(key, bytes)| (key, bytes.as_slice())).collect();
        if melt {
            let new: FxHashSet<&Key> = fresh.iter().map(|(key, _)| key).collect();
            let old = self.index.iter().filter(|(key, _)| !new.contains(key));
            let idle = |place: &Place| !self.used[place.number as usize].load(Relaxed);
            let mut old: Vec<(bool, u32, &Key, &Place)> =
                old.map(|(key, place)| (idle(place), u32::MAX - place.segment, key, place)).collect();
            // Used ones first, then the newest.
            old.sort_by_key(|&(idle, age, key, _)| (idle, age, key));
            let mut unused = 0;
            old.retain(|(idle, _, _, place)| {
                unused += if *idle { place.length } else { 0 };
                unused <= UNUSED
            });
            kept = old.into_iter().filter_map(|(_, _, key, place)| Some((key, self.bytes(place)?))).collect();
            entries.extend(kept.iter().map(|(key, bytes)| (*key, &**bytes)));
        }
        let first_ever = !self.folder.exists();
        if write(&self.folder, self.kind, &entries).is_ok() && melt {
            for segment in &self.segments {
                let _ = fs::remove_file(&segment.path);
            }
        }
        if first_ever {
            forget_old(&self.folder);
        }
    }
}

/// Writes one segment.
fn write(folder: &Utf8Path, kind: &str, entries: &[(&Key, &[u8])]) -> std::io::Result<()> {
    let mut table = MAGIC.to_vec();
    table.extend((entries.len() as u32).to_le_bytes());
    let mut offset = HEAD + ROW * entries.len();
    let mut name = blake3::Hasher::new();
    for (key, bytes) in entries {
        table.extend(*key);
        table.extend((offset as u64).to_le_bytes());
        table.extend((bytes.len() as u32).to_le_bytes());
        table.extend(checksum(bytes).to_le_bytes());
        offset += bytes.len();
        name.update(*key);
    }
    fs::create_dir_all(folder)?;
    // Names sort by age, so that a later answer to a key counts.
    let age = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |age| age.as_micros());
    let name = format!("{age:020}-{}-{}", &name.finalize().to_hex()[..8], std::process::id());
    let beside = folder.join(format!("{name}.tmp"));
    let written = fs::File::create(&beside).and_then(|file| {
        let mut file = std::io::BufWriter::with_capacity(1 << 20, file);
        file.write_all(&table)?;
        for (_, bytes) in entries {
            file.write_all(bytes)?;
        }
        file.flush()
    });
    let written = written.and_then(|()| fs::rename(&beside, folder.join(format!("{name}.{kind}"))));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Takes away the folders of projects that nobody has analysed for long; asked once for each new project.
fn forget_old(own: &Utf8Path) {
    for entry in own.parent().and_then(|all| all.read_dir_utf8().ok()).into_iter().flatten().flatten() {
        // Only what this cache has made: sixteen hexadecimal digits.
        let made = entry.file_name().len() == 16 && entry.file_name().bytes().all(|b| b.is_ascii_hexdigit());
        let idle = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|at| at.elapsed().ok());
        if made && entry.path() != own && idle.is_some_and(|idle| idle > FORGOTTEN) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Utf8Path) -> Cache {
        Cache::open(folder, Utf8Path::new("/project"), "words")
    }

    fn segments(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
        let project = folder.read_dir_utf8().expect("there").next().expect("a project").expect("readable").into_path();
        let mut paths: Vec<_> = project.read_dir_utf8().expect("there").map(|entry| entry.expect("readable").into_path()).collect();
        paths.sort();
        paths
    }

    fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
        let keep = tempfile::tempdir().expect("a temporary folder");
        let path = Utf8PathBuf::from_path_buf(keep.path().to_owned()).expect("UTF-8");
        (keep, path)
    }

    #[test]
    fn keeps_what_is_put_and_the_latest_counts() {
        let (_keep, folder) = folder();
        for round in 0..20u32 {
            let cache = open(&folder);
            assert_eq!(cache.get::<u32>(&key(&[b"round"])), round.checked_sub(1));
            for known in 0..round {
                assert_eq!(cache.get::<u32>(&key(&[b"each", &known.to_le_bytes()])), Some(known));
            }
            cache.put(key(&[b"round"]), &round);
            cache.put(key(&[b"each", &round.to_le_bytes()]), &round);
            cache.save();
            assert!(segments(&folder).len() <= SEGMENTS);
        }
        assert!(segments(&folder).iter().all(|path| path.extension() == Some("words")), "nothing lies about");
    }

    #[test]
    fn what_is_broken_is_not_there() {
        let (_keep, folder) = folder();
        let cache = open(&folder);
        cache.put(key(&[b"a"]), &"first".to_owned());
        cache.put(key(&[b"b"]), &"second".to_owned());
        cache.save();
        let path = segments(&folder).remove(0);
        let whole = fs::read(&path).expect("there");
        let both = |cache: &Cache| (cache.get::<String>(&key(&[b"a"])), cache.get::<String>(&key(&[b"b"])));
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x55;
            fs::write(&path, &bytes).expect("written");
            let (a, b) = both(&open(&folder));
            assert!(a.is_none_or(|a| a == "first") && b.is_none_or(|b| b == "second"), "byte {at}");
            fs::write(&path, &whole[..at]).expect("written");
            let (a, b) = both(&open(&folder));
            assert!(a.is_none() || b.is_none(), "cut at {at}");
        }
        // It is written anew beside what is broken.
        fs::write(&path, b"nonsense").expect("written");
        let cache = open(&folder);
        cache.put(key(&[b"a"]), &"again".to_owned());
        cache.save();
        assert_eq!(both(&open(&folder)), (Some("again".to_owned()), None));
    }

    #[test]
    fn runs_at_the_same_time_do_not_disturb_each_other() {
        let (_keep, folder) = folder();
        std::thread::scope(|scope| {
            for thread in 0..8u32 {
                let folder = &folder;
                scope.spawn(move || {
                    for round in 0..10u32 {
                        let cache = open(folder);
                        let name = key(&[&thread.to_le_bytes(), &round.to_le_bytes()]);
                        cache.put(name, &(thread, round));
                        cache.save();
                        let cache = open(folder);
                        assert!(cache.get::<(u32, u32)>(&name).is_none_or(|found| found == (thread, round)));
                    }
                });
            }
        });
    }

    #[test]
    fn where_nothing_can_be_written_nothing_is_kept() {
        let (_keep, folder) = folder();
        fs::write(folder.join("file"), "").expect("written");
        let cache = open(&folder.join("file"));
        cache.put(key(&[b"a"]), &1u32);
        cache.save();
        assert_eq!(open(&folder.join("file")).get::<u32>(&key(&[b"a"])), None);
    }
}
