"""Mandarin as it is heard: the pinyin of every shipped phrase, and the phonemes the installed engine makes of it."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess

import pytest

from edge.actions import DayTime, Speak
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
    "您已经进来了，请联系物业。": "nin2 yi3 jing1 jin4 lai2 le5 qing3 lian2 xi4 wu4 ye4",
    "对面的门还开着，请等门关好再试。": "dui4 mian4 de5 men2 hai2 kai1 zhe5 qing3 deng3 men2 guan1 hao3 zai4 shi4",
    "没有成功，请看摄像头，再试一次。": "mei2 you3 cheng2 gong1 qing3 kan4 she4 xiang4 tou2 zai4 shi4 yi2 ci4",
    "通行码已过期，请联系物业。": "tong1 xing2 ma3 yi3 guo4 qi1 qing3 lian2 xi4 wu4 ye4",
    "通行码还没有生效。": "tong1 xing2 ma3 hai2 mei2 you3 sheng1 xiao4",
    "通行码已经用过，请联系物业。": "tong1 xing2 ma3 yi3 jing1 yong4 guo4 qing3 lian2 xi4 wu4 ye4",
    "这个通行码不是这个门的。": "zhe4 ge5 tong1 xing2 ma3 bu2 shi4 zhe4 ge5 men2 de5",
    "这不是通行码，请联系物业。": "zhe4 bu2 shi4 tong1 xing2 ma3 qing3 lian2 xi4 wu4 ye4",
    "请再看一下摄像头。": "qing3 zai4 kan4 yi2 xia4 she4 xiang4 tou2",
    "请再刷一下卡。": "qing3 zai4 shua1 yi2 xia4 ka3",
    "请再输入密码。": "qing3 zai4 shu1 ru4 mi4 ma3",
    "请再出示通行码。": "qing3 zai4 chu1 shi4 tong1 xing2 ma3",
    "请先输入编号，按星号键，再输入密码。": (
        "qing3 xian1 shu1 ru4 bian1 hao4 an4 xing1 hao4 jian4 zai4 shu1 ru4 mi4 ma3"
    ),
    "请稍等，对面的门还开着。": "qing3 shao1 deng3 dui4 mian4 de5 men2 hai2 kai1 zhe5",
    "请眨眼。": "qing3 zha3 yan3",
    "请向左转头。": "qing3 xiang4 zuo2 zhuan3 tou2",
    "请向右转头。": "qing3 xiang4 you4 zhuan3 tou2",
    "请张嘴。": "qing3 zhang1 zui3",
    "请抬头。": "qing3 tai2 tou2",
    "火警，门已打开，请马上离开大楼。": "huo3 jing3 men2 yi3 da3 kai1 qing3 ma3 shang4 li2 kai1 da4 lou2",
}
STATION = {
    "这是{category}。": "zhe4 shi4 {category}",
    "请投进{category}桶。": "qing3 tou2 jin4 {category} tong3",
    "请放到{category}桶里。": "qing3 fang4 dao4 {category} tong3 li3",
    "我看这是{category}，对吗？": "wo3 kan4 zhe4 shi4 {category} dui4 ma5",
    "这是{category}吗？": "zhe4 shi4 {category} ma5",
    "这是{category}，还是{second}？": "zhe4 shi4 {category} hai2 shi4 {second}",
    "不对哦，这是{category}。": "bu2 dui4 o2 zhe4 shi4 {category}",
    "放错了，请投进{category}桶。": "fang4 cuo4 le5 qing3 tou2 jin4 {category} tong3",
    "这是{category}，这里没有这种桶。": "zhe4 shi4 {category} zhe4 li3 mei2 you3 zhe4 zhong3 tong3",
    "好的，我大声一点，说慢一点。": "hao3 de5 wo3 da4 sheng1 yi4 dian3 shuo1 man4 yi4 dian3",
    "我认不出来，请看桶上的标志。": "wo3 ren4 bu4 chu1 lai2 qing3 kan4 tong3 shang4 de5 biao1 zhi4",
    "这个我没见过，请您自己选一个桶。": "zhe4 ge5 wo3 mei2 jian4 guo4 qing3 nin2 zi4 ji3 xuan3 yi2 ge4 tong3",
    "里面有好几种垃圾，请分开投放。": "li3 mian4 you3 hao3 ji3 zhong3 la1 ji1 qing3 fen1 kai1 tou2 fang4",
    "请把不同的垃圾分开投。": "qing3 ba3 bu4 tong2 de5 la1 ji1 fen1 kai1 tou2",
    "您好，请把垃圾给我看看。": "nin2 hao3 qing3 ba3 la1 ji1 gei3 wo3 kan4 kan4",
    "您好，请把垃圾举到摄像头前。": "nin2 hao3 qing3 ba3 la1 ji1 ju3 dao4 she4 xiang4 tou2 qian2",
    "着火了！请马上离开，拨打幺幺九。": "zhao2 huo3 le5 qing3 ma3 shang4 li2 kai1 bo1 da3 yao1 yao1 jiu3",
    "这里有烟，请不要投放垃圾。": "zhe4 li3 you3 yan1 qing3 bu2 yao4 tou2 fang4 la1 ji1",
    "谢谢您。": "xie4 xie4 nin2",
    "谢谢您认真分类。": "xie4 xie4 nin2 ren4 zhen1 fen1 lei4",
    "分类真棒，谢谢。": "fen1 lei4 zhen1 bang4 xie4 xie4",
    "这个桶满了。": "zhe4 ge5 tong3 man3 le5",
    "对不起，这个桶满了。": "dui4 bu4 qi3 zhe4 ge5 tong3 man3 le5",
    "请把您的手拿开，小心桶盖。": "qing3 ba3 nin2 de5 shou3 na2 kai1 xiao3 xin1 tong3 gai4",
    "谢谢您的回答。": "xie4 xie4 nin2 de5 hui2 da2",
    "谢谢您的意见。": "xie4 xie4 nin2 de5 yi4 jian4",
    "谢谢您告诉我。": "xie4 xie4 nin2 gao4 su4 wo3",
    "谢谢，我记住了。": "xie4 xie4 wo3 ji4 zhu4 le5",
    "对不起，现在不开放。": "dui4 bu4 qi3 xian4 zai4 bu4 kai1 fang4",
    "现在不开放，请稍后再来。": "xian4 zai4 bu4 kai1 fang4 qing3 shao1 hou4 zai4 lai2",
    "现在不开放，星期一上午十一点半再来吧。": (
        "xian4 zai4 bu4 kai1 fang4 xing1 qi1 yi1 shang4 wu3 shi2 yi1 dian3 ban4 zai4 lai2 ba5"
    ),
    "这个桶满了，今天晚上七点零五分会清空。": (
        "zhe4 ge5 tong3 man3 le5 jin1 tian1 wan3 shang4 qi1 dian3 ling2 wu3 fen1 hui4 qing1 kong1"
    ),
    "这个桶满了，请到北门投放，离这里大约一千一百二十米。": (
        "zhe4 ge5 tong3 man3 le5 qing3 dao4 bei3 men2 tou2 fang4 li2 zhe4 li3 da4 yue1 yi4 qian1 yi4 bai3 er4 shi2 mi3"
    ),
}
TERMS = {
    "可回收物": "ke3 hui2 shou1 wu4",
    "有害垃圾": "you3 hai4 la1 ji1",
    "厨余垃圾": "chu2 yu2 la1 ji1",
    "其他垃圾": "qi2 ta1 la1 ji1",
}
TERM_SOUNDS = {
    "可回收物": [["kho-", "Xuei", "s.ou", "wu"]],
    "有害垃圾": [["jiou", "Xai", "lA", "tS;i"]],
    "厨余垃圾": [["ts.hu", "y", "lA", "tS;i"], ["ts.hu", "jy", "lA", "tS;i"]],  # of 1.51, of 1.52
    "其他垃圾": [["tS;hi", "thA", "lA", "tS;i"]],
}
SPOKEN |= {
    text.format(category=one, second=other): sound.format(category=TERMS[one], second=TERMS[other])
    for text, sound in STATION.items()
    for one, other in itertools.permutations(TERMS, 2)
}
AHEAD = (
    Speak("closed_until", values={"time": DayTime(11 * 60 + 30, 0)}),
    Speak("bin_emptied_by", values={"time": DayTime(19 * 60 + 5)}),
    Speak("bin_full_other", values={"station": "北门", "walk_m": 1118}),
)
WAYS = {
    "看摄像头": "kan4 she4 xiang4 tou2",
    "刷卡": "shua1 ka3",
    "输入密码": "shu1 ru4 mi4 ma3",
    "出示通行码": "chu1 shi4 tong1 xing2 ma3",
    "看摄像头或刷卡": "kan4 she4 xiang4 tou2 huo4 shua1 ka3",
    "看摄像头或出示通行码": "kan4 she4 xiang4 tou2 huo4 chu1 shi4 tong1 xing2 ma3",
    "刷卡或输入密码": "shua1 ka3 huo4 shu1 ru4 mi4 ma3",
    "刷卡或出示通行码": "shua1 ka3 huo4 chu1 shi4 tong1 xing2 ma3",
    "输入密码或出示通行码": "shu1 ru4 mi4 ma3 huo4 chu1 shi4 tong1 xing2 ma3",
    "看摄像头、刷卡或出示通行码": "kan4 she4 xiang4 tou2 shua1 ka3 huo4 chu1 shi4 tong1 xing2 ma3",
    "刷卡、输入密码或出示通行码": "shua1 ka3 shu1 ru4 mi4 ma3 huo4 chu1 shi4 tong1 xing2 ma3",
}
OFFERS = {
    "没有通行权限，也可以{}，或联系物业。": "mei2 you3 tong1 xing2 quan2 xian4 ye3 ke2 yi3 {} huo4 lian2 xi4 wu4 ye4",
    "没有成功，也可以{}。": "mei2 you3 cheng2 gong1 ye3 ke2 yi3 {}",
    "尝试次数太多，也可以{}，或等几分钟再试。": (
        "chang2 shi4 ci4 shu4 tai4 duo1 ye3 ke2 yi3 {} huo4 deng3 ji3 fen1 zhong1 zai4 shi4"
    ),
}
SPOKEN |= {frame.format(ways): said.format(way) for frame, said in OFFERS.items() for ways, way in WAYS.items()}
BOOK = load_book(["cmn"], roles=("gate", "bin"), ahead=AHEAD)
PHRASES = [said.text for said in BOOK.everything() if not said.slow and "明天" not in said.text]

# What espeak-ng calls the sounds a syllable begins with, longest spelling first.
INITIALS = {
    "zh": "ts.", "ch": "ts.h", "sh": "s.", "b": "p", "p": "ph", "m": "m", "f": "f", "d": "t", "t": "th",
    "n": "n", "l": "l", "g": "k", "k": "kh", "h": "X", "j": "tS;", "q": "tS;h", "x": "S;", "z": "ts",
    "c": "tsh", "s": "s", "r": "z.", "w": "w", "y": "j", "yu": (";y", "y", "jy"), "yong": "yu",
}  # fmt: skip
# A second syllable that may lose its tone.
LIGHT = {
    tuple(pair.split())
    for pair in (
        "xie4 xie4", "kan4 kan4", "hai2 shi4", "gao4 su4", "ji4 zhu4", "ren4 shi2", "yi4 jian4", "dui4 bu4", "ren4 bu4",
        "wan3 shang4", "zhe4 ge5", "yi2 ge4",
    )
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
    assert re.sub(r"[.,:!?]", "", pinyin(text)) == SPOKEN[text]


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
        ("电池纸板饮料盒", "dian4 chi2 zhi3 ban3 yin3 liao4 he2"),
        ("剩饭剩菜", "sheng4 fan4 sheng4 cai4"),
        ("玻璃金属废纸塑料", "bo1 li2 jin1 shu3 fei4 zhi3 su4 liao4"),
        ("旧衣服树叶", "jiu4 yi1 fu2 shu4 ye4"),
        ("十一点十一分", "shi2 yi1 dian3 shi2 yi1 fen1"),
        ("近一点", "jin4 yi4 dian3"),
    ],
)
def test_characters_with_two_readings(word: str, expected: str) -> None:
    assert pinyin(word) == expected


def test_a_word_given_in_pinyin_is_left_alone() -> None:
    assert pinyin("请走 chang2 lang2。") == "qing3 zou3 chang2 lang2."


def _initials(syllable: str) -> tuple[str, ...]:
    spelling = next((one for one in sorted(INITIALS, key=len, reverse=True) if syllable.startswith(one)), "")
    found = INITIALS.get(spelling, "")
    return (found,) if isinstance(found, str) else found


def check(said: str, text: str) -> None:
    """Hold what the engine makes of a text against what was written by hand, syllable by syllable."""
    assert "(en)" not in said, "read as English"
    sounds = re.findall(r"([^\d_|\s]+?)(\d+)([nN]?)(?=[_|\s]|\w|'|$)", said.replace("'", "").replace("|", ""))
    syllables = SPOKEN[text].split()
    assert len(sounds) == len(syllables), said
    before = tail = ""
    for syllable, (sound, tone, end) in zip(syllables, sounds, strict=True):
        light = {"11"} if (before, syllable) in LIGHT else set()
        assert tone in TONES[syllable[-1]] | light, (syllable, said)
        # Where two syllables are one word, an n between them is read as the end of the first.
        assert (tail + sound if tail == "n" == syllable[0] else sound).startswith(_initials(syllable)), (
            syllable,
            sound,
            said,
        )
        before, tail = syllable, end


@needs_espeak
@pytest.mark.parametrize("text", PHRASES)
def test_the_installed_engine_says_every_syllable_in_its_tone(text: str) -> None:
    voice, readable = pronounce("cmn", text, installed())
    check(espeak("-x", "-q", "-v", voice, readable), text)


@needs_espeak
@pytest.mark.parametrize("term", TERMS)
def test_the_category_is_said_as_it_has_to_be(term: str) -> None:
    """Down to the last vowel: this is the word that everything depends on."""
    voice, readable = pronounce("cmn", term, installed())
    said = re.findall(r"[^\d_|\s]+", espeak("-x", "-q", "-v", voice, readable).replace("'", ""))
    assert [sound.removeprefix(";") for sound in said] in TERM_SOUNDS[term]


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
    assert pronounce("cmn", "星期一十一点。", (1, 52)) == ("cmn", "星期 yi1 十 yi1 点。")


def test_english_is_read_as_it_stands() -> None:
    assert pronounce("en", "Welcome home.", (1, 51)) == ("en-us", "Welcome home.")


def test_a_language_without_a_voice() -> None:
    with pytest.raises(DataError, match="'fr'"):
        pronounce("fr", "Bonjour.", (1, 51))
