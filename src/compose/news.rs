//! What a citizen is to be told, before it is put into words.

use crate::journal::{Content, Message};

/// The news of an application.
#[derive(Clone, Copy)]
pub struct News<'a> {
    /// The name of the agency that tells it.
    pub agency: &'a str,
    /// The application's number.
    pub application: &'a str,
    pub content: &'a Content,
}

impl<'a> From<&'a Message> for News<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            agency: message.key.agency.name(),
            application: &message.application,
            content: &message.content,
        }
    }
}
