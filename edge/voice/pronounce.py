"""How a text reaches the speech engine: which of its voices, and in which script.

espeak-ng 1.51 (Debian 12) spells Chinese characters out as English ("king three" for 请), so there they are
turned into pinyin, which its voice `cmn-latn-pinyin` reads rightly. Since 1.52 (Debian 13) it reads the
characters themselves.
"""

from __future__ import annotations

import re

from edge.errors import DataError

READS_CHARACTERS = (1, 52)
"""The first espeak-ng that reads Chinese characters: espeak-ng issue 1370, and the phonemes of both."""

# Words of prompts that pypinyin 0.55 reads in a way nobody says them. 一 rises before a falling tone (yí), falls before
# the others (yì).
_WORDS = {
    "照片": [["zhào"], ["piàn"]],
    "一次": [["yí"], ["cì"]],
    "一步": [["yí"], ["bù"]],
    "一下": [["yí"], ["xià"]],
    "一位": [["yí"], ["wèi"]],
    "长时间": [["cháng"], ["shí"], ["jiān"]],
    "重试": [["chóng"], ["shì"]],
    "得太": [["de"], ["tài"]],
    "一千": [["yì"], ["qiān"]],
}
_STOPS = str.maketrans({"。": ". ", "！": "! ", "？": "? ", "，": ", ", "、": ", ", "；": "; ", "：": ": "})


def engine_version(said: str) -> tuple[int, int]:
    """Major and minor version of what espeak-ng says of itself ("1.51", "1.52.0", "1.52-dev")."""
    found = re.match(r"(\d+)\.(\d+)", said)
    if found is None:
        raise DataError(f"the speech engine calls its version {said!r}", hint="apt-get install espeak-ng")
    return int(found[1]), int(found[2])


def pronounce(language: str, text: str, version: tuple[int, int]) -> tuple[str, str]:
    """The engine's voice for a language, and the text as that voice reads it rightly.

    `version`: of espeak-ng, see `engine_version`. Loads pypinyin (some 50 MB) for Mandarin on an old engine:
    to be called in a process that ends soon.
    """
    if language == "en":
        return "en-us", text
    if language == "cmn":
        return ("cmn", _marked(text)) if version >= READS_CHARACTERS else ("cmn-latn-pinyin", pinyin(text))
    raise DataError(f"there is no voice for language {language!r}", hint="docs/voice.md lists the languages")


def _marked(text: str) -> str:
    """Within a number 一 keeps its tone, as in 十一点 and 星期一: espeak-ng 1.52 drops it there, unless it is told."""
    return re.sub("(?<=十)一|(?<=星期)一", " yi1 ", text)


def pinyin(text: str) -> str:
    """Chinese text in pinyin with tone numbers (5: neutral), e.g. 请关门。 → `qing3 guan1 men2.`

    What is not Chinese stays as it is, so a word may be given in pinyin where it is read wrongly. A stop follows
    its syllable at once: after a blank the engine would not pause there.
    """
    from pypinyin import Style, lazy_pinyin, load_phrases_dict

    load_phrases_dict(_WORDS)
    syllables = lazy_pinyin(text.translate(_STOPS), style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True)
    spoken = re.sub(r"\s+([.!?,;:])", r"\1", " ".join(" ".join(syllables).split()))
    return re.sub(r"(?<=\bshi2 )yi4(?= (dian3|fen1)\b)", "yi1", spoken)  # 十一点: within a number 一 keeps its tone
