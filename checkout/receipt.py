"""A receipt's page, for whoever has its address, and the same as a PDF; it works without JavaScript."""

import asyncio
import re

from starlette.requests import Request
from starlette.responses import Response

from backend.context import Context
from backend.receipts import pdf, receipts
from checkout import brand, page


async def show(request: Request) -> Response:
    """GET /receipts/{token}: the payment as it stands now."""
    ctx, charge = await _opened(request)
    receipt = await receipts.get(ctx, charge, request.headers.get("accept-language", ""))
    page.speak(request, receipt.say.tag)  # all of the page in the one language
    here = f"/receipts/{request.path_params['token']}"
    return page.html(request, "receipt.html", {"r": receipt, "w": receipt.say.text, "look": brand.of(receipt.owner),
                                               "here": here})


async def download(request: Request) -> Response:
    """GET /receipts/{token}/pdf."""
    ctx, charge = await _opened(request)
    receipt = await receipts.get(ctx, charge, request.headers.get("accept-language", ""))
    body = await asyncio.to_thread(pdf.made, receipt)
    name = re.sub(r"[^0-9A-Za-z-]", "", receipt.number or receipt.charge)
    return Response(body, media_type="application/pdf", headers={
        "Content-Disposition": f'attachment; filename="receipt-{name}.pdf"', "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": "default-src 'none'; sandbox"})


async def stylesheet(request: Request) -> Response:
    """GET /receipts/{token}/brand.css: the seller's colours."""
    ctx, _ = await _opened(request)
    return await brand.stylesheet_of(ctx)


async def picture(request: Request) -> Response:
    """GET /receipts/{token}/brand/{which}: the seller's icon or logo."""
    ctx, _ = await _opened(request)
    return await brand.picture_of(ctx, str(request.path_params["which"]))


async def _opened(request: Request) -> tuple[Context, str]:
    return await receipts.opened(page.runtime(request), str(request.path_params["token"]))
