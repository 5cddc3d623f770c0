//! Limits how many uploads an account may send at a time. Each uses a connection and some memory, even if it is stalled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use db::audit::Author;
use domain::id::UserId;

use crate::error::IngestError;

/// Numbers of requests that are sending bytes now, by account.
#[derive(Clone, Default)]
pub(crate) struct Accounts(Arc<Mutex<HashMap<UserId, usize>>>);

/// The slot of one such request. Dropping it frees the slot.
pub(crate) struct Slot {
    accounts: Accounts,
    user: Option<UserId>,
}

impl Accounts {
    /// Takes one of the account's `max` slots. Uploads by Nang itself have no limit.
    pub(crate) fn take_slot(&self, author: Option<&Author>, max: usize) -> Result<Slot, IngestError> {
        let user = author.and_then(|author| author.user_id);
        if let Some(user) = user {
            let mut sending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let count = sending.entry(user).or_default();
            if *count >= max {
                return Err(IngestError::TooManyUploads { max });
            }
            *count += 1;
        }
        Ok(Slot { accounts: self.clone(), user })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(user) = self.user else { return };
        let mut sending = self.accounts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = sending.get_mut(&user) {
            *count -= 1;
            if *count == 0 {
                sending.remove(&user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use db::audit::Author;
    use domain::id::UserId;
    use uuid::Uuid;

    use super::Accounts;

    #[test]
    fn each_account_has_its_own_slots_and_dropping_frees_them() {
        let author = |number| Author { user_id: Some(UserId(Uuid::from_u128(number))), user_email: None };
        let accounts = Accounts::default();
        let first = accounts.take_slot(Some(&author(1)), 2).unwrap();
        let _second = accounts.take_slot(Some(&author(1)), 2).unwrap();
        assert!(accounts.take_slot(Some(&author(1)), 2).is_err());
        let other = accounts.take_slot(Some(&author(2)), 2).unwrap();
        let _nang: Vec<_> = (0..5).map(|_| accounts.take_slot(Some(&Author::NANG), 2).unwrap()).collect();
        drop((first, other));
        let _third = accounts.take_slot(Some(&author(1)), 2).unwrap();
        assert!(accounts.take_slot(Some(&author(1)), 2).is_err());
        assert_eq!(accounts.0.lock().unwrap().len(), 1);
    }
}
