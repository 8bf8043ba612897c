"""The vendors' own words for job states, in the order of a job's life."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["succeeded", "failed", "cancelled"]
Phase = Literal["pending", "running", "succeeded", "failed", "cancelled", "unknown"]


@dataclass(frozen=True, slots=True)
class RawStates:
    """One kind of job's raw states. `detours` interrupt a run; `stopping` precedes a cancellation while running.

    Jobs of a kind without `stopping` can be canceled only while they wait.
    """

    pending: tuple[str, ...]
    running: tuple[str, ...]
    succeeded: str
    failed: tuple[str, ...]
    cancelled: str | None = None
    stopping: tuple[str, ...] | None = None
    detours: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def ending(self, outcome: Outcome, salt: int = 0) -> str:
        """Return the last word of a job. A kind without cancellation fails instead."""
        if outcome == "succeeded":
            return self.succeeded
        if outcome == "cancelled" and self.cancelled:
            return self.cancelled
        return self.failed[salt // 5 % len(self.failed)] if salt % 5 == 0 else self.failed[0]

    def phase(self, word: str) -> Phase:
        """Return the phase that a word means, one of six."""
        phases: Mapping[Phase, tuple[str, ...]] = {
            "pending": self.pending,
            "running": (*self.running, *self.detours, *(self.stopping or ())),
            "succeeded": (self.succeeded,),
            "failed": self.failed,
            "cancelled": (self.cancelled,) if self.cancelled else (),
        }
        for phase, words in phases.items():
            if word in words:
                return phase
        return "unknown"

    @property
    def every(self) -> frozenset[str]:
        """Return all words of this kind."""
        ended = (self.succeeded, *self.failed, *([self.cancelled] if self.cancelled else []))
        return frozenset((*self.pending, *self.running, *ended, *(self.stopping or ()), *self.detours, *self.others))


# provider API notes, section 2
VIDEO_OCR = RawStates(
    pending=("PENDING",),
    running=("STARTING", "RUNNING"),
    succeeded="SUCCEEDED",
    failed=("FAILED", "CREATE_FAILED", "START_FAILED"),
    cancelled="STOPPED",
    stopping=("STOPPING",),
    detours=("ABNORMAL", "RECOVERING", "UPGRADING"),
    others=("DELETING", "FREEZING", "FROZEN"),
)
IMAGE_MODERATION = RawStates(pending=("created",), running=("running",), succeeded="finish", failed=("failed",))
DIGITAL_HUMAN = RawStates(
    pending=("WAITING",),
    running=("PROCESSING",),
    succeeded="SUCCEED",
    failed=("FAILED",),
    cancelled="CANCELED",
    detours=("BLOCK",),
)
LISTED_AI = RawStates(pending=("init",), running=("Processing",), succeeded="success", failed=("fail",))
TRANSCODE = RawStates(
    pending=("Submitted",),
    running=("Transcoding",),
    succeeded="TranscodeSuccess",
    failed=("TranscodeFail",),
    cancelled="TranscodeCancelled",
)
SNAPSHOT = RawStates(pending=(), running=("Processing",), succeeded="Success", failed=("Fail",))
AI = RawStates(
    pending=("reserved", "init"),
    running=("processing", "analysing"),
    succeeded="success",
    failed=("fail",),
)
WORKFLOW = RawStates(
    pending=("Init",),
    running=("Processing",),
    succeeded="Succeed",
    failed=("Failed",),
    cancelled="Canceled",
    stopping=(),
    others=("Skip",),
)

KINDS: Mapping[str, Mapping[str, RawStates]] = {
    "video-ocr": {"video-ocr": VIDEO_OCR},
    "image-moderation": {"image-moderation": IMAGE_MODERATION},
    "digital-human": {"2D_DIGITAL_HUMAN_VIDEO": DIGITAL_HUMAN, "DIGITAL_HUMAN_PHOTO_VIDEO": DIGITAL_HUMAN},
    "vod-ai": {"AIVideoTag": LISTED_AI, "AIMediaDNA": LISTED_AI},
    "vod-jobs": {"transcode": TRANSCODE, "snapshot": SNAPSHOT, "ai": AI, "workflow": WORKFLOW},
}
"""Each service's kinds of job and their words. The first kind is the most common."""
