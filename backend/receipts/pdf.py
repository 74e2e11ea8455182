"""A receipt as a PDF of one column on A4, in a font that writes Latin, Greek and Cyrillic.

What the font has no letter for is left to the page: in its place stands the mark for an unknown letter.
"""

from fpdf import FPDF
from fpdf.enums import Align, WrapMode, XPos, YPos
from fpdf.fonts import TTFFont

from backend.config import ROOT
from backend.receipts.receipts import Receipt

_FONTS = ROOT / "static" / "vendor" / "dejavu"
_PLAIN, _BOLD = _FONTS / "DejaVuSans.ttf", _FONTS / "DejaVuSans-Bold.ttf"
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"
_LEFT, _TOP, _WIDTH, _VALUE = 22.0, 22.0, 166.0, 56.0
"""Millimetres: the margins of the page, the width between them, and that of the column of amounts."""
_INK, _QUIET, _LINE = (18, 32, 27), (90, 106, 99), (221, 228, 224)


def made(receipt: Receipt) -> bytes:
    """The bytes of the document."""
    page = _Page(receipt)
    page.add_page()
    page.head()
    page.facts()
    page.bill()
    page.end()
    return bytes(page.output())


class _Page(FPDF):
    """One receipt; what does not fit on a page goes on to the next."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__(format="A4")
        self._receipt = receipt
        self.add_font("sans", "", _PLAIN)
        self.add_font("sans", "B", _BOLD)
        self.set_margins(_LEFT, _TOP, _LEFT)
        self.set_auto_page_break(True, margin=24)
        self.set_title(receipt.say.text("receipt_from", seller=receipt.seller))
        self.set_creator("Farthing")
        self.set_lang(receipt.say.tag)

    def header(self) -> None:
        """Of test mode every page says so."""
        if not self._receipt.livemode:
            self._say(self._receipt.say.text("test"), 9, bold=True, colour=(122, 75, 0))
            self.ln(3)

    def footer(self) -> None:
        """Where the receipt is kept up to date, and which page this is."""
        self.set_y(-18)
        self._say(self._receipt.say.text("see_lead"), 7.5, colour=_QUIET)
        self.set_font("sans", "", 7.5)
        self.cell(_WIDTH - 25, 4, self._receipt.url, link=self._receipt.url)
        self.cell(25, 4, self._receipt.say.text("page", number=self.page_no(), pages="{nb}"), align=Align.R)

    def head(self) -> None:
        """Who was paid, how much, and how it stands."""
        told = self._receipt
        self._say(told.seller, 13, bold=True)
        self.ln(6)
        self._say(self._receipt.say.text("receipt"), 10, colour=_QUIET)
        self._say(told.amount, 26, bold=True)
        self.ln(1)
        self._say(f"{self._receipt.say.text(told.standing)}. {told.lead}".strip(), 10, colour=_QUIET)

    def facts(self) -> None:
        """Number, date, means."""
        self._rule()
        for name, value in self._receipt.facts:
            self._row(name, value, value_width=_WIDTH - 60)

    def bill(self) -> None:
        """What was bought, what it came to, and what went back."""
        told = self._receipt
        self._rule()
        for line in told.lines:
            self._row(line.name, line.amount, note=line.note)
        self._rule()
        for name, value in told.sums:
            self._row(name, value)
        self._row(self._receipt.say.text("amount_paid"), told.amount, bold=True)
        for back in told.backs:
            self._row(self._receipt.say.text(back.standing), f"−{back.amount}", note=back.date)
        if told.kept:
            self._row(self._receipt.say.text("amount_kept"), told.kept, bold=True)

    def end(self) -> None:
        """Whom to ask."""
        told = self._receipt
        self._rule()
        self._say(self._receipt.say.text("questions", seller=told.seller, contact=told.contact) if told.contact
                  else self._receipt.say.text("questions_lone", seller=told.seller), 9, colour=_QUIET)

    def _row(self, name: str, value: str, *, note: str = "", bold: bool = False, value_width: float = _VALUE) -> None:
        """A name on the left and a value on the right; long ones take more lines, never each other's room."""
        if self.will_page_break(12):
            self.add_page()
        top = self.get_y()
        self._say(value, 10, bold=bold, align=Align.R, width=value_width, left=_LEFT + _WIDTH - value_width)
        ends, on = self.get_y(), self.page
        self.set_y(top)
        self._say(name, 10, bold=bold, width=_WIDTH - value_width - 4)
        if note:
            self._say(note, 8.5, colour=_QUIET, width=_WIDTH - value_width - 4)
        if self.page == on:
            self.set_y(max(ends, self.get_y()))
        self.ln(1.5)

    def _say(self, text: str, size: float, *, bold: bool = False, colour: tuple[int, int, int] = _INK,
             align: Align = Align.L, width: float = _WIDTH, left: float = _LEFT) -> None:
        self.set_font("sans", "B" if bold else "", size)
        self.set_text_color(*colour)
        self.set_x(left)
        self.multi_cell(width, size * 0.5, self._writable(text), align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT,
                        wrapmode=WrapMode.WORD)

    def _writable(self, text: str) -> str:
        """The text with a mark for every letter that the font does not have."""
        font = self.fonts["sans"]
        assert isinstance(font, TTFFont)
        letters = font.cmap
        return "".join(char if ord(char) in letters else _UNKNOWN for char in text)

    def _rule(self) -> None:
        self.ln(4)
        self.set_draw_color(*_LINE)
        self.line(_LEFT, self.get_y(), _LEFT + _WIDTH, self.get_y())
        self.ln(4)
