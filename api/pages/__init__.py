"""The pages: rendered here, in Chinese, readable without JavaScript. One page a file."""

from fastapi import APIRouter

from api.pages import (
    deliveries,
    delivery,
    document,
    documents,
    messages,
    month,
    obligation,
    obligations,
    overview,
    proposal_forms,
    rule,
    rules,
    system,
    system_access,
    system_accounts,
    system_calendar,
    system_tokens,
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
):
    router.include_router(page.router)
