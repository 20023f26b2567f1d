//! What the files say of the words that citizens write.

use super::*;
use crate::dialogue::{Keyword, Keywords, Wish};

#[test]
fn no_file_takes_from_citizens_the_words_for_stop_and_start() {
    let words = "[keywords]\nstop = []\nstart = []\nhelp = []\n";
    let folder = Folder::with([("ru.toml", words), ("en.toml", words)]);
    let right = "give at least one word, or leave the key out for those that come with the gateway";
    let expected = ["en", "ru"].map(|language| {
        [(2, "stop"), (3, "start")].map(|(line, key)| {
            format!(
                "{language}.toml:{line}:{}: `keywords.{key}` is empty; {right}",
                key.len() + 4
            )
        })
    });
    assert_eq!(problems(&folder), expected.concat());
}

#[test]
fn words_that_a_file_leaves_out_are_those_of_the_gateway_and_an_empty_list_is_none() {
    let words = "[keywords]\nstop = [\"БАС\"]\nhelp = []\n";
    let folder = Folder::with([("ru.toml", words)]);
    let catalog = Catalog::load(folder.as_path()).unwrap();
    let keywords = Keywords::new(catalog.keywords());
    assert_eq!(keywords.read("бас").wish, Wish::Stop(None));
    assert_eq!(keywords.read("стоп").wish, Wish::Help);
    assert_eq!(keywords.read("старт").wish, Wish::Start(None));
    assert!(
        catalog
            .keywords()
            .all(|(_, keyword, _)| keyword != Keyword::Help)
    );
}

#[test]
fn a_word_that_means_two_things_is_told_with_its_line_and_the_place_that_has_it_already() {
    let folder = Folder::with([
        (
            "ru.toml",
            "[keywords]\nstop = [\"СТОП\"]\nhelp = [\"ВАС\"]\n",
        ),
        (
            "en.toml",
            "[keywords]\nstatus = [\"WHERE\", \"Bac\"]\nhelp = [\"start\"]\nname = [\"РУССКИЙ\"]\n",
        ),
    ]);
    let told = problems(&folder);
    assert_eq!(
        told,
        [
            "en.toml:2:20: `keywords.status` has \"Bac\", and `keywords.help` has \"ВАС\" at ru.toml:3:9, too; keep it in one of the two",
            "en.toml:3:9: `keywords.help` has \"start\", and `keywords.start` that comes with the gateway for ru has \"START\", too; take another word, or write `keywords.start` without it into ru.toml",
            "en.toml:4:9: `keywords.name` has \"РУССКИЙ\", and `keywords.name` that comes with the gateway for ru has \"РУССКИЙ\", too; take another word, or write `keywords.name` without it into ru.toml",
        ]
    );
}

#[test]
fn words_that_mean_two_things_are_told_beside_all_else_that_is_wrong() {
    let folder = Folder::with([
        (
            "ru.toml",
            "[keywords]\nstop = [\"СТОП\", \"ДВА СЛОВА\"]\nhelp = \"ПОМОГИ\"\n[messages]\nready = \"{\"\n",
        ),
        (
            "en.toml",
            "[keywords]\nstatus = [\"стоп\", \"5\"]\nhelp = [\"HALP\"]\n",
        ),
    ]);
    assert_eq!(
        problems(&folder),
        [
            "en.toml:2:19: `keywords.status[1]` is \"5\"; write one word of 1 to 30 letters",
            "ru.toml:2:17: `keywords.stop[1]` is \"ДВА СЛОВА\"; write one word of 1 to 30 letters",
            "ru.toml:3:8: `keywords.help` is \"ПОМОГИ\"; write a list in square brackets",
            "ru.toml:5:9: `messages.ready` has a { without its }; close it, or write {{ for the character itself",
            "en.toml:2:11: `keywords.status` has \"стоп\", and `keywords.stop` has \"СТОП\" at ru.toml:2:9, too; keep it in one of the two",
        ]
    );
}

#[test]
fn the_page_for_citizens_has_every_word_that_they_may_write() {
    let page = include_str!("../../../docs/citizens.md");
    let catalog = Catalog::built_in();
    let mut words = catalog.keywords();
    let missing = words.find(|(_, _, word)| !page.contains(&format!("`{word}`")));
    assert_eq!(missing, None);
}
