//! Overwrites what the C library frees. The window's program holds patients' words not only in Rust's strings: SQLite keeps them in its
//! pages, GLib in the answers that it hands to the page, and both give them back to the C library as they are.
//!
//! The functions replace the C library's own in the whole process, as its manual allows ("Replacing malloc"): the program's symbol
//! comes before the library's. They hand on to it, so that the heap stays the system's. Rust's own allocations end here too.
//! Rejected: `cipher_memory_security` (12 times the CPU on insert), and wiping by hand in every place.
#![expect(unsafe_code, reason = "blocks of the C library's heap can be looked at in no safe way")]

use std::env;
use std::ffi::c_void;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::ptr;

/// By this name in its environment the web engine takes its memory from the C library instead of a heap of its own, which keeps,
/// freed and unwiped, what the page told the input method of every text field.
pub(crate) const ENGINE_HEAP: &str = "Malloc";

/// Begins anew with [`ENGINE_HEAP`]: the engine looks at it while it is loaded, which is before `main`.
pub(crate) fn begin() {
    if env::var_os(ENGINE_HEAP).is_some() {
        return;
    }
    let mut words = env::args_os();
    let (Ok(program), Some(name)) = (env::current_exe(), words.next()) else { return };
    // It comes back only where it failed, and then the engine keeps its own heap.
    let error = Command::new(program).arg0(name).args(words).env(ENGINE_HEAP, "1").exec();
    eprintln!("anteroom: the web engine keeps its own memory: {}", error.kind());
}

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn malloc_usable_size(block: *mut c_void) -> usize;
    // The name under which the GNU C library keeps its own `free` for those who replace it.
    fn __libc_free(block: *mut c_void);
}

/// # Safety
/// As of the C library's: `block` is null or came from `malloc` and its relatives, and nobody uses it any more.
#[unsafe(no_mangle)]
unsafe extern "C" fn free(block: *mut c_void) {
    if block.is_null() {
        return;
    }
    // SAFETY: the block is the caller's until it is handed on, as long as the heap says that it is.
    unsafe {
        ptr::write_bytes(block.cast::<u8>(), 0, malloc_usable_size(block));
        __libc_free(block);
    }
}

/// Moves instead of growing in place, so that the old block is freed above.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: both blocks are at least as long as what is copied, and are two.
    unsafe {
        if block.is_null() {
            return malloc(size);
        }
        if size == 0 {
            free(block);
            return ptr::null_mut();
        }
        let held = malloc_usable_size(block);
        // What still fits well stays; its end is overwritten with the rest when it is freed.
        if size <= held && size >= held / 2 {
            return block;
        }
        let moved = malloc(size);
        if !moved.is_null() {
            ptr::copy_nonoverlapping(block.cast::<u8>(), moved.cast::<u8>(), held.min(size));
            free(block);
        }
        moved
    }
}
