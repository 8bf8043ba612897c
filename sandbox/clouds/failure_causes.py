"""Why the jobs of a storm fail: each service's codes, with messages that vary by job."""

import time
from collections.abc import Mapping
from random import Random
from typing import NamedTuple

from sandbox.clouds.jobs import Failure


class Cause(NamedTuple):
    """A vendor's code, and a message template for ids, numbers, paths, addresses and times."""

    code: str
    message: str

    def failure(self, random: Random, instant: float) -> Failure:
        """Return this cause with one job's details."""
        day = time.gmtime(instant)
        hexes = f"{random.getrandbits(128):032x}"
        values = {
            "id": hexes,
            "uuid": f"{hexes[:8]}-{hexes[8:12]}-4{hexes[13:16]}-a{hexes[17:20]}-{hexes[20:]}",
            "n": random.randint(1, 99_999),
            "m": random.randint(2, 600),
            "path": f"input/{time.strftime('%Y/%m/%d', day)}/{hexes[:12]}/part-{random.randint(1, 400)}.mp4",
            "url": f"https://cdn-{random.randint(1, 40)}.example.com/{hexes[:10]}/{random.randint(1, 999)}.mp4",
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", day),
            "clock": f"{time.strftime('%H:%M:%S', day)}.{random.randint(0, 999):03d}",
            "ip": f"10.{random.randint(0, 255)}.{random.randint(0, 255)}.{random.randint(1, 254)}",
        }
        return Failure(self.code, self.message.format(**values))


CAUSES: Mapping[str, tuple[Cause, ...]] = {
    "video-ocr": (
        Cause("ALG.002", "Failed to open obs://obs-media-cn/{path}: moov atom not found at offset {n}"),
        Cause("ALG.011", "The algorithm on {ip}:{n} did not answer within {m} s (request {id})"),
        Cause("ALG.005", "Unsupported codec in stream {m} of {url}"),
        Cause("ALG.009", "输入视频解码失败：第 {n} 帧，文件 {path}，时间 {clock}"),
        Cause("ALG.001", "The GPU quota of the resource pool {uuid} was used up at {time}"),
        Cause("ALG.007", "Writing output/{id}/result.json failed after {m} attempts"),
    ),
    "image-moderation": (
        Cause("AIS.0404", "The algorithm failed on image {n} of {url}"),
        Cause("AIS.0401", "The type of the image {path} is not supported"),
        Cause("AIS.0402", "The image {path} has {n} kB, more than allowed"),
        Cause("AIS.0403", "Downloading {url} from {ip} took longer than {m} ms"),
        Cause("AIS.0405", "The moderation service of node {ip} was busy at {time}"),
        Cause("AIS.0501", "The text in image {n} could not be read (trace {uuid})"),
    ),
    "digital-human": (
        Cause("MSS.20010100", "The rule base {uuid} was not found"),
        Cause("MSS.20000003", "The model asset {id} is not ready, {m} of {n} files are there"),
        Cause("MSS.20000117", "Speech synthesis failed at character {n} of the script {uuid}"),
        Cause("MSS.20000009", "Rendering on {ip} ran out of memory at frame {n}, {time}"),
        Cause("MSS.41000012", "{m} tasks are running at {clock}, the limit is reached"),
        Cause("MSS.10001004", "The file {path} was not found"),
    ),
    "vod-ai": (
        Cause("InvalidMedia.NoAudio", "The media {id} has no audio stream among its {m} streams"),
        Cause("InternalError", "The request {uuid} failed on {ip} at {time}, please try again later"),
        Cause("MediaDNA.LibraryNotFound", "The fingerprint library {id} does not exist"),
        Cause("Throttling.User", "Request {uuid} was denied due to user flow control, {n} calls in {m} s"),
        Cause("InvalidParameter.ResourceNotFound", "The input oss://outin-sandbox/{path} does not exist"),
        Cause("ServiceUnavailable", "The recognition of frame {n} timed out after {m} s"),
    ),
    "vod-jobs": (
        Cause("InvalidParameter.ResourceNotFound", "The input oss://outin-sandbox/{path} does not exist"),
        Cause("Throttling.User", "Request {uuid} was denied due to user flow control, {n} calls in {m} s"),
        Cause("FileFormatNotSupported", "ffmpeg said: {path}: invalid NAL unit size ({n} > {m}) at {clock}"),
        Cause("InternalError", "The request {uuid} failed on {ip} at {time}, please try again later"),
        Cause("NoSuchKey", "Downloading {url} answered 404 in {m} ms"),
        Cause("OperationDenied.Suspended", "The account was suspended at {time}, request {uuid}"),
    ),
}
"""Each service's causes, the most common first. Messages are made up; codes are documented where documents name any."""
CAUSES_MAX = min(map(len, CAUSES.values()))
