//! The tables of look-alikes.

/// Characters that are written with the same replacement, and why it reads the same.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What it replaces: each of these characters, none of which is in GSM 03.38.
    pub from: &'static str,
    /// What it puts in their place, all in GSM 03.38; empty if they show nothing.
    pub to: &'static str,
    /// Why a reader takes the one for the other.
    pub reason: &'static str,
}

const fn rule(from: &'static str, to: &'static str, reason: &'static str) -> Rule {
    Rule { from, to, reason }
}

/// The rules for single characters.
pub const RULES: &[Rule] = &[
    rule(
        "\u{2BB}\u{2BC}\u{2018}\u{2019}\u{60}\u{B4}",
        "'",
        "the Uzbek o\u{2BB}, g\u{2BB} and tutuq belgisi, which people type in all these ways",
    ),
    rule(
        "\u{2B9}\u{2BD}\u{2BE}\u{2BF}\u{2C8}\u{201B}\u{2032}\u{FF07}",
        "'",
        "rarer forms of the apostrophe that some keyboards give",
    ),
    rule("‚‹›", "'", "single quotation marks"),
    rule("“”„‟«»″\u{2BA}", "\"", "double quotation marks"),
    rule(
        "\u{2010}\u{2011}\u{2012}–—―\u{2212}\u{FE58}\u{FF0D}",
        "-",
        "hyphens, dashes and the minus sign",
    ),
    rule(
        "•‣◦▪●·∙",
        "-",
        "a bullet opens an item of a list, as a hyphen does",
    ),
    rule(
        "\t\u{A0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\
         \u{2009}\u{200A}\u{202F}\u{205F}\u{3000}",
        " ",
        "spaces of other widths, and those that do not break",
    ),
    rule(
        "\u{2028}\u{2029}\u{85}",
        "\n",
        "the line and paragraph separators",
    ),
    rule(
        "\u{AD}\u{200B}\u{200E}\u{202A}\u{202C}\u{2060}\u{2066}\u{2068}\u{2069}\u{FEFF}",
        "",
        "shows nothing: soft hyphen, zero width, left-to-right marks around pasted numbers",
    ),
    rule(
        "\u{200C}\u{200D}",
        "",
        "joins or parts letters of scripts that no language here is written in",
    ),
    rule(
        "\u{FE0F}",
        "",
        "asks for the coloured form of the sign before it",
    ),
    rule("…", "...", "the ellipsis is three dots"),
    rule("№", "N", "the numero sign, as typewriters had it"),
    rule("ﬀ", "ff", "ligature"),
    rule("ﬁ", "fi", "ligature"),
    rule("ﬂ", "fl", "ligature"),
    rule("ﬃ", "ffi", "ligature"),
    rule("ﬄ", "ffl", "ligature"),
    rule("ﬅﬆ", "st", "ligature"),
    rule("²", "2", "a unit such as m²; not beside a digit"),
    rule("³", "3", "a unit such as m³; not beside a digit"),
    rule("×", "x", "sizes such as 3×4"),
    rule("±", "+/-", "more or less, as typewriters had it"),
    rule("Α", "A", "Greek capital of the same shape"),
    rule("Β", "B", "Greek capital of the same shape"),
    rule("Ε", "E", "Greek capital of the same shape"),
    rule("Ζ", "Z", "Greek capital of the same shape"),
    rule("Η", "H", "Greek capital of the same shape"),
    rule("Ι", "I", "Greek capital of the same shape"),
    rule("Κ", "K", "Greek capital of the same shape"),
    rule("Μ", "M", "Greek capital of the same shape"),
    rule("Ν", "N", "Greek capital of the same shape"),
    rule("Ο", "O", "Greek capital of the same shape"),
    rule("Ρ", "P", "Greek capital of the same shape"),
    rule("Τ", "T", "Greek capital of the same shape"),
    rule("Υ", "Y", "Greek capital of the same shape"),
    rule("Χ", "X", "Greek capital of the same shape"),
    rule("\u{2126}", "Ω", "the ohm sign is the Greek letter"),
];

/// A letter, the mark that some systems put after it, and the one character that both make:
/// the same text in one unit less, and sometimes in GSM 03.38. The letters of Uzbek, Karakalpak
/// and Russian, and those of GSM 03.38.
#[rustfmt::skip]
pub const COMPOSED: &[(char, char, char)] = &[
    ('и', '\u{306}', 'й'), ('И', '\u{306}', 'Й'), ('у', '\u{306}', 'ў'), ('У', '\u{306}', 'Ў'),
    ('е', '\u{308}', 'ё'), ('Е', '\u{308}', 'Ё'),
    ('a', '\u{301}', 'á'), ('A', '\u{301}', 'Á'), ('g', '\u{301}', 'ǵ'), ('G', '\u{301}', 'Ǵ'),
    ('n', '\u{301}', 'ń'), ('N', '\u{301}', 'Ń'), ('o', '\u{301}', 'ó'), ('O', '\u{301}', 'Ó'),
    ('u', '\u{301}', 'ú'), ('U', '\u{301}', 'Ú'), ('I', '\u{301}', 'Í'),
    ('e', '\u{301}', 'é'), ('E', '\u{301}', 'É'), ('e', '\u{300}', 'è'), ('a', '\u{300}', 'à'),
    ('i', '\u{300}', 'ì'), ('o', '\u{300}', 'ò'), ('u', '\u{300}', 'ù'),
    ('a', '\u{308}', 'ä'), ('A', '\u{308}', 'Ä'), ('o', '\u{308}', 'ö'), ('O', '\u{308}', 'Ö'),
    ('u', '\u{308}', 'ü'), ('U', '\u{308}', 'Ü'), ('n', '\u{303}', 'ñ'), ('N', '\u{303}', 'Ñ'),
    ('a', '\u{30A}', 'å'), ('A', '\u{30A}', 'Å'), ('C', '\u{327}', 'Ç'),
];

/// Cyrillic letters, and the Latin ones of the same shape: what a keyboard that was not switched
/// puts into a Latin text, such as the series of a passport. Only where all Cyrillic letters of a
/// text have one and the text is then in GSM 03.38, so that what is read as Cyrillic stays Cyrillic.
///
/// The capitals are those that vehicle plates use for this reason (GOST R 50577).
#[rustfmt::skip]
pub const TWINS: &[(char, char)] = &[
    ('А', 'A'), ('В', 'B'), ('Е', 'E'), ('К', 'K'), ('М', 'M'), ('Н', 'H'), ('О', 'O'), ('Р', 'P'),
    ('С', 'C'), ('Т', 'T'), ('У', 'Y'), ('Х', 'X'),
    ('а', 'a'), ('е', 'e'), ('о', 'o'), ('р', 'p'), ('с', 'c'), ('у', 'y'), ('х', 'x'),
];
