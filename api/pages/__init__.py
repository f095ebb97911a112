"""The pages: rendered here, in Chinese, readable without JavaScript. One page a file."""

from fastapi import APIRouter

from api.pages import feeds, overview, statistics

router = APIRouter(include_in_schema=False)
for page in (overview, statistics, feeds):
    router.include_router(page.router)
