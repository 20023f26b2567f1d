//! A menu of one's own, from the folder beside the configuration or the one that the configuration names.

use std::fs;

use xabar::simulator::Behaviour;

use super::{phone_of, world};

const OWN: &str = "\
home = \"main\"
[screens.main]
text = \"Own menu\"
[[screens.main.choices]]
press = \"1\"
text = \"Leave\"
to = \"bye\"
[screens.bye]
text = \"Bye.\"
end = true
";

#[tokio::test(flavor = "multi_thread")]
async fn a_menu_in_the_folder_ussd_or_in_the_one_that_is_named_is_the_one_that_phones_show() {
    for (folder, key) in [("ussd", ""), ("menus/own", "menus = \"menus/own\"\n")] {
        let world = world("", Behaviour::default()).await;
        let path = world.home.path(folder);
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("own.toml"), OWN).unwrap();
        world
            .home
            .configure(&format!("{key}{}", world.config.to_toml()));
        let mut phone = phone_of(&world);
        let gateway = world.ready().await;
        assert_eq!(phone.dial().await.text, "Own menu\n1. Leave");
        let bye = phone.types("1").await;
        assert!(bye.ends && bye.text == "Bye.", "{bye:?}");
        gateway.stop_within(world.config.shutdown).await;
    }
}
