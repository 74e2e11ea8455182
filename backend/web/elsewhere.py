"""What an address says to a program that looks for the API where it is not: JSON, with the address where it is."""

from starlette.responses import JSONResponse


def said(api_base: str) -> JSONResponse:
    """A 404 in the API's own form; it serves nothing, whoever asks."""
    return JSONResponse({"error": {
        "type": "invalid_request_error", "message": f"Unrecognized request URL. The API is at {api_base}."}}, 404)
