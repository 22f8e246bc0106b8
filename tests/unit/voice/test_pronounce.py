"""Mandarin as it is heard: the pinyin of every shipped phrase, and the phonemes the installed engine makes of it."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from edge.errors import DataError
from edge.voice.phrases import load_book
from edge.voice.pronounce import engine_version, pinyin, pronounce

# Written by hand, syllable by syllable; tones as spoken (一 and 不 changed before the next tone).
SPOKEN = {
    "欢迎回家。": "huan1 ying2 hui2 jia1",
    "没有通行权限，请再试或联系物业。": ("mei2 you3 tong1 xing2 quan2 xian4 qing3 zai4 shi4 huo4 lian2 xi4 wu4 ye4"),
    "请靠近一点。": "qing3 kao4 jin4 yi4 dian3",
    "请看摄像头。": "qing3 kan4 she4 xiang4 tou2",
    "请站稳，别动。": "qing3 zhan4 wen3 bie2 dong4",
    "光线太暗，请站到灯光下。": "guang1 xian4 tai4 an4 qing3 zhan4 dao4 deng1 guang1 xia4",
    "门禁已暂停，请联系物业。": "men2 jin4 yi3 zan4 ting2 qing3 lian2 xi4 wu4 ye4",
    "光线太强，请避开强光。": "guang1 xian4 tai4 qiang2 qing3 bi4 kai1 qiang2 guang1",
    "背光太强，请向旁边走一步。": "bei4 guang1 tai4 qiang2 qing3 xiang4 pang2 bian1 zou3 yi2 bu4",
    "请站到摄像头正前方。": "qing3 zhan4 dao4 she4 xiang4 tou2 zheng4 qian2 fang1",
    "现在不是通行时间，请稍后再来。": ("xian4 zai4 bu2 shi4 tong1 xing2 shi2 jian1 qing3 shao1 hou4 zai4 lai2"),
    "尝试次数太多，请等几分钟再试。": ("chang2 shi4 ci4 shu4 tai4 duo1 qing3 deng3 ji3 fen1 zhong1 zai4 shi4"),
    "门禁时间不准，请联系物业。": "men2 jin4 shi2 jian1 bu4 zhun3 qing3 lian2 xi4 wu4 ye4",
    "请关门。": "qing3 guan1 men2",
    "开门时间太久，请立即关门。": "kai1 men2 shi2 jian1 tai4 jiu3 qing3 li4 ji2 guan1 men2",
    "注意，门被强行打开。": "zhu4 yi4 men2 bei4 qiang2 xing2 da3 kai1",
    "门禁有故障，请联系物业。": "men2 jin4 you3 gu4 zhang4 qing3 lian2 xi4 wu4 ye4",
    "注意，照片也可能打开这扇门。": "zhu4 yi4 zhao4 pian4 ye3 ke3 neng2 da3 kai1 zhe4 shan4 men2",
}
PHRASES = [said.text for said in load_book(["cmn"]).everything()]

# What espeak-ng calls the sounds a syllable begins with, longest spelling first.
INITIALS = {
    "zh": "ts.", "ch": "ts.h", "sh": "s.", "b": "p", "p": "ph", "m": "m", "f": "f", "d": "t", "t": "th",
    "n": "n", "l": "l", "g": "k", "k": "kh", "h": "X", "j": "tS;", "q": "tS;h", "x": "S;", "z": "ts",
    "c": "tsh", "s": "s", "r": "z.", "w": "w", "y": "j",
}  # fmt: skip
# How a tone may sound: the third is low before others (21) and rises before another third (35).
TONES = {"1": {"55"}, "2": {"35"}, "3": {"214", "21", "35"}, "4": {"51"}, "5": {"11", "22", "33", "44"}}

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


def espeak(*arguments: str) -> str:
    return subprocess.run(("espeak-ng", *arguments), capture_output=True, text=True, check=True, timeout=10).stdout


def installed() -> tuple[int, int]:
    return engine_version(espeak("--version").partition("text-to-speech: ")[2])


def test_no_phrase_is_left_out() -> None:
    assert set(PHRASES) == set(SPOKEN)


@pytest.mark.parametrize("text", PHRASES)
def test_pinyin_of_every_phrase(text: str) -> None:
    assert re.sub(r"[.,:]", "", pinyin(text)) == SPOKEN[text]


def test_stops_follow_their_syllable() -> None:
    assert pinyin("请站稳，别动。") == "qing3 zhan4 wen3, bie2 dong4."


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("银行", "yin2 hang2"),
        ("通行", "tong1 xing2"),
        ("校长", "xiao4 zhang3"),
        ("请勿长时间开门", "qing3 wu4 chang2 shi2 jian1 kai1 men2"),
        ("请重试", "qing3 chong2 shi4"),
        ("重要", "zhong4 yao4"),
        ("走得太近", "zou3 de5 tai4 jin4"),
        ("等一下", "deng3 yi2 xia4"),
    ],
)
def test_characters_with_two_readings(word: str, expected: str) -> None:
    assert pinyin(word) == expected


def test_a_word_given_in_pinyin_is_left_alone() -> None:
    assert pinyin("请走 chang2 lang2。") == "qing3 zou3 chang2 lang2."


def _initial(syllable: str) -> str:
    spelling = next((one for one in sorted(INITIALS, key=len, reverse=True) if syllable.startswith(one)), "")
    return INITIALS.get(spelling, "")


@needs_espeak
@pytest.mark.parametrize("text", PHRASES)
def test_the_installed_engine_says_every_syllable_in_its_tone(text: str) -> None:
    voice, readable = pronounce("cmn", text, installed())
    said = espeak("-x", "-q", "-v", voice, readable)
    assert "(en)" not in said, "read as English"
    sounds = re.findall(r"([^\d_|\s]+?)(\d+)([a-zN]?)(?=[_|\s]|\w|'|$)", said.replace("'", "").replace("|", ""))
    tones = re.findall(r"\d+", said)
    syllables = SPOKEN[text].split()
    assert len(tones) == len(syllables), said
    for syllable, tone, sound in zip(syllables, tones, sounds, strict=True):
        assert tone in TONES[syllable[-1]], (syllable, said)
        assert sound[0].startswith(_initial(syllable)), (syllable, sound, said)


@needs_espeak
def test_why_there_is_a_detour() -> None:
    """On an old engine the direct way reads English: when this fails the detour can go."""
    if installed() >= (1, 52):
        pytest.skip("this espeak-ng reads characters")
    assert "(en)" in espeak("-x", "-q", "-v", "cmn", "请")


@pytest.mark.parametrize(
    ("said", "version"),
    [("1.51", (1, 51)), ("1.52.0", (1, 52)), ("1.52-dev", (1, 52)), ("1.51  Data at: /usr", (1, 51)), ("2.0", (2, 0))],
)
def test_the_engine_tells_its_version(said: str, version: tuple[int, int]) -> None:
    assert engine_version(said) == version


def test_an_engine_without_a_version() -> None:
    with pytest.raises(DataError, match="'dev'"):
        engine_version("dev")


def test_the_way_for_mandarin_depends_on_the_engine() -> None:
    assert pronounce("cmn", "请关门。", (1, 51)) == ("cmn-latn-pinyin", "qing3 guan1 men2.")
    assert pronounce("cmn", "请关门。", (1, 52)) == ("cmn", "请关门。")
    assert pronounce("cmn", "请关门。", (2, 0)) == ("cmn", "请关门。")


def test_english_is_read_as_it_stands() -> None:
    assert pronounce("en", "Welcome home.", (1, 51)) == ("en-us", "Welcome home.")


def test_a_language_without_a_voice() -> None:
    with pytest.raises(DataError, match="'fr'"):
        pronounce("fr", "Bonjour.", (1, 51))
