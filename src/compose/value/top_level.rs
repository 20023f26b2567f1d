//! The ends of names that the internet knows, as people see them.

/// Whether a name ends so, be some of its letters those of the other alphabet.
pub(super) fn is_top_level(name: &[char]) -> bool {
    let lower: String = name.iter().flat_map(|each| each.to_lowercase()).collect();
    if CYRILLIC.split(' ').any(|known| known == lower) {
        return true;
    }
    let latin: Option<String> = lower.chars().map(as_latin).collect();
    latin.is_some_and(|latin| match latin.len() {
        2 => COUNTRIES.split_whitespace().any(|known| known == latin),
        _ => GENERIC.split_whitespace().any(|known| known == latin),
    })
}

/// Whether a name ends so that no sentence and no street begins with: with a path behind it, it is a link, be there a
/// blank after its full stop or not.
pub(super) fn is_of_links(name: &[char]) -> bool {
    let lower = name.iter().flat_map(|each| each.to_lowercase());
    let latin: Option<String> = lower.map(as_latin).collect();
    latin.is_some_and(|latin| OF_LINKS.split_whitespace().any(|known| known == latin))
}

/// The ends of names that links in messages have most, with a path after them, and that are no words or languages.
pub(super) fn is_of_short_links(name: &[char]) -> bool {
    is_one_of(&["me", "ly", "gl", "com"], name)
}

/// The same of those that are a language, a country or a short word, too, so that a slash behind one may stand between words.
pub(super) fn is_of_a_path(name: &[char]) -> bool {
    is_one_of(&OF_PATHS, name)
}

fn is_one_of(ends: &[&str], name: &[char]) -> bool {
    let is = |end: &&str| {
        let name = name.iter().flat_map(|each| each.to_lowercase());
        end.chars().eq(name)
    };
    ends.iter().any(is)
}

/// A small letter as it is taken for in Latin; `None`: it looks like none.
fn as_latin(letter: char) -> Option<char> {
    const TWINS: [(char, char); 22] = [
        ('а', 'a'),
        ('в', 'b'),
        ('с', 'c'),
        ('е', 'e'),
        ('ё', 'e'),
        ('һ', 'h'),
        ('і', 'i'),
        ('ї', 'i'),
        ('ј', 'j'),
        ('к', 'k'),
        ('ӏ', 'l'),
        ('м', 'm'),
        ('н', 'h'),
        ('о', 'o'),
        ('р', 'p'),
        ('ѕ', 's'),
        ('т', 't'),
        ('у', 'y'),
        ('х', 'x'),
        ('ү', 'v'),
        ('ԝ', 'w'),
        ('ԁ', 'd'),
    ];
    if letter.is_ascii_lowercase() {
        return Some(letter);
    }
    let twin = TWINS.iter().find(|(cyrillic, _)| *cyrillic == letter);
    twin.map(|(_, latin)| *latin)
}

/// Countries (ISO 3166), without `uy`, which is a house in Uzbek and follows a street's full stop.
const COUNTRIES: &str = "
    ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bv
    bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es
    et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu
    id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt
    lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no
    np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si
    sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk
    us uz va vc ve vg vi vn vu wf ws ye yt za zm zw";

/// Those of no country that links in messages end in.
const GENERIC: &str = "
    com net org info biz edu gov mil int app dev link site online shop store xyz top club live pro mobi
    name tel web page click icu vip fun space website tech win bid loan men work world support help
    services agency bank credit money cash finance pay gift bonus promo cloud host today news email
    digital media group center company life zone cfd sbs lol buzz monster rest bar cam quest best";

/// Without those that often stand before a slash as words do, such as `va`, `km`, `ml`, `biz` and `online`.
const OF_PATHS: [&str; 16] = [
    "uz", "ru", "kz", "su", "org", "net", "info", "guru", "xyz", "icu", "cfd", "sbs", "wtf", "уз",
    "ру", "рф",
];

const CYRILLIC: &str =
    "рф рус уз ру орг ком нет сайт онлайн дети москва бел укр қаз мкд срб мон бг ею";

/// More of those, without what could be a word of a notice, such as `photo` and `date`, or one in Uzbek or Karakalpak, such
/// as `kim` and `bet`.
const OF_LINKS: &str = "
    guru ninja rocks expert casino poker game games gdn sucks wtf cheap deals dating racing stream
    webcam faith accountant cricket skin beauty hair makeup lat pics
    lifestyle mom beer surf fishing yoga vodka rodeo ink wiki tips hosting domains ventures holdings
    mov foo dad boo rsvp esq nexus meme tattoo blog wang ren rip shopping trading
    gripe markets forex vegas bingo";
