"""Who asks for a picture or a page: the User-Agent of programs and of the proxies between."""

from fairlead.sandbox.people.model import Client

# Fetches on behalf of a person who reads (Gmail, Yahoo): a real open, without the device.
GOOGLE_PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO_PROXY = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
# Fetch before anybody reads, perhaps without anybody ever reading.
GMAIL_PREFETCH = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0"
)
APPLE_PREFETCH = "Mozilla/5.0"
# Security scanners: some say what they are, most look like a browser.
SCANNERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/119.0.0.0 Safari/537.36",
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)",
    "Mozilla/5.0 (compatible; LinkGuard/2.1; mail security scan)",
)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"
)
EDGE = f"{CHROME} Edg/143.0.0.0"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.0 Safari/605.1.15"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.0 Mobile/15E148 Safari/604.1"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile Safari/537.36"
)
OUTLOOK = (
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; .NET4.0E; "
    "Microsoft Outlook 16.0)"
)
THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.6.0"

# What fetches the pictures when the person looks at the message, and what opens a link.
PICTURES = {
    Client.GMAIL: GOOGLE_PROXY,
    Client.ANDROID: GOOGLE_PROXY,
    Client.YAHOO: YAHOO_PROXY,
    Client.OUTLOOK: OUTLOOK,
    Client.OUTLOOK_PHONE: IPHONE,
    Client.APPLE_MAIL: APPLE_PREFETCH,
    Client.IPHONE: APPLE_PREFETCH,
    Client.THUNDERBIRD: THUNDERBIRD,
}
BROWSERS = {
    Client.GMAIL: CHROME,
    Client.ANDROID: ANDROID,
    Client.YAHOO: FIREFOX,
    Client.OUTLOOK: EDGE,
    Client.OUTLOOK_PHONE: IPHONE,
    Client.APPLE_MAIL: SAFARI,
    Client.IPHONE: IPHONE,
    Client.THUNDERBIRD: FIREFOX,
}
