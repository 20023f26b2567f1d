//! `--config`, for the commands that need it.

use std::path::PathBuf;

use super::Failure;
use crate::control::settings::{Draft, Environment, Settings};

/// The configuration file.
#[derive(Debug, clap::Args)]
pub struct ConfigFile {
    /// The configuration, as config/xabar.toml documents it
    #[arg(long, value_name = "FILE", env = "XABAR_CONFIG")]
    pub config: PathBuf,
}

impl ConfigFile {
    /// The settings, with the environment over them.
    pub fn load(&self) -> Result<Settings, Failure> {
        Settings::load(&self.config, &Environment::of_process()).map_err(Failure::Settings)
    }

    /// The same as far as they can be read.
    pub(super) fn draft(&self) -> Draft {
        Draft::load(&self.config, &Environment::of_process())
    }
}
