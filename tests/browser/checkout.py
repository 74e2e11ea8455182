"""What the tests of the hosted checkout page share: what is asked, filling the card, and looking closely."""

from playwright.async_api import Page

from tests.browser.chromium import PATIENCE_MS
from tests.browser.shop import THANKS

BUTTON = '[data-testid="hosted-payment-submit-button"]'


async def fill(page: Page, number: str = "4242424242424242", expiry: str = "12 / 34", cvc: str = "123") -> None:
    await page.fill("input[name=email]", "ada@example.com")
    await page.fill("input[name=cardNumber]", number)
    await page.fill("input[name=cardExpiry]", expiry)
    await page.fill("input[name=cardCvc]", cvc)
    await page.fill("input[name=billingName]", "Ada Byron")
    await page.select_option("select[name=billingCountry]", "US")
    await page.fill("input[name=billingPostalCode]", "10001")


async def thanked(page: Page) -> None:
    await page.wait_for_url(f"**{THANKS}?session=*", timeout=PATIENCE_MS)


def field(index: int, key: str, kind: str, **more: str) -> dict[str, str]:
    """The parameters of a custom field whose label is its key with a capital."""
    here = f"custom_fields[{index}]"
    return {f"{here}[key]": key, f"{here}[type]": kind, f"{here}[label][type]": "custom",
            f"{here}[label][custom]": key.title(), **{f"{here}[{kind}]{name}": value for name, value in more.items()}}


def ways(*offered: tuple[str, int], currency: str = "usd") -> dict[str, str]:
    """The parameters of these ways of shipping, by name and amount."""
    found: dict[str, str] = {}
    for index, (name, amount) in enumerate(offered):
        data = f"shipping_options[{index}][shipping_rate_data]"
        found |= {f"{data}[display_name]": name, f"{data}[type]": "fixed_amount",
                  f"{data}[fixed_amount][amount]": str(amount), f"{data}[fixed_amount][currency]": currency}
    return found


async def fits(page: Page, width: int) -> None:
    """Nothing to scroll sideways, and no field so small that a phone would zoom into it."""
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    small = await page.evaluate("""() => [...document.querySelectorAll('main input, select')]
        .filter(one => !['hidden', 'checkbox', 'radio'].includes(one.type))
        .filter(one => parseFloat(getComputedStyle(one).fontSize) < 16).map(one => one.name)""")
    assert small == []


_CONTRAST = """() => {
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return [n[0], n[1], n[2], n[3] ?? 1]; };
  const linear = (part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  const poor = [];
  for (const one of document.querySelectorAll('body *')) {
    const own = [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own || !one.getBoundingClientRect().width || one.closest('.sr, .skip, option, script, template')) continue;
    const [a, b] = [light(parse(getComputedStyle(one).color)), light(behind(one))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push([one.textContent.trim().slice(0, 40), ratio.toFixed(2)]);
  }
  return poor;
}"""


async def reads_well(page: Page) -> None:
    """Every text stands out from what is behind it by at least 4.5 to 1."""
    poor = await page.evaluate(_CONTRAST)
    assert poor == [], poor
