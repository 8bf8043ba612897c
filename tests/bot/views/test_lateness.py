"""Lines about late services: still being asked, and their results."""

import pytest

from bot.domain.answers import Late, ServiceError
from bot.views.lateness import came, still_asking

OCR = Late(account="media-cn", service="video-ocr", after_s=4.04)
DIGITAL = Late(account="media-cn", service="digital-human", after_s=10.01)


def error(late: Late, kind: str = "late") -> ServiceError:
    return ServiceError(
        account=late.account, service=late.service, kind=kind, code=kind, message="no answer", retryable=True
    )


def test_pending_services():
    assert still_asking([OCR]) == "⏳ still asking video-ocr"
    assert still_asking([OCR, DIGITAL]) == "⏳ still asking video-ocr and digital-human"
    other = OCR.model_copy(update={"alone": False})
    assert still_asking([other]) == "⏳ still asking media-cn/video-ocr"
    assert still_asking([OCR] * 7).endswith("and 2 more")


@pytest.mark.parametrize(
    ("jobs_found", "errors", "said"),
    [
        (3, [], "*video-ocr after 4 s: 3 jobs*"),
        (1, [], "*video-ocr after 4 s: 1 job*"),
        (0, [], "*video-ocr after 4 s: no jobs*"),
        (0, [error(OCR)], "⚠️ *video-ocr didn't respond in 4 s*. Try again in a moment."),
        (2, [error(OCR)], "⚠️ *video-ocr didn't finish in 4 s: 2 jobs so far*. Try again in a moment."),
    ],
)
def test_results_of_late_services(jobs_found: int, errors: list[ServiceError], said: str):
    assert came(OCR, jobs_found, errors) == said


def test_another_failure_has_the_usual_words():
    failed = error(OCR, "forbidden")
    assert came(OCR, 0, [failed]).startswith("⚠️ *media-cn/video-ocr* denied permission")
