"""Realistic names and failures, and hostile ones that Callboard must show safely."""

import time
from collections.abc import Mapping

from sandbox.clouds.jobs import Failure

_SUBJECTS = ("lecture", "keynote", "match", "interview", "town-hall", "product-tour", "onboarding", "podcast")
_SUFFIXES = (".mp4", ".mov", ".mkv", ".mp4")
NASTY_NAMES = (
    'the "final" cut, really.mp4',
    "<!channel> please look.mp4",
    "launch 🚀🎬 party.mov",
    "产品发布会-上海站-第二场.mp4",
    "`*_~not bold~_*` & <https://example.com|free money>.mp4",
    "<@U0000000000> & co & <script>alert(1)</script>.mp4",
    "archive-" + "very-" * 17 + "long.mp4",
)

FAILURES: Mapping[str, tuple[Failure, ...]] = {
    "video-ocr": (
        Failure("ALG.002", "Failed to open the input video: moov atom not found"),
        Failure("ALG.002", "The input object does not exist or the agency may not read it"),
        Failure("ALG.011", "The algorithm did not answer in time"),
        Failure("ALG.005", 'Unsupported codec "prores_4444"; <!channel> & <!here> are just text'),
        Failure("ALG.009", "输入视频解码失败：文件已损坏"),
    ),
    "image-moderation": (
        Failure("AIS.0404", "Failed to obtain the image: the URL answered 404"),
        Failure("AIS.0401", "The type of the image is not supported"),
        Failure("AIS.0402", "The image is larger than 10 MB"),
    ),
    "digital-human": (
        Failure("MSS.20000003", "The model asset is not ready"),
        Failure("MSS.20000117", "Speech synthesis failed: the script contains characters that cannot be read: 🤖❓"),
        Failure("MSS.20000009", "Rendering ran out of resources, please submit the task again later"),
    ),
    "vod-ai": (
        Failure("InvalidMedia.NoAudio", "The media has no audio stream"),
        Failure("InternalError", "The background service failed, please try again later"),
        Failure("MediaDNA.LibraryNotFound", "The fingerprint library <default> does not exist"),
    ),
    "vod-jobs": (
        Failure("FileFormatNotSupported", "The format of the source file is not supported"),
        Failure("InvalidParameter.NullValue", 'The specified parameter "Width" cannot be null'),
        Failure("NoSuchKey", "The source file does not exist in the bucket"),
        Failure("TranscodeFailed", "ffmpeg said:\n" + "Invalid NAL unit size (0 > 1024). " * 60),
    ),
}


def name_for(salt: int, created: float, nasty_every: int = 17) -> str:
    """Return a typical file name such as `lecture-2026-11-21-part3.mp4`; one in `nasty_every` is hostile."""
    if salt % nasty_every == 0:
        return NASTY_NAMES[salt // nasty_every % len(NASTY_NAMES)]
    subject = _SUBJECTS[salt // 7 % len(_SUBJECTS)]
    day = time.strftime("%Y-%m-%d", time.gmtime(created))
    return f"{subject}-{day}-part{salt // 11 % 9 + 1}{_SUFFIXES[salt // 13 % len(_SUFFIXES)]}"


def failure_for(service: str, salt: int) -> Failure:
    """Return one of the service's reasons for a failure."""
    reasons = FAILURES[service]
    return reasons[salt // 3 % len(reasons)]
