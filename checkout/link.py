"""A payment link's address: every visit begins a checkout session of its own."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from backend.checkout_sessions import visits
from backend.payment_links import links
from checkout import page


async def visit(request: Request) -> Response:
    """GET /l/{token}: on to a fresh session's page, or a calm page when the link sells no more. While the brake on card
    testing holds it, the page that must wait."""
    id = f"plink_{request.path_params['token']}"
    ctx = await page.context(request, id)
    if request.method == "HEAD":  # who only looks, such as a preview in a chat, begins nothing
        await links.row(ctx, id)
        return Response(headers={"Cache-Control": "no-store"})
    session = await visits.begin(ctx, id, request.query_params)
    if session:
        return RedirectResponse(f"/c/{session['id']}", 303, {"Cache-Control": "no-store",
                                                             "Referrer-Policy": "no-referrer"})
    message = (await links.row(ctx, id))["inactive_message"]
    return page.told(request, "inactive", mood="off", status=410, seller=ctx.account_name, lead=message or "",
                     test=not ctx.livemode)
