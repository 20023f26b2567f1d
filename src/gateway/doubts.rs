//! What works, but perhaps not as it was meant, of settings and texts together.

use crate::compose::Catalog;
use crate::control::settings::Settings;

/// All of it, a sentence each; what is told of a line of the configuration stands in `Settings::warnings`.
pub fn doubts(settings: &Settings, catalog: &Catalog) -> Vec<String> {
    let mut doubts = Vec::new();
    if settings.operators.is_empty() {
        let what = "there is no [[operator]]: every message would fail with no-route";
        doubts.push(what.to_owned());
    }
    let default = settings.subscriber.default_language;
    if !catalog.languages().any(|language| language == default) {
        doubts.push(format!("the default language, {default}, has no texts"));
    }
    doubts
}
