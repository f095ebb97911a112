"""The pages: rendered here, in Chinese, readable without JavaScript. One page a file."""

from fastapi import APIRouter

from api.pages import (
    deliveries,
    delivery,
    document,
    documents,
    feeds,
    import_,
    messages,
    month,
    obligation,
    obligations,
    overview,
    proposal_forms,
    rule,
    rules,
    statistics,
    system,
    system_access,
    system_accounts,
    system_calendar,
    system_tokens,
    unit,
    unit_channels,
    unit_people,
    units,
)

router = APIRouter(include_in_schema=False)
for page in (
    overview,
    deliveries,
    delivery,
    documents,
    document,
    proposal_forms,
    rules,
    rule,
    month,
    obligations,
    obligation,
    messages,
    system,
    system_calendar,
    system_accounts,
    system_tokens,
    system_access,
    statistics,
    feeds,
    units,
    unit,
    unit_people,
    unit_channels,
    import_,
):
    router.include_router(page.router)
