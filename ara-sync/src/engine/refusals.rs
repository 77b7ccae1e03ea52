//! What is done about a refusal.

use std::sync::Arc;

use ara_protocol::keys::MemberKey;
use ara_protocol::message::{Endpoint, Refusal, SignedRequest, SpaceRequest};

use crate::engine::base::{Engine, Outcome};
use crate::engine::records::verified;
use crate::fault::{Fault, Result};
use crate::relay::Relay;
use crate::state::{Alarm, alarms, facts};

impl Engine {
    /// Does what a refusal calls for, after which the request can be repeated.
    ///
    /// # Errors
    ///
    /// Returns the refusal if nothing can be done about it now.
    pub(super) fn refused(&mut self, refusal: Refusal, outcome: &mut Outcome) -> Result<()> {
        match refusal {
            Refusal::Unknown => self.repair_access(outcome),
            Refusal::Moved => self.follow(outcome),
            Refusal::Deleted { audience, request, records } => {
                let by = self.deleted_by(&audience, &request, &records)?;
                // What a space that has moved had left here may be deleted.
                let new = records.get(self.access.records().len()..).unwrap_or_default();
                self.apply_records(new, outcome)?;
                match self.access.members.relay().map(str::to_owned) {
                    Some(url) if url != self.url => self.go_to(&url, outcome),
                    _ => Err(self.stop(&Alarm::DeletedAtRelay { by: by.into() }, outcome)),
                }
            }
            Refusal::Full { used, limit } => {
                outcome.used = Some((used, limit));
                // What others have sent is read all the same.
                self.told.is_full = true;
                let needed = self.bytes_to_send()?;
                self.raise(&Alarm::Full { used, limit, needed }, outcome)
            }
            // What was there is read, and nothing more is sent. If that is refused as well, nothing can be done now.
            Refusal::DiskFull if !self.told.is_disk_full => {
                (self.told.is_full, self.told.is_disk_full) = (true, true);
                self.told.tells_in_vain = true;
                self.raise(&Alarm::RelayDiskFull, outcome)
            }
            refusal => Err(Fault::Refused(refusal)),
        }
    }

    /// Follows the space to another relay, as the access log tells.
    pub(super) fn follow(&mut self, outcome: &mut Outcome) -> Result<()> {
        self.repair_access(outcome)?;
        let Some(url) = self.access.members.relay().map(str::to_owned) else {
            return Err(Fault::Lied {
                what: "it says that the space has moved, and no member says so",
            });
        };
        if url == self.url {
            // The space has come back, and the relay has not heard of it until now.
            return Ok(());
        }
        self.go_to(&url, outcome)
    }

    /// Goes on at another relay.
    pub(super) fn go_to(&mut self, url: &str, outcome: &mut Outcome) -> Result<()> {
        let relay = Arc::new(Relay::new(url, (self.connect)(url)?)?);
        self.begin_anew(false, outcome)?;
        self.write(|sync| {
            facts::put(sync, facts::RELAY, url.as_bytes())?;
            facts::remove(sync, facts::FOUNDED)?;
            alarms::lower(sync, &Alarm::RelayWentBack)
        })?;
        self.relay = relay;
        url.clone_into(&mut self.url);
        Ok(())
    }

    /// Returns which member has deleted the space at this relay, if that is so.
    pub(super) fn deleted_by(
        &self,
        audience: &str,
        request: &[u8],
        records: &[Vec<u8>],
    ) -> Result<MemberKey> {
        const LIE: Fault = Fault::Lied {
            what: "it says that the space was deleted, and no member did it by this address of the relay",
        };
        if audience != self.relay.audience() {
            return Err(LIE);
        }
        let signed = SignedRequest::read(request).map_err(|_| LIE)?;
        let by = signed.verify(Endpoint::Delete, audience).map_err(|_| LIE)?;
        let is_of_space =
            SpaceRequest::read(signed.content()).is_ok_and(|it| it.space == self.space());
        let log = verified(records).map_err(|_| LIE)?;
        // Either log continues the other, and who did it is a member by the longer one.
        let common =
            self.access.records().iter().zip(log.records()).all(|(own, their)| own == their);
        let is_longer = log.records().len() >= self.access.records().len();
        let members = if is_longer { &log.members } else { &self.access.members };
        let is_member = members.get(by).is_some();
        if is_of_space && common && is_member { Ok(by) } else { Err(LIE) }
    }
}
