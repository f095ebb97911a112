"""The pages: rendered here, in Chinese, readable without JavaScript. One page a file."""

from fastapi import APIRouter

from api.pages import (
    deliveries,
    delivery,
    document,
    documents,
    month,
    obligation,
    obligations,
    overview,
    proposal_forms,
    rule,
    rules,
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
):
    router.include_router(page.router)
