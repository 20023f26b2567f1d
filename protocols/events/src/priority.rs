//! How soon an agency wants its message to go.

use crate::named::named;

named! {
    /// How soon a message should go; `normal` where an event does not say.
    #[derive(Default)]
    pub enum Priority {
        /// Goes first, and at night too.
        Urgent = 1, "urgent";
        /// Goes in its turn.
        #[default]
        Normal = 2, "normal";
        /// Goes when nothing else waits.
        Bulk = 3, "bulk";
    }
}
