"""The pages: rendered here, in Chinese, readable without JavaScript. One page a file."""

from fastapi import APIRouter

from api.pages import month, obligation, obligations, overview

router = APIRouter(include_in_schema=False)
for page in (overview, month, obligations, obligation):
    router.include_router(page.router)
