"""What goes in and out of `/api/v1`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from sealq_configs.page_selection import parse_page_selection
from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import preset_names
from sealq_configs.spec import ReadingMode
from sealq_storage.transport import DEFAULT_PRIORITY, LARGEST_PRIORITY
from sealq_storage.verdicts import Evidence, Verdict


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("control characters are not taken")
    return text


def _preset(name: str) -> str:
    # A path would be read here, on the service's machine.
    if name not in preset_names():
        raise ValueError(f"there is no such preset; those: {', '.join(preset_names())}")
    return name


def _pages(text: str) -> str:
    return str(parse_page_selection(text))


Text = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_printable)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=4096), AfterValidator(_printable)]
JobId = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-z-]{1,40}$"), Field(description="Id of a job")
]

Item = TypeVar("Item")


class Listed(BaseModel, Generic[Item]):
    """A part of a list."""

    items: list[Item]
    next: str | None = Field(None, description="Cursor of the next part; null: this was the last")


class NewWebhook(BaseModel):
    """An address that is told when the job is finished."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(min_length=8, max_length=2000)
    secret: str = Field(
        min_length=16, max_length=200, description="What the message is signed with"
    )


class JobWishes(BaseModel):
    """What a job asks for. What is not named is as in the service's settings."""

    model_config = ConfigDict(extra="forbid")

    name: Text | None = Field(None, description="For people; default: the first document's name")
    client_token: Text | None = Field(None, description="The same token gives the same job")
    priority: int = Field(
        DEFAULT_PRIORITY, ge=0, le=LARGEST_PRIORITY, description="Larger is sooner"
    )
    device_kind: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,20}$")] | None = None
    tags: dict[Text, Text] = Field(default_factory=dict, max_length=50)
    pages: Annotated[Text, AfterValidator(_pages)] | None = Field(
        None, description="Pages of each document, such as `1-3,7`; default: all"
    )
    preset: Annotated[str, AfterValidator(_preset)] | None = None
    parameters: PredictParameters = Field(
        default_factory=PredictParameters, description="PaddleX's predict parameters"
    )
    dpi: int | None = Field(None, ge=36, le=1200)
    reading: ReadingMode | None = None
    webhook: NewWebhook | None = None


class NewJobRequest(JobWishes):
    """A job over documents that lie where the service may read them."""

    sources: list[Name] = Field(
        min_length=1,
        max_length=10_000,
        description="Folders, files and s3:// URLs, all below one of SEALQ_WEB_SOURCES",
    )
    include: list[Name] = Field(default_factory=list, max_length=100)
    exclude: list[Name] = Field(default_factory=list, max_length=100)


class JobMade(BaseModel):
    """A job that was made, or that its token had made before."""

    id: str
    documents: int = Field(description="Documents named, those it had already included")
    skipped: dict[str, int] = Field(description="What was passed over, by reason")
    warning: str | None = Field(None, description="Why some documents are read later")


class WebhookStatus(BaseModel):
    """Where a job's webhook stands."""

    url: str
    state: str
    attempts: int
    error: str | None


class JobSummary(BaseModel):
    """How a job stands."""

    id: str
    name: str
    state: str = Field(description="`submitting`, `running`, `done` or `cancelled`")
    created_at: datetime
    tags: dict[str, str]
    documents: dict[str, int] = Field(description="By state")
    pages: dict[str, int] = Field(description="By state")
    failed: int = Field(description="Documents and pages that could not be read")


class JobDetails(JobSummary):
    """How one job stands, in full."""

    preset: str
    known_pages: int = Field(description="Pages whose reading was there before")
    seals: int
    cut_seals: int
    tax_marks: int
    pages_per_second: float | None
    seconds_left: float | None
    verdicts: dict[str, int] = Field(description="Documents by verdict; empty: no audit looked")
    webhook: WebhookStatus | None


class VerdictOut(BaseModel):
    """What an audit says of a document."""

    document: str
    verdict: Verdict
    reason: str
    kind: str
    evidence: list[Evidence]
    created_at: datetime


class DocumentOut(BaseModel):
    """How a document stands."""

    id: int
    document: str
    state: str = Field(description="`open`, `done`, `failed` or `cancelled`")
    page_count: int | None
    pages: dict[str, int] = Field(description="Its selected pages by state")
    seals: int
    error: str | None
    verdict: VerdictOut | None


class PageOut(BaseModel):
    """How a page stands."""

    document_id: int
    document: str
    page: int
    state: str
    attempts: int
    error_code: str | None
    error: str | None


class LineOut(BaseModel):
    """A text of a seal."""

    text: str
    score: float
    polygon: list[list[float]] = Field(description="Points (x, y) in the region's frame")


class FieldOut(BaseModel):
    """What a seal says under one name."""

    name: str
    text: str | None
    score: float | None
    state: str
    alternatives: list[dict[str, Any]]


class RegionOut(BaseModel):
    """A seal, or a mark that is reported and not read; docs/results.md has the meanings."""

    region: int
    label: str
    found_by: str
    frame: str
    box: tuple[float, float, float, float] = Field(description="Left, top, right, bottom")
    score: float | None
    lines: list[LineOut]
    fields: list[FieldOut]
    shape: str | None
    ink: str | None
    rotation: float | None


class ReadingOut(BaseModel):
    """What was read on a page."""

    page_width: int
    page_height: int
    looked: str
    empty_score: float | None
    damage: str | None
    device: str
    seconds: dict[str, float]
    files: list[str] = Field(description="Addresses of `reading.json` and of the pictures")


class PageResultOut(PageOut):
    """A page with what was read on it."""

    reading: ReadingOut | None
    regions: list[RegionOut]


class Cancelled(BaseModel):
    """What a cancel took out of the work."""

    pages: int


class MadeDue(BaseModel):
    """What is due again."""

    documents: int
    pages: int


class DeadLetterOut(BaseModel):
    """A page or document that used up its attempts."""

    id: str
    job_id: str
    document: str
    page: int | None
    cause: str
    error: str
    attempts: int
    worker: str | None
    failed_at: datetime


class Requeue(BaseModel):
    """Dead letters that shall be tried again."""

    model_config = ConfigDict(extra="forbid")

    ids: list[Annotated[str, StringConstraints(pattern=r"^[pd][0-9]{1,18}$")]] = Field(
        min_length=1, max_length=10_000
    )
