//! Device secrets in memory, for tests alone: it can be told to fail in each way of SECURITY.md's table.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::{DeviceSecret, DeviceSecrets, SecretsError};

/// A keyring that can be told how to answer.
#[derive(Default, Clone)]
pub(crate) struct MemoryKeyring {
    entries: Arc<Mutex<HashMap<String, DeviceSecret>>>,
    fault: Arc<Mutex<Option<SecretsError>>>,
    write_fault: Arc<Mutex<Option<SecretsError>>>,
}

impl MemoryKeyring {
    /// Every call fails so, until told otherwise.
    pub(crate) fn fail(&self, fault: Option<SecretsError>) {
        *self.fault.lock().unwrap() = fault;
    }

    /// Writes fail so: a service without a login collection.
    pub(crate) fn fail_writes(&self, fault: Option<SecretsError>) {
        *self.write_fault.lock().unwrap() = fault;
    }

    /// Loses all entries.
    pub(crate) fn clear(&self) {
        self.entries.lock().unwrap().clear();
    }

    /// All entries as they are now.
    pub(crate) fn clone_of_entries(&self) -> HashMap<String, DeviceSecret> {
        self.entries.lock().unwrap().clone()
    }

    /// Puts entries back.
    pub(crate) fn put_entries(&self, entries: HashMap<String, DeviceSecret>) {
        *self.entries.lock().unwrap() = entries;
    }

    /// Names of the entries held.
    pub(crate) fn names(&self) -> Vec<String> {
        self.entries.lock().unwrap().keys().cloned().collect()
    }

    fn check(&self) -> Result<(), SecretsError> {
        self.fault.lock().unwrap().map_or(Ok(()), Err)
    }
}

impl DeviceSecrets for MemoryKeyring {
    fn get(&self, name: &str) -> Result<DeviceSecret, SecretsError> {
        self.check()?;
        self.entries.lock().unwrap().get(name).cloned().ok_or(SecretsError::Missing)
    }

    fn set(&self, name: &str, secret: &DeviceSecret) -> Result<(), SecretsError> {
        self.check()?;
        self.write_fault.lock().unwrap().map_or(Ok(()), Err)?;
        self.entries.lock().unwrap().insert(name.to_owned(), secret.clone());
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<(), SecretsError> {
        self.check()?;
        self.entries.lock().unwrap().remove(name);
        Ok(())
    }

    fn lasting(&self) -> Option<Arc<dyn DeviceSecrets>> {
        Some(Arc::new(self.clone()))
    }
}
