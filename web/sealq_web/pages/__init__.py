"""Pages to look at: jobs, documents, seals, and what people decide about them."""

from __future__ import annotations

from fastapi import APIRouter

from sealq_web.pages import documents, entrance, jobs, pictures, reviews, static, training

router = APIRouter(include_in_schema=False)
for _part in (entrance, static, jobs, documents, pictures, reviews, training):
    router.include_router(_part.router)
