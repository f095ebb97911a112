"""The pages: rendered here, in Chinese, readable without JavaScript. One page a file."""

from fastapi import APIRouter

from api.pages import deliveries, delivery, overview

router = APIRouter(include_in_schema=False)
for page in (overview, deliveries, delivery):
    router.include_router(page.router)
