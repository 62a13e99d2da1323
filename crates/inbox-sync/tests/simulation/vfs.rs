//! A disk that fills up or fails: a layer over SQLite's own files. It counts and breaks the operations on one folder and
//! only while asked to, so that tests run beside each other.
//!
//! SQLite's interface for this is C, hence the unsafe code; it is in no program but this test. Every function only counts
//! and hands its arguments on to the layer below, whose file stands behind ours in the memory that SQLite gives us.

#![expect(unsafe_code, reason = "SQLite's file layer is a C interface; test code only")]

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, Once};

use rusqlite::ffi::{
    SQLITE_CANTOPEN, SQLITE_FULL, SQLITE_IOERR_FSYNC, SQLITE_IOERR_READ, SQLITE_IOERR_TRUNCATE,
    SQLITE_IOERR_WRITE, SQLITE_OK, sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs,
    sqlite3_vfs_find, sqlite3_vfs_register,
};

use crate::wire::held;

/// What is wrong with the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing can be written from this write on.
    Full(u32),
    /// This operation fails, once: open, read, write, sync or truncate.
    Error(u32),
}

#[derive(Default)]
struct State {
    trouble: Option<Trouble>,
    /// Operations of the kind that counts, so far.
    count: u32,
    met: bool,
    quiet: bool,
}

/// The disk under one folder.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<State>>);

/// The folders that are watched, as SQLite names them.
static WATCHED: LazyLock<Mutex<HashMap<String, Disk>>> = LazyLock::new(Mutex::default);

impl Disk {
    /// Watches the files of a folder that are opened from now on.
    pub(crate) fn watch(dir: &Path) -> Self {
        install();
        let disk = Self::default();
        held(&WATCHED).insert(dir.to_string_lossy().into_owned(), disk.clone());
        disk
    }

    /// From now on the disk has this trouble, in what is not quiet.
    pub(crate) fn begin(&self, trouble: Trouble) {
        *held(&self.0) = State { trouble: Some(trouble), quiet: true, ..State::default() };
    }

    /// The disk is sound again; answers whether the trouble was met.
    pub(crate) fn end(&self) -> bool {
        std::mem::take(&mut *held(&self.0)).met
    }

    /// Counts from here on (`false`) or not (`true`); answers what was so before.
    pub(crate) fn quiet(&self, quiet: bool) -> bool {
        std::mem::replace(&mut held(&self.0).quiet, quiet)
    }

    /// Counts an operation; the code to answer instead of doing it, if it is its turn.
    fn trip(&self, kind: Kind, error: c_int) -> Option<c_int> {
        let mut state = held(&self.0);
        let trouble = state.trouble.filter(|_| !state.quiet)?;
        let code = match (trouble, kind) {
            (Trouble::Full(_), Kind::Other) => return None,
            (Trouble::Full(from), Kind::Write) => (state.count >= from).then_some(SQLITE_FULL),
            (Trouble::Error(at), _) => (state.count == at).then_some(error),
        };
        state.count += 1;
        state.met |= code.is_some();
        code
    }
}

enum Kind {
    Write,
    Other,
}

/// Our file; the file of the layer below follows it in memory.
#[repr(C)]
struct File {
    base: sqlite3_file,
    below: *mut sqlite3_file,
    /// The disk that it lies on, if that is watched; from `Box::into_raw`, given back when the file is closed.
    disk: *mut Disk,
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Makes this layer the one that every database opened from now on stands on.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // SAFETY: `sqlite3_vfs_find` initialises SQLite and answers its default layer, which lives as long as the process.
        // The copy keeps its functions, which take the layer as an argument, but for `xOpen`; it is leaked, and so is never
        // freed while SQLite holds it.
        let code = unsafe {
            let below = sqlite3_vfs_find(std::ptr::null());
            assert!(!below.is_null(), "SQLite has no file layer");
            let ours = Box::leak(Box::new(*below));
            ours.pNext = std::ptr::null_mut();
            ours.zName = c"breaking".as_ptr();
            ours.szOsFile = (size_of::<File>() as c_int) + (*below).szOsFile;
            ours.xOpen = Some(open);
            BELOW.store(below, std::sync::atomic::Ordering::SeqCst);
            sqlite3_vfs_register(ours, 1)
        };
        assert_eq!(code, SQLITE_OK);
    });
}

static BELOW: std::sync::atomic::AtomicPtr<sqlite3_vfs> =
    std::sync::atomic::AtomicPtr::new(std::ptr::null_mut());

// SAFETY (all functions below): SQLite calls them with the file that `open` has filled, so that `below` points to the open
// file of the layer below and that file's methods are set; the other arguments are handed on as they came.

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    unsafe {
        (*file).pMethods = std::ptr::null();
        let path = if name.is_null() { "" } else { CStr::from_ptr(name).to_str().unwrap_or_default() };
        let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
        let disk = held(&WATCHED).get(dir).cloned();
        if let Some(code) = disk.as_ref().and_then(|disk| disk.trip(Kind::Other, SQLITE_CANTOPEN)) {
            return code;
        }
        let vfs = BELOW.load(std::sync::atomic::Ordering::SeqCst);
        let ours = file.cast::<File>();
        let below = ours.add(1).cast::<sqlite3_file>();
        (*below).pMethods = std::ptr::null();
        let Some(open) = (*vfs).xOpen else { return SQLITE_CANTOPEN };
        let code = open(vfs, name, below, flags, out);
        if code == SQLITE_OK {
            (*ours).below = below;
            (*ours).disk = disk.map_or(std::ptr::null_mut(), |disk| Box::into_raw(Box::new(disk)));
            (*file).pMethods = &METHODS;
        } else if let Some(close) = (*below).pMethods.as_ref().and_then(|methods| methods.xClose) {
            close(below);
        }
        code
    }
}

/// Calls a method of the file below; a layer without it answers as if it had nothing to do.
macro_rules! below {
    ($file:expr, $method:ident $(, $argument:expr)*) => {
        unsafe {
            let below = (*$file.cast::<File>()).below;
            match (*(*below).pMethods).$method {
                Some(method) => method(below $(, $argument)*),
                None => Default::default(),
            }
        }
    };
}

/// Counts an operation on an open file.
fn trip(file: *mut sqlite3_file, kind: Kind, error: c_int) -> Option<c_int> {
    unsafe { (*file.cast::<File>()).disk.as_ref().and_then(|disk| disk.trip(kind, error)) }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let disk = unsafe { std::mem::replace(&mut (*file.cast::<File>()).disk, std::ptr::null_mut()) };
    if !disk.is_null() {
        drop(unsafe { Box::from_raw(disk) });
    }
    below!(file, xClose)
}

unsafe extern "C" fn read(file: *mut sqlite3_file, to: *mut c_void, n: c_int, at: sqlite3_int64) -> c_int {
    trip(file, Kind::Other, SQLITE_IOERR_READ).unwrap_or_else(|| below!(file, xRead, to, n, at))
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    n: c_int,
    at: sqlite3_int64,
) -> c_int {
    trip(file, Kind::Write, SQLITE_IOERR_WRITE).unwrap_or_else(|| below!(file, xWrite, from, n, at))
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    trip(file, Kind::Other, SQLITE_IOERR_TRUNCATE).unwrap_or_else(|| below!(file, xTruncate, size))
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    trip(file, Kind::Other, SQLITE_IOERR_FSYNC).unwrap_or_else(|| below!(file, xSync, flags))
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut sqlite3_int64) -> c_int {
    below!(file, xFileSize, size)
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    below!(file, xLock, level)
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    below!(file, xUnlock, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    below!(file, xCheckReservedLock, out)
}

unsafe extern "C" fn file_control(file: *mut sqlite3_file, operation: c_int, argument: *mut c_void) -> c_int {
    below!(file, xFileControl, operation, argument)
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    below!(file, xSectorSize)
}

unsafe extern "C" fn device_characteristics(file: *mut sqlite3_file) -> c_int {
    below!(file, xDeviceCharacteristics)
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    page: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    below!(file, xShmMap, page, size, extend, out)
}

unsafe extern "C" fn shm_lock(file: *mut sqlite3_file, offset: c_int, n: c_int, flags: c_int) -> c_int {
    below!(file, xShmLock, offset, n, flags)
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    below!(file, xShmBarrier)
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, delete: c_int) -> c_int {
    below!(file, xShmUnmap, delete)
}
