//! How many uploads an account may send at a time. Each holds a connection and some memory, stalled or not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use db::audit::Author;
use domain::id::UserId;

use crate::error::IngestError;

/// The requests that send bytes now, by account.
#[derive(Clone, Default)]
pub(crate) struct Accounts(Arc<Mutex<HashMap<UserId, usize>>>);

/// One such request's place, until it is dropped.
pub(crate) struct Place {
    accounts: Accounts,
    user: Option<UserId>,
}

impl Accounts {
    /// A place for one more upload of this account, of at most `most`. Nang itself has no limit.
    pub(crate) fn take_place(&self, author: Option<&Author>, most: usize) -> Result<Place, IngestError> {
        let user = author.and_then(|author| author.user_id);
        if let Some(user) = user {
            let mut sending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let count = sending.entry(user).or_default();
            if *count >= most {
                return Err(IngestError::TooManyUploads { most });
            }
            *count += 1;
        }
        Ok(Place { accounts: self.clone(), user })
    }
}

impl Drop for Place {
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
    fn each_account_has_its_own_places_and_gets_them_back() {
        let author = |number| Author { user_id: Some(UserId(Uuid::from_u128(number))), user_email: None };
        let accounts = Accounts::default();
        let first = accounts.take_place(Some(&author(1)), 2).unwrap();
        let _second = accounts.take_place(Some(&author(1)), 2).unwrap();
        assert!(accounts.take_place(Some(&author(1)), 2).is_err());
        let other = accounts.take_place(Some(&author(2)), 2).unwrap();
        let _nang: Vec<_> = (0..5).map(|_| accounts.take_place(Some(&Author::NANG), 2).unwrap()).collect();
        drop((first, other));
        let _third = accounts.take_place(Some(&author(1)), 2).unwrap();
        assert!(accounts.take_place(Some(&author(1)), 2).is_err());
        assert_eq!(accounts.0.lock().unwrap().len(), 1);
    }
}
