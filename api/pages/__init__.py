"""The pages: rendered here, in Chinese, readable without JavaScript. One page a file."""

from fastapi import APIRouter

from api.pages import (
    messages,
    overview,
    system,
    system_access,
    system_accounts,
    system_calendar,
    system_tokens,
)

router = APIRouter(include_in_schema=False)
for page in (
    overview,
    messages,
    system,
    system_calendar,
    system_accounts,
    system_tokens,
    system_access,
):
    router.include_router(page.router)
