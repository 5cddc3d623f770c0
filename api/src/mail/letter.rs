//! What letters say: plain text, first in Lao, then in English, since an account does not say which it reads.

use time::{OffsetDateTime, UtcOffset};

/// A letter to be sent.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    /// Address of whom it is for.
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// A link that sets a new password.
pub(crate) fn password_reset(to: String, url: &str, until: OffsetDateTime) -> Letter {
    let until = words(until);
    Letter {
        to,
        subject: "ຕັ້ງລະຫັດຜ່ານໃໝ່ / Set a new password".to_owned(),
        text: format!(
            "ສະບາຍດີ,\n\n\
             ເປີດລິ້ງນີ້ເພື່ອຕັ້ງລະຫັດຜ່ານໃໝ່. ລິ້ງນີ້ໃຊ້ໄດ້ຄັ້ງດຽວ ຈົນເຖິງ {until}:\n\n{url}\n\n\
             ຖ້າທ່ານບໍ່ໄດ້ຂໍ ກໍ່ບໍ່ຕ້ອງເຮັດຫຍັງ: ລະຫັດຜ່ານຂອງທ່ານຍັງຄືເກົ່າ.\n\n\
             --\n\n\
             Hello,\n\n\
             Open the link above to set a new password. It can be used once, until {until}.\n\
             If you did not ask for it, do nothing: your password stays as it is.\n"
        ),
    }
}

/// An invitation to make an account.
pub(crate) fn invitation(to: String, url: &str, until: OffsetDateTime) -> Letter {
    let until = words(until);
    Letter {
        to,
        subject: "ຄຳເຊີນ / Invitation".to_owned(),
        text: format!(
            "ສະບາຍດີ,\n\n\
             ທ່ານໄດ້ຮັບເຊີນໃຫ້ສ້າງບັນຊີ. ເປີດລິ້ງນີ້, ໃຊ້ໄດ້ຄັ້ງດຽວ ຈົນເຖິງ {until}:\n\n{url}\n\n\
             --\n\n\
             Hello,\n\n\
             You are invited to make an account. Open the link above; it can be used once, until {until}.\n"
        ),
    }
}

/// A moment as both languages write it.
fn words(moment: OffsetDateTime) -> String {
    let utc = moment.to_offset(UtcOffset::UTC);
    format!("{} {:02}:{:02} UTC", utc.date(), utc.hour(), utc.minute())
}
