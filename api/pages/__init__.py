"""The pages: rendered here, in Chinese, readable without JavaScript. One page a file."""

from fastapi import APIRouter

from api.pages import import_, overview, unit, unit_channels, unit_people, units

router = APIRouter(include_in_schema=False)
for page in (overview, units, unit, unit_people, unit_channels, import_):
    router.include_router(page.router)
