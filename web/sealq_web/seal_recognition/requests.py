"""What a request brings: the document's bytes, and what the pipeline shall do with them."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from sealq_configs.parameters import PredictParameters, validate_parameters
from sealq_configs.settings import Settings
from sealq_storage.media import SNIFF_BYTES, MediaType, describe_unsupported, sniff
from sealq_web.calls import Calls
from sealq_web.errors import TooLargeError, UnusableError
from sealq_web.seal_recognition.schemas import OlderSealRequest, SealRequest

#: PaddleX's pipeline takes no longer side.
_LONGEST_SIDE = 4000
#: Nor a shorter one than sealq's parameters do.
_SHORTEST_SIDE = 32


@dataclass(frozen=True)
class Upload:
    """A document that came with a request."""

    content: bytes
    media_type: MediaType

    @property
    def name(self) -> str:
        """What it is called where it needs a name."""
        return f"upload.{self.media_type.rpartition('/')[2]}"


def upload_of(request: SealRequest | OlderSealRequest, settings: Settings, calls: Calls) -> Upload:
    """Return the document of a request.

    Raises:
        UnusableError: It is none that sealq reads, not of the kind that was said, or no Base64.
        CallRefusedError: It is a URL, and the service may not call it.
        TooLargeError: It has too many bytes.
    """
    text = request.file if isinstance(request, SealRequest) else request.image
    file_type = request.file_type if isinstance(request, SealRequest) else 1
    if text.startswith(("http://", "https://")):
        content = calls.get(text, settings.max_document_bytes)
    else:
        content = _decoded(text)
    if len(content) > settings.max_document_bytes:
        raise TooLargeError(
            f"The document has more than the {settings.max_document_bytes:,} bytes allowed "
            "(SEALQ_MAX_DOCUMENT_BYTES)."
        )
    return Upload(content, _kind(content, file_type))


def parameters_of(request: SealRequest | OlderSealRequest) -> PredictParameters:
    """Return the parameters of a request in sealq's names.

    Raises:
        ParameterError: Names every one that is wrong.
    """
    if isinstance(request, OlderSealRequest):
        return _older_parameters(request)
    names = set(PredictParameters.model_fields) & set(SealRequest.model_fields)
    return validate_parameters({name: getattr(request, name) for name in names})


def _older_parameters(request: OlderSealRequest) -> PredictParameters:
    inference = request.inference_params
    longest = inference.max_long_side if inference else None
    if longest is None:
        return PredictParameters()
    side = min(max(longest, _SHORTEST_SIDE), _LONGEST_SIDE)
    return PredictParameters(seal_det_limit_type="max", seal_det_limit_side_len=side)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError) as exc:
        raise UnusableError(
            f"Invalid input file: it is no Base64 ({exc}), and no http:// or https:// address."
        ) from exc


def _kind(content: bytes, file_type: int | None) -> MediaType:
    head = content[:SNIFF_BYTES]
    kind = sniff(head)
    if kind is None:
        raise UnusableError(f"Invalid input file: {describe_unsupported(head, 'it')}")
    if file_type is not None and (file_type == 0) != (kind == MediaType.PDF):
        said = "a PDF" if file_type == 0 else "a picture"
        raise UnusableError(
            f"Invalid input file: it is {kind} and not {said}, as fileType {file_type} says."
        )
    return kind
