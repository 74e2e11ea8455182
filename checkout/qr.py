"""A payment link's address as a QR code, to print or to show: SVG and PNG.

Error correction M (a code may lose some 15 % of itself to dirt and light) and the quiet zone of four modules that
ISO/IEC 18004 asks for; black on white, for there are readers that want nothing else.
"""

import io
from functools import lru_cache

import segno
from starlette.requests import Request
from starlette.responses import Response

from backend.errors import NotFound
from backend.payment_links import links
from checkout import page

QUIET_MODULES = 4
PNG_PIXELS = 20
"""Of a module's side: a code of 41 modules, all around, is 820 pixels wide, seven centimetres at 300 dpi."""
_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
_DAY = 24 * 3600


async def show(request: Request) -> Response:
    """GET /l/{token}/qr.svg and /l/{token}/qr.png: the code of a link, also of one that is switched off for now."""
    kind, id = str(request.path_params["kind"]), f"plink_{request.path_params['token']}"
    if kind not in _TYPES:
        raise NotFound("picture", kind)
    ctx = await page.context(request, id)
    url = str((await links.get(ctx, id))["url"])
    return Response(drawn(url, kind), media_type=_TYPES[kind], headers={
        "Cache-Control": f"public, max-age={_DAY}", "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox", "Cross-Origin-Resource-Policy": "cross-origin"})


@lru_cache(maxsize=256)
def drawn(text: str, kind: str) -> bytes:
    """The code of `text` as `svg` or `png`; an SVG has no size of its own and fills what it is given."""
    code, made = segno.make(text, error="m", micro=False, boost_error=False), io.BytesIO()
    if kind == "svg":
        code.save(made, kind="svg", border=QUIET_MODULES, dark="#000", light="#fff", omitsize=True, svgclass=None,
                  lineclass=None)
    else:
        code.save(made, kind="png", border=QUIET_MODULES, dark="#000", light="#fff", scale=PNG_PIXELS)
    return made.getvalue()
